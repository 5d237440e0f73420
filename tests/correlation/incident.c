/* Alerts that tell of one thing become one incident; those that do not, stay apart. */
#include "correlation/incident.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/logsource.h"

#define S  NS_PER_S
#define T0 (INT64_C(1772438400) * S)

struct den {
	struct names *names;
	struct lists *lists;
	struct region *region;
	struct incidents *k;
	struct batch b;
	uint64_t n;
	uint64_t seed;
};

static struct den
den_open(const char *assets)
{
	struct den d = {.names = names_new(), .b = batch_new(), .seed = 3};
	struct buf packed = {0};
	struct diag why = {0};
	struct incidents_options opt = incidents_options_default;

	if (assets)
		buf_printf(&packed, "--- l/assets.csv %zu\n%s\n", strlen(assets), assets);
	cr_assert_eq(lists_load(buf_str(&packed), &why, &d.lists), 0);
	buf_done(&packed);
	names_freeze(d.names);
	d.region = region_new((size_t)16 << 20);
	opt.seed = d.seed;
	d.k = incidents_new(&opt, d.names, d.lists, d.region);
	cr_assert(d.k);
	return d;
}

static void
den_close(struct den *d)
{
	incidents_free(d->k);
	region_destroy(d->region);
	lists_free(d->lists);
	names_free(d->names);
	batch_free(d->b);
}

/* An alert whose deciding record holds "field=value ...". */
static struct alert_incident
tell(struct den *d, int64_t at, const char *level, const char *tag, uint32_t families,
	const char *text)
{
	struct str tags[1] = {str_of(tag)};
	struct alert_rule rule = {.id = STR("r"),
		.title = STR("R"),
		.level = str_of(level),
		.tags = tags,
		.ntags = 1,
		.wider_families = families | 1u << FAMILY_PROXY};
	struct alert a = {.rule = &rule,
		.time = T0 + at * S,
		.first_time = T0 + at * S,
		.count = 1,
		.families = families,
		.nrecords = 1,
		.nrecords_all = 1};
	struct frame f = {.arrival = T0};
	struct str rest = str_of(text), word, name;
	struct recs w;
	struct record *r;

	d->n++;
	a.id = hash_id(&d->n, sizeof(d->n));
	a.records[0] = (struct alert_record){hash_id(&a.id, sizeof(a.id)), d->n, a.time};
	batch_reset(d->b, d->n);
	batch_add(d->b, &f, STR("x"), STR("p"));
	recs_begin(&w, d->b, d->names, 0);
	recs_frame(&w, 0);
	r = recs_open(&w);
	r->logsource = LOGSOURCE_SYSMON;
	while (rest.n > 0) {
		str_cut(&rest, ' ', &word);
		str_cut(&word, '=', &name);
		rec_put_named(&w, name, VALUE_STRING, word, 0);
	}
	cr_assert_eq(recs_close(&w), 0);
	incidents_fold(d->k, &a, d->b, r);
	return a.incident;
}

#define SAME(a, b)     ((a).id.lo == (b).id.lo && (a).id.hi == (b).id.hi)
#define NONE_OF(a)     ((a).id.lo == 0 && (a).id.hi == 0)
#define EDR            (1u << FAMILY_ENDPOINT)
#define VPN            (1u << FAMILY_REMOTE)
#define AUTH           (1u << FAMILY_AUTH)
#define TELL(at, text) tell(&d, at, "high", "attack.execution", EDR, text)

Test(incident, what_shares_a_person_a_host_or_a_hash_is_one)
{
	struct den d = den_open(NULL);
	struct alert_incident a = TELL(0, "noroshi.identity.user=sato noroshi.identity.host=pc1");
	struct alert_incident b = TELL(60, "noroshi.identity.user=sato source.ip=198.51.100.1");
	struct alert_incident c = TELL(120, "noroshi.identity.host=pc1");
	struct alert_incident e = TELL(180, "process.hash.sha256=00ff noroshi.identity.host=pc1");
	struct alert_incident f = TELL(240, "process.hash.sha256=00FF noroshi.identity.host=pc9");
	struct alert_incident other = TELL(300, "noroshi.identity.user=ito");

	cr_expect(a.opened && !b.opened);
	cr_expect(SAME(a, b) && SAME(a, c) && SAME(a, e) && SAME(a, f));
	cr_expect_not(SAME(a, other), "somebody else's");
	cr_expect_eq(f.alerts, 5);
	den_close(&d);
}

Test(incident, one_that_ties_two_makes_them_one_and_says_so)
{
	struct den d = den_open(NULL);
	struct alert_incident a = TELL(0, "noroshi.identity.user=sato");
	struct alert_incident b = TELL(60, "noroshi.identity.host=pc7");
	struct alert_incident c = TELL(120, "noroshi.identity.user=sato noroshi.identity.host=pc7");
	struct alert_incident later = TELL(180, "noroshi.identity.host=pc7");

	cr_expect_not(SAME(a, b));
	cr_expect(SAME(a, c), "the oldest id stays");
	cr_assert_eq(c.nmerged, 1);
	cr_expect_eq(c.merged[0].lo, b.id.lo);
	cr_expect_eq(c.alerts, 3);
	cr_expect(SAME(a, later));
	den_close(&d);
}

Test(incident, two_stories_behind_one_proxy_stay_two)
{
	struct den d = den_open(NULL);
	struct alert_incident a = TELL(0, "noroshi.identity.user=sato source.ip=10.9.0.10");
	struct alert_incident b = TELL(60, "noroshi.identity.user=ito source.ip=10.9.0.10");
	struct alert_incident c = TELL(90, "noroshi.identity.user=abe destination.ip=198.51.100.7");
	struct alert_incident e = TELL(99, "noroshi.identity.user=ono destination.ip=198.51.100.7");

	cr_expect_not(SAME(a, b), "an address alone does not tie strangers");
	cr_expect_not(SAME(c, e));
	den_close(&d);
}

Test(incident, the_window_has_two_edges)
{
	struct den d = den_open(NULL);
	struct alert_incident a = TELL(0, "noroshi.identity.user=sato");
	struct alert_incident late = TELL(-3600, "noroshi.identity.user=sato");
	struct alert_incident last = TELL(4 * 3600, "noroshi.identity.user=sato");
	struct alert_incident next = TELL(8 * 3600 + 1, "noroshi.identity.user=sato");

	cr_expect(SAME(a, late), "what happened before but came late");
	cr_expect_eq(late.first, T0 - 3600 * S);
	cr_expect(SAME(a, last), "both ends count");
	cr_expect_not(SAME(a, next));
	den_close(&d);
}

Test(incident, weak_alerts_join_but_do_not_open)
{
	struct den d = den_open(NULL);
	struct alert_incident low =
		tell(&d, 0, "low", "attack.discovery", EDR, "noroshi.identity.user=sato");
	struct alert_incident a = TELL(60, "noroshi.identity.user=sato");
	struct alert_incident joins =
		tell(&d, 120, "low", "attack.discovery", EDR, "noroshi.identity.user=sato");

	cr_expect(NONE_OF(low));
	cr_expect(SAME(a, joins));
	cr_expect_eq(joins.stage, STAGE_SPREAD, "the furthest stage so far");
	den_close(&d);
}

Test(incident, ten_thousand_alerts_are_one_incident_with_an_exact_count)
{
	struct den d = den_open(NULL);
	struct alert_incident a = {0};
	struct incidents_stats st;

	for (int i = 0; i < 10000; i++)
		a = TELL(i / 200, "noroshi.identity.user=sato noroshi.identity.host=pc1");
	incidents_stats(d.k, &st);
	cr_expect_eq(a.alerts, 10000);
	cr_expect_eq(st.opened, 1);
	den_close(&d);
}

Test(incident, a_flood_of_one_rule_about_many_is_one)
{
	struct den d = den_open(NULL);
	struct alert_incident a = {0};
	struct incidents_stats st;
	char text[96];

	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "noroshi.identity.user=u%d noroshi.identity.host=h%d",
			i, i);
		a = TELL(i / 200, text);
	}
	incidents_stats(d.k, &st);
	cr_expect_eq(a.alerts, 10000, "%llu", (unsigned long long)a.alerts);
	cr_expect_eq(st.opened, 4);
	cr_expect_eq(st.merged, 3);
	den_close(&d);
}

Test(incident, a_few_of_one_rule_in_an_hour_stay_apart)
{
	struct den d = den_open(NULL);
	struct incidents_stats st;
	char text[96];

	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "noroshi.identity.user=u%d", i);
		TELL(i * 600, text);
	}
	incidents_stats(d.k, &st);
	cr_expect_eq(st.opened, 6);
	den_close(&d);
}

static const struct {
	const char *level, *tag, *text;
	uint32_t families;
	unsigned want;
} levels[] = {
	{"medium", "attack.execution", "noroshi.identity.host=pc1", EDR, 1},
	{"high", "attack.execution", "noroshi.identity.host=pc1", EDR, 1},
	{"high", "attack.lateral-movement", "noroshi.identity.host=pc1", EDR, 2},
	{"high", "attack.execution", "noroshi.identity.host=fs1", EDR, 2},
	{"high", "attack.exfiltration", "noroshi.identity.host=pc1", EDR | AUTH, 3},
	{"critical", "attack.execution", "noroshi.identity.host=pc1", EDR, 2},
	{"critical", "attack.impact", "noroshi.identity.host=fs1", EDR, 3},
	{"critical", "attack.impact", "noroshi.identity.host=fs1", EDR | AUTH, 3},
	{"critical", "attack.impact", "noroshi.identity.host=fs1", EDR | AUTH | VPN, 4},
};

Test(incident, the_level_follows_from_severity_stage_asset_and_sources)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		struct den d =
			den_open("host,address,role,important\nFS1,10.0.0.1,file server,yes\n");
		struct alert_incident a = tell(
			&d, 0, levels[i].level, levels[i].tag, levels[i].families, levels[i].text);

		cr_expect_eq(a.level, levels[i].want, "row %zu: %u", i, a.level);
		cr_expect_gt(a.reason_en.n, 0u);
		cr_expect_gt(a.reason_ja.n, 0u);
		den_close(&d);
	}
}

Test(incident, a_source_that_is_missing_is_named)
{
	struct den d = den_open(NULL);
	struct alert_incident a;

	incidents_heard(d.k, FAMILY_PROXY, T0 - 5 * S);
	a = TELL(0, "noroshi.identity.user=sato");
	cr_assert_eq(a.nmissing, 1);
	cr_expect_eq(a.missing[0].family, FAMILY_PROXY);
	cr_expect_eq(a.missing[0].last_heard, T0 - 5 * S);
	den_close(&d);
}

/* Random alerts; the ids that came out, as one hash. */
static uint64_t
wander(uint64_t seed, unsigned restart)
{
	struct den d = {
		.names = names_new(), .b = batch_new(), .seed = seed, .lists = lists_none()};
	struct incidents_options opt = incidents_options_default;
	uint64_t x = 88172645463325252u, sum = 0;

	opt.seed = seed;
	d.region = region_new((size_t)2 << 20);
	d.k = incidents_new(&opt, d.names, d.lists, d.region);
	for (unsigned i = 0; i < 4000; i++) {
		char text[160];
		struct alert_incident a;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		snprintf(text, sizeof(text),
			"noroshi.identity.user=u%u noroshi.identity.host=h%u source.ip=10.0.0.%u",
			(unsigned)(x >> 8) % 400, (unsigned)(x >> 20) % 900,
			(unsigned)(x >> 40) % 200);
		a = TELL((int64_t)i * 20, text);
		sum = sum * 31 + a.id.lo + a.level + a.alerts;
		if (restart && i % restart == 0) {
			char path[] = "/tmp/incXXXXXX";
			int fd = mkstemp(path);

			unlink(path);
			incidents_free(d.k);
			cr_assert_eq(region_save(d.region, fd), 0);
			region_destroy(d.region);
			d.region = region_new((size_t)2 << 20);
			lseek(fd, 0, SEEK_SET);
			cr_assert_eq(region_load(d.region, fd), 0);
			close(fd);
			d.k = incidents_new(&opt, d.names, d.lists, d.region);
		}
	}
	cr_expect_leq(region_used(d.region), (size_t)2 << 20);
	den_close(&d);
	return sum;
}

Test(incident, neither_seed_nor_restart_changes_an_outcome)
{
	uint64_t sum = wander(1, 0);

	cr_expect_eq(wander(99, 0), sum);
	cr_expect_eq(wander(1, 500), sum);
}
