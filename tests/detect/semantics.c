/* What a match is, one sentence a row. */
#include <criterion/criterion.h>

#include "sigma.h"

Test(semantics, text)
{
	static const struct sigma_row rows[] = {
		{"{F: Abc}", "{\"F\":\"aBC\"}", true, "letter case is ignored"},
		{"{F: Abc}", "{\"F\":\"abcd\"}", false, "the whole field must match"},
		{"{f: a}", "{\"F\":\"a\"}", false, "field names are case-sensitive"},
		{"{F: \xc3\x84}", "{\"F\":\"\\u00e4\"}", true, "case beyond ASCII"},
		{"{F: '\xce\xa3'}", "{\"F\":\"\\u03c2\"}", false, "final sigma is another letter"},
		{"{F: 'a*c'}", "{\"F\":\"a\\nb\\nc\"}", true, "a star spans line breaks"},
		{"{F: 'a?c'}", "{\"F\":\"a\\u00e9c\"}", true, "? is one character, not one byte"},
		{"{F: 'a?c'}", "{\"F\":\"ac\"}", false, "? is exactly one"},
		{"{F: '*a?'}", "{\"F\":\"xxa\\u20ac\"}", true,
			"? at the end steps over three bytes"},
		{"{F: 'a\\*c'}", "{\"F\":\"abc\"}", false, "an escaped star is a star"},
		{"{F: 'a\\\\*'}", "{\"F\":\"a\\\\xyz\"}", true, "two backslashes and a wildcard"},
		{"{F: 'a\\b'}", "{\"F\":\"a\\\\b\"}", true, "a backslash before a letter stands"},
		{"{F: 'a\\'}", "{\"F\":\"a\\\\\"}", true, "a backslash at the end stands"},
		{"{F: '\\\\\\\\'}", "{\"F\":\"\\\\\\\\\"}", true, "four are two"},
		{"{F|cased: Abc}", "{\"F\":\"abc\"}", false, "cased compares exactly"},
		{"{F|contains|cased: bC}", "{\"F\":\"abCd\"}", true, "cased within"},
		{"{F|contains: '*b*'}", "{\"F\":\"abc\"}", true, "no second star"},
		{"{F|startswith: ab}", "{\"F\":\"ABx\"}", true, "startswith"},
		{"{F|endswith: '\\x.exe'}", "{\"F\":\"C:\\\\a\\\\X.EXE\"}", true, "a path's tail"},
		{"{F|endswith: 'x.exe'}", "{\"F\":\"C:\\\\a\\\\yx.exe\"}", true,
			"a tail without path"},
		{"{F|endswith: '\\a\\x.exe'}", "{\"F\":\"C:\\\\b\\\\x.exe\"}", false, "two parts"},
		{"{F|contains: ''}", "{\"F\":5}", true, "everything contains nothing"},
		{"{F|contains|all: [a, b]}", "{\"F\":\"xbxa\"}", true, "all in any order"},
		{"{F|contains|all: [a, b]}", "{\"F\":[\"a\",\"b\"]}", true,
			"all, each by any element"},
		{"{F|contains|all: [a, b]}", "{\"F\":\"xa\"}", false, "all means all"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, values)
{
	static const struct sigma_row rows[] = {
		{"{F: 5}", "{\"F\":5.0}", true, "equal numbers in another spelling"},
		{"{F: 5}", "{\"F\":\"5\"}", true, "a string that is the number's text"},
		{"{F: 5}", "{\"F\":\"05\"}", false, "not another spelling of it"},
		{"{F: 0x17}", "{\"F\":23}", true, "hexadecimal in the rule"},
		{"{F: 4624}", "{\"F\":4.624e3}", true, "an exponent in the event"},
		{"{F: 00429}", "{\"F\":429}", false, "a leading zero makes text"},
		{"{F: 00429}", "{\"F\":\"00429\"}", true, "which matches as text"},
		{"{F|contains: 62}", "{\"F\":4624}", true, "numbers are text under contains"},
		{"{F: '4.50'}", "{\"F\":4.50}", true, "an event number keeps its literal text"},
		{"{F: true}", "{\"F\":\"TRUE\"}", true, "a boolean's word"},
		{"{F: true}", "{\"F\":1}", false, "1 is not true"},
		{"{F: 'true'}", "{\"F\":true}", true, "text true, boolean true"},
		{"{F: null}", "{}", true, "missing is null"},
		{"{F: null}", "{\"F\":null}", true, "null is null"},
		{"{F: null}", "{\"F\":\"\"}", false, "empty is not null"},
		{"{F: null}", "{\"F\":[]}", false, "an empty array is present"},
		{"{F: []}", "{}", true, "an empty list means null"},
		{"{F: ''}", "{\"F\":\"\"}", true, "empty"},
		{"{F: ''}", "{\"F\":null}", false, "null is not empty"},
		{"{F: '*'}", "{\"F\":{\"x\":1}}", false, "objects have no text"},
		{"{F: '*'}", "{\"F\":false}", true, "false has"},
		{"{F|exists: true}", "{\"F\":null}", true, "null is present"},
		{"{F|exists: true}", "{\"F\":{}}", true, "an object is present"},
		{"{F|exists: false}", "{\"G\":1}", true, "missing"},
		{"{F.x: 1}", "{\"F\":[{\"y\":1},{\"x\":[2,[1]]}]}", true, "arrays on the way"},
		{"{F.x: 1}", "{\"F.x\":2,\"F\":{\"x\":1}}", false, "the literal key wins"},
		{"{F: a}", "{\"F\":\"a\",\"F\":\"b\"}", false, "of doubled keys the last counts"},
		{0}};

	sigma_check(rows, NULL);
}

Test(semantics, modifiers)
{
	static const struct sigma_row rows[] = {
		{"{F|neq: [a, b]}", "{\"F\":\"c\"}", true, "none of the values"},
		{"{F|neq: [a, b]}", "{\"F\":[\"c\",\"b\"]}", false, "an element is one"},
		{"{F|neq: a}", "{}", true, "missing differs"},
		{"{F|re: 'a.c'}", "{\"F\":\"xabcx\"}", true, "re searches"},
		{"{F|re: 'ABC'}", "{\"F\":\"abc\"}", false, "re minds case"},
		{"{F|re|i: 'ABC'}", "{\"F\":\"xabc\"}", true, "i does not"},
		{"{F|re: 'a.c'}", "{\"F\":\"a\\nc\"}", false, "a dot is no line break"},
		{"{F|re|s: 'a.c'}", "{\"F\":\"a\\nc\"}", true, "with s it is"},
		{"{F|re: 'c$'}", "{\"F\":\"c\\n\"}", true, "$ before a final line break"},
		{"{F|re|m: '^c'}", "{\"F\":\"b\\nc\"}", true, "m: each line"},
		{"{F|re: '\\d'}", "{\"F\":\"\\u0663\"}", false, "digits are ASCII"},
		{"{F|re: '^.$'}", "{\"F\":\"\\u00e9\"}", true, "a dot is a character"},
		{"{F|re: '(?i)key|word'}", "{\"F\":\"WORD\"}", true, "flags inside"},
		{"{F|re|i: 'mas+k'}", "{\"F\":\"ma\xc5\xbfk\"}", true, "the long s folds to s"},
		{"{F|re: '4{2}'}", "{\"F\":1445}", true, "numbers by their text"},
		{"{F|cidr: 10.0.0.0/8}", "{\"F\":\"10.9.8.7\"}", true, "inside"},
		{"{F|cidr: 10.0.0.0/8}", "{\"F\":\"11.0.0.0\"}", false, "outside"},
		{"{F|cidr: 10.0.0.0/8}", "{\"F\":\"10.0.0.1:80\"}", false, "a port is no address"},
		{"{F|cidr: '2001:db8::/32'}", "{\"F\":\"2001:DB8:1::\"}", true, "IPv6"},
		{"{F|cidr: '::/0'}", "{\"F\":\"10.0.0.1\"}", false, "the family must be the same"},
		{"{F|gt: 1.5}", "{\"F\":\"2\"}", true, "a string that spells a number"},
		{"{F|gt: 1.5}", "{\"F\":\"2x\"}", false, "one that does not"},
		{"{F|lte: 2}", "{\"F\":[9, 2e0]}", true, "any element may satisfy"},
		{"{F|lt: 0}", "{\"F\":-9007199254740993}", true, "large integers"},
		{"{F|hour: 23}", "{\"F\":\"2026-01-02 23:59:59.5+09:00\"}", true,
			"the hour as written"},
		{"{F|hour: 23}", "{\"F\":\"2026-02-30T23:00:00Z\"}", false, "no such day"},
		{"{F|week: 53}", "{\"F\":\"2021-01-03T00:00:00Z\"}", true, "ISO weeks"},
		{"{F|year|lt: 1971}", "{\"F\":86399}", true, "seconds since 1970"},
		{"{F|year: 2001}", "{\"F\":1000000000000}", true, "milliseconds"},
		{"{F|fieldref: G}", "{\"F\":\"A\",\"G\":[\"b\",\"a\"]}", true,
			"some element equals some"},
		{"{F|fieldref: G}", "{\"F\":null,\"G\":null}", false, "null equals nothing"},
		{"{F|fieldref|endswith: G}", "{\"F\":\"xyz\",\"G\":\"YZ\"}", true, "fieldref, end"},
		{"{F|cased|fieldref: G}", "{\"F\":\"a\",\"G\":\"A\"}", false, "fieldref, exactly"},
		{0}};

	sigma_check(rows, NULL);
}

Test(semantics, encodings)
{
	static const struct sigma_row rows[] = {
		{"{F|windash: 'a -b'}", "{\"F\":\"a /b\"}", true, "another dash"},
		{"{F|windash: 'a -b'}", "{\"F\":\"a \\u2015b\"}", true, "a horizontal bar"},
		{"{F|windash: 'a-b'}", "{\"F\":\"a/b\"}", false, "a hyphen inside a word stays"},
		{"{F|contains|windash|all: ['-a', '-b']}", "{\"F\":\"/a -b\"}", true,
			"OR inside all"},
		{"{F|base64: secret}", "{\"F\":\"c2VjcmV0\"}", true, "base64"},
		{"{F|base64|cased: secret}", "{\"F\":\"C2VjcmV0\"}", false, "base64 and case"},
		{"{F|base64: 'a\\*b'}", "{\"F\":\"YSpi\"}", true, "unescaped first"},
		{"{F|base64offset|contains: secret}", "{\"F\":\"AAAAc2VjcmV0AA\"}", true,
			"shift 0"},
		{"{F|base64offset|contains: secret}", "{\"F\":\"xxNlY3JldAxx\"}", true, "shift 1"},
		{"{F|base64offset|contains: secret}", "{\"F\":\"xzZWNyZXxx\"}", true, "shift 2"},
		{"{F|wide|base64: hi}", "{\"F\":\"aABpAA==\"}", true, "UTF-16LE"},
		{"{F|utf16be|base64: \xe3\x81\x82}", "{\"F\":\"MEI=\"}", true, "UTF-16BE, kana"},
		{"{F|utf16|base64: h}", "{\"F\":\"//5oAA==\"}", true, "with a byte order mark"},
		{"{F|wide|contains: hi}", "{\"F\":\"xh\\u0000i\\u0000\"}", true, "wide text"}, {0}};

	sigma_check(rows, NULL);
}

Test(semantics, keywords)
{
	static const struct sigma_row rows[] = {
		{"[needle]", "{\"a\":{\"b\":[1,\"a NEEDLE b\"]}}", true, "any value at any depth"},
		{"needle", "{\"needle\":1}", false, "keys are not searched"},
		{"[123]", "{\"a\":51234}", true, "numbers by their text"},
		{"[needle]", "{\"logsource\":{\"product\":\"needle\"},\"a\":1}", false,
			"not the label"},
		{"[{F: 1}, needle]", "{\"G\":\"xneedlex\"}", true, "maps and keywords in one list"},
		{"{'|all': [one, two]}", "{\"a\":\"one\",\"b\":\"two\"}", true,
			"all, in different values"},
		{"{'|all': [one, two]}", "{\"a\":\"one\"}", false, "all means all"},
		{"{'|startswith': ab}", "{\"a\":\"xab\"}", false, "startswith on keywords"},
		{"{'|re': '^a.$'}", "{\"a\":\"b\",\"b\":\"ac\"}", true, "re on keywords"},
		{"['a*c']", "{\"a\":\"xxabbcxx\"}", true, "wildcards inside keywords"},
		{"[\"\xe6\x97\xa5\xe6\x9c\xac\"]", "{\"a\":\"\\u65e5\\u672c\\u8a9e\"}", true,
			"Japanese"},
		{"[true]", "{\"a\":true}", true, "booleans by their word"},
		{"['']", "{\"a\":null}", false, "null has no text"}, {0}};

	sigma_check(rows, NULL);
}
