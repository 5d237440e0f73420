#include <criterion/criterion.h>
#include <stdio.h>

#include "world.h"

static const char rules[] =
	"title: Login failed\nid: '11'\nlevel: high\nlogsource: {product: test}\n"
	"detection:\n  s:\n    kind: a\n  condition: s\n---\n"
	"title: Trial\nid: '33'\nnoroshi:\n  state: shadow\n"
	"logsource: {product: test}\ndetection:\n  s:\n    kind: c\n  condition: s\n---\n"
	"title: Off\nid: '44'\nnoroshi:\n  state: 'off'\n"
	"logsource: {product: test}\ndetection:\n  s:\n    kind: d\n  condition: s\n";

static unsigned
count_of(struct buf *b, const char *what)
{
	unsigned n = 0;

	for (const char *at = buf_z(b); (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static struct world
daemon_world(const char *yaml)
{
	const struct correlator_options opt = {
		.lead_ns = 300 * S, .alert_fold_ns = 600 * S, .alerts_for_rules = true};

	return world_open(yaml, &opt, 0);
}

Test(correlation_alerts, same_rule_and_entity_are_told_once)
{
	struct world w = daemon_world(rules);

	cr_assert_eq(w.failed, 0, "%s", buf_z(&w.said));
	world_say(&w, 1000 * S, "kind=a host.name=h user.name=u");
	world_say(&w, 1001 * S, "kind=a host.name=h user.name=u");
	world_say(&w, 1600 * S, "kind=a host.name=h user.name=u");
	cr_expect_eq(w.nalerts, 1u, "silent for the fold, its end included");
	world_say(&w, 1001 * S, "kind=a host.name=h user.name=other");
	world_say(&w, 1001 * S, "kind=a host.name=h");
	cr_expect_eq(w.nalerts, 3u, "another entity is another matter, also one that lacks a part");
	buf_clear(&w.alerts);
	world_restart(&w);
	world_say(&w, 1601 * S, "kind=a host.name=h user.name=u");
	cr_expect_eq(w.nalerts, 4u);
	cr_expect(strstr(buf_z(&w.alerts), "\"noroshi.alert.suppressed\":2"),
		"what was kept silent is told: %s", buf_z(&w.alerts));
	cr_expect(strstr(buf_z(&w.alerts),
		"\"noroshi.alert.group\":{\"host.name\":\"h\",\"user.name\":\"u\"}"));
	world_close(&w);
}

Test(correlation_alerts, shadow_counts_and_tells_nobody)
{
	struct correlator_stats st;
	struct world w = daemon_world(rules);

	world_say(&w, 1000 * S, "kind=c");
	world_say(&w, 1001 * S, "kind=d");
	correlator_stats(w.k, &st);
	cr_expect_eq(w.nalerts, 0u);
	cr_expect_eq(st.shadow, 1u);
	world_close(&w);
}

static const char chained[] =
	"title: Login failed\nid: '11'\nname: fail\nlogsource: {product: test}\n"
	"detection:\n  s:\n    kind: a\n  condition: s\n---\n"
	"title: Many\nid: '55'\nname: many\ncorrelation:\n  type: event_count\n  rules: [fail]\n"
	"  group-by: [user.name]\n  timespan: 1h\n  condition: {gte: 3}\n";

Test(correlation_alerts, what_only_feeds_is_not_told)
{
	static const char trial[] = "\nnoroshi:\n  state: shadow\n";
	char yaml[2048];
	struct world w = daemon_world(chained);

	for (int i = 0; i < 4; i++)
		world_say(&w, (1000 + i) * S, "kind=a user.name=u");
	cr_expect_eq(w.nalerts, 1u);
	cr_expect_eq(count_of(&w.alerts, "\"rule.id\":\"55\""), 1u);
	world_close(&w);
	snprintf(yaml, sizeof(yaml), "%s%s", chained, trial);
	w = daemon_world(yaml);
	for (int i = 0; i < 4; i++)
		world_say(&w, (1000 + i) * S, "kind=a user.name=u");
	cr_expect_eq(count_of(&w.alerts, "\"rule.id\":\"11\""), 1u,
		"a correlation on trial must not silence what it counts");
	cr_expect_eq(count_of(&w.alerts, "\"rule.id\":\"55\""), 0u);
	world_close(&w);
}

Test(correlation_alerts, the_records_are_the_oldest_and_the_newest)
{
	static const char many[] =
		"title: L\nid: '11'\nname: fail\nlogsource: {product: test}\n"
		"detection:\n  s:\n    kind: a\n  condition: s\n---\n"
		"title: Many\nid: '55'\ncorrelation:\n  type: event_count\n  rules: [fail]\n"
		"  timespan: 1h\n  condition: {eq: 250}\n";
	struct world w = daemon_world(many);

	for (int i = 0; i < 249; i++)
		world_say(&w, (1000 + i) * S, "kind=a");
	world_say(&w, 1010 * S, "kind=a");
	cr_assert_eq(w.nalerts, 1u);
	cr_expect(strstr(buf_z(&w.alerts), "\"noroshi.alert.records_total\":250"));
	cr_expect_eq(count_of(&w.alerts, "\"event.sequence\":"), 100u);
	cr_expect_eq(count_of(&w.alerts, "\"event.sequence\":1,"), 1u, "the first");
	cr_expect_eq(count_of(&w.alerts, "\"event.sequence\":2,"), 0u);
	cr_expect_eq(count_of(&w.alerts, "\"event.sequence\":249,"), 1u, "the newest");
	cr_expect_eq(count_of(&w.alerts, "\"event.sequence\":250,"), 1u,
		"and the late one that decided");
	world_close(&w);
}

Test(correlation_alerts, the_id_depends_on_rule_group_and_records_only)
{
	struct world a = daemon_world(chained), b = daemon_world(chained);
	char *at, *bt;

	for (int i = 0; i < 3; i++) {
		world_say(&a, (1000 + i) * S, "kind=a user.name=u");
		world_say(&b, (1000 + i) * S, "kind=a user.name=u more=x");
	}
	at = strstr(buf_z(&a.alerts), "noroshi.alert.id\":\"");
	bt = strstr(buf_z(&b.alerts), "noroshi.alert.id\":\"");
	cr_assert(at && bt);
	cr_expect_eq(strncmp(at, bt, 50), 0);
	world_close(&a);
	world_close(&b);
}

Test(correlation_alerts, the_ends_of_the_scale_do_no_harm)
{
	const struct world_value v = {"kind", VALUE_STRING, "a", 0};
	struct world w = daemon_world(rules);
	struct correlator_stats st;

	world_event(&w, INT64_MAX, &v, 1);
	world_event(&w, INT64_MIN, &v, 1);
	cr_expect_eq(w.nalerts, 1u, "the second is of the same entity, and earlier");
	correlator_stats(w.k, &st);
	cr_expect_leq(st.keys, 2u);
	world_close(&w);
}
