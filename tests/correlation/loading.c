#include <criterion/criterion.h>
#include <stdio.h>

#include "correlation/model.h"
#include "world.h"

static const char one[] =
	"title: A\nname: a\nid: 1111\nlogsource: {product: test}\ndetection:\n  s:\n    kind: a\n"
	"  condition: s\n---\n"
	"title: Bad\nname: bad\nlogsource: {product: test}\ndetection:\n  s:\n    kind|nosuch: a\n"
	"  condition: s\n---\n"
	"title: B\nname: logon_failed\nlogsource: {product: test}\ndetection:\n  s:\n    kind: b\n"
	"  condition: s\n---\n";

/* Each document alone must be rejected, with these words and at this place. */
static const struct {
	const char *why, *yaml, *place, *words;
} bad[] = {
	{"a typo in the type must not pass",
		"title: M\nname: m\ncorrelation:\n  type: event_cuont\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {gte: 1}\n",
		":29:9: ", "did you mean 'event_count'?"},
	{"a rule that is not there",
		"title: M\nname: m\ncorrelation:\n  type: event_count\n"
		"  rules: [a, logon_faild]\n  timespan: 1m\n  condition: {gte: 1}\n",
		":30:14: ", "there is no rule 'logon_faild'; did you mean 'logon_failed'?"},
	{"a rule that was rejected",
		"title: M\nname: m\ncorrelation:\n  type: event_count\n"
		"  rules: [bad]\n  timespan: 1m\n  condition: {gte: 1}\n",
		":30:11: ", "(it was rejected)"},
	{"twice, once by id and once by name",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a, '1111']\n  timespan: 1m\n",
		":30:15: ", "twice"},
	{"nothing to count over",
		"title: M\nname: m\ncorrelation:\n  type: value_count\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {gte: 1}\n",
		":32:14: ", "needs a `field`"},
	{"no condition",
		"title: M\nname: m\ncorrelation:\n  type: event_count\n"
		"  rules: [a]\n  timespan: 1m\n",
		":29:3: ", "needs a condition"},
	{"a condition that compares nothing",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {}\n",
		":32:14: ", "compares nothing"},
	{"no timespan", "title: M\nname: m\ncorrelation:\n  type: temporal\n  rules: [a]\n",
		":29:3: ", "needs a `timespan`"},
	{"a timespan without unit",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 5\n",
		":31:13: ", "not a timespan"},
	{"a timespan with a wrong unit",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 5q\n",
		":31:13: ", "not a timespan"},
	{"a timespan of a million years",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1000000y\n",
		":31:13: ", "too long"},
	{"an operator that is none",
		"title: M\nname: m\ncorrelation:\n  type: event_count\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {gtee: 1}\n",
		":32:15: ", "did you mean 'gte'?"},
	{"a text where a number belongs",
		"title: M\nname: m\ncorrelation:\n  type: event_count\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {gte: many}\n",
		":32:20: ", "needs a number"},
	{"percentile beyond 100",
		"title: M\nname: m\ncorrelation:\n  type: value_percentile\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {field: v, percentile: 101, gte: 1}\n",
		":32:", "from 0 to 100"},
	{"an expression over counts",
		"title: M\nname: m\ncorrelation:\n  type: event_count\n"
		"  rules: [a]\n  timespan: 1m\n  condition: a and a\n",
		":32:14: ", "only temporal"},
	{"an expression that names what is not among the rules",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1m\n  condition: a and logon_failed\n",
		":32:14: ", "not among `rules`"},
	{"an expression cut short",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1m\n  condition: (a and\n",
		":32:14: ", "a rule name is expected"},
	{"an open parenthesis",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1m\n  condition: (a\n",
		":32:14: ", "')' is missing"},
	{"itself",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n  rules: [a, m]\n"
		"  timespan: 1m\n",
		":30:14: ", "a cycle"},
	{"an unknown key",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n  rules: [a]\n"
		"  timespan: 1m\n  group_by: [u]\n",
		":32:3: ", "did you mean 'group-by'?"},
	{"a list where one field belongs",
		"title: M\nname: m\ncorrelation:\n  type: value_sum\n"
		"  rules: [a]\n  timespan: 1m\n  condition: {field: [v, w], gte: 1}\n",
		":32:", "only value_count"},
	{"an alias that is no map",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1m\n  aliases: {who: u}\n",
		":32:18: ", "a map of rule: field"},
	{"generate that is no truth",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n"
		"  rules: [a]\n  timespan: 1m\n  generate: maybe\n",
		":32:13: ", "true or false"},
};

Test(correlation_loading, what_cannot_be_honoured_is_rejected)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char yaml[4096];
		struct world w;

		snprintf(yaml, sizeof(yaml), "%s%s", one, bad[i].yaml);
		w = world_open(yaml, NULL, 0);
		cr_expect_eq(correlations_count(w.correlations), 0u, "%s", bad[i].why);
		cr_expect_eq(w.failed, 2u, "%s: counted with the bad rule", bad[i].why);
		cr_expect(
			strstr(buf_z(&w.said), bad[i].words), "%s: %s", bad[i].why, buf_z(&w.said));
		cr_expect(
			strstr(buf_z(&w.said), bad[i].place), "%s: %s", bad[i].why, buf_z(&w.said));
		cr_expect(!ruleset_rule(w.rules, ruleset_find(w.rules, STR("a")))->referenced,
			"%s: a rejected correlation must not silence its rules", bad[i].why);
		world_close(&w);
	}
}

Test(correlation_loading, a_cycle_takes_down_what_leans_on_it_and_nothing_else)
{
	static const char more[] =
		"title: X\nname: x\ncorrelation: {type: temporal, rules: [y], timespan: 1m}\n---\n"
		"title: Y\nname: y\ncorrelation: {type: temporal, rules: [z], timespan: 1m}\n---\n"
		"title: Z\nname: z\ncorrelation: {type: temporal, rules: [x, a], timespan: "
		"1m}\n---\n"
		"title: O\nname: o\ncorrelation: {type: temporal, rules: [x], timespan: 1m}\n---\n"
		"title: G\nname: g\ncorrelation: {type: temporal, rules: [in], timespan: 1m}\n---\n"
		"title: I\nname: in\ncorrelation: {type: temporal, rules: [a], timespan: 1m}\n";
	char yaml[4096];
	struct world w;

	snprintf(yaml, sizeof(yaml), "%s%s", one, more);
	w = world_open(yaml, NULL, 0);
	cr_expect_eq(correlations_count(w.correlations), 2u, "%s", buf_z(&w.said));
	cr_expect_eq(w.failed, 5u);
	world_say(&w, 5 * S, "kind=a");
	cr_expect_str_eq(buf_z(&w.matches), "g - 1 1 1\n", "outer before inner in the file");
	world_close(&w);
}

Test(correlation_loading, the_sentences_that_must_pass)
{
	static const char *const good[] = {
		"title: M\ncorrelation:\n  type: temporal\n  rules: [a, logon_failed]\n"
		"  timespan: 2M\n",
		"title: M\nid: 77\nname: m\ncorrelation:\n  type: event_count\n  rules: '1111'\n"
		"  timespan: 1y\n  condition: {gte: 1, neq: 4}\ngenerate: true\n",
		"title: M\nname: m\ncorrelation:\n  type: temporal\n  timespan: 0s\n"
		"  condition: NOT ((a) Or logon_failed)\n",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char yaml[4096];
		struct world w;

		snprintf(yaml, sizeof(yaml), "%s%s", one, good[i]);
		w = world_open(yaml, NULL, 0);
		cr_expect_eq(correlations_count(w.correlations), 1u, "%s", buf_z(&w.said));
		world_close(&w);
	}
}

#define RULE(name, family)                                                                         \
	"title: " name "\nname: " name "\nlogsource: {product: test}\ndetection:\n  s:\n"          \
	"    kind: " name "\n  condition: s\nnoroshi:\n  families: [" family "]\n---\n"

static uint32_t
wider(const struct world *w, const char *name)
{
	return ruleset_rule(w->rules, ruleset_find(w->rules, str_of(name)))->words.wider_families;
}

static const struct alert_rule *
words(const struct world *w, const char *title)
{
	for (size_t i = 0; i < w->correlations->n; i++)
		if (str_eq(w->correlations->at[i]->words.title, str_of(title)))
			return &w->correlations->at[i]->words;
	cr_assert_fail("no correlation %s", title);
	return NULL;
}

Test(loading, a_correlation_may_expect_other_families)
{
	struct world w = world_open(
		RULE("a", "mail")
			RULE("b", "remote") "title: Hopes\nname: hopes\ncorrelation:\n  type: "
					    "temporal\n  rules: [a, b]\n"
					    "  timespan: 1h\nnoroshi:\n  expects: [proxy]\n---\n",
		NULL, (size_t)4 << 20);

	cr_assert_eq(w.failed, 0, "%s", buf_z(&w.said));
	cr_expect_eq(words(&w, "Hopes")->wider_families,
		1u << FAMILY_MAIL | 1u << FAMILY_REMOTE | 1u << FAMILY_PROXY);
	cr_expect_eq(words(&w, "Hopes")->families, 1u << FAMILY_MAIL | 1u << FAMILY_REMOTE);
	world_close(&w);
	w = world_open(RULE("a", "mail") "title: Wrong\nname: wrong\ncorrelation:\n  type: "
					 "event_count\n  rules: [a]\n"
					 "  timespan: 1h\n  condition: {gte: 1}\nnoroshi:\n  "
					 "expects: [proyx]\n---\n",
		NULL, (size_t)4 << 20);
	cr_expect_eq(w.failed, 1, "%s", buf_z(&w.said));
	world_close(&w);
}

Test(loading, families_go_down_to_all_that_feed_a_correlation)
{
	const uint32_t m = 1u << FAMILY_MAIL, v = 1u << FAMILY_REMOTE, e = 1u << FAMILY_ENDPOINT,
		       p = 1u << FAMILY_PROXY;
	struct world w = world_open(
		RULE("a", "mail") RULE("b", "remote") RULE("c", "endpoint") RULE("d", "proxy")
			RULE("alone", "auth") "title: Inner\nname: inner\ncorrelation:\n  type: "
					      "temporal\n  rules: [a, b]\n"
					      "  timespan: 1h\n---\n"
					      "title: Outer\nname: outer\ncorrelation:\n  type: "
					      "temporal\n  rules: [inner, c]\n"
					      "  timespan: 1h\n---\n"
					      "title: Off\nname: off\ncorrelation:\n  type: "
					      "temporal\n  rules: [a, d]\n"
					      "  timespan: 1h\nnoroshi:\n  state: off\n---\n",
		NULL, (size_t)4 << 20);

	cr_assert_eq(w.failed, 0, "%s", buf_z(&w.said));
	cr_expect_eq(words(&w, "Inner")->families, m | v, "what its rules read");
	cr_expect_eq(words(&w, "Outer")->families, m | v | e, "through what it refers to");
	cr_expect_eq(words(&w, "Inner")->wider_families, m | v | e, "with what it feeds");
	cr_expect_eq(
		wider(&w, "a"), m | v | e, "one that is off awaits nothing: %x", wider(&w, "a"));
	cr_expect_eq(wider(&w, "c"), m | v | e);
	cr_expect_eq(wider(&w, "d"), p);
	cr_expect_eq(wider(&w, "alone"), 1u << FAMILY_AUTH, "itself");
	world_close(&w);
}
