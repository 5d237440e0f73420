#include "correlation/field.h"
#include "correlation/run.h"

void
key_add(struct buf *b, struct str text)
{
	uint32_t n = (uint32_t)text.n;

	buf_add(b, &n, sizeof(n));
	buf_add_str(b, text);
}

struct str
key_next(struct str *key)
{
	uint32_t n = 0;
	struct str text;

	if (key->n < sizeof(n))
		return (struct str){key->p, 0};
	memcpy(&n, key->p, sizeof(n));
	str_skip(key, sizeof(n));
	if (n > key->n)
		n = (uint32_t)key->n;
	text = str_make(key->p, n);
	str_skip(key, n);
	return text;
}

static void
add_record(struct alert *a, const struct item *it)
{
	a->records[a->nrecords++] = (struct alert_record){it->id, it->seq, it->time};
}

/* The oldest, then the newest; the one that decided is always among them. */
static void
add_records(struct alert *a, const struct state *s, const struct group *g, const struct item *last)
{
	uint32_t skip = g->n > ALERT_RECORDS ? g->n - ALERT_RECORDS : 0, i = 0;

	a->nrecords_all = g->n;
	a->nrecords = 0;
	for (; i < g->n; i++) {
		const struct item *it = window_at(s, g, i);
		bool decided = it->seq == last->seq && it->id.lo == last->id.lo;

		if (i > 0 && i <= skip && !decided)
			continue;
		if (i > 0 && i <= skip)
			skip++; /* one of the newest makes place */
		if (a->nrecords < ALERT_RECORDS)
			add_record(a, it);
	}
}

static bool
same_names(const struct corr *a, const struct corr *b)
{
	if (a->ngroup != b->ngroup)
		return false;
	for (uint32_t i = 0; i < a->ngroup; i++)
		if (!str_eq(a->group[i], b->group[i]))
			return false;
	return true;
}

static bool
has_record(const struct alert *a, const struct item *it)
{
	for (size_t i = 0; i < a->nrecords; i++)
		if (a->records[i].id.lo == it->id.lo && a->records[i].id.hi == it->id.hi)
			return true;
	return false;
}

/*
 * What the inner correlations of the same group saw within the window: the steps behind a step
 * belong to the story too. The record that decided and those that stand there already stay.
 */
static void
add_inner(struct correlator *k, struct alert *a, const struct corr *c, struct str key, int64_t from,
	unsigned depth)
{
	for (uint32_t r = 0; depth > 0 && r < c->nrefs; r++) {
		const struct corr *in = c->refs[r].inner ? k->c->at[c->refs[r].target] : NULL;
		const struct group *g;
		roff at;

		if (!in || !same_names(c, in))
			continue;
		at = state_look(&k->s, c->refs[r].target, key);
		g = at ? state_group(&k->s, at) : NULL;
		for (uint32_t i = 0; g && i < g->n && a->nrecords < ALERT_RECORDS; i++) {
			const struct item *it = window_at(&k->s, g, i);

			if (it->time < from || it->time > a->time || has_record(a, it))
				continue;
			add_record(a, it);
			a->nrecords_all++;
		}
		add_inner(k, a, in, key, from, depth - 1);
	}
}

/* By time, then as they came: lists are short, and nearly in order. */
static void
sort_records(struct alert *a)
{
	for (size_t i = 1; i < a->nrecords; i++)
		for (size_t j = i;
			j > 0 && (a->records[j - 1].time > a->records[j].time ||
					 (a->records[j - 1].time == a->records[j].time &&
						 a->records[j - 1].seq > a->records[j].seq));
			j--) {
			struct alert_record swap = a->records[j];

			a->records[j] = a->records[j - 1];
			a->records[j - 1] = swap;
		}
}

/* The newest different values that were counted: whom else it is about. */
static void
add_values(struct alert *a, const struct state *s, const struct corr *c, const struct group *g)
{
	a->nvalues = 0;
	if (c->kind != CORR_VALUE_COUNT || c->nfields != 1)
		return;
	a->counted = c->counted;
	for (uint32_t i = g->n; i-- > 0 && a->nvalues < ALERT_VALUES;) {
		roff at = (roff)window_at(s, g, i)->x;
		const struct value *v = at ? region_at(s->region, at) : NULL;
		size_t k = 0;

		if (!v)
			continue;
		while (k < a->nvalues && !str_eq(a->values[k], str_make(v->text, v->len)))
			k++;
		if (k == a->nvalues)
			a->values[a->nvalues++] = str_make(v->text, v->len);
	}
}

static void
finish(struct correlator *k, struct alert *a)
{
	a->history = k->opt.history;
	a->last_record = (struct str){0};
	if (k->sink.record_text) {
		buf_clear(&k->json);
		k->sink.record_text(k->sink.ctx, &k->json);
		a->last_record = buf_str(&k->json);
	}
	k->sink.alert(k->sink.ctx, a);
}

static bool
is_silent(const struct correlator *k, const struct group *g, int64_t silence)
{
	int64_t until;

	if (k->opt.refire_every || g->reported == STATE_NEVER)
		return false;
	return __builtin_add_overflow(g->reported, silence, &until) || g->newest <= until;
}

/* The rest of the alert, whose group is there already. */
static void
alert_match(struct correlator *k, const struct moment *m, uint32_t corr, const struct group *g,
	struct str key, const struct item *it, double number)
{
	const struct corr *c = k->c->at[corr];
	struct alert *a = &k->alert;

	a->rule = &c->words;
	a->time = g->newest;
	a->first_time = window_at(&k->s, g, 0)->time;
	a->window_ns = c->span;
	a->number = number;
	a->count = number > 0 && number < 1e18 ? (uint64_t)number : 0;
	a->suppressed = g->suppressed;
	a->correlation = true;
	a->families = g->families;
	add_records(a, &k->s, g, it);
	add_values(a, &k->s, c, g);
	a->id = alert_id(c->words.id, key, a->records[0].id, m->id);
	if (c->chained) {
		add_inner(k, a, c, key, g->newest - c->span, 8);
		sort_records(a);
		if (a->nrecords && a->records[0].time < a->first_time)
			a->first_time = a->records[0].time;
	}
	finish(k, a);
}

void
report_match(struct correlator *k, const struct moment *m, uint32_t corr, roff group,
	const struct item *it, double number)
{
	const struct corr *c = k->c->at[corr];
	struct group *g = state_group(&k->s, group);
	struct str key = group_key(&k->s, corr, g), rest = key;
	struct alert *a = &k->alert;

	if (c->shadow) {
		k->s.root->shadow++;
		return;
	}
	if (is_silent(k, g, c->span)) {
		g->suppressed++;
		k->s.root->suppressed++;
		return;
	}
	a->ngroup = c->ngroup;
	for (uint32_t i = 0; i < c->ngroup; i++) {
		a->group[i].name = c->group[i];
		a->group[i].value = key_next(&rest);
	}
	if (k->sink.match)
		k->sink.match(k->sink.ctx, &(struct correlation_match){.id = c->words.id,
						   .group = a->group,
						   .ngroup = a->ngroup,
						   .count = number,
						   .first = window_first(&k->s, g),
						   .last = m->seq});
	if (k->sink.alert)
		alert_match(k, m, corr, g, key, it, number);
	g->reported = g->newest;
	g->suppressed = 0;
}

/* The entity of a rule's alert as key; the group's names and values into the alert. */
static void
entity_of(struct correlator *k, const struct moment *m, const struct corr_entity *e)
{
	struct alert *a = &k->alert;

	buf_clear(&k->text);
	key_add(&k->text, e->info->words.id);
	a->ngroup = a->nvalues = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		struct str text;
		bool there = field_text(m->b, m->r, &e->fields[i], &text);

		buf_add_char(&k->text, there ? '+' : '-');
		if (!there)
			continue;
		key_add(&k->text, text);
		a->group[a->ngroup].name = e->names[i];
		a->group[a->ngroup++].value = text;
	}
}

void
report_rule(struct correlator *k, const struct moment *m, uint32_t rule)
{
	const struct corr_entity *e = &k->c->entities[rule];
	struct alert *a = &k->alert;
	uint32_t folds = (uint32_t)k->c->n;
	roff at;

	if (!k->sink.alert || !e->info || e->info->referenced || e->info->off)
		return;
	if (e->info->shadow) {
		k->s.root->shadow++;
		return;
	}
	entity_of(k, m, e);
	a->suppressed = 0;
	if (k->opt.alert_fold_ns > 0 && !(m->r->flags & RECORD_NO_TIME)) {
		/* Without room for the fold the alert goes out: told twice is better than not. */
		at = state_find(&k->s, folds, buf_str(&k->text), m->r->time);
		if (at) {
			struct group *g = state_group(&k->s, at);

			group_touch(g, m->r->time);
			if (is_silent(k, g, k->opt.alert_fold_ns)) {
				g->suppressed++;
				k->s.root->suppressed++;
				return;
			}
			a->suppressed = g->suppressed;
			g->reported = g->newest;
			g->suppressed = 0;
		}
		state_sweep(&k->s, folds);
	}
	a->rule = &e->info->words;
	a->time = a->first_time = m->r->time;
	a->window_ns = 0;
	a->count = 1;
	a->number = 1;
	a->correlation = false;
	a->families = 1u << record_family(m->r);
	a->nrecords = a->nrecords_all = 1;
	a->records[0] = (struct alert_record){m->id, m->seq, m->r->time};
	a->id = alert_id(e->info->words.id, buf_str(&k->text), m->id, m->id);
	finish(k, a);
}
