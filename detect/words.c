/* What a rule document says to people, and its noroshi: block. */
#include "detect/rule.h"

static struct str
word(const struct yaml_node *map, const char *key, struct arena *a)
{
	const struct yaml_node *n = map ? yaml_get(map, key) : NULL;

	if (!n || n->kind == YAML_LIST || n->kind == YAML_MAP || n->kind == YAML_NULL)
		return (struct str){"", 0};
	return arena_str(a, n->text);
}

uint32_t
rule_families(const struct yaml_node *root, const char *key, const struct yaml_node **bad)
{
	const struct yaml_node *own = yaml_get(root, "noroshi"), *list;
	uint32_t bits = 0;

	*bad = NULL;
	list = own && own->kind == YAML_MAP ? yaml_get(own, key) : NULL;
	for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
		unsigned f = 0;

		while (f < FAMILY_COUNT &&
			!str_eq(family_name((enum log_family)f), list->items[i]->text))
			f++;
		if (f < FAMILY_COUNT)
			bits |= 1u << f;
		else if (!*bad)
			*bad = list->items[i];
	}
	return bits;
}

void
rule_words(const struct yaml_node *root, struct arena *a, struct alert_rule *ret)
{
	const struct yaml_node *own = yaml_get(root, "noroshi"), *tags = yaml_get(root, "tags");
	const struct yaml_node *bad; /* told where the document is compiled */
	struct str *list;

	*ret = (struct alert_rule){
		.id = arena_str(a, rule_id(root)),
		.title = word(root, "title", a),
		.level = word(root, "level", a),
		.author = word(root, "author", a),
		.description = word(root, "description", a),
		.title_ja = word(own, "title_ja", a),
		.sentence_en = word(own, "sentence_en", a),
		.sentence_ja = word(own, "sentence_ja", a),
		.first_action_en = word(own, "first_action_en", a),
		.first_action_ja = word(own, "first_action_ja", a),
	};
	ret->wider_families = rule_families(root, "expects", &bad);
	if (!tags || tags->kind != YAML_LIST)
		return;
	list = arena_alloc(a, (tags->n + 1) * sizeof(*list));
	for (size_t i = 0; i < tags->n; i++)
		if (tags->items[i]->kind != YAML_LIST && tags->items[i]->kind != YAML_MAP)
			list[ret->ntags++] = arena_str(a, tags->items[i]->text);
	ret->tags = list;
}

void
rule_state(struct compile *c, const struct yaml_node *root, struct rule_info *ret)
{
	static const char *const keys[] = {"state", "title_ja", "sentence_en", "sentence_ja",
		"first_action_en", "first_action_ja", "tests", "false_positives_ja", "group-by",
		"watchlist", "session", "families", "expects"};
	static const size_t nkeys = sizeof(keys) / sizeof(keys[0]);
	const struct yaml_node *own = yaml_get(root, "noroshi"), *state, *bad;

	if (!own)
		return;
	if (own->kind != YAML_MAP) {
		compile_fail(c, own, "noroshi: needs a map");
		return;
	}
	for (size_t i = 0; i < own->n; i++) {
		size_t k = 0;
		const char *near;

		while (k < nkeys && !str_eq(own->keys[i]->text, str_of(keys[k])))
			k++;
		if (k < nkeys)
			continue;
		near = diag_did_you_mean(own->keys[i]->text, keys, nkeys);
		compile_fail(c, own->keys[i], "noroshi: knows no \"%.*s\"%s%s%s",
			STR_ARG(own->keys[i]->text), near ? "; did you mean \"" : "",
			near ? near : "", near ? "\"?" : "");
	}
	(void)rule_families(root, "expects", &bad);
	if (bad)
		compile_fail(c, bad, RULE_FAMILIES);
	state = yaml_get(own, "state");
	if (!state)
		return;
	ret->off = str_eq(state->text, STR("off"));
	ret->shadow = str_eq(state->text, STR("shadow"));
	if (!ret->off && !ret->shadow && !str_eq(state->text, STR("on")))
		compile_fail(c, state, "state is off, shadow or on");
}
