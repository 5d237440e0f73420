#include <criterion/criterion.h>
#include <stdio.h>

#include "world.h"

static const char rules[] =
	"title: A\nname: a\nlogsource: {product: test}\ndetection:\n  s:\n    kind: a\n"
	"  condition: s\n---\n"
	"title: B\nname: b\nlogsource: {product: test}\ndetection:\n  s:\n    kind: b\n"
	"  condition: s\n---\n"
	"title: Flood\nname: flood\ncorrelation:\n  type: value_count\n  rules: [a]\n"
	"  group-by: [u]\n  timespan: 1d\n  condition: {field: v, gte: 3}\n---\n"
	"title: Quiet\nname: quiet\ncorrelation:\n  type: event_count\n  rules: [b]\n"
	"  group-by: [u]\n  timespan: 1d\n  condition: {gte: 2}\n";

/* A flood of one rule with ever new keys, and in the midst of it two quiet events. */
static struct correlator_stats
flood(const struct correlator_options *opt, uint64_t seed, unsigned restart, struct buf *out)
{
	struct correlator_options mine = *opt;
	struct correlator_stats st;
	struct world w;
	char text[64];

	mine.seed = seed;
	w = world_open(rules, &mine, (size_t)256 << 10);
	world_say(&w, 1 * S, "kind=b u=victim");
	for (int i = 0; i < 6000; i++) {
		snprintf(text, sizeof(text), "kind=a u=%d v=%d", i % 2 ? i % 60 : 1000 + i,
			i * 7 % 110);
		world_say(&w, (i / 2) * S, text);
		if (restart && (unsigned)i % restart == restart - 1)
			world_restart(&w);
	}
	world_say(&w, 3001 * S, "kind=b u=victim");
	correlator_stats(w.k, &st);
	buf_add_str(out, buf_str(&w.matches));
	world_close(&w);
	return st;
}

Test(correlation_budget, who_takes_most_loses_first)
{
	const struct correlator_options opt = {.lead_ns = 300 * S};
	struct buf out = {0};
	struct correlator_stats st = flood(&opt, 1, 0, &out);

	cr_expect_gt(st.evicted, 100u, "the flood does not fit");
	cr_expect(strstr(buf_z(&out), "quiet u=victim 1 6002 2\n"),
		"a flood of one rule must not wipe out another rule's memory");
	buf_done(&out);
}

Test(correlation_budget, evictions_are_the_same_every_time)
{
	const struct correlator_options opt = {.lead_ns = 300 * S};
	struct buf a = {0}, b = {0}, c = {0};
	struct correlator_stats sa = flood(&opt, 1, 0, &a), sb = flood(&opt, 999, 0, &b);
	struct correlator_stats sc = flood(&opt, 1, 97, &c);

	cr_expect(str_eq(buf_str(&a), buf_str(&b)), "no outcome may depend on the tables' seed");
	cr_expect_eq(sa.evicted, sb.evicted);
	cr_expect(str_eq(buf_str(&a), buf_str(&c)), "nor on a restart");
	cr_expect_eq(sa.evicted, sc.evicted);
	cr_expect_gt(a.n, 1000u);
	buf_done(&a);
	buf_done(&b);
	buf_done(&c);
}

Test(correlation_budget, quota_keeps_the_newest_keys)
{
	const struct correlator_options opt = {.lead_ns = 300 * S, .keys_per_rule = 10};
	struct correlator_stats st;
	struct world w = world_open(rules, &opt, 0);
	char text[64];

	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "kind=b u=%d", i);
		world_say(&w, i * S, text);
	}
	correlator_stats(w.k, &st);
	cr_expect_eq(st.keys, 10u);
	cr_expect_eq(st.evicted, 30u, "each is counted");
	world_say(&w, 50 * S, "kind=b u=29");
	world_say(&w, 50 * S, "kind=b u=39");
	cr_expect_str_eq(buf_z(&w.matches), "quiet u=39 40 42 2\n", "the oldest went first");
	world_close(&w);
}

Test(correlation_budget, groups_are_forgotten_in_time)
{
	static const char brief[] =
		"title: A\nname: a\nlogsource: {product: test}\ndetection:\n  s:\n    kind: a\n"
		"  condition: s\n---\n"
		"title: M\nname: m\ncorrelation:\n  type: event_count\n  rules: [a]\n"
		"  group-by: [u]\n  timespan: 10s\n  condition: {gte: 2}\n";
	struct correlator_stats st;
	struct world w = world_open(brief, NULL, 0);
	char text[64];
	size_t used;

	world_say(&w, S, "kind=z");
	used = region_used(w.state);
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "kind=a u=%d", i);
		world_say(&w, i * S, text);
	}
	correlator_stats(w.k, &st);
	cr_expect_lt(
		st.keys, 330u, "two timespans and the lead: %llu", (unsigned long long)st.keys);
	cr_expect_eq(st.evicted, 0u);
	for (int i = 0; i < 200; i++)
		correlator_tick(w.k, (4000 + i) * S);
	correlator_stats(w.k, &st);
	cr_expect_eq(st.keys, 0u, "ticks forget too");
	cr_expect_eq(st.entries, 0u);
	cr_expect_lt(
		region_used(w.state), used + ((size_t)16 << 10), "and the memory is free again");
	world_close(&w);
}

Test(correlation_budget, one_window_may_not_grow_without_end)
{
	const struct correlator_options opt = {.lead_ns = 300 * S};
	struct correlator_stats st;
	struct world w = world_open(rules, &opt, (size_t)128 << 10);

	for (int i = 0; i < 5000; i++)
		world_say(&w, i * S, "kind=b u=same");
	correlator_stats(w.k, &st);
	cr_expect_gt(st.evicted_entries, 1000u, "what was lost is counted");
	cr_expect_gt(st.entries, 300u);
	cr_expect_str_eq(
		buf_z(&w.matches), "quiet u=same 1 2 2\n", "and what was reported stays reported");
	world_close(&w);
}

/* ---- other rules over the same state ---- */

Test(correlation_reload, unchanged_rules_go_on_and_removed_ones_leave_nothing)
{
	static const char head[] =
		"title: A\nname: a\nlogsource: {product: test}\ndetection:\n  s:\n    kind: a\n"
		"  condition: s\n---\n";
	static const char keep[] = "title: K\nname: keep\ncorrelation:\n  type: event_count\n"
				   "  rules: [a]\n  timespan: 1h\n  condition: {gte: 3}\n";
	static const char keep_renamed[] =
		"title: Another title\nname: keep\nlevel: high\ncorrelation:\n"
		"  type: event_count\n  rules: [a]\n  timespan: 1h\n  condition: {gte: 3}\n";
	static const char gone[] = "title: G\nname: gone\ncorrelation:\n  type: value_count\n"
				   "  rules: [a]\n  timespan: 1h\n"
				   "  condition: {field: v, gte: 3}\n---\n";
	static const char changed[] = "title: G\nname: gone\ncorrelation:\n  type: value_count\n"
				      "  rules: [a]\n  timespan: 2h\n"
				      "  condition: {field: v, gte: 3}\n---\n";
	char yaml[2048];
	struct correlator_stats st;
	struct world w;

	snprintf(yaml, sizeof(yaml), "%s%s%s", head, gone, keep);
	w = world_open(yaml, NULL, 0);
	world_say(&w, 1 * S, "kind=a v=1");
	world_say(&w, 2 * S, "kind=a v=2");
	snprintf(yaml, sizeof(yaml), "%s%s%s", head, changed, keep_renamed);
	world_rules(&w, yaml);
	world_say(&w, 3 * S, "kind=a v=3");
	cr_expect_str_eq(buf_z(&w.matches), "keep - 1 3 3\n",
		"the unchanged one remembers, the changed one begins anew");
	snprintf(yaml, sizeof(yaml), "%s", head);
	world_rules(&w, yaml);
	world_say(&w, 4 * S, "kind=z");
	correlator_stats(w.k, &st);
	cr_expect_eq(st.keys, 0u);
	cr_expect_eq(st.entries, 0u);
	cr_expect_lt(region_used(w.state), 2048u, "a removed rule's state is freed");
	world_close(&w);
}
