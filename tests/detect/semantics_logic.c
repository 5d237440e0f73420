/* Keywords, lists, conditions and filters: what is put together of items. */
#include <criterion/criterion.h>

#include "sigma.h"

Test(semantics, keywords_everywhere)
{
	static const struct sigma_row rows[] = {{"[a, b]", "{\"F\":\"xBx\"}", true, "a list is OR"},
		{"word", "{\"F\":\"a word b\"}", true, "a text alone"},
		{"'a*c'", "{\"F\":\"ab\",\"G\":\"bc\"}", false, "each value on its own"},
		{"[needle]", "{\"F\":[[{\"G\":\"needles\"}]]}", true, "arrays and maps in arrays"},
		{"[5]", "{\"F\":true}", false, "5 is not in true"},
		{"[1.5]", "{\"F\":11.50}", true, "a decimal as text"},
		{"{'': needle}", "{\"F\":\"a needle\"}", true, "an item without a field name"},
		{"{'|all': [a, b]}", "{\"F\":\"ba\"}", true, "all in one value"},
		{"{'|all': [a, b]}", "{\"F\":[\"a\"],\"G\":{\"H\":\"b\"}}", true, "at any depth"},
		{"{'|cased': Ab}", "{\"F\":\"xAby\"}", true, "cased"},
		{"{'|cased': Ab}", "{\"F\":\"xaby\"}", false, "exactly"},
		{"{'|endswith': c}", "{\"F\":\"abc\"}", true, "endswith"},
		{"{'|endswith': b}", "{\"F\":\"abc\"}", false, "is no contains"},
		{"{'|contains': b}", "{\"F\":\"abc\"}", true, "contains says what is so anyway"},
		{"{'|re|i': '^B'}", "{\"F\":\"a\",\"G\":\"bc\"}", true, "re with a flag"},
		{"{'|base64offset': foo}", "{\"F\":\"--Zm9v--\"}", true, "encoded"},
		{"{'|windash': '-enc'}", "{\"F\":\"x /enc y\"}", true, "with other dashes"},
		{"{'|neq': a}", "{\"F\":\"b\"}", true, "in no value"},
		{"{'|neq': a}", "{\"F\":\"b\",\"G\":\"xa\"}", false, "in one"},
		{"['\\*']", "{\"F\":\"a*b\"}", true, "an escaped star"},
		{"['\\*']", "{\"F\":\"ab\"}", false, "is a star"},
		{"[x, {F: a}]", "{\"F\":\"a\"}", true, "keywords and maps in one list"},
		{"{'': a, G: b}", "{\"F\":\"a\",\"G\":\"b\"}", true, "a keyword in a map"},
		{"{'': a, G: b}", "{\"F\":\"a\",\"G\":\"c\"}", false, "is AND"},
		{"['']", "{\"F\":1}", true, "every text contains nothing"},
		{"['']", "{\"F\":[],\"G\":{}}", false, "where there is a text"}, {0}};

	sigma_check(rows, NULL);
}

static const struct {
	const char *condition;
	const char *event; /* NULL: the rule is refused */
	const char *why;
	bool match;
} conditions[] = {
	{"not (a or b)", "{\"C\":1}", "neither", true},
	{"not a or b", "{\"A\":1,\"B\":1}", "not binds tighter than or", true},
	{"a AND Not b", "{\"A\":1}", "words in any letter case", true},
	{"a and (b or (c and not a))", "{\"A\":1,\"C\":1}", "nested", false},
	{"not 1 of sel*", "{\"A\":1}", "not before a selector", true},
	{"not all of sel*", "{\"S1\":1}", "some but not all", true},
	{"1 OF SEL*", NULL, "names keep their case", false},
	{"any of sel*", "{\"S2\":1}", "any is one", true},
	{"2 of sel*", "{\"S1\":1}", "one is not two", false},
	{"2 of sel*", "{\"S1\":1,\"S2\":1,\"S3\":1}", "at least two", true},
	{"all of sel*", "{\"S1\":1,\"S2\":1,\"S3\":1}", "all", true},
	{"all of them", "{\"A\":1,\"B\":1,\"C\":1,\"S1\":1,\"S2\":1,\"S3\":1}",
		"all that have no underscore in front", true},
	{"all of them", "{\"A\":1}", "all means all", false},
	{"any of them", "{\"C\":1}", "any of them", true},
	{"1 of *", "{\"H\":1}", "a pattern without underscore leaves them out", false},
	{"1 of *hid*", NULL, "a star in front is no underscore, so no name is left", false},
	{"1 of _h*", "{\"H\":1}", "a pattern with one takes them", true},
	{"1 of s*l*2", "{\"S2\":1}", "stars anywhere", true},
	{"1 of a", "{\"A\":1}", "a pattern without star is a name", true},
	{"1 of sel_1 or a", "{\"A\":1}", "of binds tighter than or", true},
	{"1 of sel* and not 2 of sel*", "{\"S1\":1,\"S2\":1}", "exactly one is one", false},
	{"[a and b, c]", "{\"C\":1}", "a list of conditions is OR", true},
	{"[a, not b]", "{\"B\":1}", "of both none", false},
	{"not _hidden", "{\"A\":1}", "a name with an underscore", true},
};

Test(semantics, conditions)
{
	struct buf ids = {0};

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		struct buf rule = {0};
		struct sigma s;
		bool loads = conditions[i].event;

		buf_printf(&rule,
			"id: r\nlogsource: {product: p}\ndetection:\n  a: {A: 1}\n  b: {B: 1}\n"
			"  c: {C: 1}\n  sel_1: {S1: 1}\n  sel_2: {S2: 1}\n  sel_3: {S3: 1}\n"
			"  _hidden: {H: 1}\n  condition: %s\n",
			conditions[i].condition);
		sigma_open(&s, buf_z(&rule), NULL);
		cr_assert_eq(s.why.errors, loads ? 0 : 1, "%s: %s", conditions[i].condition,
			diag_first(&s.why));
		if (loads)
			cr_expect_eq(*sigma_match(&s, conditions[i].event, &ids) != 0,
				conditions[i].match, "%s: %s", conditions[i].why,
				conditions[i].condition);
		sigma_close(&s);
		buf_done(&rule);
	}
	buf_done(&ids);
}

#define RULES                                                                                      \
	"id: i1\nname: one\nlogsource: {product: p, category: c}\n"                                \
	"detection: {sel: {A: 1}, condition: sel}\n---\n"                                          \
	"id: i2\nlogsource: {product: p}\ndetection: {sel: {A: 1}, condition: sel}\n---\n"         \
	"id: i3\nlogsource: {service: s}\ndetection: {sel: {A: 1}, condition: sel}\n---\n"

static const struct {
	const char *filters, *event, *ids, *why;
} filters[] = {
	{"title: f\nlogsource: {product: p}\nfilter: {rules: [], sel: {U: 1}, condition: not "
	 "sel}\n",
		"{\"A\":1,\"U\":1}", "i3",
		"an empty list is any, where the log source is the same"},
	{"title: f\nlogsource: {product: p, category: c}\n"
	 "filter: {rules: any, sel: {U: 1}, condition: not sel}\n",
		"{\"A\":1,\"U\":1}", "i2 i3", "each attribute of the filter equals the rule's"},
	{"title: f\nlogsource: {product: p}\nfilter: {rules: [i3], sel: {U: 1}, condition: not "
	 "sel}\n",
		"{\"A\":1,\"U\":1}", "i1 i2 i3", "listed, but of other logs"},
	{"title: f\nlogsource: {}\nfilter: {rules: [one, i3], sel: {U: 1}, condition: not sel}\n",
		"{\"A\":1,\"U\":1}", "i2", "by name and by id"},
	{"title: f\nlogsource: {}\nfilter: {rules: i2, sel: {U: 1}, condition: sel}\n", "{\"A\":1}",
		"i1 i3", "a filter's condition must hold, it is not negated"},
	{"title: f\nlogsource: {}\nfilter: {rules: any, sel: {U: 1}, condition: sel}\n",
		"{\"A\":1,\"U\":1}", "i1 i2 i3", "and where it holds the rule matches"},
	{"title: f\nlogsource: {}\nfilter: {rules: [i1], sel: {B: 1}, condition: not sel}\n---\n"
	 "title: g\nlogsource: {}\nfilter: {rules: [i1], sel: {C: 1}, condition: not sel}\n",
		"{\"A\":1,\"C\":1}", "i2 i3", "every filter that covers a rule"},
	{"title: f\nlogsource: {}\n"
	 "filter: {rules: [i1], sel: {U: 1}, _no: {V: 1}, condition: not 1 of them}\n",
		"{\"A\":1,\"V\":1}", "i1 i2 i3", "names of a filter are its own"},
};

Test(semantics, filters)
{
	struct buf ids = {0};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct buf text = {0};
		struct sigma s;

		buf_printf(&text, RULES "%s", filters[i].filters);
		sigma_open(&s, buf_z(&text), NULL);
		cr_assert_eq(s.why.errors, 0, "%s: %s", filters[i].why, diag_first(&s.why));
		cr_expect_str_eq(sigma_match(&s, filters[i].event, &ids), filters[i].ids, "%s: %s",
			filters[i].why, buf_z(&ids));
		sigma_close(&s);
		buf_done(&text);
	}
	buf_done(&ids);
}
