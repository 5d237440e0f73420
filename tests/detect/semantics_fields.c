/* What the scalars of a rule and the fields of an event are, and what equals what: one sentence a
 * row. */
#include <criterion/criterion.h>

#include "sigma.h"

Test(semantics, scalars)
{
	static const struct sigma_row rows[] = {
		{"{F: yes}", "{\"F\":\"yes\"}", true, "yes is a text"},
		{"{F: yes}", "{\"F\":true}", false, "and no boolean"},
		{"{F: off}", "{\"F\":\"OFF\"}", true, "off is a text"},
		{"{F: 2026-01-02}", "{\"F\":\"2026-01-02\"}", true, "a date is a text"},
		{"{F: 12:30:45}", "{\"F\":\"12:30:45\"}", true, "and so is a time of day"},
		{"{F: 12:30:45}", "{\"F\":45045}", false, "not a number to the base 60"},
		{"{F: 0o17}", "{\"F\":15}", true, "octal has an o"},
		{"{F: 017}", "{\"F\":15}", false, "a zero in front is not octal"},
		{"{F: 1e3}", "{\"F\":1000}", true, "an exponent makes a number"},
		{"{F: .5}", "{\"F\":0.5}", true, "a number may begin with its dot"},
		{"{F: +5}", "{\"F\":5}", true, "or with a plus"},
		{"{F: -5}", "{\"F\":-5.0}", true, "or with a minus"},
		{"{F: 1_000}", "{\"F\":1000}", false, "no underscores in numbers"},
		{"{F: 1_000}", "{\"F\":\"1_000\"}", true, "so it is a text"},
		{"{F: ~}", "{}", true, "a tilde is null"},
		{"{F: NULL}", "{\"F\":null}", true, "NULL is null"},
		{"{F: }", "{\"F\":null}", true, "nothing is null"},
		{"{F: nUll}", "{\"F\":\"null\"}", true, "nUll is a text"},
		{"{F: True}", "{\"F\":true}", true, "True is the boolean"},
		{"{F: tRue}", "{\"F\":\"true\"}", true, "tRue is a text"},
		{"{F: '5'}", "{\"F\":5}", true, "a quoted number is a text that equals 5's text"},
		{"{F: '5'}", "{\"F\":5.0}", false, "but not another spelling"},
		{"{F: \"a\\u0041\"}", "{\"F\":\"aa\"}", true, "escapes of double quotes"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, paths)
{
	static const struct sigma_row rows[] = {
		{"{F: 2}", "{\"F\":[[1],[[2]]]}", true, "nested arrays are flattened"},
		{"{a.b.c: 1}", "{\"a.b\":{\"c\":1}}", true, "a literal part with an object below"},
		{"{a.b.c: 1}", "{\"a\":{\"b.c\":1}}", true, "a literal rest"},
		{"{a.b.c: 1}", "{\"a\":{\"b\":{\"c\":1}}}", true, "three levels"},
		{"{a.b.c: 2}", "{\"a\":{\"x\":1},\"a.b\":{\"c\":2}}", true,
			"the next dot, when the first leads nowhere"},
		{"{a.b.c: 2}", "{\"a\":7,\"a.b\":{\"c\":2}}", true, "or to a scalar"},
		{"{a.b: 1}", "{\"a\":[{\"b\":2},[{\"b\":1}]]}", true,
			"an array in an array on the way"},
		{"{a.b: null}", "{\"a\":[{\"b\":2},{\"c\":1}]}", false,
			"an element without it is not null where another has it"},
		{"{a.b: null}", "{\"a\":[{\"b\":2},{\"b\":null}]}", true,
			"an element that is null is"},
		{"{a.b: null}", "{\"a\":{\"c\":1}}", true, "missing below is missing"},
		{"{A.b: 1}", "{\"a\":{\"b\":1}}", false, "case matters on the way too"},
		{"{a.b: 1}", "{\"a\":{\"b\":1},\"a.b\":null}", false,
			"a literal key wins even when it is null"},
		{"{a.b: null}", "{\"a\":{\"b\":1},\"a.b\":null}", true, "as null"},
		{"{F: x}", "{\"F\":\"\\ud800\"}", false, "a lone surrogate is no x"},
		{"{F: \"\\uFFFD\"}", "{\"F\":\"\\ud800\"}", true, "but the replacement character"},
		{"{F: \"\\uFFFDa\"}", "{\"F\":\"\\udc00a\"}", true, "from either half"},
		{"{F: \"\\U0001F600\"}", "{\"F\":\"\\ud83d\\ude00\"}", true, "a pair is one"},
		{"{F: '?'}", "{\"F\":\"\\ud83d\\ude00\"}", true, "one character"},
		{"{logsource: '*'}", "{\"logsource\":\"x\",\"F\":1}", false,
			"the label is no data"},
		{"{logsource.product: p}", "{\"logsource\":{\"product\":\"p\"}}", false,
			"nor is what it holds"},
		{"{logsource.product|exists: true}", "{\"logsource\":{\"product\":\"p\"}}", false,
			"it is not even there"},
		{"{logsource.product: p}", "{\"logsource.product\":\"p\"}", true,
			"a literal key of that name is data"},
		{"{logsource.x.y: p}", "{\"logsource.x\":{\"y\":\"p\"}}", true,
			"and so is one above it"},
		{0}};

	sigma_check(rows, NULL);
}

Test(semantics, wildcards)
{
	static const struct sigma_row rows[] = {
		{"{F: '*'}", "{\"F\":\"\"}", true, "a star is also nothing"},
		{"{F: '*'}", "{\"F\":0}", true, "a number has a text"},
		{"{F: '*'}", "{}", false, "a missing field has none"},
		{"{F: '*'}", "{\"F\":null}", false, "null has none"},
		{"{F: '*'}", "{\"F\":[]}", false, "an empty array has none"},
		{"{F: '*'}", "{\"F\":[null,\"x\"]}", true, "some element has"},
		{"{F: '?'}", "{\"F\":\"\"}", false, "a question mark is not nothing"},
		{"{F: '?'}", "{\"F\":\"\\n\"}", true, "it is a line break too"},
		{"{F: '?*'}", "{\"F\":\"x\"}", true, "one or more"},
		{"{F: '*?'}", "{\"F\":\"\"}", false, "at least one"},
		{"{F: 'a**b'}", "{\"F\":\"ab\"}", true, "two stars are one"},
		{"{F: 'a\\?'}", "{\"F\":\"a?\"}", true, "an escaped question mark"},
		{"{F: 'a\\?'}", "{\"F\":\"ab\"}", false, "is no wildcard"},
		{"{F: 'a\\*'}", "{\"F\":\"A*\"}", true, "an escaped star"},
		{"{F: 'a\\\\*'}", "{\"F\":\"a*\"}", false,
			"backslash and wildcard need a backslash"},
		{"{F: 'a\\\\\\*'}", "{\"F\":\"a\\\\*\"}", true, "three: backslash and star"},
		{"{F: 'a\\\\\\*'}", "{\"F\":\"a\\\\x\"}", false, "which is no wildcard"},
		{"{F: 'a\\\\b'}", "{\"F\":\"a\\\\b\"}", true, "two before a letter are one"},
		{"{F: 'a\\\\b'}", "{\"F\":\"a\\\\\\\\b\"}", false, "not two"},
		{"{F: '\\\\\\'}", "{\"F\":\"\\\\\\\\\"}", true, "three at the end are two"},
		{"{F|contains: '\\'}", "{\"F\":\"a\\\\b\"}", true, "a backslash within"},
		{"{F|contains: 'a\\'}", "{\"F\":\"xa\\\\b\"}", true,
			"the star that contains adds is not escaped by it"},
		{"{F|startswith: 'a\\'}", "{\"F\":\"a\\\\b\"}", true, "nor that of startswith"},
		{"{F|startswith: 'a\\'}", "{\"F\":\"a*\"}", false, "really not"},
		{"{F|contains: '\\*'}", "{\"F\":\"axb\"}", false, "an escaped star within"},
		{"{F|contains: '\\*'}", "{\"F\":\"a*b\"}", true, "is looked for"},
		{"{F|endswith: '\\*'}", "{\"F\":\"b*\"}", true, "and at the end"},
		{"{F|startswith: '*b'}", "{\"F\":\"abc\"}", true, "a star of one's own in front"},
		{"{F|startswith: 'a*c'}", "{\"F\":\"abcd\"}", true, "wildcards inside stay"},
		{"{F|endswith: 'c?'}", "{\"F\":\"abcd\"}", true, "in endswith too"},
		{"{F: 'a*'}", "{\"F\":\"\\u0130\"}", false, "nothing alike"},
		{"{F: \"\xc3\x9f\"}", "{\"F\":\"ss\"}", false, "sharp s is not two"},
		{"{F: \"\xce\xa3\"}", "{\"F\":\"\\u03c3\"}", true, "sigma has its small letter"},
		{"{F: \"\xd0\x96*\"}", "{\"F\":\"\\u0436x\"}", true, "Cyrillic before a wildcard"},
		{"{F: 'K'}", "{\"F\":\"\\u212a\"}", true,
			"the Kelvin sign is a k in small letters"},
		{0}};

	sigma_check(rows, NULL);
}

Test(semantics, equality)
{
	static const struct sigma_row rows[] = {
		{"{F: 1}", "{\"F\":\"1.0\"}", false,
			"a text in another spelling is not the number"},
		{"{F: 1.0}", "{\"F\":1}", true, "equal numbers"},
		{"{F: 1.5}", "{\"F\":\"1.5\"}", true, "a decimal and its text"},
		{"{F: 1}", "{\"F\":\"+1\"}", false, "a sign makes another text"},
		{"{F: 1}", "{\"F\":\" 1\"}", false, "a blank too"},
		{"{F: 1}", "{\"F\":true}", false, "true is not 1"},
		{"{F: 0}", "{\"F\":false}", false, "false is not 0"},
		{"{F: 0}", "{\"F\":null}", false, "null is not 0"},
		{"{F: 9007199254740993}", "{\"F\":9007199254740992}", false,
			"integers beyond a double's are exact"},
		{"{F: 18446744073709551615}", "{\"F\":18446744073709551615}", true, "64 bits"},
		{"{F: 1}", "{\"F\":[\"x\",1]}", true, "an element equals"},
		{"{F: -0}", "{\"F\":0.0}", true, "minus nothing is nothing"},
		{"{F: 0}", "{\"F\":\"-0\"}", false, "but its text is another"},
		{"{F|contains: 0x17}", "{\"F\":\"x23\"}", true,
			"the text of a rule number is decimal"},
		{"{F: 1.50}", "{\"F\":\"1.5\"}", true, "and has no zeros behind it"},
		{"{F: '1.0'}", "{\"F\":1.0}", true, "the literal text of a number"},
		{"{F: '1.0'}", "{\"F\":1}", false, "not its value"},
		{"{F: '1.5*'}", "{\"F\":1.50}", true, "wildcards see the literal text"},
		{"{F|startswith: 1}", "{\"F\":\"12\"}", true, "a rule number under startswith"},
		{"{F|endswith: 5}", "{\"F\":1.5}", true, "a rule number under endswith"},
		{"{F|contains: true}", "{\"F\":\"isTrue\"}", true, "a rule boolean under contains"},
		{"{F: false}", "{\"F\":\"False\"}", true, "a boolean and its word in any case"},
		{"{F: false}", "{\"F\":null}", false, "null is not false"},
		{"{F: false}", "{\"F\":\"\"}", false, "nor is nothing"},
		{"{F: false}", "{\"F\":0}", false, "nor is 0"},
		{"{F: null}", "{\"F\":[1,null]}", true, "null among elements"},
		{"{F: null}", "{\"F\":[1]}", false, "none among them"},
		{"{F: null}", "{\"F\":{}}", false, "an object is present"},
		{"{F: null}", "{\"F\":\"null\"}", false, "the word is a text"},
		{"{F: ''}", "{}", false, "missing is not empty"},
		{"{F: ''}", "{\"F\":[]}", false, "an empty array is not empty text"},
		{"{F: ''}", "{\"F\":[\"a\",\"\"]}", true, "an element may be"},
		{"{F: ''}", "{\"F\":\" \"}", false, "a blank is not empty"},
		{"{F: [a, null]}", "{}", true, "null in a list of values"},
		{"{F: [a, null]}", "{\"F\":\"A\"}", true, "or the other"},
		{"{F: [a, null]}", "{\"F\":\"b\"}", false, "or neither"},
		{"{F: [1, x, true]}", "{\"F\":\"X\"}", true, "a list of all kinds"},
		{"{F|exists: true}", "{\"F\":[]}", true, "an empty array is present"},
		{"{F|exists: false}", "{\"F\":null}", false, "null counts as present"},
		{"{F|exists: true}", "{\"G\":1}", false, "missing is not"},
		{"{a.b|exists: true}", "{\"a\":{\"b\":\"\"}}", true, "present below"},
		{"{a.b|exists: true}", "{\"a\":[{\"c\":1},{\"b\":1}]}", true, "in one element"},
		{"{F|all: [a, b]}", "{\"F\":[\"a\",\"b\",\"c\"]}", true, "all without contains"},
		{"{F|all: ['a*', '*c']}", "{\"F\":\"abc\"}", true, "all over one text"},
		{"{F|all: [a, b]}", "{\"F\":\"a\"}", false, "one text cannot be two"},
		{"{F: a, G: b}", "{\"F\":\"a\"}", false, "a map is AND"},
		{"{F: a, G: b}", "{\"F\":\"a\",\"G\":\"b\"}", true, "of its items"},
		{"[{F: a, G: b}, {H: c}]", "{\"H\":\"c\"}", true, "a list of maps is OR"},
		{"[{F: a, G: b}, {H: c}]", "{\"F\":\"a\"}", false, "each a whole map"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, how_a_rule_is_called)
{
	struct buf ids = {0};
	struct sigma s;

	sigma_open(&s,
		"title: T1\nid: i1\nname: n1\nlogsource: {}\ndetection: {a: {A: 1}, condition: a}\n"
		"---\ntitle: T2\nname: n2\nlogsource: {}\ndetection: {a: {A: 1}, condition: a}\n"
		"---\ntitle: T3\nlogsource: {}\ndetection: {a: {A: 1}, condition: a}\n",
		NULL);
	cr_assert_eq(s.why.errors, 0, "%s", diag_first(&s.why));
	cr_expect_str_eq(sigma_match(&s, "{\"A\":1}", &ids), "i1 n2 T3", "%s", buf_z(&ids));
	sigma_close(&s);
	buf_done(&ids);
}
