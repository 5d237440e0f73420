#include "base/field.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/namehash.h"

#define SLOTS_MIN 2048u

static const struct {
	struct str name;
	enum field_kind kind;
} ecs[FIELD_ECS_END] = {
#define F(id, name, kind) [FIELD_##id] = {{name, sizeof(name) - 1}, FIELD_##kind},
#include "base/ecs.def"
#undef F
};

struct names {
	struct arena arena;
	struct str *text;
	size_t n, cap;
	uint16_t *slots; /* open addressing; 0 = empty, else the number */
	uint8_t *tags;   /* eight more bits of the hash, so that a miss seldom reads a name */
	unsigned mask;
	bool frozen;
};

static void
place(struct names *n, unsigned field)
{
	uint32_t h = name_hash(n->text[field]);
	unsigned at = h & n->mask;

	while (n->slots[at])
		at = (at + 1) & n->mask;
	n->slots[at] = (uint16_t)field;
	n->tags[at] = (uint8_t)(h >> 24);
}

static void
rehash(struct names *n, unsigned slots)
{
	mem_free(n->slots);
	mem_free(n->tags);
	n->slots = mem_zero(slots, sizeof(*n->slots));
	n->tags = mem_zero(slots, sizeof(*n->tags));
	n->mask = slots - 1;
	for (unsigned i = 1; i < n->n; i++)
		place(n, i);
}

struct names *
names_new(void)
{
	struct names *n = mem_zero(1, sizeof(*n));

	n->cap = 1024;
	n->text = mem_zero(n->cap, sizeof(*n->text));
	for (unsigned i = 1; i < FIELD_ECS_END; i++)
		n->text[i] = ecs[i].name;
	n->n = FIELD_ECS_END;
	rehash(n, SLOTS_MIN);
	return n;
}

unsigned
names_find(const struct names *n, struct str name)
{
	uint32_t h = name_hash(name);
	unsigned at = h & n->mask;

	while (n->slots[at]) {
		if (n->tags[at] == (uint8_t)(h >> 24) && name_eq(n->text[n->slots[at]], name))
			return n->slots[at];
		at = (at + 1) & n->mask;
	}
	return FIELD_NAMED;
}

int
names_add(struct names *n, struct str name, unsigned *ret)
{
	unsigned found = names_find(n, name);

	if (found) {
		*ret = found;
		return 0;
	}
	if (n->frozen)
		return ERR_STATE;
	if (n->n >= FIELD_MAX)
		return ERR_LIMIT;
	n->text = mem_grow(n->text, n->n, &n->cap, sizeof(*n->text));
	n->text[n->n] = arena_str(&n->arena, name);
	*ret = (unsigned)n->n++;
	if (n->n * 2 > n->mask)
		rehash(n, (n->mask + 1) * 2);
	else
		place(n, *ret);
	return 0;
}

void
names_freeze(struct names *n)
{
	n->frozen = true;
}

struct str
names_text(const struct names *n, unsigned field)
{
	return field < n->n ? n->text[field] : (struct str){0};
}

enum field_kind
names_kind(const struct names *n, unsigned field)
{
	(void)n;
	return field > 0 && field < FIELD_ECS_END ? ecs[field].kind : FIELD_K;
}

unsigned
names_count(const struct names *n)
{
	return (unsigned)n->n;
}

void
names_free(struct names *n)
{
	if (!n)
		return;
	mem_free(n->slots);
	mem_free(n->tags);
	mem_free(n->text);
	arena_done(&n->arena);
	mem_free(n);
}
