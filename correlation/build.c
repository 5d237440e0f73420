#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "correlation/compile.h"
#include "correlation/correlation.h"
#include "correlation/expr.h"
#include "correlation/window.h"

#define STATE_VERSION 1u /* of what lies in a checkpoint: part of each rule's content hash */

/* ---- what correlations may refer to, for "did you mean" ---- */

static const char *
near_name(struct compiler *k, struct str word)
{
	size_t many = 2 * (k->n + ruleset_count(k->rs)), n = 0;
	const char **all = mem_zero(many + 1, sizeof(*all));
	struct arena *a = k->arena;
	const char *hit;

	for (uint32_t i = 0; i < ruleset_count(k->rs); i++) {
		const struct rule_info *r = ruleset_rule(k->rs, i);

		all[n++] = arena_z(a, r->words.id);
		if (r->name.n)
			all[n++] = arena_z(a, r->name);
	}
	for (size_t i = 0; i < k->n; i++) {
		all[n++] = arena_z(a, k->drafts[i].corr->words.id);
		if (k->drafts[i].corr->name.n)
			all[n++] = arena_z(a, k->drafts[i].corr->name);
	}
	hit = diag_did_you_mean(word, all, n);
	mem_free(all);
	return hit;
}

static struct draft *
find_draft(struct compiler *k, struct str word)
{
	struct draft *failed = NULL;

	for (size_t i = 0; i < k->n; i++)
		if (draft_is_called(&k->drafts[i], word)) {
			if (!k->drafts[i].failed)
				return &k->drafts[i];
			failed = &k->drafts[i];
		}
	return failed;
}

/* Rule number or draft number of each reference. */
static void
resolve(struct compiler *k, struct draft *d)
{
	struct corr *c = d->corr;

	if (c->kind >= CORR_TEMPORAL && d->nnames > CORR_REFS_MASK) {
		draft_error(k, d, d->rules, "at most %u rules are possible here", CORR_REFS_MASK);
		return;
	}
	c->refs = arena_alloc(k->arena, (d->nnames + 1) * sizeof(*c->refs));
	c->nrefs = d->nnames;
	for (uint32_t i = 0; i < d->nnames; i++) {
		struct corr_ref *ref = &c->refs[i];
		struct draft *inner = NULL;
		const char *near;

		ref->target = ruleset_find(k->rs, d->names[i]);
		if (ref->target == UINT32_MAX) {
			inner = find_draft(k, d->names[i]);
			ref->inner = inner != NULL;
			ref->target = inner ? (uint32_t)(inner - k->drafts) : UINT32_MAX;
		}
		if (!inner && ref->target == UINT32_MAX) {
			near = ruleset_was_rejected(k->rs, d->names[i]) ? NULL
									: near_name(k, d->names[i]);
			draft_error(k, d, d->places[i], "there is no rule '%.*s'%s%s%s%s",
				STR_ARG(d->names[i]),
				ruleset_was_rejected(k->rs, d->names[i]) ? " (it was rejected)"
									 : "",
				near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
			return;
		}
		for (uint32_t j = 0; j < i; j++)
			if (c->refs[j].inner == ref->inner && c->refs[j].target == ref->target) {
				draft_error(k, d, d->places[i],
					"'%.*s' is referred to twice in one correlation",
					STR_ARG(d->names[i]));
				return;
			}
		c->chained |= ref->inner;
	}
}

/* ---- order: inner before outer ---- */

struct order {
	struct compiler *k;
	uint32_t *at; /* draft numbers */
	size_t n;
};

/* Explicit stack: a chain may be as long as there are documents. */
static void
visit(struct order *o, uint32_t start, uint32_t *stack, uint32_t *next)
{
	struct draft *all = o->k->drafts;
	size_t depth = 0;

	if (all[start].mark)
		return;
	stack[depth] = start;
	next[depth++] = 0;
	all[start].mark = 1;
	while (depth > 0) {
		struct draft *d = &all[stack[depth - 1]], *in;
		uint32_t i = next[depth - 1]++;

		if (d->failed || i == d->corr->nrefs) {
			d->mark = 2;
			o->at[o->n++] = stack[--depth];
			continue;
		}
		if (!d->corr->refs[i].inner)
			continue;
		in = &all[d->corr->refs[i].target];
		if (in->mark == 1) {
			draft_error(o->k, d, d->places[i],
				"'%.*s' leads back to this correlation: a cycle",
				STR_ARG(d->names[i]));
		} else if (in->mark == 0) {
			in->mark = 1;
			stack[depth] = d->corr->refs[i].target;
			next[depth++] = 0;
		}
	}
}

/* What refers to a rejected one is rejected too; in this order one pass would do but for cycles. */
static void
reject_dependents(struct compiler *k)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < k->n; i++) {
			struct draft *d = &k->drafts[i];

			for (uint32_t r = 0; !d->failed && r < d->corr->nrefs; r++) {
				struct corr_ref *ref = &d->corr->refs[r];

				if (!ref->inner || !k->drafts[ref->target].failed)
					continue;
				draft_error(k, d, d->places[r],
					"'%.*s' was rejected, so this cannot run either",
					STR_ARG(d->names[r]));
				again = true;
			}
		}
	}
}

/* ---- content ---- */

static void
add_node(struct buf *b, const struct yaml_node *n)
{
	if (!n)
		return;
	buf_printf(b, "%d:%zu:%zu:", (int)n->kind, n->text.n, n->n);
	buf_add_str(b, n->text);
	for (size_t i = 0; i < n->n; i++) {
		if (n->kind == YAML_MAP)
			add_node(b, n->keys[i]);
		add_node(b, n->items[i]);
	}
}

/* What its groups depend on: a change of anything else (title, level, actions) keeps the state. */
static void
content_of(struct compiler *k, struct draft *d, size_t place)
{
	struct buf b = {0};
	size_t same = 0;

	for (size_t i = 0; i < place; i++)
		if (!k->drafts[i].failed && str_eq(k->drafts[i].corr->words.id, d->corr->words.id))
			same++;
	buf_printf(&b, "%u:%zu:%zu:", STATE_VERSION, same, d->corr->words.id.n);
	buf_add_str(&b, d->corr->words.id);
	add_node(&b, d->body);
	d->corr->content = hash_id(b.p, b.n);
	buf_done(&b);
}

int
corr_finish(struct corr *c, struct arena *a, struct diag *why)
{
	c->aux = 0;
	if (c->kind == CORR_TEMPORAL)
		c->aux = (uint32_t)(c->nrefs * sizeof(uint32_t));
	if (c->kind != CORR_TEMPORAL_ORDERED)
		return 0;
	if (c->nexpr && expr_terms(c, a) < 0) {
		diag_set(why, c->path, c->line,
			"the condition has too many ways to be true; split it");
		return ERR_LIMIT;
	}
	if (!c->nexpr && !c->ntests) {
		c->terms = arena_alloc(a, sizeof(*c->terms));
		c->nterms = 1;
		c->terms->steps = arena_alloc(a, CORR_REFS_MASK);
		for (; c->terms->nsteps < c->nrefs; c->terms->nsteps++)
			c->terms->steps[c->terms->nsteps] = (uint8_t)c->terms->nsteps;
	}
	c->aux = (uint32_t)chain_bytes(c);
	return 0;
}

static void
feeds_add(struct corr_feeds *f, uint32_t corr, uint32_t ref)
{
	f->at = mem_grow(f->at, f->n, &f->cap, sizeof(*f->at));
	f->at[f->n++] = (struct corr_feed){corr, ref};
}

void
correlations_link(struct correlations *c, size_t nrules)
{
	c->nrules = nrules;
	c->by_rule = mem_zero(nrules, sizeof(*c->by_rule));
	c->by_corr = mem_zero(c->n, sizeof(*c->by_corr));
	for (uint32_t i = 0; i < c->n; i++) {
		const struct corr *corr = c->at[i];

		for (uint32_t r = 0; !corr->off && r < corr->nrefs; r++)
			feeds_add(corr->refs[r].inner ? &c->by_corr[corr->refs[r].target]
						      : &c->by_rule[corr->refs[r].target],
				i, r);
	}
}

/* A rule that only feeds is not told by itself. One that is off or in shadow tells nobody, so it
 * must not silence others. */
static void
mark_referenced(struct compiler *k, struct correlations *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct corr *corr = c->at[i];

		if (corr->generate || corr->off || corr->shadow)
			continue;
		for (uint32_t r = 0; r < corr->nrefs; r++)
			if (corr->refs[r].inner)
				c->at[corr->refs[r].target]->referenced = true;
			else
				ruleset_rule_edit(k->rs, corr->refs[r].target)->referenced = true;
	}
}

static struct alert_rule *
words_of(struct compiler *k, struct correlations *c, const struct corr_ref *ref)
{
	return ref->inner ? &c->at[ref->target]->words
			  : &ruleset_rule_edit(k->rs, ref->target)->words;
}

/*
 * Which kinds of logs a correlation reads, and for each rule which ones the correlations that it
 * feeds read besides: those are missed when they are silent.
 */
static void
mark_families(struct compiler *k, struct correlations *c)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < c->n; i++) {
			struct alert_rule *own = &c->at[i]->words;
			uint32_t bits = own->families;

			for (uint32_t r = 0; r < c->at[i]->nrefs; r++)
				bits |= words_of(k, c, &c->at[i]->refs[r])->families;
			more |= bits != own->families;
			own->families = bits;
		}
	}
	for (size_t i = 0; i < c->n; i++)
		c->at[i]->words.wider_families |= c->at[i]->words.families;
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < c->n; i++)
			for (uint32_t r = 0; !c->at[i]->off && r < c->at[i]->nrefs; r++) {
				struct alert_rule *fed = words_of(k, c, &c->at[i]->refs[r]);
				uint32_t bits =
					fed->wider_families | c->at[i]->words.wider_families;

				more |= bits != fed->wider_families;
				fed->wider_families = bits;
			}
	}
}

/* ---- detection rules as alerts of their own ---- */

static int
entity_fields(struct compiler *k, struct correlations *c, uint32_t rule, const struct yaml_node *by)
{
	static const char *const usual[] = {"host.name", "user.name", "source.ip"};
	size_t n = by ? (by->kind == YAML_LIST ? by->n : 1) : sizeof(usual) / sizeof(usual[0]);
	struct corr_entity *e = &c->entities[rule];
	int rc = 0;

	if (n > ALERT_GROUP)
		n = ALERT_GROUP;
	e->names = arena_alloc(&c->arena, (n + 1) * sizeof(*e->names));
	e->fields = arena_alloc(&c->arena, (n + 1) * sizeof(*e->fields));
	e->n = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		unsigned field;

		if (by) {
			const struct yaml_node *one = by->kind == YAML_LIST ? by->items[i] : by;

			e->names[i] = arena_str(&c->arena, one->text);
			rc = detect_field(k->rs, k->names, rule, e->names[i], &e->fields[i]);
		} else {
			e->names[i] = str_of(usual[i]);
			rc = names_add(k->names, e->names[i], &field);
			e->fields[i] = (struct field_ref){.fields = {(uint16_t)field}, .n = 1};
		}
		e->n++;
	}
	return rc;
}

static int
read_entities(struct compiler *k, struct correlations *c)
{
	const struct yaml_node **by;
	int rc = 0;

	c->entities = arena_alloc(&c->arena, (c->nrules + 1) * sizeof(*c->entities));
	by = mem_zero(c->nrules, sizeof(const struct yaml_node *));
	for (size_t i = 0; i < rule_files_count(k->files); i++) {
		const struct rule_document *doc = rule_files_at(k->files, i);
		const struct yaml_node *own, *group, *id;
		uint32_t rule;

		if (doc->kind != RULE_DETECTION || doc->rejected)
			continue;
		own = yaml_get(doc->root, "noroshi");
		group = own && own->kind == YAML_MAP ? yaml_get(own, "group-by") : NULL;
		id = yaml_get(doc->root, "id");
		if (!id)
			id = yaml_get(doc->root, "name");
		rule = group && id ? ruleset_find(k->rs, id->text) : UINT32_MAX;
		if (rule < c->nrules)
			by[rule] = group;
	}
	for (uint32_t i = 0; i < c->nrules && rc == 0; i++) {
		c->entities[i].info = ruleset_rule(k->rs, i);
		rc = entity_fields(k, c, i, by[i]);
	}
	mem_free(by);
	return rc;
}

/* ---- all of it ---- */

static void
read_drafts(struct compiler *k)
{
	size_t many = rule_files_count(k->files);

	k->drafts = arena_alloc(k->arena, (many + 1) * sizeof(*k->drafts));
	for (size_t i = 0; i < many; i++) {
		struct rule_document *doc = rule_files_at(k->files, i);
		struct draft *d = &k->drafts[k->n];

		if (doc->kind != RULE_CORRELATION || doc->rejected)
			continue;
		*d = (struct draft){.doc = doc, .corr = arena_alloc(k->arena, sizeof(struct corr))};
		k->n++;
		draft_read(k, d);
		if (!d->failed)
			draft_condition(k, d);
	}
	for (size_t i = 0; i < k->n; i++)
		if (!k->drafts[i].failed)
			resolve(k, &k->drafts[i]);
}

/* Places of drafts become places among what is kept. */
static void
keep_good(struct compiler *k, struct correlations *c, const struct order *o)
{
	uint32_t *place = mem_zero(k->n, sizeof(*place));

	c->at = arena_alloc(&c->arena, (k->n + 1) * sizeof(struct corr *));
	for (size_t i = 0; i < o->n; i++) {
		struct draft *d = &k->drafts[o->at[i]];

		if (d->failed)
			continue;
		place[o->at[i]] = (uint32_t)c->n;
		for (uint32_t r = 0; r < d->corr->nrefs; r++)
			if (d->corr->refs[r].inner)
				d->corr->refs[r].target = place[d->corr->refs[r].target];
		c->at[c->n++] = d->corr;
	}
	mem_free(place);
}

int
correlations_build(struct rule_files *files, struct ruleset *rs, struct names *names,
	struct diag *why, struct correlations **ret)
{
	struct correlations *c = mem_zero(1, sizeof(*c));
	struct compiler k = {
		.arena = &c->arena, .why = why, .files = files, .rs = rs, .names = names};
	struct order o = {.k = &k};
	uint32_t *stack;
	int rc;

	read_drafts(&k);
	o.at = mem_zero(3 * k.n + 1, sizeof(*o.at));
	stack = o.at + k.n;
	for (uint32_t i = 0; i < k.n; i++)
		visit(&o, i, stack, stack + k.n);
	reject_dependents(&k);
	for (size_t i = 0; i < o.n; i++) {
		struct draft *d = &k.drafts[o.at[i]];

		if (!d->failed)
			draft_sources(&k, d);
		if (!d->failed && corr_finish(d->corr, k.arena, why) < 0)
			d->failed = true;
		if (!d->failed)
			content_of(&k, d, o.at[i]);
	}
	reject_dependents(&k);
	keep_good(&k, c, &o);
	for (size_t i = 0; i < k.n; i++)
		k.drafts[i].doc->rejected |= k.drafts[i].failed;
	mem_free(o.at);
	correlations_link(c, ruleset_count(rs));
	mark_referenced(&k, c);
	mark_families(&k, c);
	rc = read_entities(&k, c);
	if (rc < 0) {
		correlations_free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

size_t
correlations_count(const struct correlations *c)
{
	return c->n;
}

void
correlations_free(struct correlations *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nrules; i++)
		mem_free(c->by_rule[i].at);
	for (size_t i = 0; i < c->n; i++)
		mem_free(c->by_corr[i].at);
	mem_free(c->by_rule);
	mem_free(c->by_corr);
	arena_done(&c->arena);
	mem_free(c);
}
