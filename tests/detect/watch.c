/* Late rules, and what a match must hold against: lists and sessions. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/alert.h"
#include "base/logsource.h"
#include "config/lists.h"
#include "sigma.h"

static struct lists *
lists_of(const char *name, const char *text)
{
	struct buf b = {0};
	struct diag why = {0};
	struct lists *l = NULL;

	buf_printf(&b, "--- l/%s.csv %zu\n%s\n", name, strlen(text), text);
	cr_assert_eq(lists_load(buf_str(&b), &why, &l), 0);
	cr_assert_eq(why.n, 0, "%s", why.n ? why.items[0].text : "");
	buf_done(&b);
	return l;
}

static size_t
who(void *ctx, struct str address, int64_t time, struct session *ret, size_t max,
	struct str *shared)
{
	(void)ctx, (void)time;
	*shared = str_eq(address, STR("10.0.0.9")) ? STR("proxy") : STR("");
	if (max == 0 || !str_eq(address, STR("10.0.0.1")))
		return 0;
	ret[0] = (struct session){.user = STR("sato"), .host = STR("pc1"), .via = STR("vpn")};
	return 1;
}

static struct str
person(void *ctx, struct str account)
{
	(void)ctx;
	return str_starts(account, STR("AOBA\\")) ? str_make(account.p + 5, account.n - 5)
						  : account;
}

static const struct row {
	const char *tests, *event;
	bool want;
	const char *why;
} rows[] = {
	{"watchlist: [{field: ip, in: bad.value}]", "{\"ip\":\"192.0.2.1\",\"k\":1}", true, "in"},
	{"watchlist: [{field: ip, in: bad.value}]", "{\"ip\":\"192.0.2.9\",\"k\":1}", false,
		"not in"},
	{"watchlist: [{field: ip, not_in: bad.value}]", "{\"ip\":\"192.0.2.9\",\"k\":1}", true,
		"not_in"},
	{"watchlist: [{field: ip, not_in: bad.value}]", "{\"k\":1}", false,
		"nothing to compare: does not hold"},
	{"watchlist: [{field: ip, not_in: bad.value, absent: true}]", "{\"k\":1}", true,
		"asked for"},
	{"watchlist: [{field: [a, ip], in: bad.value}]", "{\"ip\":\"192.0.2.1\",\"k\":1}", true,
		"any of the fields"},
	{"watchlist: [{field: ip, in: bad.value, where: {type: domain}}]",
		"{\"ip\":\"192.0.2.1\",\"k\":1}", false, "the row must fit"},
	{"watchlist: [{field: ip, in: bad.value, where: {type: [x, IP]}}]",
		"{\"ip\":\"192.0.2.1\",\"k\":1}", true, "one of the values, in any case"},
	{"watchlist: [{field: ip, in: missing}]", "{\"ip\":\"192.0.2.1\",\"k\":1}", false,
		"a list that is not there"},
	{"watchlist: [{field: ip, not_in: missing}]", "{\"ip\":\"192.0.2.1\",\"k\":1}", false,
		"nor does its opposite hold"},
	{"watchlist: [{field: ip, not_in: missing, optional: true}]",
		"{\"ip\":\"192.0.2.1\",\"k\":1}", true, "unless the rule can do without the list"},
	{"watchlist: [{field: ip, not_in: bad.value, optional: true}]",
		"{\"ip\":\"192.0.2.1\",\"k\":1}", false,
		"a list that is there is asked all the same"},
	{"watchlist: [{field: u, in: bad.value, person: true}]", "{\"u\":\"AOBA\\\\ito\",\"k\":1}",
		true, "compared by person"},
	{"watchlist: [{field: u, in: bad.value}]", "{\"u\":\"AOBA\\\\ito\",\"k\":1}", false,
		"as written"},
	{"session: [{field: ip, person: known}]", "{\"ip\":\"10.0.0.1\",\"k\":1}", true, "known"},
	{"session: [{field: ip, person: known, via: [lease]}]", "{\"ip\":\"10.0.0.1\",\"k\":1}",
		false, "known, but by VPN"},
	{"session: [{field: ip, person: unknown}]", "{\"ip\":\"10.0.0.2\",\"k\":1}", true,
		"unknown"},
	{"session: [{field: ip, person: unknown}]", "{\"ip\":\"10.0.0.9\",\"k\":1}", false,
		"shared is not unknown"},
	{"session: [{field: ip, person: shared}]", "{\"ip\":\"10.0.0.9\",\"k\":1}", true, "shared"},
	{"session: [{field: ip, person: same, as: u}]",
		"{\"ip\":\"10.0.0.1\",\"u\":\"AOBA\\\\sato\",\"k\":1}", true, "the same person"},
	{"session: [{field: ip, person: differs, as: u}]",
		"{\"ip\":\"10.0.0.1\",\"u\":\"ito\",\"k\":1}", true, "another one"},
	{"session: [{field: ip, person: differs, as: u}]",
		"{\"ip\":\"10.0.0.2\",\"u\":\"ito\",\"k\":1}", false, "nobody to differ from"},
	{"watchlist: [{field: ip, in: bad.value}]\n  session: [{field: ip, person: known}]",
		"{\"ip\":\"192.0.2.1\",\"k\":1}", false, "all tests must hold"},
};

Test(watch, every_test)
{
	struct lists *lists = lists_of("bad", "type,value\nip,192.0.2.1\nuser,ito\n");
	struct late_facts facts = {.lists = lists, .who = who, .person = person};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf rule = {0}, out = {0};
		struct watch_adds adds;
		struct sigma s;
		bool holds;

		buf_printf(&rule,
			"title: T\nid: t\nlogsource: {product: x}\ndetection:\n  s: {k: 1}\n  "
			"condition: s\n"
			"noroshi:\n  %s\n",
			rows[i].tests);
		sigma_open(&s, buf_z(&rule), NULL);
		cr_assert_eq(
			s.why.n, 0, "%s: %s", rows[i].tests, s.why.n ? s.why.items[0].text : "");
		cr_expect_str_eq(sigma_match(&s, rows[i].event, &out), "t");
		cr_expect(ruleset_rule(s.rules, 0)->watched);
		holds = rule_holds(s.rules, 0, s.batch, &batch_records(s.batch)[0], &facts, &adds);
		cr_expect_eq(holds, rows[i].want, "%s: %s %s", rows[i].why, rows[i].tests,
			rows[i].event);
		sigma_close(&s);
		buf_done(&rule);
		buf_done(&out);
	}
	lists_free(lists);
}

static const struct {
	const char *tests, *says;
} bads[] = {
	{"watchlist: [{feld: ip, in: bad}]", "did you mean \"field\""},
	{"watchlist: [{field: ip}]", "one of in and not_in"},
	{"watchlist: [{field: ip, in: a, not_in: b}]", "one of in and not_in"},
	{"watchlist: []", "no test stands here"},
	{"watchlist: [{field: ip, in: a, match: fuzzy}]", "value, cidr or domain"},
	{"watchlist: [{field: ip, in: a, date: {column: c, op: since}}]", "after or before"},
	{"session: [{field: ip}]", "and person"},
	{"session: [{field: ip, person: same}]", "need `as`"},
	{"session: [{field: ip, person: known, via: [wifi]}]", "via is vpn"},
	{"families: [mial]", "a family is mail"},
	{"expects: [atuh]", "a family is mail"},
};

Test(watch, mistakes_are_told)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule,
			"title: T\nid: t\nlogsource: {product: x}\ndetection:\n  s: {k: 1}\n  "
			"condition: s\n"
			"noroshi:\n  %s\n",
			bads[i].tests);
		sigma_open(&s, buf_z(&rule), NULL);
		cr_assert_gt(s.why.n, 0u, "%s", bads[i].tests);
		cr_expect(strstr(s.why.items[0].text, bads[i].says), "%s: %s", bads[i].tests,
			s.why.items[0].text);
		cr_expect_gt(s.why.items[0].line, 0u);
		sigma_close(&s);
		buf_done(&rule);
	}
}

Test(watch, late_rules_are_those_that_read_what_is_woven)
{
	struct ruleset_options opt = {0};
	struct sigma s;
	uint32_t found[8], n = 0;
	struct buf out = {0};
	struct matcher *early, *late;

	sigma_open(&s,
		"title: E\nid: e\nlogsource: {product: x}\ndetection:\n  s: {user.name: a}\n  "
		"condition: s\n"
		"---\n"
		"title: L\nid: l\nlogsource: {product: x}\ndetection:\n  s: "
		"{noroshi.identity.user: a}\n"
		"  condition: s\n---\n"
		"title: M\nid: m\nlogsource: {category: proxy}\ndetection:\n  s: {user.name: a}\n  "
		"t: "
		"{host.id: h}\n  condition: s and not t\nnoroshi:\n  expects: [auth]\n",
		&opt);
	cr_assert_eq(s.why.n, 0);
	cr_expect_not(ruleset_rule(s.rules, 0)->late);
	cr_expect(ruleset_rule(s.rules, 1)->late);
	cr_expect(ruleset_rule(s.rules, 2)->late);
	cr_expect(ruleset_has(s.rules, MATCH_LATE));
	cr_expect_eq(ruleset_rule(s.rules, 2)->words.families, 1u << FAMILY_PROXY);
	cr_expect_eq(ruleset_rule(s.rules, 2)->words.wider_families,
		1u << FAMILY_PROXY | 1u << FAMILY_AUTH);
	early = matcher_new(s.rules, MATCH_EARLY);
	late = matcher_new(s.rules, MATCH_LATE);
	sigma_match(&s,
		"{\"logsource\":{\"product\":\"x\"},\"user.name\":\"a\",\"noroshi.identity.user\":"
		"\"a\"}",
		&out);
	cr_assert_eq(matcher_find(early, s.batch, &batch_records(s.batch)[0], found, 8, &n), 0);
	cr_assert_eq(n, 1);
	cr_expect_eq(found[0], 0);
	cr_assert_eq(matcher_find(late, s.batch, &batch_records(s.batch)[0], found, 8, &n), 0);
	cr_assert_eq(n, 1);
	cr_expect_eq(found[0], 1);
	cr_expect_str_eq(buf_z(&out), "e l", "together they are what all rules say");
	matcher_free(early);
	matcher_free(late);
	buf_done(&out);
	sigma_close(&s);
}

Test(watch, a_rule_waits_for_the_family_of_its_product)
{
	const struct ruleset_source sources[] = {
		{STR("Alpha,Acme"), STR(""), STR("gate"), FAMILY_REMOTE},
		{STR("beta"), STR("vpn,authentication"), STR(""), FAMILY_FIREWALL},
		{STR("gamma"), STR(""), STR("a"), FAMILY_MAIL},
		{STR("gamma"), STR(""), STR("b"), FAMILY_PROXY},
		{STR("delta"), STR(""), STR(""), FAMILY_OTHER},
	};
	struct ruleset_options opt = {.native_fields = true,
		.sources = sources,
		.nsources = sizeof(sources) / sizeof(sources[0])};
	static const struct {
		const char *logsource;
		uint32_t families;
		const char *why;
	} waits[] = {
		{"{product: alpha}", 1u << FAMILY_REMOTE, "by its product, letter case ignored"},
		{"{product: acme, service: gate}", 1u << FAMILY_REMOTE, "by its other name"},
		{"{product: alpha, service: other}", 0, "a service that it has not"},
		{"{product: beta}", 1u << FAMILY_FIREWALL, "the kind decides, not the category"},
		{"{product: beta, category: vpn}", 1u << FAMILY_REMOTE, "unless the rule has one"},
		{"{product: gamma}", 0, "two kinds: neither"},
		{"{product: gamma, service: b}", 1u << FAMILY_PROXY, "one of them"},
		{"{product: delta}", 0, "of no kind"},
		{"{product: squid}", 1u << FAMILY_PROXY, "those of logsource.def as before"},
		{"{product: nobody}", 0, "unknown"},
	};

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule, "id: r\nlogsource: %s\ndetection: {a: {A: 1}, condition: a}\n",
			waits[i].logsource);
		sigma_open(&s, buf_z(&rule), &opt);
		cr_assert_eq(s.why.errors, 0, "%s", diag_first(&s.why));
		cr_expect_eq(ruleset_rule(s.rules, 0)->words.families, waits[i].families, "%s: %x",
			waits[i].why, ruleset_rule(s.rules, 0)->words.families);
		cr_expect_eq(ruleset_rule(s.rules, 0)->words.wider_families, waits[i].families);
		sigma_close(&s);
		buf_done(&rule);
	}
}
