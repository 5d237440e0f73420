#include "base/err.h"
#include "base/mem.h"
#include "correlation/field.h"
#include "correlation/run.h"

/* Twice the timespan (SEMANTICS 5.5), and the lead that one fast clock may give to stream time. */
static int64_t
forget_after(int64_t span, int64_t lead)
{
	int64_t ret;

	if (__builtin_mul_overflow(span, 2, &ret) || __builtin_add_overflow(ret, lead, &ret))
		return INT64_MAX;
	return ret;
}

static int
attach(struct correlator *k, struct region *state)
{
	uint32_t n = (uint32_t)k->c->n + 1;
	struct hash128 *contents = mem_zero(n, sizeof(*contents));
	struct rule_shape *shapes = mem_zero(n, sizeof(*shapes));
	int rc;

	for (uint32_t i = 0; i + 1 < n; i++) {
		const struct corr *c = k->c->at[i];

		contents[i] = c->content;
		shapes[i] = (struct rule_shape){.kind = c->kind,
			.aux = c->aux,
			.forget = forget_after(c->span, k->opt.lead_ns),
			.corr = c};
	}
	contents[n - 1] = hash_id("folds", 5);
	shapes[n - 1] = (struct rule_shape){
		.kind = CORR_KINDS, .forget = forget_after(k->opt.alert_fold_ns, k->opt.lead_ns)};
	k->s.region = state;
	k->s.quota = k->opt.keys_per_rule;
	rc = state_attach(&k->s, contents, shapes, n, k->opt.seed);
	mem_free(contents);
	mem_free(shapes);
	return rc;
}

struct correlator *
correlator_new(const struct correlations *c, const struct ruleset *rs, struct region *state,
	const struct correlator_options *opt, const struct correlator_sink *sink)
{
	struct correlator *k = mem_zero(1, sizeof(*k));

	(void)rs;
	k->c = c;
	k->opt = *opt;
	k->sink = *sink;
	k->feeds = mem_zero(c->n, sizeof(*k->feeds));
	k->nwaiting = (c->n + 63) / 64;
	k->waiting = mem_zero(k->nwaiting, sizeof(*k->waiting));
	if (attach(k, state) < 0) {
		correlator_free(k);
		return NULL;
	}
	return k;
}

void
correlator_free(struct correlator *k)
{
	if (!k)
		return;
	state_detach(&k->s);
	for (size_t i = 0; i < k->c->n; i++)
		mem_free(k->feeds[i].at);
	mem_free(k->feeds);
	mem_free(k->waiting);
	mem_free(k->pending);
	buf_done(&k->text);
	buf_done(&k->json);
	arena_done(&k->inner);
	mem_free(k);
}

/* ---- one record ---- */

static void
feed(struct correlator *k, const struct corr_feeds *to, const struct inner_match *inner)
{
	for (size_t i = 0; i < to->n; i++) {
		struct feed_list *l = &k->feeds[to->at[i].corr];

		l->at = mem_grow(l->at, l->n, &l->cap, sizeof(*l->at));
		l->at[l->n++] = (struct feed){to->at[i].ref, inner};
		k->waiting[to->at[i].corr / 64] |= UINT64_C(1) << (to->at[i].corr % 64);
	}
}

static bool
source_text(const struct moment *m, const struct corr_source *from, const struct inner_match *inner,
	struct str *ret)
{
	if (from->inner < 0)
		return field_text(m->b, m->r, &from->event, ret);
	if (!inner) /* such a source belongs to inner matches only */
		return false;
	*ret = inner->values[from->inner];
	return true;
}

/* The value that counts: a text, a tuple of texts, or a number. False: unusable, no entry. */
static bool
read_value(struct correlator *k, const struct moment *m, const struct corr *c, const struct feed *f,
	struct pending *p)
{
	const struct corr_ref *ref = &c->refs[f->ref];
	struct str text;

	p->value = k->text.n;
	for (uint32_t i = 0; i < c->nfields; i++) {
		if (!source_text(m, &ref->values[i], f->inner, &text))
			return false;
		if (c->kind != CORR_VALUE_COUNT && c->kind != CORR_VALUE_SHARE) {
			if (!field_number(text, &p->number))
				return false;
		} else if (c->nfields == 1) {
			buf_add_str(&k->text, text);
		} else {
			key_add(&k->text, text);
		}
	}
	p->value_n = k->text.n - p->value;
	return true;
}

static bool
read_pending(struct correlator *k, const struct moment *m, const struct corr *c,
	const struct feed *f, struct pending *p)
{
	const struct corr_ref *ref = &c->refs[f->ref];
	struct str text;

	*p = (struct pending){.key = k->text.n,
		.first = f->inner ? f->inner->first : m->seq,
		.bits = UINT64_C(1) << (f->ref & 63),
		.families = f->inner ? f->inner->families : 1u << record_family(m->r)};
	for (uint32_t i = 0; i < c->ngroup; i++) {
		if (!source_text(m, &ref->group[i], f->inner, &text))
			return false;
		key_add(&k->text, text);
	}
	p->key_n = k->text.n - p->key;
	return read_value(k, m, c, f, p);
}

/* An event is one item per group, however many of the rules it matches (SEMANTICS 5.4): the first
 * in the order of `rules` gives the value. */
static void
collect(struct correlator *k, const struct moment *m, uint32_t corr)
{
	const struct corr *c = k->c->at[corr];
	struct feed_list *l = &k->feeds[corr];

	for (size_t i = 1; i < l->n; i++)
		for (size_t j = i; j > 0 && l->at[j - 1].ref > l->at[j].ref; j--) {
			struct feed swap = l->at[j];

			l->at[j] = l->at[j - 1];
			l->at[j - 1] = swap;
		}
	buf_clear(&k->text);
	k->npending = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct pending p;
		size_t at = 0;

		if (!read_pending(k, m, c, &l->at[i], &p))
			continue;
		while (at < k->npending &&
			!str_eq(str_make(k->text.p + k->pending[at].key, k->pending[at].key_n),
				str_make(k->text.p + p.key, p.key_n)))
			at++;
		if (at == k->npending) {
			k->pending = mem_grow(
				k->pending, k->npending, &k->pending_cap, sizeof(*k->pending));
			k->pending[k->npending++] = p;
			continue;
		}
		k->pending[at].bits |= p.bits;
		k->pending[at].families |= p.families;
		if (p.first < k->pending[at].first)
			k->pending[at].first = p.first;
	}
	l->n = 0;
}

static const struct inner_match *
keep_inner(struct correlator *k, uint32_t corr, const struct group *g)
{
	const struct corr *c = k->c->at[corr];
	struct inner_match *in = arena_alloc(&k->inner, sizeof(*in));
	struct str key = group_key(&k->s, corr, g);

	in->first = window_first(&k->s, g);
	in->families = g->families;
	in->values = arena_alloc(&k->inner, (c->ngroup + 1) * sizeof(*in->values));
	for (uint32_t i = 0; i < c->ngroup; i++)
		in->values[i] = arena_str(&k->inner, key_next(&key));
	return in;
}

static void
enter(struct correlator *k, const struct moment *m, uint32_t corr, const struct pending *p)
{
	const struct corr *c = k->c->at[corr];
	struct item it = {
		.time = m->r->time, .seq = m->seq, .id = m->id, .first = p->first, .x = p->bits};
	enum window_result done;
	double number;
	roff at;

	at = state_find(&k->s, corr, str_make(k->text.p + p->key, p->key_n), m->r->time);
	if (!at) {
		k->s.root->evicted_items++;
		return;
	}
	done = window_add(
		&k->s, corr, at, &it, str_make(k->text.p + p->value, p->value_n), p->number);
	if (done == WINDOW_ADDED) {
		struct group *g = state_group(&k->s, at);

		g->families = g->n > 1 ? g->families | p->families : p->families;
	}
	if (done == WINDOW_REFUSED) {
		k->s.root->evicted++;
		k->s.root->evicted_items += state_group(&k->s, at)->n + 1;
		state_drop(&k->s, corr, at);
	}
	if (done != WINDOW_ADDED ||
		!window_matches(&k->s, c, state_group(&k->s, at), (roff)it.x, &number))
		return;
	k->s.root->matches++;
	state_rule(&k->s, corr)->matches++;
	if (k->c->by_corr[corr].n)
		feed(k, &k->c->by_corr[corr], keep_inner(k, corr, state_group(&k->s, at)));
	if (!c->referenced)
		report_match(k, m, corr, at, &it, number);
}

/* Inner ones stand before outer ones, so a bit that a match sets is always still ahead. */
static void
run_waiting(struct correlator *k, const struct moment *m)
{
	for (size_t w = 0; w < k->nwaiting; w++)
		while (k->waiting[w]) {
			unsigned bit = (unsigned)__builtin_ctzl(k->waiting[w]);
			uint32_t corr = (uint32_t)(w * 64 + bit);

			k->waiting[w] &= k->waiting[w] - 1;
			collect(k, m, corr);
			for (size_t i = 0; i < k->npending; i++)
				enter(k, m, corr, &k->pending[i]);
			state_sweep(&k->s, corr);
		}
}

static void
move_time(struct correlator *k, const struct moment *m)
{
	int64_t most, to = m->r->time, arrival = batch_frames(m->b)[m->r->frame].arrival;

	if (!__builtin_add_overflow(arrival, k->opt.lead_ns, &most) && to > most)
		to = most;
	if (arrival > k->s.root->arrival)
		k->s.root->arrival = arrival;
	if (to > k->s.root->now)
		k->s.root->now = to;
}

void
correlator_record(struct correlator *k, struct batch b, const struct record *r,
	const uint32_t *matches, uint32_t nmatches, uint64_t seq, struct hash128 id)
{
	const struct moment m = {b, r, seq, id};
	bool timed = !(r->flags & RECORD_NO_TIME);

	if (timed)
		move_time(k, &m);
	for (uint32_t i = 0; i < nmatches; i++) {
		uint32_t rule = matches[i];

		/* The numbers came from a worker: checked, not trusted. */
		if (rule >= k->c->nrules)
			continue;
		if (k->opt.alerts_for_rules)
			report_rule(k, &m, rule);
		if (timed)
			feed(k, &k->c->by_rule[rule], NULL);
	}
	if (timed)
		run_waiting(k, &m);
	if (k->inner.total)
		arena_reset(&k->inner);
	state_sweep(&k->s, UINT32_MAX);
}

void
correlator_tick(struct correlator *k, int64_t now)
{
	/* Idle time passes for arrival as it does for stream time. */
	if (now > k->s.root->now) {
		if (k->s.root->now > 0)
			k->s.root->arrival += now - k->s.root->now;
		k->s.root->now = now;
	}
	for (uint32_t i = 0; i < k->s.root->nrules; i++)
		state_sweep(&k->s, UINT32_MAX);
}

int64_t
correlator_time(const struct correlator *k)
{
	return k->s.root->now;
}

void
correlator_stats(const struct correlator *k, struct correlator_stats *ret)
{
	const struct state_root *root = k->s.root;

	*ret = (struct correlator_stats){.keys = root->keys,
		.entries = root->items,
		.suppressed = root->suppressed,
		.evicted = root->evicted,
		.evicted_entries = root->evicted_items,
		.forgotten = root->forgotten,
		.late = root->late,
		.matches = root->matches,
		.shadow = root->shadow};
}
