#include "base/str.h"

#include <criterion/criterion.h>

struct number_row {
	const char *text;
	bool good;
	uint64_t want;
	const char *why;
};

static const struct number_row numbers[] = {
	{"0", true, 0, "zero"},
	{"18446744073709551615", true, UINT64_MAX, "the largest"},
	{"18446744073709551616", false, 0, "one more must not wrap to 0"},
	{"", false, 0, "nothing is not a number"},
	{"12a", false, 0, "trailing garbage"},
	{"+1", false, 0, "no sign"},
	{"007", true, 7, "leading zeros are digits"},
	{NULL, false, 0, NULL},
};

Test(str, unsigned_numbers)
{
	for (const struct number_row *row = numbers; row->why; row++) {
		uint64_t got = 0;

		cr_expect_eq(str_u64(str_of(row->text), &got), row->good, "%s", row->why);
		if (row->good)
			cr_expect_eq(got, row->want, "%s", row->why);
	}
}

Test(str, signed_numbers_reach_both_ends)
{
	int64_t v;

	cr_expect(str_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
	cr_expect(!str_i64(STR("-9223372036854775809"), &v), "below the least");
	cr_expect(!str_i64(STR("9223372036854775808"), &v), "above the largest");
	cr_expect(!str_i64(STR("-"), &v));
}

Test(str, json_number_grammar)
{
	const char *good[] = {"0", "-0", "1.5", "1e3", "1E-3", "-12.25e+7", "10"};
	const char *bad[] = {"", "-", "01", "1.", ".5", "1e", "1e+", "+1", "NaN", "1 ", "0x10"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		cr_expect(str_is_number(str_of(good[i])), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(!str_is_number(str_of(bad[i])), "%s", bad[i]);
}

Test(str, cutting)
{
	struct str s = STR("a=b=c"), head;

	cr_expect(str_cut(&s, '=', &head));
	cr_expect(str_eq(head, STR("a")) && str_eq(s, STR("b=c")));
	s = STR("none");
	cr_expect(!str_cut(&s, '=', &head), "without the byte all is head");
	cr_expect(str_eq(head, STR("none")) && s.n == 0);
	s = STR("x -> y");
	cr_expect(str_cut_at(&s, STR(" -> "), &head) && str_eq(head, STR("x")) &&
		  str_eq(s, STR("y")));
}

Test(str, an_empty_slice_is_harmless)
{
	struct str none = {0};

	cr_expect_eq(str_chr(none, 'a'), -1);
	cr_expect_eq(str_find(none, STR("a")), -1);
	cr_expect(str_eq(none, STR("")));
	cr_expect(str_starts(STR("a"), none));
	cr_expect_eq(str_cmp(none, STR("a")), -1);
}

/* Every text of two letters, with the needle at every place and nowhere, against the plain loop. */
Test(str, find_finds_the_first_at_every_place)
{
	char text[96], needle[80];
	uint32_t state = 7;

	for (unsigned round = 0; round < 40000; round++) {
		size_t n, m;
		ptrdiff_t want = -1;

		state = state * 1664525u + 1013904223u;
		n = (state >> 8) % (sizeof(text) + 1);
		m = 1 + (state >> 20) % (round % 4 ? 6 : sizeof(needle));
		for (size_t i = 0; i < n; i++) {
			state = state * 1664525u + 1013904223u;
			text[i] = state >> 30 ? 'a' : 'b';
		}
		for (size_t i = 0; i < m; i++) {
			state = state * 1664525u + 1013904223u;
			needle[i] = state >> 30 ? 'a' : 'b';
		}
		/* Half of the time it is there, also at the very end. */
		if (round % 2 && m <= n)
			memcpy(text + (state >> 3) % (n - m + 1), needle, m);
		for (size_t i = 0; want < 0 && i + m <= n; i++)
			if (memcmp(text + i, needle, m) == 0)
				want = (ptrdiff_t)i;
		cr_assert_eq(str_find(str_make(text, n), str_make(needle, m)), want,
			"'%.*s' in '%.*s'", (int)m, needle, (int)n, text);
	}
	cr_expect_eq(str_find(STR("abc"), STR("")), -1, "nothing is nowhere");
}
