/*
 * map.h - a hash map from text to a number, seeded, for tables that live in one process.
 *
 * Keys are copied. Threads: one owner at a time. Iteration order is insertion order.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_item {
	struct str key;
	uint64_t value;
	uint64_t hash;
};

struct map {
	struct arena arena;
	struct map_item *items; /* in order of insertion */
	size_t n, cap;
	uint32_t *slots; /* item number + 1 */
	size_t mask;
	uint64_t seed;
};

void map_init(struct map *m, uint64_t seed);
/* The value's place, or NULL; valid until the next map_put. */
uint64_t *map_get(const struct map *m, struct str key);
/* The value's place, made with value 0 if it was not there; *fresh (may be NULL) says so. */
uint64_t *map_put(struct map *m, struct str key, bool *fresh);
void map_done(struct map *m);

#endif
