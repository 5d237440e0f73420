#include "daemon/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4000u

void
log_line(int fd, enum log_level level, const char *role, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	buf_printf(&b, "%d %s: ", (int)level, role);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (b.n > LINE_MAX_BYTES)
		b.n = LINE_MAX_BYTES;
	for (size_t i = 0; i < b.n; i++)
		if ((unsigned char)b.p[i] < 0x20 || b.p[i] == 0x7f)
			b.p[i] = '?';
	buf_add_char(&b, '\n');
	if (fd >= 0)
		(void)!write(fd, b.p, b.n); /* nobody reads: no better place to complain */
	buf_done(&b);
}

void
log_diag(int fd, const char *role, const struct diag *d)
{
	static const enum log_level levels[] = {LOG_LINE_ERROR, LOG_LINE_WARNING, LOG_LINE_INFO};

	for (size_t i = 0; i < d->n; i++) {
		const struct diag_item *it = &d->items[i];

		if (it->path && it->line)
			log_line(fd, levels[it->level], role, "%s:%u:%u: %s", it->path, it->line,
				it->column, it->text);
		else if (it->path)
			log_line(fd, levels[it->level], role, "%s: %s", it->path, it->text);
		else
			log_line(fd, levels[it->level], role, "%s", it->text);
	}
}

void
log_print(struct str line)
{
	static const char *const words[] = {"", "", "", "error: ", "warning: ", "", "", ""};
	int level = LOG_LINE_INFO;

	if (line.n > 2 && is_digit(line.p[0]) && line.p[1] == ' ') {
		level = line.p[0] - '0';
		str_skip(&line, 2);
	}
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%.*s\n", level & 7, STR_ARG(line));
	else if (isatty(STDERR_FILENO) && level <= LOG_LINE_WARNING && !getenv("NO_COLOR"))
		fprintf(stderr, "\033[%dmnoroshid: %s%.*s\033[0m\n",
			level == LOG_LINE_ERROR ? 31 : 33, words[level & 7], STR_ARG(line));
	else
		fprintf(stderr, "noroshid: %s%.*s\n", words[level & 7], STR_ARG(line));
}
