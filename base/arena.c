#include "base/arena.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/mem.h"

#define BLOCK_BYTES ((size_t)64 << 10)

struct arena_block {
	struct arena_block *next;
	size_t cap;
	_Alignas(16) char bytes[];
};

static void
new_block(struct arena *a, size_t n)
{
	size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	struct arena_block *b = mem_alloc(sizeof(*b) + cap);

	b->cap = cap;
	b->next = a->head;
	a->head = b;
	a->at = b->bytes;
	a->end = b->bytes + cap;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	char *p;

	n = n ? (n + 15) & ~(size_t)15 : 16;
	if ((size_t)(a->end - a->at) < n || !a->head)
		new_block(a, n);
	p = a->at;
	a->at += n;
	a->total += n;
	memset(p, 0, n);
	return p;
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n ? s.n : 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

char *
arena_z(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	struct buf b = {0};
	struct str kept;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	kept = arena_str(a, buf_str(&b));
	buf_done(&b);
	return kept;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = a->head;

	if (!keep)
		return;
	for (struct arena_block *b = keep->next, *next; b; b = next) {
		next = b->next;
		mem_free(b);
	}
	keep->next = NULL;
	a->at = keep->bytes;
	a->end = keep->bytes + keep->cap;
	a->total = 0;
}

void
arena_done(struct arena *a)
{
	for (struct arena_block *b = a->head, *next; b; b = next) {
		next = b->next;
		mem_free(b);
	}
	*a = (struct arena){0};
}
