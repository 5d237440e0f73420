#include "correlation/window.h"

#include "correlation/expr.h"

#define RING_MIN 128u /* bytes: two items, which is all that most groups ever hold */

static bool
is_numeric(uint32_t kind)
{
	return kind == CORR_VALUE_SUM || kind == CORR_VALUE_AVG || kind == CORR_VALUE_MEDIAN ||
	       kind == CORR_VALUE_PERCENTILE;
}

static bool
has_values(uint32_t kind)
{
	return kind == CORR_VALUE_COUNT || kind == CORR_VALUE_SHARE;
}

static bool
is_temporal(uint32_t kind)
{
	return kind == CORR_TEMPORAL || kind == CORR_TEMPORAL_ORDERED;
}

static size_t
ring_bytes(uint32_t cap)
{
	return cap * sizeof(struct item);
}

/* The items of the front part know the smallest `first` behind them, the others share one figure:
 * so the smallest of all is at hand, and each item moves to the front part once. */
static void
front_rebuild(const struct state *s, struct group *g)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = g->n; i-- > 0;) {
		struct item *it = window_at(s, g, i);

		if (it->first > least)
			it->first = least;
		least = it->first;
	}
	g->front = g->n;
	g->back_first = UINT64_MAX;
}

uint64_t
window_first(const struct state *s, const struct group *g)
{
	uint64_t front = g->front ? window_at(s, g, 0)->first : UINT64_MAX;

	return front < g->back_first ? front : g->back_first;
}

static double
number_of(const struct item *it)
{
	double v;

	memcpy(&v, &it->x, sizeof(v));
	return v;
}

static void
drop_oldest(struct state *s, uint32_t rule, struct group *g)
{
	struct rule_state *r = state_rule(s, rule);
	struct item *it = window_at(s, g, 0);

	if (has_values(r->kind))
		values_drop(s, rule, g, (roff)it->x);
	else if (is_numeric(r->kind))
		numbers_drop(s, rule, g, number_of(it));
	else if (is_temporal(r->kind))
		for (uint64_t bits = it->x; bits; bits &= bits - 1)
			((uint32_t *)group_aux(g))[__builtin_ctzl(bits)]--;
	if (r->kind == CORR_TEMPORAL_ORDERED)
		chain_dropped(g);
	g->head = g->head + 1 == g->cap ? 0 : g->head + 1;
	g->n--;
	r->items--;
	s->root->items--;
	if (g->front)
		g->front--;
	else
		front_rebuild(s, g);
}

/* Give an empty window's memory back. */
void
window_clear(struct state *s, uint32_t rule, struct group *g)
{
	struct rule_state *r = state_rule(s, rule);

	values_clear(s, rule, g);
	if (g->cap)
		state_release(s, rule, g->ring, ring_bytes(g->cap));
	r->items -= g->n;
	s->root->items -= g->n;
	g->ring = 0;
	g->cap = g->head = g->n = g->front = 0;
	g->back_first = UINT64_MAX;
}

static bool
ring_grow(struct state *s, uint32_t rule, roff group)
{
	struct group *g = state_group(s, group);
	size_t bytes = g->cap ? region_room(ring_bytes(g->cap)) * 2 : RING_MIN;
	roff fresh = state_alloc(s, rule, bytes, group);
	struct item *to = region_at(s->region, fresh);

	if (!fresh)
		return false;
	for (uint32_t i = 0; i < g->n; i++)
		to[i] = *window_at(s, g, i);
	if (g->cap)
		state_release(s, rule, g->ring, ring_bytes(g->cap));
	g->ring = fresh;
	g->cap = (uint32_t)(bytes / sizeof(struct item));
	g->head = 0;
	return true;
}

/* A window that cannot grow gives up its older half; a group that cannot even hold one item, all.
 */
static bool
make_room(struct state *s, uint32_t rule, roff group)
{
	struct group *g = state_group(s, group);

	if (g->n < g->cap || ring_grow(s, rule, group))
		return true;
	if (g->cap == 0)
		return false;
	for (uint32_t give = (g->n + 1) / 2; give > 0; give--) {
		drop_oldest(s, rule, g);
		s->root->evicted_items++;
	}
	return true;
}

/* Where an item of this time and line belongs; equal ones keep their order of arrival. */
static uint32_t
place_of(const struct state *s, const struct group *g, const struct item *it)
{
	uint32_t lo = 0, n = g->n;
	const struct item *last = n ? window_at(s, g, n - 1) : NULL;

	if (!last || last->time < it->time || (last->time == it->time && last->seq <= it->seq))
		return n;
	while (n > 0) {
		const struct item *mid = window_at(s, g, lo + n / 2);

		if (mid->time < it->time || (mid->time == it->time && mid->seq <= it->seq)) {
			lo += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return lo;
}

/* Items [from, to) one place up: runs between the ends of the ring, from above. */
static void
shift_up(struct item *ring, const struct group *g, uint32_t from, uint32_t to)
{
	while (to > from) {
		uint32_t end = (g->head + to) % g->cap, run = to - from < end ? to - from : end;

		if (end == 0) {
			ring[0] = ring[g->cap - 1];
			to--;
			continue;
		}
		memmove(ring + end - run + 1, ring + end - run, run * sizeof(*ring));
		to -= run;
	}
}

/* One place down, from below. */
static void
shift_down(struct item *ring, const struct group *g, uint32_t from, uint32_t to)
{
	while (to > from) {
		uint32_t at = (g->head + from) % g->cap, rest = g->cap - at;
		uint32_t run = to - from < rest ? to - from : rest;

		if (at == 0) {
			ring[g->cap - 1] = ring[0];
			from++;
			continue;
		}
		memmove(ring + at - 1, ring + at, run * sizeof(*ring));
		from += run;
	}
}

static void
ring_insert(const struct state *s, struct group *g, uint32_t at, const struct item *it)
{
	struct item *ring = region_at(s->region, g->ring);

	if (at >= g->n / 2) {
		shift_up(ring, g, at, g->n);
	} else {
		shift_down(ring, g, 0, at);
		g->head = g->head ? g->head - 1 : g->cap - 1;
	}
	*window_at(s, g, at) = *it;
	g->n++;
	if (at >= g->front) {
		if (it->first < g->back_first)
			g->back_first = it->first;
		return;
	}
	g->front++;
	if (window_at(s, g, at + 1)->first < it->first && at + 1 < g->front)
		window_at(s, g, at)->first = window_at(s, g, at + 1)->first;
	for (uint32_t i = at; i-- > 0 && window_at(s, g, i)->first > it->first;)
		window_at(s, g, i)->first = it->first;
}

enum window_result
window_add(struct state *s, uint32_t rule, roff group, struct item *it, struct str value,
	double number)
{
	const struct corr *c = s->shapes[rule].corr;
	struct rule_state *r = state_rule(s, rule);
	struct group *g = state_group(s, group);
	uint32_t at;

	if (it->time < window_begin(c, g)) {
		s->root->late++;
		return WINDOW_LATE;
	}
	group_touch(g, it->time);
	while (g->n && window_at(s, g, 0)->time < window_begin(c, g))
		drop_oldest(s, rule, g);
	if (!make_room(s, rule, group) || !numbers_reserve(s, rule, group))
		return WINDOW_REFUSED;
	if (has_values(r->kind)) {
		it->x = values_take(s, rule, group, value);
		if (!it->x)
			return WINDOW_REFUSED;
	} else if (is_numeric(r->kind)) {
		memcpy(&it->x, &number, sizeof(it->x));
		numbers_add(s, rule, g, number);
	} else if (is_temporal(r->kind)) {
		for (uint64_t bits = it->x; bits; bits &= bits - 1)
			((uint32_t *)group_aux(g))[__builtin_ctzl(bits)]++;
	}
	at = place_of(s, g, it);
	ring_insert(s, g, at, it);
	r->items++;
	s->root->items++;
	if (r->kind == CORR_TEMPORAL_ORDERED)
		chain_added(s, c, g, at);
	return WINDOW_ADDED;
}

uint64_t
window_present(const struct corr *c, const struct group *g)
{
	const uint32_t *counts = (const uint32_t *)(const void *)(g + 1);
	uint64_t present = 0;

	for (uint32_t i = 0; i < c->nrefs; i++)
		present |= (uint64_t)(counts[i] > 0) << i;
	return present;
}

static bool
tests_hold(const struct corr *c, double v)
{
	for (uint32_t i = 0; i < c->ntests; i++) {
		double than = c->tests[i].than;
		bool ok = false;

		switch (c->tests[i].op) {
		case OP_GT:
			ok = v > than;
			break;
		case OP_GTE:
			ok = v >= than;
			break;
		case OP_LT:
			ok = v < than;
			break;
		case OP_LTE:
			ok = v <= than;
			break;
		case OP_EQ:
			ok = v == than;
			break;
		case OP_NEQ:
			ok = v != than;
			break;
		case OP_COUNT:
			break;
		}
		if (!ok)
			return false;
	}
	return true;
}

static bool
temporal_matches(const struct corr *c, const struct group *g, double *ret)
{
	uint64_t present = window_present(c, g);
	bool ordered = c->kind == CORR_TEMPORAL_ORDERED;

	*ret = __builtin_popcountl(present);
	if (c->nexpr)
		return ordered ? chain_expr(c, g, present) : expr_holds(c, c->nexpr - 1, present);
	if (ordered && c->nterms == 0)
		*ret = chain_longest(c, g);
	if (c->ntests)
		return tests_hold(c, *ret);
	return ordered ? chain_expr(c, g, present) : *ret == c->nrefs;
}

bool
window_matches(
	const struct state *s, const struct corr *c, const struct group *g, roff value, double *ret)
{
	switch (c->kind) {
	case CORR_EVENT_COUNT:
		*ret = g->n;
		break;
	case CORR_VALUE_COUNT:
		*ret = g->nvalues;
		break;
	case CORR_VALUE_SUM:
		*ret = numbers_sum(g);
		break;
	case CORR_VALUE_AVG:
		*ret = numbers_sum(g) / g->n;
		break;
	case CORR_VALUE_MEDIAN:
		*ret = numbers_rank(s, g, 50);
		break;
	case CORR_VALUE_PERCENTILE:
		*ret = numbers_rank(s, g, c->percentile);
		break;
	case CORR_VALUE_SHARE:
		*ret = 100.0 * ((struct value *)region_at(s->region, value))->count / g->n;
		break;
	case CORR_TEMPORAL:
	case CORR_TEMPORAL_ORDERED:
		return temporal_matches(c, g, ret);
	case CORR_KINDS:
		return false;
	}
	return tests_hold(c, *ret);
}
