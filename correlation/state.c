#include "correlation/state.h"

#include "base/err.h"
#include "base/mem.h"
#include "correlation/window.h"

#define MAGIC       UINT64_C(0x3130727265726f63)
#define SLOTS_MIN   16u
#define HEAP_MIN    16u
#define SWEEP_OWN   2u /* per new item: more than one, so forgetting keeps up with making */
#define SWEEP_TURN  4u
#define EVICT_TRIES 256u /* groups given up for one piece before the asker is refused */

static roff *
heap_of(const struct state *s, const struct rule_state *r)
{
	return region_at(s->region, r->heap);
}

static struct slot *
table_of(const struct state *s, const struct rule_state *r)
{
	return region_at(s->region, r->table);
}

static size_t
group_bytes(const struct state *s, uint32_t rule, uint32_t key_len)
{
	return sizeof(struct group) + state_rule(s, rule)->aux + key_len;
}

struct str
group_key(const struct state *s, uint32_t rule, const struct group *g)
{
	return str_make((const char *)(g + 1) + state_rule(s, rule)->aux, g->key_len);
}

/* ---- the heap: who was silent longest. Times in it may lag behind; the top is brought up to date
 * before it is believed. ---- */

static bool
heap_less(const struct group *a, const struct group *b)
{
	return a->heap_time != b->heap_time ? a->heap_time < b->heap_time : a->tie < b->tie;
}

static void
heap_set(const struct state *s, roff *heap, uint32_t i, roff g)
{
	heap[i] = g;
	state_group(s, g)->at_heap = i;
}

static void
heap_up(const struct state *s, roff *heap, uint32_t i)
{
	roff g = heap[i];

	while (i > 0) {
		uint32_t parent = (i - 1) / 2;

		if (!heap_less(state_group(s, g), state_group(s, heap[parent])))
			break;
		heap_set(s, heap, i, heap[parent]);
		i = parent;
	}
	heap_set(s, heap, i, g);
}

static void
heap_down(const struct state *s, roff *heap, uint32_t n, uint32_t i)
{
	roff g = heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
			heap_less(state_group(s, heap[child + 1]), state_group(s, heap[child])))
			child++;
		if (!heap_less(state_group(s, heap[child]), state_group(s, g)))
			break;
		heap_set(s, heap, i, heap[child]);
		i = child;
	}
	heap_set(s, heap, i, g);
}

/* The rule's group with the oldest newest time; 0 = it has none. */
static roff
oldest(const struct state *s, const struct rule_state *r)
{
	roff *heap = heap_of(s, r);

	if (r->n == 0)
		return 0;
	for (;;) {
		struct group *g = state_group(s, heap[0]);

		if (g->heap_time == g->newest)
			return heap[0];
		g->heap_time = g->newest;
		heap_down(s, heap, r->n, 0);
	}
}

static void
heap_remove(const struct state *s, struct rule_state *r, uint32_t at)
{
	roff *heap = heap_of(s, r);
	uint32_t last = r->n - 1;

	if (at == last)
		return;
	heap_set(s, heap, at, heap[last]);
	heap_down(s, heap, last, at);
	heap_up(s, heap, state_group(s, heap[at])->at_heap);
}

/* ---- the table ---- */

static uint32_t
table_place(const struct rule_state *r, uint64_t hash)
{
	return (uint32_t)hash & (r->cap - 1);
}

static void
table_put(struct rule_state *r, struct slot *table, uint64_t hash, roff g)
{
	uint32_t at = table_place(r, hash);

	while (table[at].group)
		at = (at + 1) & (r->cap - 1);
	table[at] = (struct slot){(uint32_t)(hash >> 32), g};
}

static void
table_remove(const struct state *s, struct rule_state *r, roff g)
{
	struct slot *table = table_of(s, r);
	uint32_t mask = r->cap - 1, at = table_place(r, state_group(s, g)->hash), hole;

	while (table[at].group != g)
		at = (at + 1) & mask;
	hole = at;
	for (at = (at + 1) & mask; table[at].group; at = (at + 1) & mask) {
		uint32_t home = table_place(r, state_group(s, table[at].group)->hash);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table[hole] = table[at];
		hole = at;
	}
	table[hole] = (struct slot){0, 0};
}

static roff
table_find(const struct state *s, uint32_t rule, uint64_t hash, struct str key)
{
	const struct rule_state *r = state_rule(s, rule);
	const struct slot *table = table_of(s, r);
	uint32_t at;

	if (r->n == 0)
		return 0;
	for (at = table_place(r, hash); table[at].group; at = (at + 1) & (r->cap - 1))
		if (table[at].tag == (uint32_t)(hash >> 32)) {
			const struct group *g = state_group(s, table[at].group);

			if (g->hash == hash && str_eq(group_key(s, rule, g), key))
				return table[at].group;
		}
	return 0;
}

/* ---- memory ---- */

void
state_drop(struct state *s, uint32_t rule, roff at)
{
	struct rule_state *r = state_rule(s, rule);
	struct group *g = state_group(s, at);

	window_clear(s, rule, g);
	table_remove(s, r, at);
	heap_remove(s, r, g->at_heap);
	r->n--;
	s->root->keys--;
	state_release(s, rule, at, group_bytes(s, rule, g->key_len));
}

/* Every rule has the same share, so the one with most bytes has the largest excess. */
static bool
evict_one(struct state *s, roff keep)
{
	struct rule_state *most = NULL;
	uint32_t victim = 0;
	roff g;

	for (uint32_t i = 0; i < s->root->nrules; i++) {
		struct rule_state *r = state_rule(s, i);

		if (r->n > 0 && (!most || r->bytes > most->bytes)) {
			most = r;
			victim = i;
		}
	}
	if (!most)
		return false;
	g = oldest(s, most);
	if (g == keep)
		return false;
	s->root->evicted++;
	s->root->evicted_items += state_group(s, g)->n;
	state_drop(s, victim, g);
	return true;
}

roff
state_alloc(struct state *s, uint32_t rule, size_t n, roff keep)
{
	roff p = region_alloc(s->region, n);

	for (unsigned tries = 0; !p && tries < EVICT_TRIES && evict_one(s, keep); tries++)
		p = region_alloc(s->region, n);
	if (p)
		state_rule(s, rule)->bytes += region_room(n);
	return p;
}

void
state_release(struct state *s, uint32_t rule, roff p, size_t n)
{
	if (!p)
		return;
	state_rule(s, rule)->bytes -= region_room(n);
	region_free_piece(s->region, p, n);
}

/* Room for one more group in table and heap. An eviction inside may free this rule's groups, but
 * never moves its table. */
static bool
make_place(struct state *s, uint32_t rule)
{
	struct rule_state *r = state_rule(s, rule);

	if (r->n + 1 > r->heap_cap) {
		uint32_t cap = r->heap_cap ? r->heap_cap * 2 : HEAP_MIN;
		roff fresh = state_alloc(s, rule, cap * sizeof(roff), 0);

		if (!fresh)
			return false;
		if (r->n)
			memcpy(region_at(s->region, fresh), heap_of(s, r), r->n * sizeof(roff));
		state_release(s, rule, r->heap, r->heap_cap * sizeof(roff));
		r->heap = fresh;
		r->heap_cap = cap;
	}
	if ((r->n + 1) * 2 > r->cap) {
		uint32_t cap = r->cap ? r->cap * 2 : SLOTS_MIN, old = r->cap;
		roff fresh = state_alloc(s, rule, cap * sizeof(struct slot), 0);
		const roff *heap = heap_of(s, r);

		if (!fresh)
			return false;
		r->cap = cap;
		for (uint32_t i = 0; i < r->n; i++)
			table_put(r, region_at(s->region, fresh), state_group(s, heap[i])->hash,
				heap[i]);
		state_release(s, rule, r->table, old * sizeof(struct slot));
		r->table = fresh;
	}
	return true;
}

static void
group_begin(struct state *s, uint32_t rule, struct group *g, int64_t time)
{
	const struct rule_state *r = state_rule(s, rule);

	g->newest = time;
	g->touched = s->root->arrival;
	g->reported = STATE_NEVER;
	g->suppressed = 0;
	g->back_first = UINT64_MAX;
	memset(group_aux(g), 0, r->aux);
	if (r->kind == CORR_TEMPORAL_ORDERED)
		chain_clear(s->shapes[rule].corr, g);
}

static bool
is_forgotten(const struct state *s, uint32_t rule, const struct group *g)
{
	int64_t due, idle;

	return !__builtin_add_overflow(g->newest, s->shapes[rule].forget, &due) &&
	       s->root->now > due &&
	       !__builtin_add_overflow(g->touched, s->shapes[rule].forget, &idle) &&
	       s->root->arrival > idle;
}

static roff
group_new(struct state *s, uint32_t rule, struct str key, uint64_t hash, int64_t time)
{
	struct rule_state *r = state_rule(s, rule);
	struct group *g;
	roff at;

	if (s->quota && r->n >= s->quota) {
		roff old = oldest(s, r);

		s->root->evicted++;
		s->root->evicted_items += state_group(s, old)->n;
		state_drop(s, rule, old);
	}
	if (!make_place(s, rule))
		return 0;
	at = state_alloc(s, rule, group_bytes(s, rule, (uint32_t)key.n), 0);
	if (!at)
		return 0;
	g = state_group(s, at);
	g->hash = hash;
	g->tie = hash_text(key);
	g->key_len = (uint32_t)key.n;
	if (key.n)
		memcpy((char *)(g + 1) + state_rule(s, rule)->aux, key.p, key.n);
	group_begin(s, rule, g, time);
	g->heap_time = time;
	table_put(r, table_of(s, r), hash, at);
	heap_set(s, heap_of(s, r), r->n, at);
	r->n++;
	s->root->keys++;
	heap_up(s, heap_of(s, r), r->n - 1);
	return at;
}

roff
state_find(struct state *s, uint32_t rule, struct str key, int64_t time)
{
	uint64_t hash = hash_seeded(key, s->root->seed);
	roff at = table_find(s, rule, hash, key);
	struct group *g;

	if (!at)
		return group_new(s, rule, key, hash, time);
	g = state_group(s, at);
	if (is_forgotten(s, rule, g)) {
		struct rule_state *r = state_rule(s, rule);

		s->root->forgotten++;
		window_clear(s, rule, g);
		group_begin(s, rule, g, time);
		/* Its time may go back here, which the heap must hear of at once. */
		g->heap_time = time;
		heap_down(s, heap_of(s, r), r->n, g->at_heap);
		heap_up(s, heap_of(s, r), g->at_heap);
	}
	g->touched = s->root->arrival;
	return at;
}

roff
state_look(const struct state *s, uint32_t rule, struct str key)
{
	return table_find(s, rule, hash_seeded(key, s->root->seed), key);
}

static void
sweep_rule(struct state *s, uint32_t rule, uint32_t most)
{
	struct rule_state *r = state_rule(s, rule);

	while (most-- > 0) {
		roff g = oldest(s, r);

		if (!g || !is_forgotten(s, rule, state_group(s, g)))
			return;
		s->root->forgotten++;
		state_drop(s, rule, g);
	}
}

void
state_sweep(struct state *s, uint32_t rule)
{
	if (s->root->nrules == 0)
		return;
	if (rule < s->root->nrules)
		sweep_rule(s, rule, SWEEP_OWN);
	if (s->root->sweep >= s->root->nrules)
		s->root->sweep = 0;
	sweep_rule(s, s->root->sweep++, SWEEP_TURN);
}

/* ---- coming back after a restart or a reload ---- */

static void
rule_free(struct state *s, uint32_t rule)
{
	struct rule_state *r = state_rule(s, rule);

	while (r->n)
		state_drop(s, rule, heap_of(s, r)[r->n - 1]);
	state_release(s, rule, r->heap, r->heap_cap * sizeof(roff));
	state_release(s, rule, r->table, r->cap * sizeof(struct slot));
	r->heap = r->table = 0;
	r->heap_cap = r->cap = 0;
}

static uint32_t
place_of(const struct hash128 *contents, uint32_t n, struct hash128 content)
{
	uint32_t i = 0;

	while (i < n && (contents[i].lo != content.lo || contents[i].hi != content.hi))
		i++;
	return i;
}

static void
root_init(struct state *s, uint64_t seed)
{
	struct state_root *root = s->root;

	if (root->magic == MAGIC)
		return;
	/* What another version left cannot be read: an empty memory is better than a wrong one. */
	if (root->magic != 0)
		region_reset(s->region);
	*root = (struct state_root){.magic = MAGIC, .seed = seed, .now = STATE_NEVER};
}

/* The same rules in the same places: a restart, which must leave no trace in the region. */
static bool
is_same(const struct state *s, const struct hash128 *contents, uint32_t nrules)
{
	if (s->root->nrules != nrules)
		return false;
	for (uint32_t i = 0; i < nrules; i++)
		if (state_rule(s, i)->content.lo != contents[i].lo ||
			state_rule(s, i)->content.hi != contents[i].hi)
			return false;
	return true;
}

int
state_attach(struct state *s, const struct hash128 *contents, const struct rule_shape *shapes,
	uint32_t nrules, uint64_t seed)
{
	struct state_root *root = region_root(s->region);
	struct rule_state *fresh;
	size_t bytes = nrules * sizeof(*fresh);
	roff at;

	s->root = root;
	s->shapes = mem_zero(nrules, sizeof(*s->shapes));
	root_init(s, seed);
	memcpy(s->shapes, shapes, nrules * sizeof(*shapes));
	if (is_same(s, contents, nrules))
		return 0;
	for (uint32_t i = 0; i < root->nrules; i++)
		if (place_of(contents, nrules, state_rule(s, i)->content) == nrules)
			rule_free(s, i);
	at = region_alloc(s->region, bytes);
	while (!at && evict_one(s, 0))
		at = region_alloc(s->region, bytes);
	if (!at)
		return ERR_LIMIT;
	fresh = region_at(s->region, at);
	for (uint32_t i = 0; i < nrules; i++) {
		fresh[i].content = contents[i];
		fresh[i].kind = shapes[i].kind;
		fresh[i].aux = shapes[i].aux;
	}
	for (uint32_t i = 0; i < root->nrules; i++) {
		uint32_t to = place_of(contents, nrules, state_rule(s, i)->content);

		if (to < nrules)
			fresh[to] = *state_rule(s, i);
	}
	region_free_piece(s->region, root->rules, root->nrules * sizeof(*fresh));
	root->rules = at;
	root->nrules = nrules;
	return 0;
}

void
state_detach(struct state *s)
{
	mem_free(s->shapes);
	s->shapes = NULL;
}
