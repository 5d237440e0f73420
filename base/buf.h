/*
 * buf.h - a growing run of bytes. {0} is a valid empty buffer; buf_done frees it.
 *
 * Threads: one owner at a time.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap;
};

void buf_grow(struct buf *b, size_t more);

/* Make room for `more` bytes behind the end and return where they go; the caller adds to b->n. */
static inline char *
buf_room(struct buf *b, size_t more)
{
	if (b->cap - b->n < more)
		buf_grow(b, more);
	return b->p + b->n;
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_room(b, n), p, n);
	b->n += n;
}

static inline void
buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

static inline void
buf_add_char(struct buf *b, char c)
{
	*buf_room(b, 1) = c;
	b->n++;
}

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

static inline void
buf_clear(struct buf *b)
{
	b->n = 0;
}

#define BUF_ADD_LIT(b, lit) buf_add((b), "" lit, sizeof(lit) - 1)

void buf_add_u64(struct buf *b, uint64_t v);
void buf_add_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* NUL-terminate (not counted in n) and return the text; valid until the next change. */
const char *buf_z(struct buf *b);
void buf_done(struct buf *b);

#endif
