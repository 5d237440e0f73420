#include "base/utf8.h"

#include <criterion/criterion.h>

static const struct repair_row {
	const char *bytes, *want, *why;
} repairs[] = {
	{"plain", "plain", "ASCII stays"},
	{"caf\xc3\xa9", "caf\xc3\xa9", "two bytes stay"},
	{"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", "three bytes stay"},
	{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "four bytes stay"},
	{"\xef\xbf\xbd", "\xef\xbf\xbd", "a true U+FFFD is sound"},
	{"a\x80z", "a\xef\xbf\xbdz", "a lone continuation byte"},
	{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "overlong slash: both bytes are bad"},
	{"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "overlong in three bytes"},
	{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "a surrogate"},
	{"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "above U+10FFFF"},
	{"\xe6\x97", "\xef\xbf\xbd", "cut at the end: one maximal part"},
	{"\xe6\x97z", "\xef\xbf\xbdz", "cut in the middle: the letter survives"},
	{"\xf0\x9f\x98", "\xef\xbf\xbd", "three of four bytes are one part"},
	{"12345678\xff", "12345678\xef\xbf\xbd", "bad byte behind a whole word"},
	{NULL, NULL, NULL},
};

Test(utf8, repair)
{
	for (const struct repair_row *row = repairs; row->why; row++) {
		struct buf got = {0};
		struct str in = str_of(row->bytes);

		utf8_repair(in, &got);
		cr_expect(str_eq(buf_str(&got), str_of(row->want)), "%s", row->why);
		cr_expect_eq(utf8_valid(in), str_eq(in, str_of(row->want)), "%s", row->why);
		cr_expect(utf8_valid(buf_str(&got)), "%s", row->why);
		buf_done(&got);
	}
}

static const struct lower_row {
	uint32_t from, to;
	const char *why;
} lowers[] = {
	{'A', 'a', "first letter"},
	{'Z', 'z', "last letter"},
	{'@', '@', "just before A"},
	{'[', '[', "just behind Z"},
	{0xc0, 0xe0, "A grave"},
	{0xd7, 0xd7, "the multiplication sign stands among letters"},
	{0xdf, 0xdf, "sharp s has no other"},
	{0x100, 0x101, "pairs: even is upper"},
	{0x101, 0x101, "pairs: odd stays"},
	{0x130, 'i', "I with dot maps simply to i"},
	{0x139, 0x13a, "pairs: odd is upper"},
	{0x178, 0xff, "Y diaeresis goes down"},
	{0x3a3, 0x3c3, "sigma"},
	{0x3c2, 0x3c2, "final sigma stays"},
	{0x410, 0x430, "Cyrillic"},
	{0x1e9e, 0xdf, "capital sharp s"},
	{0x212a, 'k', "Kelvin sign becomes ASCII"},
	{0x2c6f, 0x250, "a far jump"},
	{0xab70, 0xab70, "Cherokee small letters have no lower case"},
	{0x13a0, 0xab70, "Cherokee capitals do"},
	{0xff21, 0xff41, "full-width A"},
	{0x10400, 0x10428, "beyond the basic plane"},
	{0x1e921, 0x1e943, "the last run's last"},
	{0x10ffff, 0x10ffff, "the last code point"},
	{0, 0, NULL},
};

Test(utf8, lower)
{
	for (const struct lower_row *row = lowers; row->why; row++) {
		char in[4], out[12], want[4];
		size_t n = utf8_encode(row->from, in), m = utf8_encode(row->to, want);
		size_t got;

		cr_expect_eq(utf8_lower(row->from), row->to, "%s", row->why);
		got = utf8_lower_to(str_make(in, n), out);
		cr_expect(str_eq(str_make(out, got), str_make(want, m)), "%s", row->why);
	}
}

Test(utf8, lower_is_stable_and_fits)
{
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		uint32_t low = utf8_lower(cp);
		char bytes[4], out[12];
		size_t n;

		cr_assert_eq(utf8_lower(low), low, "U+%04X", cp);
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_encode(cp, bytes);
		cr_assert(utf8_lower_to(str_make(bytes, n), out) <= 3 * n, "U+%04X", cp);
	}
}

Test(utf8, lower_long_runs)
{
	struct str in = STR("The QUICK Brown Fox [@] ZAz \xc3\x9c"
			    "BER\xff!");
	struct str want = STR("the quick brown fox [@] zaz \xc3\xbc"
			      "ber\xef\xbf\xbd!");

	for (size_t from = 0; from < 9; from++) {
		char out[256];
		struct str s = str_make(in.p + from, in.n - from);
		size_t n = utf8_lower_to(s, out);

		cr_expect(str_eq(str_make(out, n), str_make(want.p + from, want.n - from)),
			"shifted by %zu", from);
	}
}

Test(utf8, decode_encode_round)
{
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		char bytes[4];
		uint32_t back;
		size_t n;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_encode(cp, bytes);
		cr_assert_eq(utf8_decode(str_make(bytes, n), &back), n);
		cr_assert_eq(back, cp);
	}
}

/* Blocks of 16, 8 and single bytes meet at every length and place of a letter beyond ASCII. */
Test(utf8_lower, whatever_the_length_and_place)
{
	for (size_t n = 0; n <= 50; n++)
		for (size_t at = 0; at <= n; at++) {
			char in[64], want[64], out[192];
			size_t len = n, got;
			bool ascii;

			for (size_t i = 0; i < n; i++) {
				in[i] = "A@Z[az{9"[(i * 5 + n) % 8];
				want[i] = (char)(in[i] >= 'A' && in[i] <= 'Z' ? in[i] + 32 : in[i]);
			}
			if (at < n) { /* U+00C9 becomes U+00E9 */
				memmove(in + at + 2, in + at + 1, n - at - 1);
				memmove(want + at + 2, want + at + 1, n - at - 1);
				memcpy(in + at, "\xc3\x89", 2);
				memcpy(want + at, "\xc3\xa9", 2);
				len++;
			}
			got = utf8_lower_look(str_make(in, len), out, &ascii);
			cr_expect(str_eq(str_make(out, got), str_make(want, len)), "%zu at %zu", n,
				at);
			cr_expect_eq(ascii, at == n, "%zu at %zu", n, at);
		}
}
