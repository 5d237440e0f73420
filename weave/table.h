/*
 * table.h - a bounded table in a region: things by a 128-bit key, the least recently used given up
 * first.
 *
 * Order of use follows from the records alone, so eviction does too; the seed decides only where a
 * thing lies. Threads: one.
 */
#ifndef WEAVE_TABLE_H
#define WEAVE_TABLE_H

#include "base/hash.h"
#include "base/region.h"

/* Begins each thing; the rest is its owner's. */
struct thing {
	struct hash128 key;
	roff newer, older; /* in order of use */
	uint32_t bytes;
	uint32_t spare;
};

_Static_assert(sizeof(struct thing) == 32, "things lie in checkpoints");

/* Lies in the region's root. */
struct table_root {
	roff slots; /* struct table_slot[cap] */
	uint32_t cap, n, max;
	roff newest, oldest;
	uint64_t evicted;
};

/* A slot knows a part of its thing's key, so that looking for what is not there reads no thing. */
struct table_slot {
	roff at; /* 0 = free */
	uint32_t tag;
};

struct table {
	struct region *region;
	struct table_root *root;
	uint64_t seed;
	/* Told before a thing is given up; may be NULL. */
	void (*leaving)(void *ctx, struct thing *t);
	void *ctx;
};

/* A fresh root gets `max`; a restored one keeps what it holds. */
void table_attach(
	struct table *t, struct region *r, struct table_root *root, uint64_t seed, uint32_t max);
/* NULL when it is not there. Does not count as use. */
struct thing *table_find(const struct table *t, struct hash128 key);
/* Found or made (zeroed, `bytes` long, *fresh says so), now the newest. NULL: no room at all. */
struct thing *table_take(struct table *t, struct hash128 key, uint32_t bytes, bool *fresh);
/* The same thing with more bytes behind it, zeroed; it may lie elsewhere then. NULL: no room, it is
 * as it was. Does not count as use, and gives nothing up. */
struct thing *table_widen(struct table *t, struct thing *thing, uint32_t bytes);
void table_drop(struct table *t, struct thing *thing);
/* The one that was not used for longest; NULL when empty. */
struct thing *table_oldest(const struct table *t);
/* The one that was used next; NULL behind the newest. */
struct thing *table_newer(const struct table *t, const struct thing *x);

/* Key of a word: what kind of thing, and its bytes. */
struct hash128 table_key(char kind, const void *p, size_t n);

#endif
