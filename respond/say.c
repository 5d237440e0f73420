#include "respond/say.h"

#include <unistd.h>

#include "base/term.h"

#define LINE_BYTES 2000u

void
say(int fd, enum say_level level, const char *fmt, ...)
{
	struct buf text = {0}, line = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (text.n > LINE_BYTES)
		text.n = LINE_BYTES;
	buf_printf(&line, "%d respond: ", (int)level);
	term_show(&line, buf_str(&text));
	buf_add_char(&line, '\n');
	if (fd >= 0)
		(void)!write(fd, line.p, line.n); /* nobody reads: no better place to complain */
	buf_done(&text);
	buf_done(&line);
}
