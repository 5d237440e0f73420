#include "base/buf.h"

#include <stdio.h>

#include "base/mem.h"

void
buf_grow(struct buf *b, size_t more)
{
	size_t want = b->cap ? b->cap * 2 : 256;

	while (want - b->n < more)
		want *= 2;
	b->p = mem_resize(b->p, want);
	b->cap = want;
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
	char digits[U64_DIGITS];

	buf_add_str(b, str_of_u64(v, digits));
}

void
buf_add_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_add_char(b, '-');
	buf_add_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		char *at = buf_room(b, (size_t)n + 1);

		vsnprintf(at, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *
buf_z(struct buf *b)
{
	*buf_room(b, 1) = 0;
	return b->p;
}

void
buf_done(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){0};
}
