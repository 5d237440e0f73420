/* term.c - nothing that a log says tells a terminal or a spreadsheet anything. */
#include <criterion/criterion.h>

#include "base/term.h"

static const struct {
	const char *in, *shown, *cell, *why;
} rows[] = {{"plain", "plain", "\"plain\"", "text"}, {"a\"b", "a\"b", "\"a\"\"b\"", "a quote"},
	{"=1+1", "=1+1", "\"'=1+1\"", "a formula"}, {"@SUM(A1)", "@SUM(A1)", "\"'@SUM(A1)\"", "at"},
	{"-2", "-2", "\"'-2\"", "minus"}, {"+2", "+2", "\"'+2\"", "plus"},
	{"\xef\xbc\x9d"
	 "1",
		"\xef\xbc\x9d"
		"1",
		"\"'\xef\xbc\x9d"
		"1\"",
		"a wide formula"},
	{"\t=1", "\\x09=1", "\"'\\x09=1\"", "a tab in front"},
	{"\x1b[31m", "\\x1b[31m", "\"\\x1b[31m\"", "a terminal sequence"},
	{"\xc2\x9b"
	 "31m",
		"\\xc2\\x9b31m", "\"\\xc2\\x9b31m\"", "the same in C1"},
	{"a\r\nb", "a\\x0d\\x0ab", "\"a\\x0d\\x0ab\"", "line ends"},
	{"\xe2\x80\xaegpj", "\\u{202e}gpj", "\"\\u{202e}gpj\"", "text that runs backwards"},
	{"\xff", "\\xff", "\"\\xff\"", "no UTF-8"}, {"", "", "\"\"", "nothing"},
	{"日本", "日本", "\"日本\"", "Japanese"}};

Test(term, what_logs_say_is_shown_and_not_obeyed)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf shown = {0}, cell = {0};

		term_show(&shown, str_of(rows[i].in));
		term_csv_cell(&cell, str_of(rows[i].in));
		cr_expect_str_eq(buf_z(&shown), rows[i].shown, "%s: %s", rows[i].why, shown.p);
		cr_expect_str_eq(buf_z(&cell), rows[i].cell, "%s: %s", rows[i].why, cell.p);
		buf_done(&shown);
		buf_done(&cell);
	}
}
