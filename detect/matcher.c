#include "detect/matcher.h"

#include <hs/hs.h>
#include <time.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

/* A regular expression that needs more than this on one value is taken for not matching. */
#define RE_MATCH_LIMIT 200000u
#define RE_DEPTH_LIMIT 10000u
#define RE_HEAP_KIB    4096u
#define RE_STACK_MIN   ((size_t)32 << 10)
#define RE_STACK_MAX   ((size_t)512 << 10)

static void *
array(struct matcher *m, size_t n, size_t size)
{
	return arena_alloc(&m->arena, (n ? n : 1) * size);
}

struct matcher *
matcher_new(const struct ruleset *rs, enum matcher_part part)
{
	struct matcher *m = mem_zero(1, sizeof(*m));

	m->rs = rs;
	m->part = part;
	m->field_stamp = array(m, rs->nfields, sizeof(uint32_t));
	m->field_first = array(m, rs->nfields, sizeof(uint16_t));
	m->field_last = array(m, rs->nfields, sizeof(uint16_t));
	m->field_literal = array(m, rs->nfields, 1);
	m->slot_stamp = array(m, rs->nslots, sizeof(uint32_t));
	m->slot_field = array(m, rs->nslots, sizeof(uint16_t));
	m->scan_stamp = array(m, rs->nslots, sizeof(uint32_t));
	m->shard_stamp = array(m, rs->nshards, sizeof(uint32_t));
	m->hit_stamp = array(m, rs->nwitnesses, sizeof(uint32_t));
	m->atom_stamp = array(m, rs->natoms, sizeof(uint32_t));
	m->candidates = array(m, rs->rule_words, sizeof(uint64_t));
	m->touched = array(m, rs->rule_words / 64 + 1, sizeof(uint64_t));
	m->costs = array(m, rs->nrules, sizeof(*m->costs));
	m->costly = array(m, rs->rule_words, sizeof(uint64_t));
	m->active = array(m, rs->nshards, sizeof(uint32_t));
	m->labels = array(m, LABEL_CACHE, sizeof(*m->labels));
	for (size_t i = 0; i < LABEL_CACHE; i++)
		route_room(rs, &m->arena, &m->labels[i].group);
	route_room(rs, &m->arena, &m->spare);
	if (rs->scratch)
		hs_clone_scratch(rs->scratch, &m->scratch);
	m->re_data = pcre2_match_data_create(1, NULL);
	m->re_context = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(m->re_context, RE_MATCH_LIMIT);
	pcre2_set_depth_limit(m->re_context, RE_DEPTH_LIMIT);
	pcre2_set_heap_limit(m->re_context, RE_HEAP_KIB);
	m->re_stack = pcre2_jit_stack_create(RE_STACK_MIN, RE_STACK_MAX, NULL);
	pcre2_jit_stack_assign(m->re_context, NULL, m->re_stack);
	return m;
}

void
matcher_free(struct matcher *m)
{
	if (!m)
		return;
	for (struct text_block *b = m->blocks, *next; b; b = next) {
		next = b->next;
		mem_free(b);
	}
	if (m->scratch)
		hs_free_scratch(m->scratch);
	pcre2_match_data_free(m->re_data);
	pcre2_match_context_free(m->re_context);
	pcre2_jit_stack_free(m->re_stack);
	arena_done(&m->arena);
	mem_free(m);
}

void
matcher_take_costs(struct matcher *m,
	void (*tell)(void *ctx, uint32_t rule, const struct rule_cost *c), void *ctx,
	struct match_cost *ret)
{
	for (size_t w = 0; w < m->rs->rule_words; w++)
		for (; m->costly[w]; m->costly[w] &= m->costly[w] - 1) {
			size_t rule = w * 64 + (size_t)__builtin_ctzll(m->costly[w]);

			tell(ctx, (uint32_t)rule, &m->costs[rule]);
			m->costs[rule] = (struct rule_cost){0};
		}
	*ret = m->cost;
	m->cost = (struct match_cost){0};
}

uint64_t
matcher_take_limits(struct matcher *m)
{
	uint64_t n = m->limits;

	m->limits = 0;
	return n;
}

/* ---- which rules may match ---- */

static void
nominate(struct matcher *m, uint32_t rule)
{
	m->candidates[rule / 64] |= UINT64_C(1) << (rule % 64);
	m->touched[rule / 4096] |= UINT64_C(1) << (rule / 64 % 64);
}

static void
see(struct matcher *m, uint32_t witness)
{
	const struct witness *w = &m->rs->witnesses[witness];

	for (size_t i = 0; i < w->nrules; i++)
		nominate(m, w->rules[i]);
}

static int
on_literal(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	struct matcher *m = ctx;

	(void)from, (void)to, (void)flags;
	if (m->hit_stamp[id] != m->stamp) {
		m->hit_stamp[id] = m->stamp;
		see(m, id);
	}
	return 0;
}

static void
look_up(struct matcher *m, const struct scan_table *t, struct str text)
{
	uint32_t w = t->at ? scan_lookup(m->rs, t, text) : NONE;

	if (w != NONE)
		on_literal(w, 0, 0, 0, m);
}

/* The literals of the active databases. */
static void
scan_literals(struct matcher *m, uint32_t nactive, struct str low, bool ascii)
{
	for (uint32_t k = 0; k < nactive; k++) {
		const struct scan_shard *shard = &m->rs->shards[m->active[k]];

		if (low.n >= shard->shortest && !(shard->beyond_ascii && ascii) &&
			hs_scan(shard->db, low.p, (unsigned)low.n, 0, m->scratch, on_literal, m) !=
				HS_SUCCESS)
			m->blind = true;
	}
}

/* 4.624e3 equals 4624, but is not its text: candidates, not hits. */
static void
see_number(struct matcher *m, const struct scan_slot *s, struct str low)
{
	char canon[NUMBER_CANON_MAX];
	struct number n;
	uint32_t w;

	if (!number_of(low, &n))
		return;
	w = scan_lookup(m->rs, &s->equals, str_make(canon, number_canon(n, canon)));
	if (w != NONE)
		see(m, w);
}

/* U+017F folds to s in regular expressions but not in lower-casing. */
static void
see_folding(struct matcher *m, const struct scan_slot *s, struct str low)
{
	if (str_find(low, STR("\xc5\xbf")) >= 0)
		for (size_t k = 0; k < s->nfolding; k++)
			see(m, s->folding[k]);
}

static void
look_up_value(struct matcher *m, const struct scan_slot *s, uint32_t i)
{
	struct str low = value_lower(m, i);

	if (s->equals.at)
		look_up(m, &s->equals, low);
	if (s->tails.at)
		look_up(m, &s->tails, scan_tail(low));
	if (s->equals.at && value_kind(m, i) == VALUE_NUMBER)
		see_number(m, s, low);
}

static void
scan_value(struct matcher *m, const struct scan_slot *s, uint32_t i, uint32_t nactive)
{
	struct str low;

	look_up_value(m, s, i);
	if (nactive == 0 && s->nfolding == 0)
		return;
	low = value_lower(m, i);
	if (low.n > 0)
		scan_literals(m, nactive, low, m->values[i].low_ascii);
	if (s->nfolding > 0 && !m->values[i].low_ascii)
		see_folding(m, s, low);
}

/* Keywords look at every value: all of them at once. */
static void
scan_every(struct matcher *m, const struct scan_slot *s, uint32_t nactive)
{
	uint32_t at = 0, i;
	bool ascii;

	if (nactive > 0 || s->nfolding > 0) {
		struct str all = values_joined(m, &ascii);

		scan_literals(m, nactive, all, ascii);
		if (s->nfolding > 0 && !ascii)
			see_folding(m, s, all);
	}
	if (!s->equals.at)
		return;
	while ((i = slot_next(m, SLOT_EVERY, &at)) != NONE)
		look_up_value(m, s, i);
}

/* The databases of a slot that matter for the record's log source, into m->active. */
static uint32_t
active_shards(struct matcher *m, const struct scan_slot *s)
{
	uint32_t from = s->first_shard, to = from + s->nshards, n = 0;

	for (uint32_t w = from / 64; w * 64 < to; w++) {
		uint64_t bits = m->group->shards[w];

		if (w == from / 64)
			bits &= ~UINT64_C(0) << (from % 64);
		if (to - w * 64 < 64)
			bits &= ~(~UINT64_C(0) << (to % 64));
		for (; bits; bits &= bits - 1) {
			uint32_t k = w * 64 + (uint32_t)__builtin_ctzll(bits);

			m->shard_stamp[k] = m->stamp;
			m->active[n++] = k;
		}
	}
	return n;
}

static void
scan_slot(struct matcher *m, uint32_t slot)
{
	const struct scan_slot *s = &m->rs->scan[slot];
	uint32_t at = 0, nactive = active_shards(m, s), i;

	m->scan_stamp[slot] = m->stamp;
	if (s->present != NONE)
		see(m, s->present);
	if (slot == SLOT_EVERY)
		scan_every(m, s, nactive);
	else if (s->equals.at || s->tails.at || nactive > 0 || s->nfolding > 0)
		while ((i = slot_next(m, slot, &at)) != NONE)
			if (value_has_text(m, i))
				scan_value(m, s, i, nactive);
	/* The scanner failed: nothing it did not see is known. */
	for (uint32_t k = 0; m->blind && k < nactive; k++)
		m->shard_stamp[m->active[k]] = 0;
}

static void
scan_record(struct matcher *m, const struct group *g)
{
	const struct ruleset *rs = m->rs;

	if (g->slots[0] & 1)
		scan_slot(m, SLOT_EVERY);
	for (uint32_t i = 0; i < m->n - m->has_raw; i++) {
		unsigned f = m->entries[i].field;

		if (f == FIELD_NAMED || f >= rs->nfields || m->field_first[f] != i)
			continue;
		for (uint32_t k = rs->field_slots[f]; k < rs->field_slots[f + 1]; k++) {
			uint32_t slot = rs->field_slot_list[k];

			if ((g->slots[slot / 64] >> (slot % 64) & 1) && slot_field(m, slot) == f)
				scan_slot(m, slot);
		}
	}
}

static void
nominate_all(struct matcher *m, const struct group *g)
{
	for (size_t i = 0; i < m->rs->rule_words; i++)
		if (g->rules[i]) {
			m->candidates[i] = g->rules[i];
			m->touched[i / 64] |= UINT64_C(1) << (i % 64);
		}
}

/* Those of the record before; kept till now for who explains them. */
static void
forget_candidates(struct matcher *m)
{
	for (size_t t = 0; t < m->rs->rule_words / 64 + 1; t++)
		for (; m->touched[t]; m->touched[t] &= m->touched[t] - 1)
			m->candidates[t * 64 + (size_t)__builtin_ctzll(m->touched[t])] = 0;
}

/* For counters alone: no outcome depends on it. */
static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool
is_timed(const struct matcher *m)
{
	return m->stamp % MATCH_TIMED == 0;
}

static bool
try_rule(struct matcher *m, uint32_t rule)
{
	struct rule_cost *c = &m->costs[rule];
	uint64_t from = is_timed(m) ? now_ns() : 0;
	bool hit = eval_rule(m, rule);

	if (from)
		c->ns += (now_ns() - from) * MATCH_TIMED;
	c->looked++;
	c->hits += hit;
	m->costly[rule / 64] |= UINT64_C(1) << (rule % 64);
	return hit;
}

/* The candidates of one word of the bit set that match. */
static int
try_word(struct matcher *m, size_t w, uint32_t *ret, uint32_t max, uint32_t *n)
{
	uint64_t bits = m->candidates[w] & m->group->rules[w];

	for (; bits; bits &= bits - 1) {
		uint32_t rule = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(bits));

		if (!try_rule(m, rule))
			continue;
		if (*n >= max)
			return ERR_FULL;
		ret[(*n)++] = rule;
	}
	return 0;
}

/* In ascending order. */
static int
try_candidates(struct matcher *m, uint32_t *ret, uint32_t max, uint32_t *n)
{
	int rc = 0;

	for (size_t t = 0; t < m->rs->rule_words / 64 + 1; t++)
		for (uint64_t words = m->touched[t]; words && rc == 0; words &= words - 1)
			rc = try_word(m, t * 64 + (size_t)__builtin_ctzll(words), ret, max, n);
	return rc;
}

int
matcher_find(struct matcher *m, struct batch b, const struct record *r, uint32_t *ret, uint32_t max,
	uint32_t *n)
{
	const struct ruleset *rs = m->rs;
	const struct group *g;
	uint64_t from;

	*n = 0;
	if (r->logsource != LOGSOURCE_LABEL &&
		rs->groups[m->part][r->logsource < LOGSOURCE_COUNT ? r->logsource : LOGSOURCE_NONE]
			.empty)
		return 0;
	values_begin(m, b, r);
	g = r->logsource == LOGSOURCE_LABEL
		    ? label_group(m)
		    : &rs->groups[m->part]
				 [r->logsource < LOGSOURCE_COUNT ? r->logsource : LOGSOURCE_NONE];
	forget_candidates(m);
	m->cost.records++;
	m->group = g;
	m->blind = false;
	if (g->empty)
		return 0;
	values_link(m);
	for (size_t i = 0; i < g->nalways; i++)
		nominate(m, g->always[i]);
	from = is_timed(m) ? now_ns() : 0;
	if (!rs->opt.no_prefilter)
		scan_record(m, g);
	if (from)
		m->cost.scan_ns += (now_ns() - from) * MATCH_TIMED;
	if (rs->opt.no_prefilter || m->blind)
		nominate_all(m, g);
	return try_candidates(m, ret, max, n);
}

int
matcher_run(struct matcher *m, struct batch b, struct record *r)
{
	struct batch_results *res = batch_results(b);
	int rc;

	r->first_match = res->nmatches;
	rc = matcher_find(m, b, r, batch_matches(b) + res->nmatches, BATCH_MATCHES - res->nmatches,
		&r->nmatches);
	res->nmatches += r->nmatches;
	return rc;
}
