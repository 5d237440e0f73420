/* What each modifier does, alone and behind another: one sentence a row. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "sigma.h"

Test(semantics, regular_expressions)
{
	static const struct sigma_row rows[] = {
		{"{F|re: '^c'}", "{\"F\":\"b\\nc\"}", false, "without m only the beginning"},
		{"{F|re: 'b$'}", "{\"F\":\"b\\nc\"}", false, "and only the end"},
		{"{F|re|m: 'b$'}", "{\"F\":\"b\\nc\"}", true, "with m each line's end"},
		{"{F|re: 'c$'}", "{\"F\":\"c\\n\\n\"}", false,
			"of two last line breaks not the first"},
		{"{F|re: '\\Ac\\z'}", "{\"F\":\"c\\n\"}", false, "the very end"},
		{"{F|re|i|s: 'A.C'}", "{\"F\":\"a\\nc\"}", true, "two flags"},
		{"{F|re|i|m|s: '^B.C$'}", "{\"F\":\"a\\nb\\nc\\nd\"}", true, "three flags"},
		{"{F|re|m: '^b.c$'}", "{\"F\":\"a\\nb\\nc\"}", false, "m alone is not s"},
		{"{F|re: 'a*'}", "{\"F\":\"\"}", true, "what matches nothing matches empty"},
		{"{F|re: 'a*'}", "{}", false, "but not what is missing"},
		{"{F|re: 'a*'}", "{\"F\":null}", false, "nor null"},
		{"{F|re: '\\\\\\*'}", "{\"F\":\"x\\\\*\"}", true, "the value is taken raw"},
		{"{F|re: '\\w'}", "{\"F\":\"\\u00e9\"}", false, "words are ASCII"},
		{"{F|re: '\\W'}", "{\"F\":\"\\u00e9\"}", true, "others are not"},
		{"{F|re: '\\s'}", "{\"F\":\"\\u00a0\"}", false, "blanks are ASCII"},
		{"{F|re: '\\bx'}", "{\"F\":\"\\u00e9x\"}", true, "so are a word's ends"},
		{"{F|re: '^true$'}", "{\"F\":true}", true, "a boolean's word"},
		{"{F|re: '^1\\.50$'}", "{\"F\":1.50}", true, "a number's literal text"},
		{"{F|re: ['x', '^b']}", "{\"F\":[\"a\",\"bc\"]}", true, "lists on both sides"},
		{"{F|re|all: [a, b]}", "{\"F\":\"ba\"}", true, "all"},
		{"{F|re|all: [a, b]}", "{\"F\":\"bb\"}", false, "is all"},
		{"{F|all|re: [a, b]}", "{\"F\":\"ab\"}", true, "all may come first"},
		{"{F|neq|re: a}", "{\"F\":\"b\"}", true, "neq before re"},
		{"{F|neq|re: a}", "{\"F\":\"xax\"}", false, "negates the search"},
		{"{F|re: '(a)\\1'}", "{\"F\":\"xaa\"}", true, "a back reference"},
		{"{F|re: 'a(?!b)'}", "{\"F\":\"ab\"}", false, "a look ahead"},
		{"{F|re: '(?<!x)a'}", "{\"F\":\"xa ya\"}", true, "a look behind"},
		{"{F|re: '^(?:a|b|)$'}", "{\"F\":\"\"}", true, "an empty branch"},
		{"{F|re: 5}", "{\"F\":\"x5\"}", true, "a number as expression"},
		{"{F|re|i: \"\xc3\x84\"}", "{\"F\":\"\\u00c4\"}", true, "letters beyond ASCII"},
		{0}};

	sigma_check(rows, NULL);
}

Test(semantics, networks)
{
	static const struct sigma_row rows[] = {
		{"{F|cidr: 192.0.2.0/24}", "{\"F\":\"192.0.2.0\"}", true, "the first address"},
		{"{F|cidr: 192.0.2.0/24}", "{\"F\":\"192.0.2.255\"}", true, "the last"},
		{"{F|cidr: 192.0.2.0/24}", "{\"F\":\"192.0.3.0\"}", false, "the next"},
		{"{F|cidr: 192.0.2.128/25}", "{\"F\":\"192.0.2.127\"}", false, "half a byte"},
		{"{F|cidr: 192.0.2.7/32}", "{\"F\":\"192.0.2.7\"}", true, "one address"},
		{"{F|cidr: 0.0.0.0/0}", "{\"F\":\"203.0.113.9\"}", true, "all of IPv4"},
		{"{F|cidr: 0.0.0.0/0}", "{\"F\":\"2001:db8::1\"}", false, "and none of IPv6"},
		{"{F|cidr: 192.0.2.0/24}", "{\"F\":\"192.0.2\"}", false, "no short address"},
		{"{F|cidr: 192.0.2.0/24}", "{\"F\":\" 192.0.2.1\"}", false, "no blank"},
		{"{F|cidr: 192.0.2.0/24}", "{\"F\":\"::ffff:192.0.2.1\"}", false,
			"a mapped address is IPv6"},
		{"{F|cidr: '::ffff:0:0/96'}", "{\"F\":\"::ffff:192.0.2.1\"}", true, "there it is"},
		{"{F|cidr: '2001:db8::/33'}", "{\"F\":\"2001:db8:7fff::1\"}", true, "a bit more"},
		{"{F|cidr: '2001:db8::/33'}", "{\"F\":\"2001:db8:8000::1\"}", false, "beyond it"},
		{"{F|cidr: '2001:db8::1/128'}", "{\"F\":\"2001:0DB8:0:0:0:0:0:1\"}", true,
			"another spelling"},
		{"{F|cidr: '2001:db8::/32'}", "{\"F\":\"2001:db8::1%eth0\"}", false, "a zone"},
		{"{F|cidr: '2001:db8::/32'}", "{\"F\":\"[2001:db8::1]\"}", false, "brackets"},
		{"{F|cidr: [192.0.2.0/24, '2001:db8::/32']}", "{\"F\":[1,\"2001:db8::9\"]}", true,
			"lists on both sides"},
		{"{F|neq|cidr: 192.0.2.0/24}", "{\"F\":\"198.51.100.1\"}", true, "neq before cidr"},
		{"{F|neq|cidr: 192.0.2.0/24}", "{}", true, "missing is in no network"},
		{"{F|cidr|all: [192.0.2.0/24, 198.51.100.0/24]}",
			"{\"F\":[\"192.0.2.1\",\"198.51.100.1\"]}", true, "all, by any element"},
		{0}};

	sigma_check(rows, NULL);
}

Test(semantics, comparisons)
{
	static const struct sigma_row rows[] = {
		{"{F|gt: 5}", "{\"F\":5}", false, "greater is not equal"},
		{"{F|gte: 5}", "{\"F\":5.0}", true, "gte is"},
		{"{F|lt: 5}", "{\"F\":\"-1.5\"}", true, "a negative text"},
		{"{F|gte: 1000}", "{\"F\":\"1e3\"}", true, "a text with an exponent"},
		{"{F|lte: 5}", "{\"F\":\"\"}", false, "an empty text is no number"},
		{"{F|lte: 5}", "{\"F\":true}", false, "nor is true"},
		{"{F|lte: 5}", "{\"F\":null}", false, "nor null"},
		{"{F|lt: 5}", "{}", false, "nor what is missing"},
		{"{F|lt: 5}", "{\"F\":\" 1\"}", false, "nor a text with a blank"},
		{"{F|lt: 5}", "{\"F\":\"0x1\"}", false, "nor hexadecimal in an event"},
		{"{F|gt: 9007199254740992}", "{\"F\":9007199254740993}", true,
			"exact beyond doubles"},
		{"{F|gt: 5, F|lt: 7}", "{\"F\":6}", true, "a range is two items"},
		{"{F|gt: 5, F|lt: 7}", "{\"F\":7}", false, "its end is out"},
		{"{F|gt: [10, 3]}", "{\"F\":4}", true, "a list is OR"},
		{"{F|gt|all: [10, 3]}", "{\"F\":4}", false, "all is AND"},
		{"{F|neq|gt: 5}", "{\"F\":4}", true, "neq negates a comparison"},
		{"{F|neq: 5}", "{\"F\":\"5\"}", false, "neq and a number's text"},
		{"{F|neq: 5}", "{\"F\":null}", true, "null differs from 5"},
		{"{F|neq: null}", "{\"F\":\"a\"}", true, "what is there differs from null"},
		{"{F|neq: null}", "{}", false, "what is missing does not"},
		{"{F|neq|contains: b}", "{\"F\":\"abc\"}", false, "neq before contains"},
		{"{F|contains|neq: b}", "{\"F\":\"abc\"}", false, "neq behind contains"},
		{"{F|neq|all: [a, b]}", "{\"F\":\"a\"}", true, "not all of the values"},
		{"{F|minute: 7}", "{\"F\":\"2026-03-04T05:07:09Z\"}", true, "the minute"},
		{"{F|hour: 5}", "{\"F\":\"2026-03-04 05:07:09\"}", true, "without a zone"},
		{"{F|day: 4}", "{\"F\":\"2026-03-04T05:07:09.123456789123-11:30\"}", true,
			"as written, whatever the zone and the fraction"},
		{"{F|month: 3}", "{\"F\":\"2026-03-04T05:07:09+14:00\"}", true, "the month"},
		{"{F|month|gte: 4}", "{\"F\":\"2026-03-04T05:07:09Z\"}", false, "with gte"},
		{"{F|hour|gte: 22}", "{\"F\":\"2026-03-04T23:07:09Z\"}", true, "late at night"},
		{"{F|hour: [1, 5]}", "{\"F\":\"2026-03-04T05:07:09Z\"}", true, "a list of hours"},
		{"{F|week: 1}", "{\"F\":\"2024-12-30T00:00:00Z\"}", true,
			"the last days of a year may be week 1"},
		{"{F|year: 2024}", "{\"F\":\"2024-12-30T00:00:00Z\"}", true,
			"of the year as written"},
		{"{F|hour: 0}", "{\"F\":\"noon\"}", false, "no time, no hour"},
		{"{F|hour: 0}", "{}", false, "nothing, no hour"},
		{"{F|day: 1}", "{\"F\":0}", true, "seconds since 1970"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, field_references)
{
	static const struct sigma_row rows[] = {
		{"{F|fieldref: G}", "{\"F\":\"a*\",\"G\":\"ab\"}", false, "no wildcards in events"},
		{"{F|fieldref: G}", "{\"F\":5,\"G\":\"5\"}", true, "as text"},
		{"{F|fieldref: G}", "{\"F\":5,\"G\":5.0}", false, "not as numbers"},
		{"{F|fieldref: G}", "{\"F\":\"\",\"G\":\"\"}", true, "empty equals empty"},
		{"{F|fieldref: G}", "{\"F\":\"a\"}", false, "missing on the right"},
		{"{F|fieldref: G}", "{\"G\":\"a\"}", false, "missing on the left"},
		{"{F|fieldref: G}", "{}", false, "missing on both"},
		{"{F|fieldref: G}", "{\"F\":{},\"G\":{}}", false, "objects have no text"},
		{"{F|fieldref: a.b}", "{\"F\":\"x\",\"a\":[{\"b\":\"y\"},{\"b\":\"X\"}]}", true,
			"a path on the right"},
		{"{F|fieldref|contains: G}", "{\"F\":\"xaBy\",\"G\":\"Ab\"}", true, "contains"},
		{"{F|fieldref|contains: G}", "{\"F\":\"a\",\"G\":\"ab\"}", false, "not reversed"},
		{"{F|fieldref|startswith: G}", "{\"F\":\"abc\",\"G\":\"AB\"}", true, "startswith"},
		{"{F|fieldref|startswith: G}", "{\"F\":\"abc\",\"G\":\"bc\"}", false,
			"not the end"},
		{"{F|fieldref|contains: G}", "{\"F\":\"abc\",\"G\":\"\"}", true,
			"nothing is in all"},
		{"{F|fieldref|contains: G}", "{\"F\":\"abc\",\"G\":null}", false, "null in none"},
		{"{F|fieldref|cased|contains: G}", "{\"F\":\"xAy\",\"G\":\"a\"}", false, "exactly"},
		{"{F|fieldref: [G, H]}", "{\"F\":\"a\",\"H\":\"a\"}", true, "one of two fields"},
		{"{F|fieldref|all: [G, H]}", "{\"F\":\"a\",\"H\":\"a\"}", false, "each of two"},
		{"{F|fieldref|all: [G, H]}", "{\"F\":\"a\",\"H\":\"a\",\"G\":\"a\"}", true, "both"},
		{"{F|neq|fieldref: G}", "{\"F\":\"a\",\"G\":\"b\"}", true, "another"},
		{"{F|neq|fieldref: G}", "{\"F\":\"a\",\"G\":\"A\"}", false, "the same"},
		{"{F|neq|fieldref: G}", "{\"F\":\"a\"}", true, "neq of what is missing"},
		{"{F|fieldref: F}", "{\"F\":\"a\"}", true, "a field equals itself"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, dashes_and_bytes)
{
	static const struct sigma_row rows[] = {
		{"{F|windash: '-a -b'}", "{\"F\":\"/a \\u2013b\"}", true, "each dash for itself"},
		{"{F|windash: '/a'}", "{\"F\":\"-a\"}", true, "a slash stands for a hyphen"},
		{"{F|windash: \"\xe2\x80\x94"
		 "a\"}",
			"{\"F\":\"\\u2015a\"}", true, "any for any"},
		{"{F|windash: '- a'}", "{\"F\":\"/ a\"}", false, "before a blank it stays"},
		{"{F|windash: '- a'}", "{\"F\":\"- a\"}", true, "as it is"},
		{"{F|windash: '--ab'}", "{\"F\":\"-/ab\"}", true, "of two the one before the word"},
		{"{F|windash: '--ab'}", "{\"F\":\"//ab\"}", false, "not the other"},
		{"{F|windash: 'http://x'}", "{\"F\":\"http:/-x\"}", true, "inside addresses too"},
		{"{F|windash: '-_'}", "{\"F\":\"/_\"}", true, "an underscore is a word's"},
		{"{F|windash|contains: '-enc '}", "{\"F\":\"x /ENC y\"}", true, "contains behind"},
		{"{F|contains|windash: '-enc'}", "{\"F\":\"x \\u2014enc y\"}", true, "and before"},
		{"{F|windash: ['-a', '-b']}", "{\"F\":\"/b\"}", true, "a list"},
		{"{F|contains|all|windash: ['-a', '-b']}", "{\"F\":\"/a\"}", false, "all is all"},
		{"{F|wide: ab}", "{\"F\":\"a\\u0000b\\u0000\"}", true, "each with its NUL"},
		{"{F|utf16le: ab}", "{\"F\":\"A\\u0000b\\u0000\"}", true,
			"the same by its other name"},
		{"{F|utf16be: ab}", "{\"F\":\"\\u0000a\\u0000b\"}", true, "the NUL in front"},
		{"{F|utf16be: ab}", "{\"F\":\"a\\u0000b\\u0000\"}", false, "and only there"},
		{"{F|base64: 5}", "{\"F\":\"NQ==\"}", true, "a number's text"},
		{"{F|base64: \"\xc3\xa9\"}", "{\"F\":\"w6k=\"}", true, "UTF-8 bytes"},
		{"{F|base64: 'a\\b'}", "{\"F\":\"YVxi\"}", true, "a backslash is a byte"},
		{"{F|base64|contains: abc}", "{\"F\":\"--YWJj--\"}", true, "contains behind"},
		{"{F|base64: [x, abc]}", "{\"F\":\"YWJj\"}", true, "a list"},
		{"{F|wide|base64offset|contains: foo}", "{\"F\":\"ZgBvAG8A\"}", true,
			"wide, shift 0"},
		{"{F|wide|base64offset|contains: foo}", "{\"F\":\"eGYAbwBvAHg=\"}", true,
			"wide, shift 1"},
		{"{F|wide|base64offset|contains: foo}", "{\"F\":\"eHhmAG8AbwB4\"}", true,
			"wide, shift 2"},
		{"{F|utf16be|base64offset|contains: foo}", "{\"F\":\"AGYAbwBv\"}", true, "BE"},
		{"{F|base64offset|contains|all: [foo, bar]}", "{\"F\":\"Zm9v YmFy\"}", true,
			"OR inside all"},
		{"{F|base64offset|contains|all: [foo, bar]}", "{\"F\":\"Zm9v\"}", false, "all"},
		{"{F|windash|base64: '-a'}", "{\"F\":\"L2E=\"}", true, "base64 of each dash"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, placeholders)
{
	char path[] = "placeholders-XXXXXX";
	static const char lists[] = "{\"two\":[\"adm*\",\"root\"],\"num\":[7],\"dash\":[\"-x\"]}";
	struct ruleset_options opt = {
		.native_fields = true, .ignore_logsource = true, .placeholders = path};
	int fd = mkstemp(path);
	static const struct sigma_row rows[] = {
		{"{F|expand: '%two%'}", "{\"F\":\"Administrator\"}", true, "a wildcard in a value"},
		{"{F|expand: '%two%'}", "{\"F\":\"root\"}", true, "any value"},
		{"{F|expand: '%two%'}", "{\"F\":\"rooted\"}", false, "each a whole field"},
		{"{F|expand: '%two%-%num%'}", "{\"F\":\"root-7\"}", true, "two placeholders"},
		{"{F|expand: ['x', '%two%']}", "{\"F\":\"X\"}", true, "beside a plain value"},
		{"{F: '%two%'}", "{\"F\":\"%TWO%\"}", true, "without expand it is text"},
		{"{F|expand: '\\%two\\%'}", "{\"F\":\"%two%\"}", true, "an escaped percent sign"},
		{"{F|expand: '50%'}", "{\"F\":\"50%\"}", true, "a single percent sign"},
		{"{F|expand|contains: '%two%'}", "{\"F\":\"xrooty\"}", true, "contains behind"},
		{"{F|contains|expand: '%two%'}", "{\"F\":\"xrooty\"}", true, "and before"},
		{"{F|expand|all: ['%two%', 'r*']}", "{\"F\":\"root\"}", true, "OR inside all"},
		{"{F|expand|all: ['%two%', 'r*']}", "{\"F\":\"admin\"}", false, "all"},
		{"{F|neq|expand: '%two%'}", "{\"F\":\"admin\"}", false, "none of them"},
		{"{F|neq|expand: '%two%'}", "{\"F\":\"guest\"}", true, "another"},
		{"{F|expand|windash: '%dash%'}", "{\"F\":\"/x\"}", true, "dashes of a value"},
		{"{F|expand|cased: '%two%'}", "{\"F\":\"Root\"}", false, "exactly"}, {0}};

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, lists, sizeof(lists) - 1), sizeof(lists) - 1);
	close(fd);
	sigma_check(rows, &opt);
	unlink(path);
}
