/* incident_shelf.c - bounded tables in the region: chains in buckets, and a list in order of use.
 */
#include "correlation/incident_inside.h"

#define BUCKETS 4096u

static struct link *
at(const struct incidents *k, roff p)
{
	return p ? region_at(k->region, p) : NULL;
}

/* Seeded, since what stands in logs makes the keys. */
static roff *
bucket(const struct incidents *k, const struct shelf *s, struct hash128 key)
{
	struct str text = {(const char *)&key, sizeof(key)};

	return (roff *)region_at(k->region, s->table) + hash_seeded(text, k->root->seed) % BUCKETS;
}

bool
shelf_init(struct incidents *k, struct shelf *s, size_t bytes, size_t piece)
{
	*s = (struct shelf){.size = (uint32_t)piece,
		.max = (uint32_t)(bytes / region_room(piece)),
		.table = region_alloc(k->region, BUCKETS * sizeof(roff))};
	return s->table && s->max;
}

static roff
find(const struct incidents *k, const struct shelf *s, struct hash128 key)
{
	roff p = *bucket(k, s, key);

	while (p && !hash128_eq(at(k, p)->key, key))
		p = at(k, p)->next;
	return p;
}

void *
shelf_find(const struct incidents *k, const struct shelf *s, struct hash128 key)
{
	return at(k, find(k, s, key));
}

static void
leave_order(struct incidents *k, struct shelf *s, struct link *l)
{
	if (l->newer)
		at(k, l->newer)->older = l->older;
	else
		s->newest = l->older;
	if (l->older)
		at(k, l->older)->newer = l->newer;
	else
		s->oldest = l->newer;
}

static void
enter_order(struct incidents *k, struct shelf *s, struct link *l, roff p)
{
	l->newer = 0;
	l->older = s->newest;
	if (l->older)
		at(k, l->older)->newer = p;
	else
		s->oldest = p;
	s->newest = p;
}

void
shelf_use(struct incidents *k, struct shelf *s, void *piece)
{
	struct link *l = piece;
	roff p = find(k, s, l->key);

	leave_order(k, s, l);
	enter_order(k, s, l, p);
}

void *
shelf_oldest(const struct incidents *k, const struct shelf *s)
{
	return at(k, s->oldest);
}

void
shelf_drop(struct incidents *k, struct shelf *s, void *piece)
{
	struct link *l = piece;
	roff *from = bucket(k, s, l->key), p;

	while (at(k, *from) != l)
		from = &at(k, *from)->next;
	p = *from;
	*from = l->next;
	leave_order(k, s, l);
	s->n--;
	region_free_piece(k->region, p, s->size);
}

static bool
lives(const struct incidents *k, uint32_t number)
{
	return number && shelf_find(k, &k->root->incidents, incident_key(number));
}

/* What leads to incidents that are gone is no loss, and not counted. */
static void
evict(struct incidents *k, struct shelf *s)
{
	struct incidents_root *root = k->root;
	void *piece = shelf_oldest(k, s);
	bool loss = false;

	if (s == &root->incidents) {
		const struct incident *i = piece;

		root->forwards -= i->into != 0;
		loss = i->into == 0;
	} else if (s == &root->events) {
		loss = lives(k, ((const struct event_key *)piece)->incident);
	} else if (s == &root->keys) {
		const struct fold_key *x = piece;

		loss = x->hub;
		for (unsigned i = 0; i < x->n && !loss; i++)
			loss = lives(k, x->incidents[i]);
	}
	root->evicted += loss;
	shelf_drop(k, s, piece);
}

void *
shelf_add(struct incidents *k, struct shelf *s, struct hash128 key)
{
	roff p, *to;
	struct link *l;

	if (s->n >= s->max)
		evict(k, s);
	while (!(p = region_alloc(k->region, s->size))) {
		if (!s->oldest)
			return NULL;
		evict(k, s);
	}
	to = bucket(k, s, key);
	l = at(k, p);
	*l = (struct link){.key = key, .next = *to};
	*to = p;
	enter_order(k, s, l, p);
	s->n++;
	return l;
}
