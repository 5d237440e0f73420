#include "correlation/compile.h"

/* Where a field comes from: an alias' mapping, an inner correlation's group, or the event. */

static bool
refers(struct compiler *k, const struct corr_ref *ref, struct str word)
{
	if (ref->inner)
		return draft_is_called(&k->drafts[ref->target], word);
	return ruleset_find(k->rs, word) == ref->target;
}

/* The field that a name stands for in one referenced rule. */
static struct str
mapped(struct compiler *k, const struct draft *d, const struct corr_ref *ref, struct str name)
{
	for (size_t i = 0; d->aliases && i < d->aliases->n; i++) {
		const struct yaml_node *map = d->aliases->items[i];

		if (!str_eq(d->aliases->keys[i]->text, name))
			continue;
		for (size_t j = 0; j < map->n; j++)
			if (refers(k, ref, map->keys[j]->text))
				return map->items[j]->text;
	}
	return name;
}

static void
check_aliases(struct compiler *k, struct draft *d)
{
	for (size_t i = 0; d->aliases && i < d->aliases->n; i++) {
		const struct yaml_node *map = d->aliases->items[i];

		if (map->kind != YAML_MAP) {
			draft_error(k, d, map, "an alias is a map of rule: field");
			return;
		}
		for (size_t j = 0; j < map->n; j++) {
			uint32_t r = 0;

			if (map->items[j]->kind == YAML_LIST || map->items[j]->kind == YAML_MAP ||
				map->items[j]->text.n == 0) {
				draft_error(k, d, map->items[j], "an alias maps to one field name");
				return;
			}
			while (r < d->corr->nrefs &&
				!refers(k, &d->corr->refs[r], map->keys[j]->text))
				r++;
			if (r == d->corr->nrefs)
				diag_add(k->why, DIAG_WARNING, d->doc->path, map->keys[j]->line,
					map->keys[j]->column,
					"'%.*s' is not among `rules`; this mapping has no effect",
					STR_ARG(map->keys[j]->text));
		}
	}
}

static void
add_ref(struct field_ref *to, const struct field_ref *more)
{
	for (unsigned i = 0; i < more->n; i++) {
		unsigned j = 0;

		while (j < to->n && to->fields[j] != more->fields[i])
			j++;
		if (j == to->n && to->n < sizeof(to->fields) / sizeof(to->fields[0]))
			to->fields[to->n++] = more->fields[i];
	}
}

/* The event that made an inner correlation match came by one of its rules; their log sources decide
 * what a name means. The stack is bounded: what does not fit adds no meaning. */
static int
event_field(struct compiler *k, const struct corr_ref *ref, struct str name, struct field_ref *ret)
{
	const struct corr *open[64];
	unsigned n = 0, seen = 0;
	struct field_ref one = {0};
	int rc;

	if (!ref->inner)
		return detect_field(k->rs, k->names, ref->target, name, ret);
	*ret = (struct field_ref){0};
	open[n++] = k->drafts[ref->target].corr;
	while (n > 0 && seen++ < 256) {
		const struct corr *c = open[--n];

		for (uint32_t i = 0; i < c->nrefs; i++) {
			if (c->refs[i].inner) {
				if (n < sizeof(open) / sizeof(open[0]))
					open[n++] = k->drafts[c->refs[i].target].corr;
				continue;
			}
			rc = detect_field(k->rs, k->names, c->refs[i].target, name, &one);
			if (rc < 0)
				return rc;
			add_ref(ret, &one);
		}
	}
	return 0;
}

static void
find_source(struct compiler *k, struct draft *d, const struct corr_ref *ref, struct str name,
	struct corr_source *ret)
{
	struct str field = mapped(k, d, ref, name);

	ret->inner = -1;
	if (ref->inner) {
		const struct corr *inner = k->drafts[ref->target].corr;

		for (uint32_t i = 0; i < inner->ngroup; i++)
			if (str_eq(inner->group[i], field)) {
				ret->inner = (int)i;
				return;
			}
	}
	if (event_field(k, ref, field, &ret->event) < 0)
		draft_error(k, d, NULL, "too many different field names in all rules");
}

void
draft_sources(struct compiler *k, struct draft *d)
{
	struct corr *c = d->corr;

	check_aliases(k, d);
	for (uint32_t i = 0; i < c->nrefs && !d->failed; i++) {
		struct corr_ref *ref = &c->refs[i];

		ref->group = arena_alloc(k->arena, (c->ngroup + 1) * sizeof(*ref->group));
		ref->values = arena_alloc(k->arena, (c->nfields + 1) * sizeof(*ref->values));
		for (uint32_t g = 0; g < c->ngroup; g++)
			find_source(k, d, ref, c->group[g], &ref->group[g]);
		for (uint32_t v = 0; v < c->nfields; v++)
			find_source(k, d, ref, d->fields[v], &ref->values[v]);
	}
}
