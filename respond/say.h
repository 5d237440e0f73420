/*
 * say.h - lines for the operator, in the form that the parent reads ("<level> respond: text").
 */
#ifndef RESPOND_SAY_H
#define RESPOND_SAY_H

enum say_level { SAY_ERROR = 3, SAY_WARNING = 4, SAY_NOTICE = 5, SAY_INFO = 6 };

/* One line in one write, cut at 2,000 bytes; what could drive a terminal is shown as \xNN. */
void say(int fd, enum say_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
