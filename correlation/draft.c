#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "correlation/compile.h"
#include "correlation/expr.h"

static const char *const known_keys[] = {
	"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"};
static const char *const known_types[] = {"event_count", "value_count", "value_sum", "value_avg",
	"value_median", "value_percentile", "temporal", "temporal_ordered"};
static const enum corr_kind kinds[] = {CORR_EVENT_COUNT, CORR_VALUE_COUNT, CORR_VALUE_SUM,
	CORR_VALUE_AVG, CORR_VALUE_MEDIAN, CORR_VALUE_PERCENTILE, CORR_TEMPORAL,
	CORR_TEMPORAL_ORDERED};
static const char *const known_ops[] = {
	"gt", "gte", "lt", "lte", "eq", "neq", "field", "percentile"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
draft_error(struct compiler *k, struct draft *d, const struct yaml_node *at, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_add(k->why, DIAG_ERROR, d->doc->path, at ? at->line : d->doc->root->line,
		at ? at->column : d->doc->root->column, "%s", buf_z(&text));
	buf_done(&text);
	d->failed = true;
}

static bool
is_text(const struct yaml_node *n)
{
	return n && n->kind != YAML_LIST && n->kind != YAML_MAP && n->kind != YAML_NULL &&
	       n->text.n > 0;
}

static bool
is_number(const struct yaml_node *n)
{
	return n && (n->kind == YAML_INT || n->kind == YAML_FLOAT);
}

/* A text, or a list of texts. */
static bool
read_texts(struct compiler *k, const struct yaml_node *n, struct str **ret, uint32_t *count)
{
	size_t many = n->kind == YAML_LIST ? n->n : 1;

	if (many == 0 || many > 65536)
		return false;
	*ret = arena_alloc(k->arena, many * sizeof(**ret));
	*count = (uint32_t)many;
	for (size_t i = 0; i < many; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;

		if (!is_text(one))
			return false;
		(*ret)[i] = arena_str(k->arena, one->text);
	}
	return true;
}

static void
read_type(struct compiler *k, struct draft *d)
{
	const struct yaml_node *n = yaml_get(d->body, "type");
	const char *near;

	if (!is_text(n)) {
		draft_error(k, d, n ? n : d->body, "a correlation needs a `type`");
		return;
	}
	for (size_t i = 0; i < COUNT(known_types); i++)
		if (str_eq(n->text, str_of(known_types[i]))) {
			d->corr->kind = kinds[i];
			return;
		}
	near = diag_did_you_mean(n->text, known_types, COUNT(known_types));
	draft_error(k, d, n, "unknown correlation type '%.*s'%s%s%s", STR_ARG(n->text),
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void
read_timespan(struct compiler *k, struct draft *d)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'M', 2629746},
		{'y', 31556952}};
	const struct yaml_node *n = yaml_get(d->body, "timespan");
	struct str digits;
	uint64_t v;

	if (!is_text(n)) {
		draft_error(k, d, n ? n : d->body, "a correlation needs a `timespan`, such as 5m");
		return;
	}
	digits = str_make(n->text.p, n->text.n - 1);
	for (size_t i = 0; i < COUNT(units); i++) {
		if (n->text.p[n->text.n - 1] != units[i].unit || digits.n == 0 ||
			!str_u64(digits, &v))
			continue;
		if (v > (uint64_t)(INT64_MAX / 2 / NS_PER_S / units[i].seconds)) {
			draft_error(
				k, d, n, "timespan is too long; at most 146 years are possible");
			return;
		}
		d->corr->span = (int64_t)v * units[i].seconds * NS_PER_S;
		return;
	}
	draft_error(k, d, n,
		"'%.*s' is not a timespan; write a whole number and one of s m h d w M y",
		STR_ARG(n->text));
}

static void
read_group(struct compiler *k, struct draft *d)
{
	const struct yaml_node *n = yaml_get(d->body, "group-by");
	struct corr *c = d->corr;
	struct str *all = NULL;
	uint32_t many = 0;

	if (!n || n->kind == YAML_NULL || (n->kind == YAML_LIST && n->n == 0))
		return;
	if (!read_texts(k, n, &all, &many)) {
		draft_error(k, d, n, "group-by is a field name or a list of them");
		return;
	}
	c->group = all;
	for (uint32_t i = 0; i < many; i++) {
		uint32_t j = 0;

		while (j < c->ngroup && !str_eq(c->group[j], all[i]))
			j++;
		if (j == c->ngroup)
			c->group[c->ngroup++] = all[i];
	}
	if (c->ngroup > ALERT_GROUP)
		draft_error(k, d, n, "group-by may name at most %u fields", ALERT_GROUP);
}

static void
read_flags(struct compiler *k, struct draft *d)
{
	const struct yaml_node *n = yaml_get(d->body, "generate"), *own, *state, *bad;

	if (!n)
		n = yaml_get(d->doc->root, "generate");
	if (n && n->kind != YAML_BOOL)
		draft_error(k, d, n, "generate is true or false");
	else if (n)
		d->corr->generate = n->truth;
	(void)rule_families(d->doc->root, "expects", &bad);
	if (bad)
		draft_error(k, d, bad, RULE_FAMILIES);
	own = yaml_get(d->doc->root, "noroshi");
	state = own && own->kind == YAML_MAP ? yaml_get(own, "state") : NULL;
	if (!state)
		return;
	d->corr->off =
		str_eq(state->text, STR("off")) || (state->kind == YAML_BOOL && !state->truth);
	d->corr->shadow = str_eq(state->text, STR("shadow"));
	if (!d->corr->off && !d->corr->shadow && !str_eq(state->text, STR("on")) &&
		state->kind != YAML_BOOL)
		draft_error(k, d, state, "noroshi.state is off, shadow or on");
}

static void
read_rules(struct compiler *k, struct draft *d)
{
	const struct yaml_node *n = d->rules;

	if (!n || n->kind == YAML_NULL) {
		if (!is_text(d->condition))
			draft_error(k, d, d->body, "a correlation needs `rules`");
		d->rules = NULL;
		return;
	}
	if (!read_texts(k, n, &d->names, &d->nnames)) {
		draft_error(k, d, n, "`rules` is a list of rule names or ids");
		return;
	}
	d->places = arena_alloc(k->arena, d->nnames * sizeof(*d->places));
	for (uint32_t i = 0; i < d->nnames; i++)
		d->places[i] = n->kind == YAML_LIST ? n->items[i] : n;
}

static void
check_keys(struct compiler *k, struct draft *d)
{
	for (size_t i = 0; i < d->body->n; i++) {
		const struct yaml_node *key = d->body->keys[i];
		const char *near;
		size_t j = 0;

		while (j < COUNT(known_keys) && !str_eq(key->text, str_of(known_keys[j])))
			j++;
		if (j < COUNT(known_keys))
			continue;
		near = diag_did_you_mean(key->text, known_keys, COUNT(known_keys));
		draft_error(k, d, key, "unknown key '%.*s' in a correlation%s%s%s",
			STR_ARG(key->text), near ? "; did you mean '" : "", near ? near : "",
			near ? "'?" : "");
	}
}

void
draft_read(struct compiler *k, struct draft *d)
{
	const struct yaml_node *name = yaml_get(d->doc->root, "name");
	struct corr *c = d->corr;

	rule_words(d->doc->root, k->arena, &c->words);
	c->path = d->doc->path;
	c->line = d->doc->root->line;
	if (is_text(name))
		c->name = arena_str(k->arena, name->text);
	d->body = yaml_get(d->doc->root, "correlation");
	if (!d->body || d->body->kind != YAML_MAP) {
		draft_error(k, d, d->body, "`correlation` is a map of type, rules, timespan ...");
		return;
	}
	if (c->words.id.n == 0)
		draft_error(k, d, NULL, "a correlation needs an id, a name or a title");
	d->rules = yaml_get(d->body, "rules");
	d->condition = yaml_get(d->body, "condition");
	d->aliases = yaml_get(d->body, "aliases");
	if (d->aliases && d->aliases->kind == YAML_NULL)
		d->aliases = NULL;
	if (d->aliases && d->aliases->kind != YAML_MAP)
		draft_error(k, d, d->aliases, "aliases is a map of name: {rule: field}");
	check_keys(k, d);
	read_type(k, d);
	read_timespan(k, d);
	read_group(k, d);
	read_flags(k, d);
	read_rules(k, d);
}

bool
draft_is_called(const struct draft *d, struct str word)
{
	const struct yaml_node *id = yaml_get(d->doc->root, "id");

	return (id && id->text.n && str_eq(id->text, word)) ||
	       (d->corr->name.n && str_eq(d->corr->name, word));
}

/* ---- condition ---- */

struct naming {
	struct compiler *k;
	struct draft *d;
};

/* Names in an expression are those of `rules`; without `rules` they make the list. */
static int
expr_bit(void *ctx, struct str name)
{
	struct naming *n = ctx;
	struct draft *d = n->d;

	for (uint32_t i = 0; i < d->nnames; i++)
		if (str_eq(d->names[i], name))
			return (int)i;
	if (d->rules) {
		draft_error(n->k, d, d->condition,
			"the condition names '%.*s', which is not among `rules`", STR_ARG(name));
		return -1;
	}
	if (d->nnames == CORR_REFS_MASK) {
		draft_error(n->k, d, d->condition, "at most %u rules are possible here",
			CORR_REFS_MASK);
		return -1;
	}
	d->names[d->nnames] = arena_str(n->k->arena, name);
	d->places[d->nnames] = d->condition;
	return (int)d->nnames++;
}

static bool
is_temporal(const struct corr *c)
{
	return c->kind == CORR_TEMPORAL || c->kind == CORR_TEMPORAL_ORDERED;
}

static void
read_expression(struct compiler *k, struct draft *d)
{
	struct naming n = {k, d};
	struct expr_reader how = {.name = expr_bit,
		.ctx = &n,
		.path = d->doc->path,
		.line = d->condition->line,
		.column = d->condition->column,
		.why = k->why};

	if (!is_temporal(d->corr)) {
		draft_error(k, d, d->condition,
			"only temporal correlations take an expression; write {gte: N}");
		return;
	}
	if (!d->rules) {
		d->names = arena_alloc(k->arena, CORR_REFS_MASK * sizeof(*d->names));
		d->places = arena_alloc(k->arena, CORR_REFS_MASK * sizeof(*d->places));
	}
	if (expr_parse(d->condition->text, &how, k->arena, d->corr) < 0)
		d->failed = true;
}

static void
read_field(struct compiler *k, struct draft *d, const struct yaml_node *n)
{
	struct corr *c = d->corr;

	if (is_temporal(c) || c->kind == CORR_EVENT_COUNT) {
		diag_add(k->why, DIAG_WARNING, d->doc->path, n->line, n->column,
			"`field` has no meaning for this correlation type and is ignored");
		return;
	}
	if (!read_texts(k, n, &d->fields, &c->nfields)) {
		draft_error(k, d, n, "`field` is a field name or, for value_count, a list of them");
		return;
	}
	if (c->nfields > 0)
		c->counted = arena_str(k->arena, d->fields[0]);
	if (c->nfields > (c->kind == CORR_VALUE_COUNT ? CORR_FIELDS : 1))
		draft_error(k, d, n, "too many fields; %s",
			c->kind == CORR_VALUE_COUNT ? "at most 8"
						    : "only value_count takes a list");
}

static void
read_operator(struct compiler *k, struct draft *d, size_t op, const struct yaml_node *n)
{
	struct corr *c = d->corr;

	if (!is_number(n)) {
		draft_error(k, d, n, "'%s' needs a number", known_ops[op]);
		return;
	}
	if (op == COUNT(known_ops) - 1) {
		if (c->kind != CORR_VALUE_PERCENTILE)
			draft_error(k, d, n, "`percentile` belongs to value_percentile");
		else if (!(n->real >= 0 && n->real <= 100))
			draft_error(k, d, n, "`percentile` is a number from 0 to 100");
		c->percentile = n->real;
		return;
	}
	c->tests[c->ntests++] = (struct corr_test){(enum corr_op)op, n->real};
}

static void
read_condition_map(struct compiler *k, struct draft *d)
{
	const struct yaml_node *map = d->condition;
	bool percentile = false;

	for (size_t i = 0; i < map->n && !d->failed; i++) {
		const struct yaml_node *key = map->keys[i];
		const char *near;
		size_t op = 0;

		while (op < COUNT(known_ops) && !str_eq(key->text, str_of(known_ops[op])))
			op++;
		if (op == OP_COUNT) {
			read_field(k, d, map->items[i]);
		} else if (op < COUNT(known_ops)) {
			percentile |= op == COUNT(known_ops) - 1;
			read_operator(k, d, op, map->items[i]);
		} else {
			near = diag_did_you_mean(key->text, known_ops, COUNT(known_ops));
			draft_error(k, d, key, "unknown key '%.*s' in a condition%s%s%s",
				STR_ARG(key->text), near ? "; did you mean '" : "",
				near ? near : "", near ? "'?" : "");
		}
	}
	if (d->corr->kind == CORR_VALUE_PERCENTILE && !percentile)
		d->corr->kind = CORR_VALUE_SHARE;
}

void
draft_condition(struct compiler *k, struct draft *d)
{
	struct corr *c = d->corr;

	if (is_text(d->condition) && d->condition->kind == YAML_STRING) {
		read_expression(k, d);
	} else if (d->condition && d->condition->kind == YAML_MAP) {
		read_condition_map(k, d);
	} else if (d->condition && d->condition->kind != YAML_NULL) {
		draft_error(k, d, d->condition,
			"a correlation's condition is a map such as {gte: 5}, or an expression");
	}
	if (d->failed)
		return;
	if (!is_temporal(c) && c->ntests == 0)
		draft_error(k, d, d->condition ? d->condition : d->body,
			"this correlation type needs a condition with gt, gte, lt, lte, eq or neq");
	else if (is_temporal(c) && d->condition && d->condition->kind == YAML_MAP && c->ntests == 0)
		draft_error(k, d, d->condition, "the condition compares nothing; add e.g. gte: 2");
	else if (!is_temporal(c) && c->kind != CORR_EVENT_COUNT && c->nfields == 0)
		draft_error(k, d, d->condition, "this correlation type needs a `field`");
}
