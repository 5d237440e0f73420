/*
 * lint.c - what a rule says about itself and gets wrong: the rule still loads, since what it
 * matches is clear, but its writer is told.
 */
#include "base/stamp.h"
#include "detect/rule.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void
warn(struct compile *c, const struct yaml_node *at, const char *what, struct str word,
	const char *const *known, size_t n, const char *rest)
{
	const char *near = diag_did_you_mean(word, known, n);

	diag_add(c->why, DIAG_WARNING, c->path, at->line, at->column, "%s \"%.*s\"; %s%s%s", what,
		STR_ARG(word), near ? "did you mean \"" : rest, near ? near : "",
		near ? "\"?" : "");
}

static bool
knows(struct str word, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(word, str_of(known[i])))
			return true;
	return false;
}

static void
one_of(struct compile *c, const struct yaml_node *root, const char *key, const char *what,
	const char *const *known, size_t n, const char *rest)
{
	const struct yaml_node *v = yaml_get(root, key);

	if (v && v->kind != YAML_LIST && v->kind != YAML_MAP && v->text.n &&
		!knows(v->text, known, n))
		warn(c, v, what, v->text, known, n, rest);
}

/* YYYY-MM-DD, or with slashes as before Sigma 2. */
static void
date(struct compile *c, const struct yaml_node *root, const char *key)
{
	const struct yaml_node *v = yaml_get(root, key);
	struct buf text = {0};
	struct str s;
	int64_t ns;

	if (!v || v->kind == YAML_NULL)
		return;
	buf_add_str(&text, v->kind == YAML_LIST || v->kind == YAML_MAP ? STR("?") : v->text);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '/')
			text.p[i] = '-';
	BUF_ADD_LIT(&text, "T00:00:00Z");
	s = buf_str(&text);
	if (text.n != 20 || !stamp_take_iso(&s, NULL, 0, &ns) || s.n)
		diag_add(c->why, DIAG_WARNING, c->path, v->line, v->column,
			"%s is no date; write YYYY-MM-DD", key);
	buf_done(&text);
}

/* Keys of one's own are allowed; one that is nearly a known key is a slip. */
static void
keys(struct compile *c, const struct yaml_node *map, const char *const *known, size_t n)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++) {
		struct str key = map->keys[i]->text;

		if (!knows(key, known, n) && diag_did_you_mean(key, known, n))
			warn(c, map->keys[i], "unknown key", key, known, n, "");
	}
}

void
rule_lint(struct compile *c, const struct yaml_node *root)
{
	static const char *const levels[] = {"informational", "low", "medium", "high", "critical"};
	static const char *const states[] = {
		"stable", "test", "experimental", "deprecated", "unsupported"};
	static const char *const top[] = {"title", "id", "name", "related", "taxonomy", "status",
		"description", "license", "references", "author", "date", "modified", "logsource",
		"detection", "fields", "falsepositives", "level", "tags", "scope", "generate",
		"noroshi", "action", "simulation", "regression_tests_path"};
	static const char *const source[] = {"product", "category", "service", "definition"};

	one_of(c, root, "level", "unknown level", levels, COUNT(levels),
		"use informational, low, medium, high or critical");
	one_of(c, root, "status", "unknown status", states, COUNT(states),
		"use stable, test, experimental, deprecated or unsupported");
	date(c, root, "date");
	date(c, root, "modified");
	keys(c, root, top, COUNT(top));
	keys(c, yaml_get(root, "logsource"), source, COUNT(source));
}
