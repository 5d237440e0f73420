/* What `noroshi rules list --blind` and `rules explain` say. */
#include <criterion/criterion.h>

#include "detect/explain.h"
#include "sigma.h"

#define RULE(logsource, item)                                                                      \
	"title: t\nid: r\nlogsource: " logsource "\ndetection:\n  sel: " item "\n  condition: "    \
	"sel\n"

Test(explain, blind_rules)
{
	static const struct rule_logs more[] = {
		{{"shop", 4}, {"", 0}, {"till", 4}}, {{"", 0}, {"", 0}, {"", 0}}};
	static const struct {
		const char *rule, *why;
		bool blind;
		const char *field, *setting;
	} rows[] = {
		{RULE("{product: windows, category: process_creation}", "{CommandLine: x}"),
			"what Sysmon fills", false, "", "Sysmon ProcessCreate"},
		{RULE("{product: windows}", "{Whatever: x}"), "event data keeps its own names",
			false, "", "channel"},
		{RULE("{product: windows, service: nothing}", "{EventID: 1}"),
			"a service that no channel has", true, "", "channel"},
		{RULE("{product: aws, service: cloudtrail}", "{eventName: x}"), "no source at all",
			true, "", "CloudTrail"},
		{RULE("{category: proxy}", "{nonsense: x}"), "a field that nothing fills", true,
			"nonsense", "column"},
		{RULE("{category: proxy}", "{c-uri: x, nonsense: y}"), "the second of two", true,
			"nonsense", "column"},
		{RULE("{category: proxy}", "[x, y]"), "keywords look everywhere", false, "",
			"column"},
		{RULE("{product: shop}", "{own: x}"), "a definition keeps its names", false, "",
			""},
		{RULE("{product: shop, service: cellar}", "{own: x}"),
			"of another service than the definition", true, "", ""},
		{RULE("{product: none}", "{own: x}"),
			"a definition that says nothing feeds nothing", true, "", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ruleset_options opt = {0};
		struct blindness got;
		struct sigma s;

		sigma_open(&s, rows[i].rule, &opt);
		cr_assert_eq(ruleset_count(s.rules), 1, "%s", rows[i].why);
		cr_expect_eq(ruleset_blind(s.rules, s.names, 0, more, 2, &got), rows[i].blind, "%s",
			rows[i].why);
		cr_expect(str_eq(got.field, str_of(rows[i].field)), "%s: %.*s", rows[i].why,
			STR_ARG(got.field));
		cr_expect(*rows[i].setting ? str_find(got.setting, str_of(rows[i].setting)) >= 0
					   : got.setting.n == 0,
			"%s: %.*s", rows[i].why, STR_ARG(got.setting));
		sigma_close(&s);
	}
}

Test(explain, one_rule_one_event)
{
	static const struct {
		const char *event, *want, *why;
	} rows[] = {
		{"{\"A\":\"xfoox\",\"logsource\":{\"product\":\"p\"}}", "r: MATCHED", "it matched"},
		{"{\"A\":\"xfoox\",\"logsource\":{\"product\":\"p\"}}",
			"candidate: yes: seen was A contains \"foo\"", "what led to the rule"},
		{"{\"A\":\"xfoox\",\"B\":\"bar\",\"logsource\":{\"product\":\"p\"}}",
			"[held] B is bar; there: \"bar\"", "what held against it"},
		{"{\"A\":\"xfoox\",\"B\":\"bar\",\"logsource\":{\"product\":\"p\"}}",
			"r: not matched", "the filter held"},
		{"{\"A\":\"y\",\"logsource\":{\"product\":\"p\"}}",
			"candidate: no: none of what must be seen was seen: A contains \"foo\"",
			"what was waited for"},
		{"{\"logsource\":{\"product\":\"p\"}}", "A contains foo; there: nothing",
			"a field that is missing"},
		{"{\"A\":\"foo\",\"logsource\":{\"product\":\"q\"}}",
			"candidate: no: the rule is for product p", "another log source"},
	};
	struct ruleset_options opt = {.native_fields = true};
	struct buf out = {0}, ids = {0};
	struct sigma s;

	sigma_open(&s,
		"title: t\nid: r\nlogsource: {product: p}\ndetection:\n  sel: {A|contains: foo}\n"
		"  not_this: {B: bar}\n  condition: sel and not not_this\n",
		&opt);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		sigma_match(&s, rows[i].event, &ids);
		matcher_explain(
			s.matcher, s.names, s.batch, &batch_records(s.batch)[0], 0, false, &out);
		cr_expect(strstr(buf_z(&out), rows[i].want), "%s: %s", rows[i].why, buf_z(&out));
		buf_clear(&out);
		matcher_explain(
			s.matcher, s.names, s.batch, &batch_records(s.batch)[0], 0, true, &out);
		cr_expect_eq(out.p[0], '{', "%s: one object", rows[i].why);
	}
	buf_done(&out);
	buf_done(&ids);
	sigma_close(&s);
}
