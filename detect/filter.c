/* Sigma filters: a rule matches if the condition of every filter that covers it holds too. */
#include "detect/rule.h"

#include "base/mem.h"

struct cover_list {
	bool any;
	const struct yaml_node *list; /* ids and names */
};

/* Correlations may be named too: filters do not apply to them, but the name is no mistake. */
static bool
is_correlation(struct rule_files *files, struct str ref)
{
	for (size_t i = 0; i < rule_files_count(files); i++) {
		const struct rule_document *d = rule_files_at(files, i);
		const struct yaml_node *id = yaml_get(d->root, "id"),
				       *name = yaml_get(d->root, "name");

		if (d->kind == RULE_CORRELATION &&
			((id && str_eq(id->text, ref)) || (name && str_eq(name->text, ref))))
			return true;
	}
	return false;
}

static void
check_reference(struct compile *c, const struct yaml_node *n)
{
	if (n->kind == YAML_LIST || n->kind == YAML_MAP || n->kind == YAML_NULL) {
		compile_fail(c, n, "rules lists ids or names of rules");
		return;
	}
	if (ruleset_find(c->rs, n->text) != NONE || is_correlation(c->files, n->text))
		return;
	compile_fail(c, n, "the rule \"%.*s\" %s", STR_ARG(n->text),
		ruleset_was_rejected(c->rs, n->text)
			? "was left out because of its own mistakes; mend it first"
			: "is not loaded; check its id or name");
}

/* False: there is no list. */
static bool
read_rules(struct compile *c, const struct yaml_node *section, struct cover_list *ret)
{
	const struct yaml_node *rules = yaml_get(section, "rules");

	if (!rules || rules->kind == YAML_MAP || rules->kind == YAML_NULL) {
		compile_fail(c, rules ? rules : section,
			"a filter needs rules: a list of ids or names, or any");
		return false;
	}
	ret->list = rules;
	if (rules->kind != YAML_LIST) {
		ret->any = str_eq_nocase(rules->text, STR("any"));
		if (!ret->any)
			check_reference(c, rules);
		return true;
	}
	ret->any = rules->n == 0;
	for (size_t i = 0; i < rules->n; i++)
		check_reference(c, rules->items[i]);
	return true;
}

static bool
names_rule(const struct rule *r, struct str ref)
{
	return ref.n > 0 && (str_eq(ref, r->own_id) || str_eq(ref, r->info.name));
}

static bool
lists(const struct cover_list *l, const struct rule *r)
{
	if (l->any)
		return true;
	if (l->list->kind != YAML_LIST)
		return names_rule(r, l->list->text);
	for (size_t i = 0; i < l->list->n; i++)
		if (names_rule(r, l->list->items[i]->text))
			return true;
	return false;
}

static bool
same_or_unnamed(struct str filter, struct str rule)
{
	return filter.n == 0 || str_eq(filter, rule);
}

static bool
covers(const struct cover_list *l, const struct attributes *source, const struct rule *r)
{
	return same_or_unnamed(source->product, r->source.product) &&
	       same_or_unnamed(source->category, r->source.category) &&
	       same_or_unnamed(source->service, r->source.service) && lists(l, r);
}

void
filter_apply(struct compile *c, struct rule_document *doc)
{
	const struct yaml_node *section = yaml_get(doc->root, "filter");
	struct cover_list list = {0};
	struct attributes source = {0};
	struct expr *own;

	if (!rule_source(c, doc->root, &source))
		return;
	c->source = source;
	own = rule_condition(c, section, true);
	if (!own || !read_rules(c, section, &list) || c->failed)
		return;
	for (size_t i = 0; i < c->rs->nrules; i++) {
		struct rule *r = &c->rs->rules[i];
		struct expr *both[2] = {r->expr, own};

		if (!covers(&list, &source, r))
			continue;
		/* Field names mean what they mean for the rule's logs. */
		c->source = r->source;
		if (!c->rs->opt.native_fields)
			both[1] = rule_condition(c, section, true);
		if (!both[1])
			return;
		r->expr = expr_join(&c->rs->arena, EXPR_AND, both, 2);
	}
}
