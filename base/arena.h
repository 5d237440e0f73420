/*
 * arena.h - memory that is given out piece by piece and freed all at once.
 *
 * Threads: one owner at a time. Pointers stay valid until arena_reset or arena_done.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *head;
	char *at, *end;
	size_t total; /* bytes given out since the last reset */
};

/* n zeroed bytes, aligned to 16. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
struct str arena_str(struct arena *a, struct str s);
/* A NUL-terminated copy. */
char *arena_z(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Forget all pieces but keep one block for the next round. */
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

#endif
