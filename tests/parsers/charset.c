#include <criterion/criterion.h>

#include "a_house.h"
#include "base/diag.h"
#include "base/utf8.h"
#include "parsers/charset.h"

#define H     "<38>Nov 22 09:59:58 web01 app: "
#define HYOJI "\xe8\xa1\xa8\xe7\xa4\xba" /* 表示: its first second byte in CP932 is a backslash */

#define SUBJECT(x) "{\"email\":{\"subject\":\"" x "\"}}"
#define KAIGI      "\xe4\xbc\x9a\xe8\xad\xb0" /* 会議 */

static const struct line_row mails[] = {
	{"ISO-2022-JP in base64", SUBJECT("=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?="),
		"email.subject=" KAIGI "|@flags="},
	{"in the middle of words", SUBJECT("Re: =?iso-2022-jp?B?GyRCMnE1RBsoQg==?= tomorrow"),
		"email.subject=Re: " KAIGI " tomorrow"},
	{"UTF-8, quoted", SUBJECT("=?UTF-8?Q?=E4=BC=9A=E8=AD=B0_1?="), "email.subject=" KAIGI " 1"},
	{"a character cut between two words, folded",
		SUBJECT("=?utf-8?B?5Lw=?=\\r\\n =?utf-8?B?muitsA==?="),
		"email.subject=" KAIGI "|@flags="},
	{"Shift_JIS: the second byte of \xe8\xa1\xa8 is a backslash",
		SUBJECT("=?Shift_JIS?B?lVyOpg==?="), "email.subject=" HYOJI},
	{"EUC-JP", SUBJECT("=?EUC-JP?B?yb28qA==?="), "email.subject=" HYOJI},
	{"Latin 1 with a language", SUBJECT("=?ISO-8859-1*de?Q?Gr=FC=DFe?="),
		"email.subject=Gr\xc3\xbc\xc3\x9f"
		"e"},
	{"words of two charsets", SUBJECT("=?utf-8?Q?a?= =?iso-2022-jp?B?GyRCMnE1RBsoQg==?="),
		"email.subject=a" KAIGI},
	{"what is no encoded word stays", SUBJECT("=?x?= 1=?2 =?utf-8?Z?a?= =?nobody?Q?a?="),
		"email.subject=\x3d?x?\x3d 1\x3d?2 \x3d?utf-8?Z?a?\x3d \x3d?nobody?Q?a?\x3d"},
	{"half a character", SUBJECT("=?utf-8?B?5Lw=?="),
		"email.subject=\xef\xbf\xbd|@flags=encoding"},
	{"the name of an attachment",
		"{\"email\":{\"attachments\":{\"file\":{\"name\":[\"=?Shift_JIS?B?lVyOpg==?=."
		"xlsx\"]}}}}",
		"email.attachments.file.name=" HYOJI ".xlsx"},
	{"other fields are no mail", "{\"message\":\"=?utf-8?Q?a?=\",\"x\":\"y\"}",
		"message=\x3d?utf-8?Q?a?\x3d"},
	{0},
};

Test(charset, encoded_words_in_mail)
{
	house_rows((struct house){0}, mails);
}

/* "<38>web" + U+8868 U+793A + U+1F600, little-endian with its mark. */
Test(charset, utf16_by_its_mark)
{
	static const char text[] =
		"\xff\xfe<\0003\0008\0>\0w\0:\0 \0\x68\x88\x3a\x79\x3d\xd8\x00\xde";
	struct house h = {0};
	struct buf got = {0};

	house_read(&h, str_make(text, sizeof(text) - 1));
	house_field(&h, 0, STR("message"), &got);
	cr_expect(str_eq(buf_str(&got), STR(HYOJI "\xf0\x9f\x98\x80")), "%s", buf_z(&got));
	buf_clear(&got);
	house_field(&h, 0, STR("@flags"), &got);
	cr_expect(str_eq(buf_str(&got), STR("encoding")), "nobody said that it would be UTF-16: %s",
		buf_z(&got));
	buf_clear(&got);
	house_field(&h, 0, STR("noroshi.charset"), &got);
	cr_expect(str_eq(buf_str(&got), STR("utf-16le")), "%s", buf_z(&got));
	house_done(&h);
	/* A file that says so at its beginning is believed. */
	h = (struct house){.frame_flags = FRAME_UTF16LE};
	house_read(&h, str_make(text + 2, sizeof(text) - 3));
	buf_clear(&got);
	house_field(&h, 0, STR("@flags"), &got);
	cr_expect_eq(got.n, 0, "%s", buf_z(&got));
	buf_done(&got);
	house_done(&h);
}

static const struct line_row cp932[] = {
	{"second bytes are no escapes",
		"CEF:0|Ex|FW|1.0|100|\x95\x5c\x8e\xa6|5|msg=\x83\x7c src=192.0.2.1",
		"rule.name=" HYOJI
		"|event.reason=\xe3\x83\x9d|source.ip=192.0.2.1|@flags=|noroshi.charset=cp932"},
	{"half-width kana", H "\xb1\xb2", "message=\xef\xbd\xb1\xef\xbd\xb2|@flags="},
	{"a vendor's character", H "\x87\x40", "message=\xe2\x91\xa0"},
	{"half a character", H "\x95", "message=\xef\xbf\xbd|@flags=encoding"},
	{"no character",
		H "\xff"
		  "a",
		"message=\xef\xbf\xbd"
		"a|@flags=encoding"},
	{"plain ASCII needs no work", H "a\\b", "message=a\\b|noroshi.charset="},
	{0},
};

Test(charset, cp932)
{
	house_rows((struct house){.in = {.encoding = STR("cp932")}}, cp932);
}

static const struct line_row euc[] = {
	{"JIS X 0208", H "\xc9\xbd\xbc\xa8", "message=" HYOJI "|@flags="},
	{"half-width kana", H "\x8e\xb1", "message=\xef\xbd\xb1"},
	{"JIS X 0212", H "\x8f\xb0\xa1", "message=\xe4\xb8\x82"},
	{"half a character", H "\xc9", "message=\xef\xbf\xbd|@flags=encoding"},
	{0},
};

Test(charset, euc_jp)
{
	house_rows((struct house){.in = {.encoding = STR("euc-jp")}}, euc);
}

static const struct line_row iso2022[] = {
	{"in and out", H "a \033$BI=<(\033(B b",
		"message=a " HYOJI " b|@original=" H "a " HYOJI " b"},
	{"the end of a line ends it", H "\033$BI=<(\nb", "message=" HYOJI "\nb"},
	{"kana", H "\033(I1\033(B", "message=\xef\xbd\xb1"},
	{0},
};

Test(charset, iso_2022_jp)
{
	house_rows((struct house){.in = {.encoding = STR("iso-2022-jp")}}, iso2022);
}

static const struct line_row utf8[] = {
	{"valid", H HYOJI, "message=" HYOJI "|@flags=|noroshi.charset="},
	{"overlong and cut", H "\xc0\xaf\xe8\xa1",
		"@flags=encoding|message=\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"U+FFFD was sent", H "\xef\xbf\xbd", "@flags=|message=\xef\xbf\xbd"},
	{0},
};

Test(charset, utf8)
{
	house_rows((struct house){0}, utf8);
}

Test(charset, every_pair_gives_valid_text)
{
	enum charset sets[] = {CHARSET_CP932, CHARSET_EUC_JP, CHARSET_ISO_2022_JP, CHARSET_UTF8};
	struct charsets t = {0};

	cr_assert_eq(charsets_need(&t, CHARSET_CP932), 0);
	cr_assert_eq(charsets_need(&t, CHARSET_EUC_JP), 0);
	for (size_t k = 0; k < 4; k++)
		for (unsigned a = 0; a < 65536; a++) {
			char in[4] = {(char)(a >> 8), (char)a, 'x', (char)(a >> 8)}, out[12];
			bool bad;
			size_t n = charset_decode(&t, sets[k], str_make(in, 4), out, &bad);

			cr_assert_leq(n, 12);
			cr_assert(
				utf8_valid(str_make(out, n)), "%s %04x", charset_name(sets[k]), a);
		}
	charsets_done(&t);
}

Test(charset, unknown_name_is_refused)
{
	struct input_context in = {.name = STR("x"), .encoding = STR("ebcdic")};
	struct parsers *p = NULL;
	struct diag why = {0};

	cr_expect_lt(parsers_new(&in, 1, &why, &p), 0);
	cr_expect_not_null(strstr(diag_first(&why), "ebcdic"));
	diag_done(&why);
}
