#include "weave/table.h"

#include <string.h>

#include "base/buf.h"

#define FIRST_CAP 1024u

static struct table_slot *
slots(const struct table *t)
{
	return region_at(t->region, t->root->slots);
}

static struct thing *
at(const struct table *t, roff p)
{
	return p ? region_at(t->region, p) : NULL;
}

static size_t
home(const struct table *t, struct hash128 key)
{
	return (size_t)((key.lo ^ t->seed) * UINT64_C(0x9e3779b97f4a7c15) >> 20) &
	       (t->root->cap - 1);
}

void
table_attach(
	struct table *t, struct region *r, struct table_root *root, uint64_t seed, uint32_t max)
{
	t->region = r;
	t->root = root;
	t->seed = seed;
	root->max = max;
}

static uint32_t
tag_of(struct hash128 key)
{
	return (uint32_t)key.hi;
}

/* The slot that holds the key, or the free one where it would go. */
static size_t
slot_of(const struct table *t, struct hash128 key)
{
	const struct table_slot *s = slots(t);
	size_t i = home(t, key);

	while (s[i].at && (s[i].tag != tag_of(key) || !hash128_eq(at(t, s[i].at)->key, key)))
		i = (i + 1) & (t->root->cap - 1);
	return i;
}

struct thing *
table_find(const struct table *t, struct hash128 key)
{
	return t->root->cap ? at(t, slots(t)[slot_of(t, key)].at) : NULL;
}

static void
unlink_thing(struct table *t, struct thing *x)
{
	if (x->newer)
		at(t, x->newer)->older = x->older;
	else
		t->root->newest = x->older;
	if (x->older)
		at(t, x->older)->newer = x->newer;
	else
		t->root->oldest = x->newer;
}

static void
link_newest(struct table *t, struct thing *x, roff self)
{
	x->newer = 0;
	x->older = t->root->newest;
	if (x->older)
		at(t, x->older)->newer = self;
	else
		t->root->oldest = self;
	t->root->newest = self;
}

/* Close the gap that a removed slot leaves (backward shift). */
static void
close_gap(struct table *t, size_t gap)
{
	size_t mask = t->root->cap - 1;
	struct table_slot *s = slots(t);

	for (size_t i = (gap + 1) & mask; s[i].at; i = (i + 1) & mask) {
		size_t h = home(t, at(t, s[i].at)->key);

		if (((i - h) & mask) >= ((i - gap) & mask)) {
			s[gap] = s[i];
			gap = i;
		}
	}
	s[gap] = (struct table_slot){0};
}

void
table_drop(struct table *t, struct thing *x)
{
	size_t i = slot_of(t, x->key);
	roff self = slots(t)[i].at;

	unlink_thing(t, x);
	close_gap(t, i);
	t->root->n--;
	region_free_piece(t->region, self, x->bytes);
}

struct thing *
table_oldest(const struct table *t)
{
	return at(t, t->root->oldest);
}

struct thing *
table_newer(const struct table *t, const struct thing *x)
{
	return at(t, x->newer);
}

static bool
give_up_oldest(struct table *t)
{
	struct thing *x = table_oldest(t);

	if (!x)
		return false;
	if (t->leaving)
		t->leaving(t->ctx, x);
	table_drop(t, x);
	t->root->evicted++;
	return true;
}

static bool
grow(struct table *t)
{
	uint32_t cap = t->root->cap ? t->root->cap * 2 : FIRST_CAP, old_cap = t->root->cap;
	roff more = region_alloc(t->region, cap * sizeof(struct table_slot)), old = t->root->slots;
	const struct table_slot *from;

	if (!more)
		return false;
	t->root->slots = more;
	t->root->cap = cap;
	from = old ? region_at(t->region, old) : NULL;
	for (uint32_t i = 0; i < old_cap; i++)
		if (from[i].at)
			slots(t)[slot_of(t, at(t, from[i].at)->key)] = from[i];
	if (old)
		region_free_piece(t->region, old, old_cap * sizeof(struct table_slot));
	return true;
}

struct thing *
table_take(struct table *t, struct hash128 key, uint32_t bytes, bool *fresh)
{
	roff self = t->root->cap ? slots(t)[slot_of(t, key)].at : 0;
	struct thing *x = at(t, self);

	*fresh = !x;
	if (x) {
		if (x->newer) {
			unlink_thing(t, x);
			link_newest(t, x, self);
		}
		return x;
	}
	while (t->root->n >= t->root->max && give_up_oldest(t))
		continue;
	if (t->root->n * 2 >= t->root->cap && !grow(t) &&
		(t->root->cap == 0 || t->root->n + 1 >= t->root->cap) && !give_up_oldest(t))
		return NULL;
	while (!(self = region_alloc(t->region, bytes)))
		if (!give_up_oldest(t))
			return NULL;
	x = at(t, self);
	x->key = key;
	x->bytes = bytes;
	slots(t)[slot_of(t, key)] = (struct table_slot){self, tag_of(key)};
	link_newest(t, x, self);
	t->root->n++;
	return x;
}

struct thing *
table_widen(struct table *t, struct thing *x, uint32_t bytes)
{
	size_t i = slot_of(t, x->key);
	roff old = slots(t)[i].at, self;
	uint32_t was = x->bytes;

	if (bytes <= was)
		return x;
	if (region_room(bytes) > region_room(was)) {
		self = region_alloc(t->region, bytes);
		if (!self)
			return NULL;
		memcpy(at(t, self), x, was);
		x = at(t, self);
		slots(t)[i].at = self;
		*(x->newer ? &at(t, x->newer)->older : &t->root->newest) = self;
		*(x->older ? &at(t, x->older)->newer : &t->root->oldest) = self;
		region_free_piece(t->region, old, was);
	}
	x->bytes = bytes;
	return x;
}

struct hash128
table_key(char kind, const void *p, size_t n)
{
	char text[512];

	if (n > sizeof(text) - 1)
		n = sizeof(text) - 1;
	text[0] = kind;
	memcpy(text + 1, p, n);
	return hash_id(text, n + 1);
}
