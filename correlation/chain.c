#include "correlation/expr.h"
#include "correlation/window.h"

/*
 * For each prefix of a wanted chain: the latest time at which such a prefix can have begun. An item
 * that comes in order lengthens prefixes and nothing else changes; a chain is whole within the
 * window if its begin is. So old items need not be taken back.
 *
 * Three copies lie behind each other: now, and two kept from some items ago, from which late items
 * are replayed. They stand behind the presence counts.
 */

#define KEEP_EVERY 64u

static uint32_t
cells(const struct corr *c)
{
	uint32_t n = 0;

	if (c->nterms == 0)
		return c->nrefs * c->nrefs;
	for (uint32_t i = 0; i < c->nterms; i++)
		n += c->terms[i].nsteps;
	return n;
}

static size_t
counts_bytes(const struct corr *c)
{
	return (c->nrefs * sizeof(uint32_t) + 7) & ~(size_t)7;
}

size_t
chain_bytes(const struct corr *c)
{
	return counts_bytes(c) + 3 * cells(c) * sizeof(int64_t);
}

/* 0: now; 1: kept last; 2: kept before that. */
static int64_t *
copy_of(const struct corr *c, struct group *g, unsigned which)
{
	char *aux = group_aux(g);

	return (int64_t *)(void *)(aux + counts_bytes(c)) + (size_t)which * cells(c);
}

static void
nothing_seen(int64_t *at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		at[i] = STATE_NEVER;
}

void
chain_clear(const struct corr *c, struct group *g)
{
	nothing_seen(copy_of(c, g, 0), 3 * cells(c));
	g->snap_at[0] = g->snap_at[1] = 0;
}

/* begun[l * nrefs + j]: chains of l + 1 items whose last rule is j or earlier. */
static void
step_lengths(const struct corr *c, int64_t *begun, int64_t time, uint64_t bits)
{
	uint32_t k = c->nrefs;

	/* From the last rule down, so that an item takes one step of a chain only. */
	while (bits) {
		uint32_t j = 63 - (uint32_t)__builtin_clzl(bits);

		bits &= ~(UINT64_C(1) << j);
		for (uint32_t l = 0; l <= j; l++) {
			int64_t from = l == 0 ? time : begun[(l - 1) * k + j - 1];

			for (uint32_t to = j; to < k && begun[l * k + to] < from; to++)
				begun[l * k + to] = from;
		}
	}
}

static void
step_terms(const struct corr *c, int64_t *begun, int64_t time, uint64_t bits)
{
	for (uint32_t i = 0; i < c->nterms; i++) {
		const struct corr_term *t = &c->terms[i];

		for (uint32_t step = t->nsteps; step-- > 0;) {
			int64_t from = step == 0 ? time : begun[step - 1];

			if (bits >> t->steps[step] & 1 && begun[step] < from)
				begun[step] = from;
		}
		begun += t->nsteps;
	}
}

static void
step(const struct corr *c, int64_t *begun, const struct item *it)
{
	if (c->nterms)
		step_terms(c, begun, it->time, it->x);
	else
		step_lengths(c, begun, it->time, it->x);
}

/*
 * A late item right before one of the very same single rule changes nothing: whatever chain takes
 * it could take the later one, and would begin no earlier. So a flood of one rule that comes out of
 * order costs nothing here.
 */
static bool
is_idle(const struct state *s, const struct group *g, uint32_t at)
{
	uint64_t bits = window_at(s, g, at)->x;

	return (bits & (bits - 1)) == 0 && window_at(s, g, at + 1)->x == bits;
}

void
chain_added(const struct state *s, const struct corr *c, struct group *g, uint32_t at)
{
	size_t bytes = cells(c) * sizeof(int64_t);
	int64_t *now = copy_of(c, g, 0), *kept = copy_of(c, g, 1), *before = copy_of(c, g, 2);

	if (at + 1 < g->n) {
		if (is_idle(s, g, at)) {
			g->snap_at[0] += at < g->snap_at[0];
			g->snap_at[1] += at < g->snap_at[1];
			return;
		}
		/* Late: go back to a state that had not seen what comes after it. */
		if (at < g->snap_at[1]) {
			nothing_seen(before, cells(c));
			g->snap_at[1] = 0;
		}
		if (at < g->snap_at[0]) {
			memcpy(kept, before, bytes);
			g->snap_at[0] = g->snap_at[1];
		}
		memcpy(now, kept, bytes);
		at = g->snap_at[0];
	}
	for (; at < g->n; at++) {
		if (at - g->snap_at[0] >= KEEP_EVERY) {
			memcpy(before, kept, bytes);
			memcpy(kept, now, bytes);
			g->snap_at[1] = g->snap_at[0];
			g->snap_at[0] = at;
		}
		step(c, now, window_at(s, g, at));
	}
}

void
chain_dropped(struct group *g)
{
	/* A kept state may know of items that are gone: what began with them began too early. */
	for (unsigned i = 0; i < 2; i++)
		if (g->snap_at[i])
			g->snap_at[i]--;
}

uint32_t
chain_longest(const struct corr *c, const struct group *g)
{
	const int64_t *begun = copy_of(c, (struct group *)(uintptr_t)g, 0);
	uint32_t n = 0;

	while (n < c->nrefs && begun[n * c->nrefs + c->nrefs - 1] != STATE_NEVER &&
		begun[n * c->nrefs + c->nrefs - 1] >= window_begin(c, g))
		n++;
	return n;
}

bool
chain_expr(const struct corr *c, const struct group *g, uint64_t present)
{
	const int64_t *begun = copy_of(c, (struct group *)(uintptr_t)g, 0);

	for (uint32_t i = 0; i < c->nterms; i++) {
		const struct corr_term *t = &c->terms[i];
		int64_t from = t->nsteps ? begun[t->nsteps - 1] : g->newest;
		uint32_t held = 0;

		begun += t->nsteps;
		if (from == STATE_NEVER || from < window_begin(c, g))
			continue;
		while (held < t->nnots && expr_holds(c, t->nots[held], present))
			held++;
		if (held == t->nnots)
			return true;
	}
	return false;
}
