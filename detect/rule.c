#include "detect/rule.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "detect/condition.h"

struct list {
	struct expr **items;
	size_t n, cap;
};

static void
push(struct list *l, struct expr *e)
{
	l->items = mem_grow(l->items, l->n, &l->cap, sizeof(struct expr *));
	l->items[l->n++] = e;
}

static struct str
lowered(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n * 3 + 1);

	return str_make(p, utf8_lower_to(s, p));
}

struct str
rule_id(const struct yaml_node *root)
{
	static const char *const keys[] = {"id", "name", "title"};

	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *n = yaml_get(root, keys[i]);

		if (n && n->kind != YAML_LIST && n->kind != YAML_MAP && n->text.n > 0)
			return n->text;
	}
	return (struct str){0};
}

bool
rule_source(struct compile *c, const struct yaml_node *root, struct attributes *ret)
{
	const struct yaml_node *source = yaml_get(root, "logsource");
	static const char *const keys[] = {"product", "category", "service"};
	struct str *to[] = {&ret->product, &ret->category, &ret->service};

	*ret = (struct attributes){0};
	if (!source || source->kind != YAML_MAP) {
		compile_fail(c, source ? source : root,
			"logsource is missing; say for which product, category or service it is");
		return false;
	}
	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *n = yaml_get(source, keys[i]);

		if (!n || n->kind == YAML_NULL)
			continue;
		if (n->kind == YAML_LIST || n->kind == YAML_MAP) {
			compile_fail(c, n, "logsource.%s is one word", keys[i]);
			return false;
		}
		*to[i] = lowered(&c->rs->arena, n->text);
	}
	return true;
}

static struct expr *
map_of_items(struct compile *c, const struct yaml_node *map)
{
	struct list l = {0};
	struct expr *e = NULL;
	bool ok = true;

	for (size_t i = 0; i < map->n; i++) {
		e = item_compile(c, map->keys[i], map->items[i]);
		if (e)
			push(&l, e);
		else
			ok = false;
	}
	e = NULL;
	if (map->n == 0)
		compile_fail(c, map, "a search identifier needs at least one item");
	else if (ok)
		e = expr_join(&c->rs->arena, EXPR_AND, l.items, l.n);
	mem_free(l.items);
	return e;
}

static struct expr *
keyword(struct compile *c, const struct yaml_node *value)
{
	if (value->kind == YAML_NULL) {
		compile_fail(c, value, "a search identifier needs a map, a list or a text");
		return NULL;
	}
	return item_compile(c, NULL, value);
}

/* A map, a list of maps and keywords, or one keyword. */
static struct expr *
identifier(struct compile *c, const struct yaml_node *n)
{
	struct list l = {0};
	struct expr *e = NULL;
	bool ok = true;

	if (n->kind == YAML_MAP)
		return map_of_items(c, n);
	if (n->kind != YAML_LIST)
		return keyword(c, n);
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *one = n->items[i];

		if (one->kind == YAML_LIST) {
			compile_fail(
				c, one, "a list in a list says nothing; write maps or keywords");
			e = NULL;
		} else {
			e = one->kind == YAML_MAP ? map_of_items(c, one) : keyword(c, one);
		}
		if (e)
			push(&l, e);
		else
			ok = false;
	}
	e = NULL;
	if (n->n == 0)
		compile_fail(c, n, "a search identifier needs at least one item");
	else if (ok)
		e = expr_join(&c->rs->arena, EXPR_OR, l.items, l.n);
	mem_free(l.items);
	return e;
}

static struct expr *
one_condition(struct compile *c, const struct yaml_node *n, const struct condition_names *names)
{
	struct buf why = {0};
	struct expr *e;
	size_t at = 0;

	if (n->kind == YAML_LIST || n->kind == YAML_MAP || n->kind == YAML_NULL) {
		compile_fail(c, n, "a condition is a text such as \"selection and not filter\"");
		return NULL;
	}
	e = condition_parse(&c->rs->arena, n->text, names, &why, &at);
	if (!e) {
		struct yaml_node place = *n;

		if (!memchr(n->text.p, '\n', n->text.n))
			place.column += (unsigned)at + n->quoted;
		compile_fail(c, &place, "%s", buf_z(&why));
	}
	buf_done(&why);
	return e;
}

static struct expr *
conditions(struct compile *c, const struct yaml_node *n, const struct condition_names *names)
{
	struct list l = {0};
	struct expr *e = NULL;
	bool ok = n->kind != YAML_LIST || n->n > 0;

	if (!ok)
		compile_fail(c, n, "the list of conditions is empty");
	for (size_t i = 0; i < (n->kind == YAML_LIST ? n->n : 1); i++) {
		e = one_condition(c, n->kind == YAML_LIST ? n->items[i] : n, names);
		if (e)
			push(&l, e);
		else
			ok = false;
	}
	e = ok ? expr_join(&c->rs->arena, EXPR_OR, l.items, l.n) : NULL;
	mem_free(l.items);
	return e;
}

struct expr *
rule_condition(struct compile *c, const struct yaml_node *section, bool filter)
{
	const struct yaml_node *condition = yaml_get(section, "condition");
	struct condition_names names = {0};
	struct expr *e = NULL;
	bool ok = true;

	if (section->kind != YAML_MAP) {
		compile_fail(c, section, "needs a map of search identifiers and a condition");
		return NULL;
	}
	names.names = mem_zero(section->n + 1, sizeof(struct str));
	names.exprs = mem_zero(section->n + 1, sizeof(struct expr *));
	for (size_t i = 0; i < section->n; i++) {
		struct str key = section->keys[i]->text;

		if (str_eq(key, STR("condition")) || (filter && str_eq(key, STR("rules"))))
			continue;
		if (str_eq(key, STR("timeframe"))) {
			compile_fail(c, section->keys[i],
				"timeframe belongs to Sigma 1; write a correlation rule with "
				"timespan");
			ok = false;
			continue;
		}
		names.names[names.n] = key;
		names.exprs[names.n] = identifier(c, section->items[i]);
		ok = ok && names.exprs[names.n];
		names.n++;
	}
	if (!condition) {
		compile_fail(c, section,
			"condition is missing; add one, for example \"condition: "
			"selection\"");
		ok = false;
	}
	if (ok)
		e = conditions(c, condition, &names);
	mem_free(names.names);
	mem_free(names.exprs);
	return e;
}
