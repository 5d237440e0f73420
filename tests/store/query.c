#include <criterion/criterion.h>

#include "base/err.h"
#include "store/find.h"
#include "store/store.h"

static const char record[] =
	"{\"@timestamp\":\"2026-11-22T09:59:58.123Z\",\"event.action\":\"ssh_login\","
	"\"event.category\":[\"authentication\",\"session\"],\"event.outcome\":\"failure\","
	"\"event.sequence\":4711,\"source.ip\":\"10.20.30.40\",\"source.port\":50022,"
	"\"destination.ip\":\"2001:db8::17\",\"user.name\":\"Sato Hanako\",\"user.id\":null,"
	"\"network.bytes\":1.5e3,\"labels\":{\"Team\":\"Kaikei\",\"deep\":{\"er\":true}},"
	"\"file.path\":\"C:\\\\Users\\\\sato\\\\a*b.txt\",\"organization.name\":"
	"\"\u682a\u5f0f\u4f1a\u793e \u00c4pfel\","
	"\"message\":\"Failed password for sato from 10.20.30.40 port 50022\","
	"\"event.original\":\"<38>sshd[99]: Failed password\\tfor sato \\\"x\\\"\"}";

static const struct query_row {
	const char *text;
	bool want;
	const char *why;
} rows[] = {
	{"", true, "the empty expression takes all"},
	{"   ", true, "blanks are empty"},
	{"event.outcome:failure", true, "equality"},
	{"event.outcome:FAILURE", true, "case is ignored in values"},
	{"Event.outcome:failure", false, "but not in field names"},
	{"event.outcome:fail", false, "a keyword is compared whole"},
	{"event.outcome : failure", true, "blanks around the colon are allowed"},
	{"event.outcome: failure", true, "blanks behind the colon are allowed"},
	{"event.category:session", true, "any element of an array"},
	{"event.outcome:fail*", true, "star at the end"},
	{"event.outcome:*lure", true, "star at the front"},
	{"event.outcome:f*l*e", true, "stars between"},
	{"event.outcome:f*x*e", false, "each part must be there"},
	{"event.outcome:fail*failure", false, "parts do not overlap"},
	{"event.outcome:*", true, "exists"},
	{"user.id:*", false, "null does not exist"},
	{"user.email:*", false, "nor does what is not there"},
	{"not user.email:*", true, "and that can be asked"},
	{"user.name:\"sato hanako\"", true, "a phrase"},
	{"user.name:sato", false, "a keyword is not cut into words"},
	{"user.name:sato*", true, "so a star helps"},
	{"user.*:sato*", true, "a star in the field's name"},
	{"*.name:sato*", true, "a star before it"},
	{"message:password", true, "running text is searched"},
	{"message:\"password for sato\"", true, "a phrase in running text"},
	{"message:pass*sato", true, "a pattern may stand anywhere in it"},
	{"message:root", false, "what is not in it"},
	{"password", true, "a bare word"},
	{"PASSWORD", true, "in either case"},
	{"\"failed password\"", true, "a bare phrase"},
	{"\"password failed\"", false, "in that order only"},
	{"network.bytes", false, "names of fields are no text"},
	{"source.ip:10.0.0.0/8", true, "a network"},
	{"source.ip:10.16.0.0/12", true, "whose end is inside a byte"},
	{"source.ip:10.32.0.0/12", false, "and its neighbour"},
	{"source.ip:10.20.30.40", true, "an address"},
	{"source.ip:10.20.30.4", false, "another"},
	{"source.ip:10.20.30.40/32", true, "as a network"},
	{"source.ip:0.0.0.0/0", true, "all of IPv4"},
	{"destination.ip:0.0.0.0/0", false, "and nothing of IPv6"},
	{"destination.ip:2001:db8::/32", true, "IPv6"},
	{"destination.ip:2001:0db8:0:0::17", true, "written in another way"},
	{"destination.ip:2001:db9::/32", false, "another one"},
	{"source.port:50022", true, "a number"},
	{"source.port:50022.0", true, "by value"},
	{"network.bytes:1500", true, "whatever its form"},
	{"source.port>=50022", true, "at least"},
	{"source.port > 50022", false, "more"},
	{"source.port < 50023 and source.port > 50021", true, "between"},
	{"source.port:>50000", true, "a comparison behind the colon"},
	{"user.name > 5", false, "text is not a number"},
	{"@timestamp >= 2026-11-22", true, "a day"},
	{"@timestamp < 2026-11-22T09:59", false, "a minute"},
	{"@timestamp < 2026-11-22T18:59:59+09:00", true, "a zone"},
	{"@timestamp >= \"2026-11-22 09:59:58.124\"", false, "a millisecond"},
	{"event.outcome:(success or failure)", true, "a set of values"},
	{"event.outcome:(success or unknown)", false, "without it"},
	{"event.category:(session and authentication)", true, "both in one array"},
	{"event.category:(session and not process)", true, "not in a set"},
	{"source.port:(>1 and <100000)", true, "comparisons in a set"},
	{"a:1 or event.outcome:failure and b:2", false, "and binds closer than or"},
	{"(a:1 or event.outcome:failure) and source.port:50022", true, "parentheses"},
	{"event.outcome:failure source.port:50022", true, "side by side means and"},
	{"event.outcome:failure root", false, "so all must hold"},
	{"not not event.outcome:failure", true, "twice not"},
	{"NOT root AND Failed", true, "keywords in capitals"},
	{"not (root or Failed)", false, "not of a group"},
	{"labels.Team:kaikei", true, "a nested object"},
	{"labels.deep.er:true", true, "a truth value"},
	{"file.path:c\\:\\\\users\\\\*", true, "escapes in a word"},
	{"file.path:\"C:\\\\Users\\\\sato\\\\a*b.txt\"", true, "a star in quotes is a star"},
	{"file.path:*a\\*b.txt", true, "so is an escaped one"},
	{"file.path:*a\\**.txt", true, "beside one that is not"},
	{"organization.name:\"\u682a\u5f0f\u4f1a\u793e \u00e4PFEL\"", true, "letters beyond ASCII"},
	{"\u4f1a\u793e", true, "as a bare word"},
	{"\u4f1a\u6240", false, "another one"},
	{"\"\\\"x\\\"\"", true, "quotes in a phrase"},
	{"event.outcome:\"not\"", false, "a quoted keyword is a word"},
	{"nothing", false, "a word that begins like a keyword"},
	{NULL, false, NULL},
};

Test(query, says_of_each_line_whether_it_matches)
{
	for (const struct query_row *row = rows; row->text; row++) {
		struct query *q = NULL;
		struct diag why = {0};

		cr_assert_eq(query_parse(str_of(row->text), &why, &q), 0, "%s: %s", row->text,
			diag_first(&why));
		cr_expect_eq(
			query_match(q, str_of(record)), row->want, "%s: %s", row->text, row->why);
		query_free(q);
		diag_done(&why);
	}
}

static const struct error_row {
	const char *text;
	unsigned column;
	const char *words;
} errors[] = {
	{"a:", 3, "expected a value"},
	{"a:1 and", 8, "ends where a condition"},
	{"(a:1", 1, "not closed"},
	{"a:(1 or 2", 3, "not closed"},
	{"a:1)", 4, "never opened"},
	{"a:\"x", 3, "quote is not closed"},
	{"()", 2, "before this parenthesis"},
	{":5", 1, "field name before the colon"},
	{"<5", 1, "field name before the comparison"},
	{"a = 5", 3, "field:value instead"},
	{"a > b", 5, "expected a number or a time"},
	{"a:1 or or b:2", 9, NULL},
	{"not", 4, "ends where"},
	{NULL, 0, NULL},
};

Test(query, says_where_an_expression_is_wrong)
{
	for (const struct error_row *row = errors; row->text; row++) {
		struct query *q = NULL;
		struct diag why = {0};
		int rc = query_parse(str_of(row->text), &why, &q);

		if (!row->words) { /* "or" as a word: a condition is missing before it */
			cr_expect_eq(rc, 0);
			query_free(q);
			diag_done(&why);
			continue;
		}
		cr_assert_eq(rc, ERR_SYNTAX, "%s", row->text);
		cr_assert_eq(why.n, 1);
		cr_expect_eq(why.items[0].column, row->column, "%s: column %u", row->text,
			why.items[0].column);
		cr_expect(strstr(why.items[0].text, row->words), "%s: %s", row->text,
			why.items[0].text);
		diag_done(&why);
	}
}

Test(query, has_bounds)
{
	struct buf b = {0};
	struct query *q = NULL;
	struct diag why = {0};

	for (int i = 0; i < 257; i++)
		buf_printf(&b, "a:%d ", i);
	cr_expect_eq(query_parse(buf_str(&b), &why, &q), ERR_SYNTAX);
	cr_expect(strstr(diag_first(&why), "too many"));
	diag_done(&why);
	buf_clear(&b);
	for (int i = 0; i < 4000; i++)
		buf_add_char(&b, '(');
	cr_expect_eq(query_parse(buf_str(&b), &why, &q), ERR_SYNTAX);
	cr_expect(strstr(diag_first(&why), "nested"));
	diag_done(&why);
	buf_clear(&b);
	for (int i = 0; i < 2000; i++)
		buf_printf(&b, "not ");
	cr_expect_eq(query_parse(buf_str(&b), &why, &q), ERR_SYNTAX);
	diag_done(&why);
	for (int i = 0; i < 9000; i++)
		buf_add_char(&b, 'x');
	cr_expect_eq(query_parse(buf_str(&b), &why, &q), ERR_SYNTAX);
	cr_expect(strstr(diag_first(&why), "longer"));
	diag_done(&why);
	buf_done(&b);
}

Test(query, narrows_the_time_range)
{
	struct query *q = NULL;
	struct diag why = {0};
	int64_t since = INT64_MIN, until = INT64_MAX;

	cr_assert_eq(query_parse(STR("@timestamp >= 2026-11-22 and (a:1 or b:2) and @timestamp < "
				     "2026-11-23"),
			     &why, &q),
		0);
	query_range(q, &since, &until);
	cr_expect_eq(since, INT64_C(1795305600000000000));
	cr_expect_eq(until, INT64_C(1795392000000000000));
	query_free(q);
	since = INT64_MIN;
	until = INT64_MAX;
	cr_assert_eq(query_parse(STR("@timestamp >= 2026-11-22 or a:1"), &why, &q), 0);
	query_range(q, &since, &until);
	cr_expect(since == INT64_MIN && until == INT64_MAX, "or narrows nothing");
	query_free(q);
}

Test(query, a_line_that_is_no_json_matches_nothing_but_all)
{
	struct query *q = NULL;
	struct diag why = {0};

	cr_assert_eq(query_parse(STR("password"), &why, &q), 0);
	cr_expect_not(query_match(q, STR("password")));
	cr_expect_not(query_match(q, STR("")));
	query_free(q);
}

Test(find, finds_a_word_at_each_place)
{
	char text[100];

	for (size_t n = 1; n < 40; n++)
		for (size_t at = 0; at + n <= 80; at++) {
			char word[41];

			memset(text, 'b', sizeof(text));
			for (size_t i = 0; i < n; i++) {
				word[i] = (char)('a' + (i * 7 + 2) % 26);
				text[at + i] = (char)(i % 2 ? word[i] : word[i] - 32);
			}
			cr_assert(find_ascii((struct str){text, 80}, (struct str){word, n}));
			text[at + n - 1] = '#';
			cr_assert_not(find_ascii((struct str){text, 80}, (struct str){word, n}));
		}
}

/* A letter outside ASCII does not become one inside: raw bytes can be searched. */
Test(find, the_kelvin_sign_is_no_k)
{
	struct buf b = {0};

	find_lower(STR("\u212aK\u00c4"), &b);
	cr_expect(str_eq(buf_str(&b), STR("\u212ak\u00e4")));
	cr_expect_not(find_equal(STR("\u212a"), STR("k")));
	cr_expect(find_equal(STR("\u00c4"), STR("\u00e4")));
	buf_done(&b);
}
