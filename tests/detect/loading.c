/* What cannot be honoured exactly is refused with words that help; the rest loads. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "base/logsource.h"
#include "sigma.h"

static const struct bad_row {
	const char *sel, *condition, *says;
} bads[] = {
	{"{F|frobnicate: 1}", "sel", "unknown modifier"},
	{"{F|contain: 1}", "sel", "did you mean \"contains\""},
	{"{F|: 1}", "sel", "unknown modifier"},
	{"{F|gt: 'x'}", "sel", "without quotes"},
	{"{F|gt: '5'}", "sel", "without quotes"},
	{"{F|hour: a}", "sel", "without quotes"},
	{"{F|exists: 'yes'}", "sel", "true or false"},
	{"{F|exists: null}", "sel", "needs a value"},
	{"{F|re|contains: a}", "sel", "cannot stand behind"},
	{"{F|contains|re: a}", "sel", "must come before"},
	{"{F|i: a}", "sel", "flag of re"},
	{"{F|i|re: a}", "sel", "flag of re"},
	{"{F|re|x: a}", "sel", "unknown modifier"},
	{"{F|gt: true}", "sel", "without quotes"},
	{"{F|gt: null}", "sel", "needs a value"},
	{"{F|re: null}", "sel", "needs a value"},
	{"{F|hour|contains: 5}", "sel", "cannot stand behind"},
	{"{F|minute|re: 5}", "sel", "cannot stand together"},
	{"{F|contains|exists: true}", "sel", "must come before"},
	{"{F|contains|cidr: 192.0.2.0/24}", "sel", "must come before"},
	{"{F|expand|re: a}", "sel", "must come before"},
	{"{F|cidr: '2001:db8::1/32'}", "sel", "host bits"},
	{"{F|base64offset: 'a?'}", "sel", "wildcard inside base64"},
	{"{'|exists': true}", "sel", "needs a field name"},
	{"{'|fieldref': G}", "sel", "needs a field name"},
	{"{F|re: '('}", "sel", "not a regular expression"},
	{"{F|cidr: 10.0.0.1/8}", "sel", "host bits"},
	{"{F|cidr: 10.0.0.0/33}", "sel", "prefix length"},
	{"{F|cidr: ten}", "sel", "no network"},
	{"{F|gt|lt: 5}", "sel", "cannot stand together"},
	{"{F|fieldref|base64: G}", "sel", "cannot stand behind fieldref"},
	{"{F|fieldref: 5}", "sel", "another field"},
	{"{F|base64: 'a*'}", "sel", "wildcard inside base64"},
	{"{F|wide: \xe3\x81\x82}", "sel", "beyond ASCII"},
	{"{F|expand: '%none%'}", "sel", "placeholder without values"},
	{"{F|contains: null}", "sel", "needs a value"},
	{"{F|contains: []}", "sel", "needs a value"},
	{"{F: [[a]]}", "sel", "not lists or maps"},
	{"{F: {a: 1}}", "sel", "not a map"},
	{"{}", "sel", "at least one item"},
	{"[]", "sel", "at least one item"},
	{"[[a]]", "sel", "a list in a list"},
	{"null", "sel", "needs a map, a list or a text"},
	{"{'|cidr': 10.0.0.0/8}", "sel", "needs a field name"},
	{"{F: 1}", "sel | count() > 5", "correlation rule"},
	{"{F: 1}", "sele", "did you mean \"sel\""},
	{"{F: 1}", "1 of filter*", "no search identifier matches"},
	{"{F: 1}", "sel and", "ends too early"},
	{"{F: 1}", "(sel", "closing parenthesis"},
	{"{F: 1}", "sel sel", "\"and\" or \"or\""},
	{"{F: 1}", "sel )", "\"and\" or \"or\""},
	{"{F: 1}", "and sel", "where a name is expected"},
	{"{F: 1}", "1 of", "missing behind \"of\""},
	{"{F: 1}", "{a: b}", "a condition is a text"},
	{"{F: 1}", "[]", "list of conditions is empty"},
	{"{F: 1}\n  timeframe: 5m", "sel", "timeframe"},
	{NULL, NULL, NULL},
};

Test(loading, mistakes)
{
	for (const struct bad_row *row = bads; row->says; row++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule,
			"title: t\nid: r\nlogsource: {product: p}\ndetection:\n  sel: %s\n"
			"  condition: %s\n---\ntitle: sound\nlogsource: {product: p}\n"
			"detection: {a: {A: 1}, condition: a}\n",
			row->sel, row->condition);
		sigma_open(&s, buf_z(&rule), NULL);
		cr_expect_eq(
			s.why.errors, 1, "%s / %s: %zu", row->sel, row->condition, s.why.errors);
		cr_expect(strstr(diag_first(&s.why), row->says), "%s / %s says: %s", row->sel,
			row->condition, diag_first(&s.why));
		cr_expect(s.why.n > 0 && s.why.items[0].line > 4 && s.why.items[0].column > 0,
			"%s: no place", row->sel);
		cr_expect_eq(rule_files_rejected(s.files), 1, "%s", row->sel);
		cr_expect_eq(ruleset_count(s.rules), 1, "%s: the sound one loads", row->sel);
		cr_expect(ruleset_was_rejected(s.rules, STR("r")));
		sigma_close(&s);
		buf_done(&rule);
	}
}

Test(loading, all_mistakes_in_one_run)
{
	struct sigma s;

	sigma_open(&s,
		"title: t\nlogsource: {product: p}\ndetection:\n"
		"  a: {F|cntains: 1, G|gt: x}\n  b: {H|re: '['}\n  condition: a or b\n",
		NULL);
	cr_expect_eq(s.why.errors, 3);
	cr_expect_eq(s.why.items[0].line, 4);
	cr_expect_eq(s.why.items[0].column, 7);
	cr_expect_eq(s.why.items[2].line, 5);
	sigma_close(&s);
}

Test(loading, what_a_rule_says_of_itself)
{
	static const struct {
		const char *line;
		const char *says; /* NULL: nothing */
	} rows[] = {
		{"level: high", NULL},
		{"level: hihg", "unknown level \"hihg\"; did you mean \"high\"?"},
		{"level: enormous", "use informational, low"},
		{"status: stable", NULL},
		{"status: stabel", "did you mean \"stable\"?"},
		{"date: 2026-02-28", NULL},
		{"date: 2026/02/28", NULL},
		{"date: 2026-02-30", "date is no date; write YYYY-MM-DD"},
		{"modified: yesterday", "modified is no date"},
		{"date: [2026-02-28]", "date is no date"},
		{"falsepositive: [x]", "did you mean \"falsepositives\"?"},
		{"our_ticket: X-1", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule,
			"title: t\n%s\nlogsource: {product: p}\n"
			"detection: {a: {A: 1}, condition: a}\n",
			rows[i].line);
		sigma_open(&s, buf_z(&rule), NULL);
		cr_expect_eq(ruleset_count(s.rules), 1, "%s: the rule loads", rows[i].line);
		cr_expect_eq(s.why.n, rows[i].says ? 1 : 0, "%s", rows[i].line);
		cr_expect(!rows[i].says || (s.why.n && strstr(s.why.items[0].text, rows[i].says)),
			"%s: %s", rows[i].line, s.why.n ? s.why.items[0].text : "");
		cr_expect(!rows[i].says || (s.why.n && s.why.items[0].line == 2), "the place");
		sigma_close(&s);
		buf_done(&rule);
	}
}

static const struct condition_row {
	const char *condition, *event;
	bool match;
	const char *why;
} conditions[] = {
	{"a or b and c", "{\"A\":1}", true, "and binds tighter than or"},
	{"(a or b) and c", "{\"A\":1}", false, "parentheses bind tightest"},
	{"not a and b", "{\"B\":1}", true, "not binds tighter than and"},
	{"NOT a AND b", "{\"B\":1}", true, "words in any case"},
	{"not not a", "{\"A\":1}", true, "twice not"},
	{"1 of sel*", "{\"S2\":1}", true, "one of a pattern"},
	{"all of sel*", "{\"S2\":1}", false, "all of a pattern"},
	{"2 of sel*", "{\"S1\":1,\"S3\":1}", true, "two of three"},
	{"3 of sel*", "{\"S1\":1,\"S3\":1}", false, "not three of three"},
	{"4 of sel*", "{\"S1\":1,\"S2\":1,\"S3\":1}", false, "more than there are"},
	{"any of *l_2", "{\"S2\":1}", true, "a star at the front"},
	{"1 of s*_3", "{\"S3\":1}", true, "a star within"},
	{"1 of them", "{\"H\":1}", false, "them leaves out names with an underscore"},
	{"1 of _*", "{\"H\":1}", true, "unless the pattern has one"},
	{"_hidden", "{\"H\":1}", true, "or the name is said"},
	{"[a, b]", "{\"B\":1}", true, "a list of conditions is OR"},
	{"a and not 1 of sel*", "{\"A\":1,\"S1\":1}", false, "filters"},
	{NULL, NULL, false, NULL},
};

Test(loading, conditions)
{
	struct buf ids = {0};

	for (const struct condition_row *row = conditions; row->why; row++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule,
			"id: r\nlogsource: {product: p}\ndetection:\n  a: {A: 1}\n  b: {B: 1}\n"
			"  c: {C: 1}\n  sel_1: {S1: 1}\n  sel_2: {S2: 1}\n  sel_3: {S3: 1}\n"
			"  _hidden: {H: 1}\n  condition: %s\n",
			row->condition);
		sigma_open(&s, buf_z(&rule), NULL);
		cr_assert_eq(s.why.errors, 0, "%s: %s", row->condition, diag_first(&s.why));
		cr_expect_eq(*sigma_match(&s, row->event, &ids) != 0, row->match, "%s: %s",
			row->why, row->condition);
		sigma_close(&s);
		buf_done(&rule);
	}
	buf_done(&ids);
}

Test(loading, sources_and_labels)
{
	static const char rules[] =
		"id: p\nlogsource: {product: Windows}\ndetection: {a: {A: 1}, condition: a}\n---\n"
		"id: pc\nlogsource: {product: windows, category: x}\n"
		"detection: {a: {A: 1}, condition: a}\n---\n"
		"id: s\nlogsource: {service: sshd}\ndetection: {a: {A: 1}, condition: a}\n---\n"
		"id: k\nlogsource: {service: sshd}\ndetection: {a: [word], condition: a}\n---\n"
		"id: off\nlogsource: {service: sshd}\ndetection: {a: {A: 1}, condition: a}\n"
		"noroshi: {state: off}\n";
	struct ruleset_options opt = {.native_fields = true};
	struct buf ids = {0};
	struct sigma s;

	sigma_open(&s, rules, &opt);
	cr_expect_str_eq(sigma_match(&s, "{\"A\":1,\"logsource\":{\"product\":\"WINDOWS\"}}", &ids),
		"p", "a label that lacks what a rule names does not fit");
	cr_expect_str_eq(sigma_match(&s,
				 "{\"A\":1,\"logsource\":{\"product\":[\"a\",\"windows\"],"
				 "\"category\":\"x\",\"service\":\"y\"}}",
				 &ids),
		"p pc", "lists of values; more attributes do no harm");
	cr_expect_str_eq(sigma_match(&s, "{\"A\":1}", &ids), "", "no label, no rule");
	for (int i = 0; i < 600; i++) {
		char event[128];

		snprintf(event, sizeof(event),
			"{\"A\":1,\"logsource\":{\"product\":\"windows\",\"service\":\"s%d\"}}", i);
		cr_assert_str_eq(sigma_match(&s, event, &ids), "p", "label %d", i);
	}
	cr_expect_str_eq(sigma_match_as(&s, LOGSOURCE_SSHD, "{\"A\":1}", &ids), "s",
		"a built-in parser's row");
	cr_expect_str_eq(sigma_match_as(&s, LOGSOURCE_SSHD, "{\"word\":2}", &ids), "k",
		"for real logs keywords see the raw line");
	sigma_close(&s);
	buf_done(&ids);
}

Test(loading, filters)
{
	static const char rules[] =
		"id: 1\nname: one\nlogsource: {product: p, category: c}\n"
		"detection: {a: {A: 1}, condition: a}\n---\n"
		"id: 2\nlogsource: {product: q}\ndetection: {sel: {A: 1}, condition: 1 of sel*}\n"
		"---\ntitle: by name\nlogsource: {product: P}\n"
		"filter: {rules: [one], sel: {U: x}, condition: not sel}\n"
		"---\ntitle: for any\nlogsource: {}\nfilter: {rules: any, a: {V: 1}, condition: "
		"not a}\n"
		"---\ntitle: other logs\nlogsource: {product: z}\n"
		"filter: {rules: [], a: {A: 1}, condition: not a}\n";
	struct buf ids = {0};
	struct sigma s;

	sigma_open(&s, rules, NULL);
	cr_assert_eq(s.why.errors, 0, "%s", diag_first(&s.why));
	cr_expect_str_eq(sigma_match(&s, "{\"A\":1}", &ids), "1 2", "nothing filtered");
	cr_expect_str_eq(sigma_match(&s, "{\"A\":1,\"U\":\"x\"}", &ids), "2", "by name");
	cr_expect_str_eq(sigma_match(&s, "{\"A\":1,\"V\":1}", &ids), "", "any");
	sigma_close(&s);
	buf_done(&ids);
}

Test(loading, bad_filters)
{
	static const struct {
		const char *filter, *says;
	} rows[] = {{"{rules: [none], a: {A: 1}, condition: a}", "not loaded"},
		{"{rules: [bad], a: {A: 1}, condition: a}", "own mistakes"},
		{"{a: {A: 1}, condition: a}", "needs rules"},
		{"{rules: any, a: {A: 1}}", "condition is missing"},
		{"{rules: any, a: {A|x: 1}, condition: a}", "unknown modifier"}, {NULL, NULL}};

	for (size_t i = 0; rows[i].filter; i++) {
		struct buf text = {0}, ids = {0};
		struct sigma s;

		buf_printf(&text,
			"id: good\nlogsource: {}\ndetection: {a: {A: 1}, condition: a}\n---\n"
			"id: bad\nlogsource: {}\ndetection: {a: {A: 1}, condition: b}\n---\n"
			"title: f\nlogsource: {}\nfilter: %s\n",
			rows[i].filter);
		sigma_open(&s, buf_z(&text), NULL);
		cr_assert_eq(s.why.errors, 2, "%s", rows[i].filter);
		cr_expect(strstr(s.why.items[1].text, rows[i].says), "%s", s.why.items[1].text);
		cr_expect_str_eq(sigma_match(&s, "{\"A\":1}", &ids), "good",
			"a filter that was left out changes nothing");
		sigma_close(&s);
		buf_done(&text);
		buf_done(&ids);
	}
}

Test(loading, words)
{
	struct sigma s;
	const struct rule_info *r;

	sigma_open(&s,
		"title: T\nid: i\nname: n\nlevel: high\nauthor: A\ntags: [attack.t1110, x]\n"
		"logsource: {product: p}\ndetection: {a: {A: 1}, condition: a}\n"
		"noroshi:\n  state: shadow\n  title_ja: J\n  sentence_en: '%user.name% did it'\n",
		NULL);
	cr_assert_eq(s.why.errors, 0, "%s", diag_first(&s.why));
	r = ruleset_rule(s.rules, 0);
	cr_expect(str_eq(r->words.title, STR("T")) && str_eq(r->words.title_ja, STR("J")));
	cr_expect(str_eq(r->words.id, STR("i")) && str_eq(r->name, STR("n")));
	cr_expect_eq(r->words.ntags, 2);
	cr_expect(str_eq(r->words.sentence_en, STR("%user.name% did it")));
	cr_expect(r->shadow && !r->off);
	cr_expect_eq(ruleset_find(s.rules, STR("i")), 0);
	cr_expect_eq(ruleset_find(s.rules, STR("n")), 0);
	cr_expect_eq(ruleset_find(s.rules, STR("T")), UINT32_MAX, "a title is no reference");
	sigma_close(&s);
	sigma_open(&s,
		"id: i\nlogsource: {}\ndetection: {a: {A: 1}, condition: a}\n"
		"noroshi: {sentense_en: x, state: maybe}\n",
		NULL);
	cr_expect_eq(s.why.errors, 2);
	cr_expect(strstr(diag_first(&s.why), "sentence_en"), "%s", diag_first(&s.why));
	sigma_close(&s);
}

Test(loading, placeholders)
{
	char path[] = "placeholders-XXXXXX";
	static const char lists[] = "{\"p\":[\"a*z\",\"7\",8],\"q\":[\"%p%\"]}";
	struct ruleset_options opt = {.native_fields = true, .ignore_logsource = true};
	int fd = mkstemp(path);
	struct buf ids = {0};
	struct sigma s;

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, lists, sizeof(lists) - 1), sizeof(lists) - 1);
	close(fd);
	opt.placeholders = path;
	sigma_open(&s,
		"id: r\nlogsource: {}\ndetection: {a: {'F|expand': 'x\\%%p%%q%'}, condition: a}\n",
		&opt);
	cr_assert_eq(s.why.errors, 0, "%s", diag_first(&s.why));
	cr_expect_str_eq(sigma_match(&s, "{\"F\":\"x%a--z%p%\"}", &ids), "r", "wildcards live");
	cr_expect_str_eq(sigma_match(&s, "{\"F\":\"X%8%P%\"}", &ids), "r", "numbers; not nested");
	cr_expect_str_eq(sigma_match(&s, "{\"F\":\"x%9%p%\"}", &ids), "", "only what is listed");
	sigma_close(&s);
	unlink(path);
	buf_done(&ids);
}

Test(loading, long_labels)
{
	struct ruleset_options opt = {.native_fields = true};
	struct buf event = {0}, ids = {0};
	struct sigma s;

	sigma_open(
		&s, "id: r\nlogsource: {service: x}\ndetection: {a: {A: 1}, condition: a}\n", &opt);
	for (unsigned n = 4080; n < 4100; n++) {
		buf_clear(&event);
		buf_printf(&event,
			"{\"A\":1,\"logsource\":{\"product\":[\"%0*d\",\"b\",\"c\"],"
			"\"category\":\"%0*d\",\"service\":\"x\"}}",
			(int)n, 0, (int)(n % 7), 0);
		sigma_match(&s, buf_z(&event), &ids);
	}
	buf_clear(&event);
	buf_printf(&event, "{\"A\":1,\"logsource\":{\"product\":\"%0300d\",\"service\":\"x\"}}", 0);
	cr_expect_str_eq(sigma_match(&s, buf_z(&event), &ids), "r", "too long to cache");
	sigma_close(&s);
	buf_done(&event);
	buf_done(&ids);
}
