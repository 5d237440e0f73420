/* The small parts, each by a table. */
#include <criterion/criterion.h>

#include "detect/number.h"
#include "detect/pattern.h"
#include "detect/regexlit.h"
#include "detect/when.h"

/* * and ? in the table stand for the marks. */
static bool
glob(const char *pattern, const char *text)
{
	struct buf g = {0};
	bool hit;

	for (; *pattern; pattern++)
		buf_add_char(&g, *pattern == '*'   ? GLOB_STAR
				 : *pattern == '?' ? GLOB_ONE
						   : *pattern);
	hit = glob_match(buf_str(&g), str_of(text));
	buf_done(&g);
	return hit;
}

static const struct glob_row {
	const char *pattern, *text;
	bool match;
} globs[] = {
	{"", "", true},
	{"", "a", false},
	{"*", "", true},
	{"a*", "abc", true},
	{"*c", "abc", true},
	{"*b*", "abc", true},
	{"a*a", "a", false},
	{"a*b*a", "aba", true},
	{"*ab*ab*", "abab", true},
	{"*ab*ab*", "aab", false},
	{"?", "\xe2\x82\xac", true},
	{"??", "\xe2\x82\xac", false},
	{"*?", "", false},
	{"*?", "\xc3\xa9", true},
	{"a?*c", "a\xc3\xa9zc", true},
	{"*a?c*", "xxabc", true},
	{"*?b", "b", false},
	{"*x?", "x\xf0\x9f\x98\x80", true},
	{"*aab", "aaab", true},
	{"?*?", "ab", true},
	{"?*?", "a", false},
	{NULL, NULL, false},
};

Test(parts, globs)
{
	for (const struct glob_row *row = globs; row->pattern; row++)
		cr_expect_eq(glob(row->pattern, row->text), row->match, "%s on %s", row->pattern,
			row->text);
}

Test(parts, globs_stay_linear)
{
	struct buf text = {0}, pattern = {0};

	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, 'a');
	for (int i = 0; i < 200; i++)
		buf_add(&pattern, (char[]){GLOB_STAR, 'a'}, 2);
	buf_add_char(&pattern, 'b');
	cr_expect_not(glob_match(buf_str(&pattern), buf_str(&text)));
	buf_done(&text);
	buf_done(&pattern);
}

static const struct number_row {
	const char *a;
	enum compare op;
	const char *b;
	bool holds;
} numbers[] = {
	{"1", COMPARE_EQ, "1.0", true},
	{"1e3", COMPARE_EQ, "1000", true},
	{"-0", COMPARE_EQ, "0", true},
	{"9007199254740993", COMPARE_EQ, "9007199254740992", false},
	{"9007199254740993", COMPARE_GT, "9007199254740992", true},
	{"0.1", COMPARE_LT, "0.2", true},
	{"-1.5", COMPARE_LTE, "-1.5", true},
	{"2", COMPARE_GTE, "3", false},
	{"1e400", COMPARE_GT, "1e300", true},
	{NULL, COMPARE_EQ, NULL, false},
};

Test(parts, numbers)
{
	static const char *const none[] = {
		"", "-", "+1", "1.", ".5", "1e", "0x1", " 1", "1 ", "nan", "Infinity", "1_0", NULL};
	struct number a, b;

	for (const struct number_row *row = numbers; row->a; row++) {
		char one[NUMBER_CANON_MAX], two[NUMBER_CANON_MAX];

		cr_assert(number_of(str_of(row->a), &a) && number_of(str_of(row->b), &b));
		cr_expect_eq(number_compare(a, row->op, b), row->holds, "%s %d %s", row->a, row->op,
			row->b);
		if (row->op == COMPARE_EQ && row->holds)
			cr_expect(str_eq(str_make(one, number_canon(a, one)),
					  str_make(two, number_canon(b, two))),
				"%s and %s share a spelling", row->a, row->b);
	}
	for (size_t i = 0; none[i]; i++)
		cr_expect_not(number_spelled(str_of(none[i]), &a), "%s", none[i]);
	cr_expect(number_spelled(STR("-007"), &a) && a.i == -7);
	cr_expect_not(number_of(STR("007"), &a));
}

static const struct when_row {
	const char *text;
	bool number;
	enum when_part part;
	int64_t want; /* -1: no time */
} whens[] = {
	{"2026-03-04T05:06:07Z", false, WHEN_MINUTE, 6},
	{"2026-03-04 05:06:07.123456789012+09:00", false, WHEN_HOUR, 5},
	{"2026-03-04T05:06:07", false, WHEN_DAY, 4},
	{"2026-03-04T05:06:07-00:30", false, WHEN_MONTH, 3},
	{"2024-12-30T00:00:00Z", false, WHEN_WEEK, 1},
	{"2020-12-31T00:00:00Z", false, WHEN_WEEK, 53},
	{"2021-01-01T00:00:00Z", false, WHEN_WEEK, 53},
	{"2024-02-29T00:00:00Z", false, WHEN_YEAR, 2024},
	{"2023-02-29T00:00:00Z", false, WHEN_YEAR, -1},
	{"2026-03-04T24:00:00Z", false, WHEN_HOUR, -1},
	{"2026-03-04T05:06:07.Z", false, WHEN_HOUR, -1},
	{"2026-03-04T05:06:07 Z", false, WHEN_HOUR, -1},
	{"2026-03-04T05:06Z", false, WHEN_HOUR, -1},
	{"2026-03-04", false, WHEN_DAY, -1},
	{"86400", false, WHEN_DAY, -1},
	{"86400", true, WHEN_DAY, 2},
	{"-1", true, WHEN_YEAR, 1969},
	{"1700000000.5", true, WHEN_HOUR, 22},
	{"1700000000500", true, WHEN_HOUR, 22},
	{"1e300", true, WHEN_YEAR, -1},
	{NULL, false, WHEN_YEAR, 0},
};

Test(parts, whens)
{
	for (const struct when_row *row = whens; row->text; row++) {
		int64_t got = -1;

		if (!when_part(str_of(row->text), row->number, row->part, &got))
			got = -1;
		cr_expect_eq(got, row->want, "%s: %ld", row->text, (long)got);
	}
}

static const struct literal_row {
	const char *re;
	bool caseless;
	const char *want, *why;
} literals[] = {
	{"abc", false, "abc", "plain"},
	{"ABC", false, "abc", "lowered, as the text will be"},
	{"abcd?", false, "abc", "an optional last letter"},
	{"abc+d", false, "abc", "repeated: once is sure"},
	{"ab{0,2}cd", false, "cd", "may be absent"},
	{"x.yyyy", false, "yyyy", "the better of two"},
	{"(cmd|pwsh)", false, "cmd pwsh", "one of"},
	{"(cmd|)", false, "", "an empty branch needs nothing"},
	{"(cmd)?", false, "", "an optional group"},
	{"a[bc]d", false, "", "runs of one letter are no witness"},
	{"[]a]bb", false, "bb", "a bracket at the front of a class"},
	{"[[:alpha:]]bb", false, "bb", "a named class"},
	{"\\Qab\\E", false, "", "what is not followed gives nothing"},
	{"(?=abc)x", false, "", "looking ahead takes nothing"},
	{"(?<!abc)xyz", false, "xyz", "looking behind neither"},
	{"(?i)\xc3\x89t\xc3\xa9", false, "", "folding beyond ASCII"},
	{"\xc3\x89t", false, "\xc3\xa9t", "no folding: lowered"},
	{"\\x41\\x{42}c", false, "abc", "escapes"},
	{"a\\.b", false, "a.b", "a quoted dot"},
	{"ab|cd", false, "ab cd", "alternatives at the top"},
	{"(a(b(cd)))", false, "cd", "groups in groups"},
	{"(*ACCEPT)ab", false, "", "verbs"},
	{"(?x)a b", false, "", "extended syntax"},
	{"\\d{3}foo\\1", false, "foo", "classes and references"},
	{NULL, false, NULL, NULL},
};

Test(parts, literals)
{
	for (const struct literal_row *row = literals; row->why; row++) {
		struct arena a = {0};
		struct regexlit l;
		struct buf got = {0};

		regex_literals(str_of(row->re), row->caseless, &a, &l);
		for (size_t i = 0; i < l.n; i++) {
			buf_add_str(&got, str_of(i ? " " : ""));
			buf_add_str(&got, l.items[i]);
		}
		cr_expect_str_eq(buf_z(&got), row->want, "%s: %s", row->why, row->re);
		buf_done(&got);
		arena_done(&a);
	}
}
