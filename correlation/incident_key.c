/* incident_key.c - what leads from an alert to incidents: entities, records; and what are hubs. */
#include <string.h>

#include "base/clock.h"
#include "correlation/incident_inside.h"

struct hash128
key_of_entity(const struct alert_entity *e)
{
	char text[VALUE_BYTES + 2];

	text[0] = 'E';
	text[1] = (char)e->kind;
	memcpy(text + 2, e->value.p, e->value.n);
	return hash_id(text, e->value.n + 2);
}

struct hash128
key_of_event(struct hash128 id)
{
	return hash_id(&id, sizeof(id));
}

uint64_t
entity_hash(const struct incidents *k, const struct alert_entity *e)
{
	return hash_seeded(e->value, k->root->seed + (uint64_t)e->kind);
}

/* By its number, or the one that it became part of. NULL: gone. */
struct incident *
incident_of(const struct incidents *k, uint32_t number)
{
	struct incident *i = shelf_find(k, &k->root->incidents, incident_key(number));

	/* An incident merges into an older one only: this ends. */
	while (i && i->into)
		i = shelf_find(k, &k->root->incidents, incident_key(i->into));
	return i;
}

int64_t
incident_shift(int64_t time, int64_t by)
{
	int64_t sum;

	if (__builtin_add_overflow(time, by, &sum))
		return by < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

bool
incident_in_time(const struct incidents *k, const struct incident *i, const struct alert *a)
{
	return a->time <= incident_shift(i->last, k->opt.window_ns) &&
	       a->time >= incident_shift(i->first, -k->opt.window_ns) &&
	       a->time <= incident_shift(i->began, k->opt.longest_ns) &&
	       a->time >= incident_shift(i->began, -k->opt.longest_ns);
}

static void
see_person(struct incidents *k, struct fold_key *x, uint64_t who, int64_t time)
{
	int32_t now = (int32_t)(time / (60 * NS_PER_S));
	int64_t longest = k->opt.longest_ns / (60 * NS_PER_S);
	unsigned n = 0;
	bool there = false;

	for (unsigned p = 0; p < x->npersons; p++) {
		bool same = x->persons[p] == who;

		if (!same && (int64_t)now - x->seen[p] > longest)
			continue; /* an address that changes hands over weeks is no hub */
		x->persons[n] = x->persons[p];
		x->seen[n] = same && now > x->seen[p] ? now : x->seen[p];
		n++;
		there |= same;
	}
	x->npersons = (uint8_t)n;
	if (!there && n < KEY_MANY && n < k->opt.hub_degree) {
		x->persons[n] = who;
		x->seen[n] = now;
		x->npersons++;
	} else if (!there) {
		x->hub = true;
	}
}

/* The incidents that the key leads to, each once; how many of them this alert could have joined. */
static unsigned
tidy(const struct incidents *k, struct fold_key *x, const struct incident *but,
	const struct alert *a)
{
	unsigned n = 0, open = 0;

	for (unsigned c = 0; c < x->n; c++) {
		const struct incident *other = incident_of(k, x->incidents[c]);
		bool drop = !other || other == but;

		for (unsigned o = 0; o < n && !drop; o++)
			drop = x->incidents[o] == other->number;
		if (drop)
			continue;
		open += incident_in_time(k, other, a);
		x->incidents[n++] = other->number;
	}
	x->n = (uint8_t)n;
	return open;
}

/* From now on the entity leads to this incident; or it has become a hub. */
void
key_point(struct incidents *k, size_t e, const struct incident *i, const struct alert *a)
{
	enum entity_kind kind = a->entities[e].kind;
	struct hash128 key = key_of_entity(&a->entities[e]);
	struct fold_key *x = shelf_find(k, &k->root->keys, key);

	if (x)
		shelf_use(k, &k->root->keys, x);
	else
		x = shelf_add(k, &k->root->keys, key);
	if (!x || x->hub)
		return;
	for (size_t p = 0; (kind == ENTITY_IP || kind == ENTITY_HOST) && p < a->nentities; p++)
		if (a->entities[p].kind == ENTITY_PERSON && !(k->tried >> p & 1))
			see_person(k, x, entity_hash(k, &a->entities[p]), a->time);
	x->hub |= tidy(k, x, i, a) >= k->opt.hub_degree;
	if (x->hub) {
		x->n = x->npersons = 0;
		k->root->hubs++;
		return;
	}
	if (x->n == KEY_MANY) /* the one that was pointed at first */
		memmove(x->incidents, x->incidents + 1, --x->n * sizeof(x->incidents[0]));
	x->incidents[x->n++] = i->number;
}

void
key_point_event(struct incidents *k, struct hash128 id, const struct incident *i)
{
	struct hash128 key = key_of_event(id);
	struct event_key *x = shelf_find(k, &k->root->events, key);

	if (x)
		shelf_use(k, &k->root->events, x);
	else
		x = shelf_add(k, &k->root->events, key);
	if (x)
		x->incident = i->number;
}
