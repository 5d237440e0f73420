#include <math.h>

#include "correlation/window.h"

#define TABLE_MIN   8u
#define NUMBERS_MIN 4u
#define EXACT_SCALE 1000000000.0

/* ---- different values and how often each occurs ---- */

static struct value *
value_at(const struct state *s, roff v)
{
	return region_at(s->region, v);
}

static size_t
value_bytes(size_t len)
{
	return sizeof(struct value) + len;
}

static bool
values_widen(struct state *s, uint32_t rule, roff group)
{
	struct group *g = state_group(s, group);
	uint32_t cap = g->values_cap ? g->values_cap * 2 : TABLE_MIN;
	roff fresh = state_alloc(s, rule, cap * sizeof(roff), group);
	const roff *old = region_at(s->region, g->values);
	roff *table = region_at(s->region, fresh);

	if (!fresh)
		return false;
	for (uint32_t i = 0; i < g->values_cap; i++) {
		uint32_t at;

		if (!old[i])
			continue;
		at = (uint32_t)value_at(s, old[i])->hash & (cap - 1);
		while (table[at])
			at = (at + 1) & (cap - 1);
		table[at] = old[i];
	}
	state_release(s, rule, g->values, g->values_cap * sizeof(roff));
	g->values = fresh;
	g->values_cap = cap;
	return true;
}

roff
values_take(struct state *s, uint32_t rule, roff group, struct str text)
{
	struct group *g = state_group(s, group);
	uint64_t hash = hash_seeded(text, s->root->seed);
	struct value *v;
	roff *table, made;
	uint32_t at;

	if ((g->nvalues + 1) * 2 > g->values_cap && !values_widen(s, rule, group))
		return 0;
	table = region_at(s->region, g->values);
	for (at = (uint32_t)hash & (g->values_cap - 1); table[at];
		at = (at + 1) & (g->values_cap - 1)) {
		v = value_at(s, table[at]);
		if (v->hash == hash && str_eq(str_make(v->text, v->len), text)) {
			v->count++;
			return table[at];
		}
	}
	made = state_alloc(s, rule, value_bytes(text.n), group);
	if (!made)
		return 0;
	v = value_at(s, made);
	*v = (struct value){.hash = hash, .count = 1, .len = (uint32_t)text.n};
	if (text.n)
		memcpy(v->text, text.p, text.n);
	table[at] = made;
	g->nvalues++;
	return made;
}

void
values_drop(struct state *s, uint32_t rule, struct group *g, roff value)
{
	struct value *v = value_at(s, value);
	roff *table = region_at(s->region, g->values);
	uint32_t mask = g->values_cap - 1, at, hole;

	if (--v->count > 0)
		return;
	hole = (uint32_t)v->hash & mask;
	while (table[hole] != value)
		hole = (hole + 1) & mask;
	for (at = (hole + 1) & mask; table[at]; at = (at + 1) & mask) {
		uint32_t home = (uint32_t)value_at(s, table[at])->hash & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table[hole] = table[at];
		hole = at;
	}
	table[hole] = 0;
	g->nvalues--;
	state_release(s, rule, value, value_bytes(v->len));
}

/* In the order of the window, not of the table: what is freed first is handed out first, and that
 * must not depend on the seed. */
void
values_clear(struct state *s, uint32_t rule, struct group *g)
{
	uint32_t kind = state_rule(s, rule)->kind;
	size_t cell = sizeof(double);

	if (kind == CORR_VALUE_COUNT || kind == CORR_VALUE_SHARE) {
		cell = sizeof(roff);
		for (uint32_t i = 0; i < g->n; i++) {
			roff at = (roff)window_at(s, g, i)->x;
			struct value *v = value_at(s, at);

			if (--v->count == 0)
				state_release(s, rule, at, value_bytes(v->len));
		}
	}
	state_release(s, rule, g->values, g->values_cap * cell);
	g->values = 0;
	g->nvalues = g->values_cap = g->nwild = 0;
	g->sum = 0;
	g->wild = 0;
}

/* ---- numbers ---- */

/* v * 10^9 if that is exact for the decimal that v stands for; sums of such never drift. */
static bool
exact(double v, wide *ret)
{
	int64_t scaled;

	if (v == floor(v) && fabs(v) < 9e18) {
		*ret = (wide)(int64_t)v * (int64_t)EXACT_SCALE;
		return true;
	}
	if (fabs(v) >= 4e6)
		return false;
	scaled = llrint(v * EXACT_SCALE);
	*ret = scaled;
	return (double)scaled / EXACT_SCALE == v;
}

/* Where v stands, or would stand, among the numbers in order. */
static uint32_t
number_place(const double *at, uint32_t n, double v)
{
	uint32_t lo = 0;

	while (n > 0) {
		uint32_t half = n / 2;

		if (at[lo + half] < v) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

static bool
is_ranked(uint32_t kind)
{
	return kind == CORR_VALUE_MEDIAN || kind == CORR_VALUE_PERCENTILE;
}

bool
numbers_reserve(struct state *s, uint32_t rule, roff group)
{
	struct group *g = state_group(s, group);
	uint32_t cap;
	roff fresh;

	if (!is_ranked(state_rule(s, rule)->kind) || g->nvalues < g->values_cap)
		return true;
	cap = g->values_cap ? g->values_cap * 2 : NUMBERS_MIN;
	fresh = state_alloc(s, rule, cap * sizeof(double), group);
	if (!fresh)
		return false;
	if (g->nvalues)
		memcpy(region_at(s->region, fresh), region_at(s->region, g->values),
			g->nvalues * sizeof(double));
	state_release(s, rule, g->values, g->values_cap * sizeof(double));
	g->values = fresh;
	g->values_cap = cap;
	return true;
}

void
numbers_add(struct state *s, uint32_t rule, struct group *g, double v)
{
	wide scaled;

	if (is_ranked(state_rule(s, rule)->kind)) {
		double *at = region_at(s->region, g->values);
		uint32_t i = number_place(at, g->nvalues, v);

		memmove(at + i + 1, at + i, (g->nvalues++ - i) * sizeof(*at));
		at[i] = v;
	} else if (exact(v, &scaled)) {
		g->sum += scaled;
	} else {
		g->wild += v;
		g->nwild++;
	}
}

void
numbers_drop(struct state *s, uint32_t rule, struct group *g, double v)
{
	wide scaled;

	if (is_ranked(state_rule(s, rule)->kind)) {
		double *at = region_at(s->region, g->values);
		uint32_t i = number_place(at, g->nvalues, v);

		memmove(at + i, at + i + 1, (--g->nvalues - i) * sizeof(*at));
	} else if (exact(v, &scaled)) {
		g->sum -= scaled;
	} else {
		/* The last one takes its rounding with it. */
		g->wild = --g->nwild ? g->wild - v : 0;
	}
}

double
numbers_sum(const struct group *g)
{
	return (double)((long double)g->sum / (long double)EXACT_SCALE + g->wild);
}

double
numbers_rank(const struct state *s, const struct group *g, double percent)
{
	const double *at = region_at(s->region, g->values);
	double rank, low;
	uint32_t i;

	if (g->nvalues == 0)
		return 0;
	rank = percent / 100 * (g->nvalues - 1);
	i = (uint32_t)rank;
	if (i >= g->nvalues - 1)
		return at[g->nvalues - 1];
	low = at[i];
	return low + (rank - i) * (at[i + 1] - low);
}
