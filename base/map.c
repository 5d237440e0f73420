#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

void
map_init(struct map *m, uint64_t seed)
{
	*m = (struct map){.seed = seed, .mask = 63};
	m->slots = mem_zero(m->mask + 1, sizeof(*m->slots));
}

static size_t
probe(const struct map *m, struct str key, uint64_t hash)
{
	size_t at = hash & m->mask;

	while (m->slots[at]) {
		const struct map_item *it = &m->items[m->slots[at] - 1];

		if (it->hash == hash && str_eq(it->key, key))
			break;
		at = (at + 1) & m->mask;
	}
	return at;
}

uint64_t *
map_get(const struct map *m, struct str key)
{
	size_t at;

	if (m->n == 0)
		return NULL;
	at = probe(m, key, hash_seeded(key, m->seed));
	return m->slots[at] ? &m->items[m->slots[at] - 1].value : NULL;
}

static void
widen(struct map *m)
{
	mem_free(m->slots);
	m->mask = m->mask * 2 + 1;
	m->slots = mem_zero(m->mask + 1, sizeof(*m->slots));
	for (size_t i = 0; i < m->n; i++) {
		size_t at = m->items[i].hash & m->mask;

		while (m->slots[at])
			at = (at + 1) & m->mask;
		m->slots[at] = (uint32_t)(i + 1);
	}
}

uint64_t *
map_put(struct map *m, struct str key, bool *fresh)
{
	uint64_t hash = hash_seeded(key, m->seed);
	size_t at = probe(m, key, hash);

	if (fresh)
		*fresh = !m->slots[at];
	if (m->slots[at])
		return &m->items[m->slots[at] - 1].value;
	m->items = mem_grow(m->items, m->n, &m->cap, sizeof(*m->items));
	m->items[m->n] = (struct map_item){.key = arena_str(&m->arena, key), .hash = hash};
	m->slots[at] = (uint32_t)++m->n;
	if (m->n * 2 > m->mask)
		widen(m);
	return &m->items[m->n - 1].value;
}

void
map_done(struct map *m)
{
	mem_free(m->items);
	mem_free(m->slots);
	arena_done(&m->arena);
	*m = (struct map){0};
}
