#include <criterion/criterion.h>
#include <stdio.h>

#include "world.h"

/* Three rules by `kind`, and one correlation whose body each row gives. */
static const char rules[] = "title: A\nname: a\nlogsource: {product: test}\ndetection:\n  s:\n    "
			    "kind: a\n  condition: s\n---\n"
			    "title: B\nname: b\nlogsource: {product: test}\ndetection:\n  s:\n    "
			    "kind: b\n  condition: s\n---\n"
			    "title: C\nname: c\nlogsource: {product: test}\ndetection:\n  s:\n    "
			    "kind: c\n  condition: s\n---\n"
			    "title: M\nname: m\ncorrelation:\n";

struct said {
	int64_t at; /* seconds; 0 at the first empty text ends */
	const char *text;
};

struct row {
	const char *why, *body;
	struct said events[12];
	const char *every, *suppress;
};

static const struct row table[] = {
	{"a threshold is reached by the entry that makes it, and again by each after it",
		"  type: event_count\n  rules: [a]\n  group-by: [u]\n  timespan: 10s\n"
		"  condition: {gte: 2}\n",
		{{1, "kind=a u=x"}, {2, "kind=a u=y"}, {3, "kind=a u=x"}, {4, "kind=b u=x"},
			{5, "kind=a u=x"}},
		"m u=x 1 3 2\nm u=x 1 5 3\n", "m u=x 1 3 2\n"},
	{"both ends of the window are inside; a nanosecond further is out",
		"  type: event_count\n  rules: a\n  timespan: 2s\n  condition: {gte: 2}\n",
		{{1, "kind=a"}, {3, "kind=a"}, {6, "kind=a"}}, "m - 1 2 2\n", "m - 1 2 2\n"},
	{"a late entry inside the window counts, one before it does not, and nothing comes back",
		"  type: event_count\n  rules: [a]\n  timespan: 5s\n  condition: {gte: 3}\n",
		{{10, "kind=a"}, {20, "kind=a"}, {14, "kind=a"}, {15, "kind=a"}, {19, "kind=a"}},
		"m - 2 5 3\n", "m - 2 5 3\n"},
	{"silence lasts one timespan of the group's own time after a report, ends included",
		"  type: event_count\n  rules: [a]\n  timespan: 2s\n  condition: {gte: 1}\n",
		{{1, "kind=a"}, {3, "kind=a"}, {4, "kind=a"}, {6, "kind=a"}, {7, "kind=a"}},
		"m - 1 1 1\nm - 1 2 2\nm - 2 3 2\nm - 3 4 2\nm - 4 5 2\n",
		"m - 1 1 1\nm - 2 3 2\nm - 4 5 2\n"},
	{"several operators are AND",
		"  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gt: 1, lte: 2}\n",
		{{1, "kind=a"}, {2, "kind=a"}, {3, "kind=a"}}, "m - 1 2 2\n", "m - 1 2 2\n"},
	{"a group needs one scalar in each field; numbers and booleans are their text",
		"  type: event_count\n  rules: [a]\n  group-by: [u]\n  timespan: 1h\n"
		"  condition: {gte: 2}\n",
		{{1, "kind=a u=7"}, {2, "kind=a u='7'"}, {3, "kind=a u=[7]"}, {4, "kind=a u=[7,8]"},
			{5, "kind=a u={}"}, {6, "kind=a u=null"}, {7, "kind=a"}, {8, "kind=a u=[]"},
			{9, "kind=a u=true"}, {10, "kind=a u='true'"}, {11, "kind=a u=7.0"}},
		"m u=7 1 2 2\nm u=7 1 3 3\nm u=true 9 10 2\n", "m u=7 1 2 2\nm u=true 9 10 2\n"},
	{"different values count once while one of them is inside; empty is a value, null is none",
		"  type: value_count\n  rules: [a]\n  timespan: 4s\n"
		"  condition: {field: v, gte: 2}\n",
		{{1, "kind=a v=x"}, {2, "kind=a v=x"}, {3, "kind=a v=''"}, {4, "kind=a v=null"},
			{5, "kind=a"}, {6, "kind=a v=X"}, {8, "kind=a v=X"}, {11, "kind=a v=x"}},
		"m - 1 3 2\nm - 2 6 3\nm - 7 8 2\n", "m - 1 3 2\nm - 7 8 2\n"},
	{"a list of fields counts tuples, and a tuple is not its joined text",
		"  type: value_count\n  rules: [a]\n  timespan: 1h\n"
		"  condition: {field: [v, w], eq: 3}\n",
		{{1, "kind=a v=x w=yz"}, {2, "kind=a v=xy w=z"}, {3, "kind=a v=x"},
			{4, "kind=a v=x w=yz"}, {5, "kind=a v=x w=y"}},
		"m - 1 5 3\n", "m - 1 5 3\n"},
	{"a sum takes what spells a number and forgets what left",
		"  type: value_sum\n  rules: [a]\n  timespan: 2s\n  condition: {field: v, gte: "
		"0.3}\n",
		{{1, "kind=a v=0.1"}, {2, "kind=a v='0.2'"}, {3, "kind=a v=x"},
			{4, "kind=a v=0.05"}, {5, "kind=a v=1e1"}},
		"m - 1 2 0.3\nm - 4 5 10.05\n", "m - 1 2 0.3\nm - 4 5 10.05\n"},
	{"an average",
		"  type: value_avg\n  rules: [a]\n  timespan: 1h\n"
		"  condition: {field: v, lt: 2}\n",
		{{1, "kind=a v=3"}, {2, "kind=a v=1"}, {3, "kind=a v=-1.5"}},
		"m - 1 3 0.833333333\n", "m - 1 3 0.833333333\n"},
	{"a median of an even number lies between",
		"  type: value_median\n  rules: [a]\n  timespan: 3s\n"
		"  condition: {field: v, gt: 2}\n",
		{{1, "kind=a v=1"}, {2, "kind=a v=4"}, {3, "kind=a v=2"}, {5, "kind=a v=9"}},
		"m - 1 2 2.5\nm - 2 4 4\n", "m - 1 2 2.5\n"},
	{"a percentile interpolates",
		"  type: value_percentile\n  rules: [a]\n  timespan: 1h\n"
		"  condition: {field: v, percentile: 75, gte: 30}\n",
		{{1, "kind=a v=10"}, {2, "kind=a v=20"}, {3, "kind=a v=30"}, {4, "kind=a v=40"}},
		"m - 1 4 32.5\n", "m - 1 4 32.5\n"},
	{"without `percentile` the share of the arriving value counts, texts too",
		"  type: value_percentile\n  rules: [a]\n  timespan: 1h\n"
		"  condition: {field: v, lte: 25}\n",
		{{1, "kind=a v=x"}, {2, "kind=a v=x"}, {3, "kind=a v=x"}, {4, "kind=a v=y"}},
		"m - 1 4 25\n", "m - 1 4 25\n"},
	{"all rules in any order",
		"  type: temporal\n  rules: [a, b]\n  group-by: [u]\n  timespan: 5s\n",
		{{1, "kind=b u=x"}, {2, "kind=a u=y"}, {3, "kind=a u=x"}, {9, "kind=b u=x"}},
		"m u=x 1 3 2\n", "m u=x 1 3 2\n"},
	{"a number of different rules",
		"  type: temporal\n  rules: [a, b, c]\n  timespan: 5s\n  condition: {gte: 2}\n",
		{{1, "kind=b"}, {2, "kind=b"}, {3, "kind=c"}}, "m - 1 3 2\n", "m - 1 3 2\n"},
	{"not: a rule that is absent from the window",
		"  type: temporal\n  rules: [a, b, c]\n  timespan: 3s\n"
		"  condition: (a OR b) and NOT c\n",
		{{1, "kind=c"}, {2, "kind=a"}, {5, "kind=b"}, {6, "kind=c"}}, "m - 2 3 2\n",
		"m - 2 3 2\n"},
	{"in order means by time, whatever the order of arrival",
		"  type: temporal_ordered\n  rules: [a, b]\n  timespan: 5s\n",
		{{3, "kind=b"}, {4, "kind=a"}, {2, "kind=a"}, {5, "kind=b"}},
		"m - 1 3 2\nm - 1 4 2\n", "m - 1 3 2\n"},
	{"the longest chain may leave rules out",
		"  type: temporal_ordered\n  rules: [a, b, c]\n  timespan: 5s\n"
		"  condition: {eq: 2}\n",
		{{1, "kind=c"}, {2, "kind=a"}, {3, "kind=c"}, {4, "kind=b"}, {5, "kind=c"}},
		"m - 1 3 2\nm - 1 4 2\n", "m - 1 3 2\n"},
	{"a chain whose beginning left the window is no chain",
		"  type: temporal_ordered\n  rules: [a, b, c]\n  timespan: 3s\n",
		{{1, "kind=a"}, {3, "kind=b"}, {5, "kind=c"}, {6, "kind=a"}, {7, "kind=b"},
			{8, "kind=c"}},
		"m - 3 6 3\n", "m - 3 6 3\n"},
	{"ordered expression: positive names in order, negated ones over all",
		"  type: temporal_ordered\n  timespan: 10s\n  condition: a and b and not c\n",
		{{1, "kind=b"}, {2, "kind=a"}, {3, "kind=b"}, {4, "kind=c"}, {5, "kind=b"}},
		"m - 1 3 2\n", "m - 1 3 2\n"},
};

static void
run(const struct row *row, bool every, unsigned restart)
{
	struct correlator_options opt = {.refire_every = every, .lead_ns = 300 * S};
	char yaml[2048];
	struct world w;
	const char *want = every ? row->every : row->suppress;

	snprintf(yaml, sizeof(yaml), "%s%s", rules, row->body);
	w = world_open(yaml, &opt, 0);
	cr_assert_eq(w.failed, 0, "%s: %.*s", row->why, (int)w.said.n, w.said.p);
	for (const struct said *e = row->events; e->text; e++) {
		world_say(&w, e->at * S, e->text);
		if (restart && w.line % restart == 0)
			world_restart(&w);
	}
	cr_expect_str_eq(buf_z(&w.matches), want, "%s (%s): %s", row->why,
		every ? "every" : "suppress", buf_z(&w.matches));
	world_close(&w);
}

Test(correlation_kinds, every_sentence)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		run(&table[i], true, 0);
		run(&table[i], false, 0);
	}
}

Test(correlation_kinds, a_restart_changes_nothing)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		run(&table[i], false, 1 + (unsigned)i % 3);
}
