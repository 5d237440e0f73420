/* What a correlation is: the sentences that kinds.c leaves out, one a row. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "world.h"

#define RULE(title, name)                                                                          \
	"title: " title "\nname: " name "\nlogsource: {product: test}\ndetection:\n  s:\n"         \
	"    kind|contains: " name "\n  condition: s\n---\n"

/* Rules by the letters in `kind`, so that one event may match several, and what a row adds. */
static const char rules[] = RULE("A", "a") RULE("B", "b") RULE("C", "c");

struct said {
	int64_t at; /* milliseconds */
	const char *text;
};

struct row {
	const char *why, *yaml;
	struct said events[12];
	const char *every;
	const char *suppress; /* NULL: the same */
};

#define M "title: M\nname: m\ncorrelation:\n"

static const struct row entries[] = {
	{"an event that matches two of the rules is one entry",
		M "  type: event_count\n  rules: [a, b]\n  timespan: 10s\n  condition: {gte: 2}\n",
		{{1000, "kind=ab"}, {2000, "kind=a"}}, "m - 1 2 2\n", NULL},
	{"one event may stand for several rules of a temporal",
		M "  type: temporal\n  rules: [a, b]\n  timespan: 10s\n", {{1000, "kind=ab"}},
		"m - 1 1 2\n", NULL},
	{"but is one step of an order only",
		M "  type: temporal_ordered\n  rules: [a, b]\n  timespan: 10s\n",
		{{1000, "kind=ab"}, {2000, "kind=ab"}}, "m - 1 2 2\n", NULL},
	{"of two at the same time the line decides the order",
		M "  type: temporal_ordered\n  rules: [a, b]\n  timespan: 10s\n",
		{{1000, "kind=b"}, {1000, "kind=a"}, {1000, "kind=b"}}, "m - 1 3 2\n", NULL},
	{"no group-by: one group for all",
		M "  type: event_count\n  rules: [a]\n  timespan: 10s\n  condition: {gte: 2}\n",
		{{1000, "kind=a u=x"}, {2000, "kind=a u=y"}}, "m - 1 2 2\n", NULL},
	{"a group's text is compared exactly, and empty is a value",
		M "  type: event_count\n  rules: [a]\n  group-by: [u]\n  timespan: 10s\n"
		  "  condition: {gte: 2}\n",
		{{1000, "kind=a u=x"}, {2000, "kind=a u=X"}, {3000, "kind=a u=''"},
			{4000, "kind=a u=''"}},
		"m u= 3 4 2\n", NULL},
	{"two fields make one key",
		M "  type: event_count\n  rules: [a]\n  group-by: [u, v]\n  timespan: 10s\n"
		  "  condition: {gte: 2}\n",
		{{1000, "kind=a u=x v=1"}, {2000, "kind=a u=x v=2"}, {3000, "kind=a u=x"},
			{4000, "kind=a u=x v=2"}},
		"m u=x,v=2 2 4 2\n", NULL},
	{"the window is closed at both ends, to the thousandth",
		M "  type: event_count\n  rules: [a]\n  timespan: 1s\n  condition: {gte: 2}\n",
		{{1000, "kind=a"}, {2000, "kind=a"}, {3001, "kind=a"}}, "m - 1 2 2\n", NULL},
	{"a late one at the window's edge counts, one beyond is ignored",
		M "  type: event_count\n  rules: [a]\n  timespan: 2s\n  condition: {gte: 2}\n",
		{{5000, "kind=a"}, {2999, "kind=a"}, {3000, "kind=a"}}, "m - 1 3 2\n", NULL},
	{"what has left does not come back for a late one",
		M "  type: event_count\n  rules: [a]\n  timespan: 2s\n  condition: {gte: 3}\n",
		{{1000, "kind=a"}, {4000, "kind=a"}, {2500, "kind=a"}}, "", NULL},
	{"each group has its own newest time",
		M "  type: event_count\n  rules: [a]\n  group-by: [u]\n  timespan: 3s\n"
		  "  condition: {gte: 2}\n",
		{{1000, "kind=a u=x"}, {6000, "kind=a u=y"}, {3000, "kind=a u=x"}}, "m u=x 1 3 2\n",
		NULL},
	{"lt cannot be seen before something arrives",
		M "  type: event_count\n  rules: [a]\n  timespan: 2s\n  condition: {lt: 2}\n",
		{{1000, "kind=b"}, {2000, "kind=a"}, {3000, "kind=a"}, {6000, "kind=a"}},
		"m - 2 2 1\nm - 4 4 1\n", NULL},
	{"an event before 1970",
		M "  type: event_count\n  rules: [a]\n  timespan: 2s\n  condition: {gte: 2}\n",
		{{-1000, "kind=a"}, {500, "kind=a"}}, "m - 1 2 2\n", NULL},
	{"gt and lte together are a range; neq leaves one out",
		M "  type: event_count\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {gt: 1, lte: 4, neq: 3}\n",
		{{1000, "kind=a"}, {2000, "kind=a"}, {3000, "kind=a"}, {4000, "kind=a"},
			{5000, "kind=a"}},
		"m - 1 2 2\nm - 1 4 4\n", "m - 1 2 2\n"},
	{"silence ends one timespan behind the report, not behind the last match",
		M "  type: event_count\n  rules: [a]\n  timespan: 2s\n  condition: {gte: 1}\n",
		{{1000, "kind=a"}, {2900, "kind=a"}, {3000, "kind=a"}, {3001, "kind=a"}},
		"m - 1 1 1\nm - 1 2 2\nm - 1 3 3\nm - 2 4 3\n", "m - 1 1 1\nm - 2 4 3\n"},
	{"silence is the group's own",
		M "  type: event_count\n  rules: [a]\n  group-by: [u]\n  timespan: 9s\n"
		  "  condition: {gte: 1}\n",
		{{1000, "kind=a u=x"}, {2000, "kind=a u=y"}, {3000, "kind=a u=x"}},
		"m u=x 1 1 1\nm u=y 2 2 1\nm u=x 1 3 2\n", "m u=x 1 1 1\nm u=y 2 2 1\n"},
	{"a year and a month are as long as they are on average",
		M "  type: event_count\n  rules: [a]\n  timespan: 1M\n  condition: {gte: 2}\n",
		{{0, "kind=a"}, {2629746000, "kind=a"}, {5259492001, "kind=a"}}, "m - 1 2 2\n",
		NULL},
};

static const struct row counted[] = {
	{"values are compared exactly, numbers by their text",
		M "  type: value_count\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, gte: 3}\n",
		{{1000, "kind=a v=1"}, {2000, "kind=a v='1'"}, {3000, "kind=a v=1.0"},
			{4000, "kind=a v=x"}},
		"m - 1 4 3\n", NULL},
	{"arrays and objects cannot be counted; one of one scalar can",
		M "  type: value_count\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, gte: 2}\n",
		{{1000, "kind=a v=[1,2]"}, {2000, "kind=a v={}"}, {3000, "kind=a v=[x]"},
			{4000, "kind=a v=y"}},
		"m - 3 4 2\n", NULL},
	{"an entry that has no number does not move the window",
		M "  type: value_sum\n  rules: [a]\n  timespan: 2s\n"
		  "  condition: {field: v, gte: 3}\n",
		{{1000, "kind=a v=1"}, {9000, "kind=a v=x"}, {2000, "kind=a v='2'"}}, "m - 1 3 3\n",
		NULL},
	{"negative numbers and exponents are summed",
		M "  type: value_sum\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, lte: -5}\n",
		{{1000, "kind=a v=1e1"}, {2000, "kind=a v=-15.5"}}, "m - 1 2 -5.5\n", NULL},
	{"true is no number",
		M "  type: value_sum\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, gte: 0}\n",
		{{1000, "kind=a v=true"}, {2000, "kind=a v=''"}, {3000, "kind=a v=0"}},
		"m - 3 3 0\n", NULL},
	{"an average over what is inside",
		M "  type: value_avg\n  rules: [a]\n  timespan: 2s\n"
		  "  condition: {field: v, gt: 4, lt: 8}\n",
		{{1000, "kind=a v=2"}, {2000, "kind=a v=4"}, {3500, "kind=a v=6"}}, "m - 2 3 5\n",
		NULL},
	{"the median of one and of three",
		M "  type: value_median\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, gte: 5}\n",
		{{1000, "kind=a v=5"}, {2000, "kind=a v=1"}, {3000, "kind=a v=9"}},
		"m - 1 1 5\nm - 1 3 5\n", "m - 1 1 5\n"},
	{"percentile 0 is the least, 100 the greatest",
		M "  type: value_percentile\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, percentile: 0, gte: 2}\n---\n"
		  "title: N\nname: n\ncorrelation:\n  type: value_percentile\n  rules: [a]\n"
		  "  timespan: 1h\n  condition: {field: v, percentile: 100, gte: 7}\n",
		{{1000, "kind=a v=2"}, {2000, "kind=a v=7"}, {3000, "kind=a v=1"}},
		"m - 1 1 2\nm - 1 2 2\nn - 1 2 7\nn - 1 3 7\n", "m - 1 1 2\nn - 1 2 7\n"},
	{"a percentile between two, at rank p/100*(n-1)",
		M "  type: value_percentile\n  rules: [a]\n  timespan: 1h\n"
		  "  condition: {field: v, percentile: 95, gt: 19}\n",
		{{1000, "kind=a v=10"}, {2000, "kind=a v=20"}}, "m - 1 2 19.5\n", NULL},
	{"without percentile: the share of the arriving value alone",
		M "  type: value_percentile\n  rules: [a]\n  group-by: [u]\n  timespan: 4s\n"
		  "  condition: {field: v, lt: 40}\n",
		{{1000, "kind=a u=1 v=x"}, {2000, "kind=a u=1 v=x"}, {3000, "kind=a u=1 v=y"},
			{4000, "kind=a u=2 v=y"}, {5500, "kind=a u=1 v=y"},
			{9000, "kind=a u=1 v=x"}},
		"m u=1 1 3 33.3333333\n", NULL},
};

static const struct row ordered[] = {
	{"or of rules",
		M "  type: temporal\n  rules: [a, b, c]\n  timespan: 10s\n  condition: a and (b or "
		  "c)\n",
		{{1000, "kind=b"}, {2000, "kind=a"}}, "m - 1 2 2\n", NULL},
	{"not binds tighter than and, and tighter than or",
		M "  type: temporal\n  rules: [a, b, c]\n  timespan: 2s\n  condition: not a and b "
		  "or c\n",
		{{1000, "kind=a"}, {2000, "kind=b"}, {4000, "kind=b"}, {5000, "kind=a"},
			{6000, "kind=c"}},
		"m - 2 3 1\nm - 3 5 3\n", "m - 2 3 1\n"},
	{"an arriving entry may be one that only stands under not",
		M "  type: temporal\n  timespan: 2s\n  condition: b and not a\n",
		{{1000, "kind=b"}, {2000, "kind=a"}, {4500, "kind=b"}}, "m - 1 1 1\nm - 3 3 1\n",
		"m - 1 1 1\nm - 3 3 1\n"},
	{"eq: one rule alone, again when the other has left",
		M "  type: temporal\n  rules: [a, b]\n  timespan: 2s\n  condition: {eq: 1}\n",
		{{1000, "kind=a"}, {2000, "kind=b"}, {4001, "kind=b"}}, "m - 1 1 1\nm - 3 3 1\n",
		NULL},
	{"without rules the order is that of first mention",
		M "  type: temporal_ordered\n  timespan: 10s\n  condition: b and a\n",
		{{1000, "kind=a"}, {2000, "kind=b"}, {3000, "kind=a"}}, "m - 1 3 2\n", NULL},
	{"with rules the order is theirs, however the condition names them",
		M "  type: temporal_ordered\n  rules: [a, b]\n  timespan: 10s\n  condition: b and "
		  "a\n",
		{{1000, "kind=b"}, {2000, "kind=a"}, {3000, "kind=b"}}, "m - 1 3 2\n", NULL},
	{"some chain in order is enough for or",
		M "  type: temporal_ordered\n  rules: [a, b, c]\n  timespan: 10s\n"
		  "  condition: a and (b or c)\n",
		{{1000, "kind=c"}, {2000, "kind=a"}, {3000, "kind=c"}}, "m - 1 3 2\n", NULL},
	{"a late one may complete a chain in its middle",
		M "  type: temporal_ordered\n  rules: [a, b, c]\n  timespan: 10s\n",
		{{1000, "kind=a"}, {3000, "kind=c"}, {2000, "kind=b"}}, "m - 1 3 3\n", NULL},
	{"gte in an order is the length of the chain, not the number of rules",
		M "  type: temporal_ordered\n  rules: [a, b, c]\n  timespan: 10s\n"
		  "  condition: {gte: 2}\n",
		{{1000, "kind=c"}, {2000, "kind=b"}, {3000, "kind=a"}, {4000, "kind=c"}},
		"m - 1 4 2\n", NULL},
};

static const struct row chained[] = {
	{"an inner match is an entry of the outer, with its own first; suppressed ones feed too",
		"title: I\nname: in\ncorrelation:\n  type: event_count\n  rules: [a]\n"
		"  group-by: [u]\n  timespan: 10s\n  condition: {gte: 2}\n---\n"
		"title: O\nname: out\ncorrelation:\n  type: event_count\n  rules: [in]\n"
		"  group-by: [u]\n  timespan: 10s\n  condition: {gte: 2}\n",
		{{1000, "kind=a u=x"}, {2000, "kind=a u=x"}, {3000, "kind=a u=x"}},
		"out u=x 1 3 2\n", NULL},
	{"generate: true tells the inner one as well, before the outer",
		"title: I\nname: in\ncorrelation:\n  type: event_count\n  rules: [a]\n"
		"  timespan: 10s\n  condition: {gte: 2}\n---\n"
		"title: O\nname: out\ncorrelation:\n  type: temporal\n  rules: [in, b]\n"
		"  timespan: 10s\n  generate: true\n",
		{{1000, "kind=b"}, {2000, "kind=a"}, {3000, "kind=a"}}, "in - 2 3 2\nout - 1 3 2\n",
		NULL},
	{"generate at the top level is the same",
		"title: O\nname: out\ngenerate: true\ncorrelation:\n  type: temporal\n"
		"  rules: [in, b]\n  timespan: 10s\n---\n"
		"title: I\nname: in\ncorrelation:\n  type: event_count\n  rules: [a]\n"
		"  timespan: 10s\n  condition: {gte: 2}\n",
		{{1000, "kind=b"}, {2000, "kind=a"}, {3000, "kind=a"}}, "in - 2 3 2\nout - 1 3 2\n",
		NULL},
	{"of two that refer to one, the one that does not generate silences it",
		"title: I\nname: in\ncorrelation:\n  type: event_count\n  rules: [a]\n"
		"  timespan: 10s\n  condition: {gte: 1}\n---\n"
		"title: O\nname: o1\ncorrelation:\n  type: temporal\n  rules: [in]\n"
		"  timespan: 10s\n  generate: true\n---\n"
		"title: P\nname: o2\ncorrelation:\n  type: temporal\n  rules: [in, b]\n"
		"  timespan: 10s\n",
		{{1000, "kind=a"}}, "o1 - 1 1 1\n", NULL},
	{"a field the inner one does not group by is the triggering event's",
		"title: I\nname: in\ncorrelation:\n  type: event_count\n  rules: [a]\n"
		"  group-by: [u]\n  timespan: 10s\n  condition: {gte: 2}\n---\n"
		"title: O\nname: out\ncorrelation:\n  type: event_count\n  rules: [in]\n"
		"  group-by: [v]\n  timespan: 10s\n  condition: {gte: 1}\n",
		{{1000, "kind=a u=x v=1"}, {2000, "kind=a u=x v=2"}}, "out v=2 1 2 1\n", NULL},
	{"an alias is the mapped field of the rules it lists, of others the field of that name",
		M "  type: temporal\n  rules: [a, b, c]\n  group-by: [who]\n  timespan: 10s\n"
		  "  aliases:\n    who: {a: u, b: v}\n",
		{{1000, "kind=a u=x v=y who=z"}, {2000, "kind=b u=y v=x who=z"},
			{3000, "kind=c u=y who=x"}},
		"m who=x 1 3 3\n", NULL},
	{"an alias in field",
		M "  type: value_count\n  rules: [a, b]\n  timespan: 10s\n"
		  "  aliases:\n    what: {a: u, b: v}\n  condition: {field: what, gte: 2}\n",
		{{1000, "kind=a u=x"}, {2000, "kind=b v=x"}, {3000, "kind=b v=y"}}, "m - 1 3 2\n",
		NULL},
	{"an inner group has its alias' name for the outer",
		"title: I\nname: in\ncorrelation:\n  type: temporal\n  rules: [a, b]\n"
		"  group-by: [who]\n  timespan: 10s\n  aliases:\n    who: {a: u, b: v}\n---\n"
		"title: O\nname: out\ncorrelation:\n  type: event_count\n  rules: [in]\n"
		"  group-by: [who]\n  timespan: 10s\n  condition: {gte: 1}\n",
		{{1000, "kind=a u=x"}, {2000, "kind=b v=x who=y"}}, "out who=x 1 2 1\n", NULL},
};

static void
run(const struct row *row, bool every, unsigned restart)
{
	struct correlator_options opt = {.refire_every = every, .lead_ns = 300 * S};
	char yaml[4096];
	struct world w;
	const char *want = every || !row->suppress ? row->every : row->suppress;

	snprintf(yaml, sizeof(yaml), "%s%s", rules, row->yaml);
	w = world_open(yaml, &opt, 0);
	cr_assert_eq(w.failed, 0, "%s: %.*s", row->why, (int)w.said.n, w.said.p);
	for (const struct said *e = row->events; e->text; e++) {
		world_say(&w, e->at * (S / 1000), e->text);
		if (restart && w.line % restart == 0)
			world_restart(&w);
	}
	cr_expect_str_eq(buf_z(&w.matches), want, "%s (%s): %s", row->why,
		every ? "every" : "suppress", buf_z(&w.matches));
	world_close(&w);
}

static void
run_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		run(&rows[i], true, 0);
		run(&rows[i], false, 0);
		run(&rows[i], true, 1);
	}
}

#define ALL(rows) run_all(rows, sizeof(rows) / sizeof(rows[0]))

Test(correlation_semantics, entries)
{
	ALL(entries);
}

Test(correlation_semantics, what_is_counted)
{
	ALL(counted);
}

Test(correlation_semantics, expressions_and_order)
{
	ALL(ordered);
}

Test(correlation_semantics, chains_and_aliases)
{
	ALL(chained);
}
