/*
 * log.h - lines for people: "role: text" with a level, to the parent, which writes them to stderr.
 *
 * Text from logs is never put here raw: control characters are shown as \xNN.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include "base/diag.h"

enum log_level { LOG_LINE_ERROR = 3, LOG_LINE_WARNING = 4, LOG_LINE_NOTICE = 5, LOG_LINE_INFO = 6 };

/* One line to fd ("<level>role: text"), cut at 4,000 bytes, written in one write. */
void log_line(int fd, enum log_level level, const char *role, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Each item of a diag as a line. */
void log_diag(int fd, const char *role, const struct diag *d);
/* The parent: print what came through the pipe. Colours on a terminal, <n> prefixes under systemd.
 */
void log_print(struct str line);

#endif
