#include "base/term.h"

#include "base/utf8.h"

/* Characters that change what other characters look like. */
static bool
is_hidden(uint32_t cp)
{
	return cp == 0x00ad || cp == 0x061c || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xfff9 && cp <= 0xfffb) || (cp >= 0xe0000 && cp <= 0xe007f);
}

void
term_show(struct buf *out, struct str s)
{
	while (s.n > 0) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);
		bool invalid = cp == 0xfffd && !(n == 3 && !memcmp(s.p, "\xef\xbf\xbd", 3));

		if (invalid || cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
			for (size_t i = 0; i < n; i++)
				buf_printf(out, "\\x%02x", (unsigned)(unsigned char)s.p[i]);
		} else if (is_hidden(cp)) {
			buf_printf(out, "\\u{%x}", cp);
		} else {
			buf_add(out, s.p, n);
		}
		str_skip(&s, n);
	}
}

/* Also the wide forms, which a spreadsheet with Japanese input takes for the narrow ones. */
static bool
begins_formula(struct str s)
{
	static const char *const signs[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\xef\xbc\x9d",
		"\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (str_starts(s, str_of(signs[i])))
			return true;
	return false;
}

void
term_csv_cell(struct buf *out, struct str s)
{
	struct buf shown = {0};

	term_show(&shown, s);
	buf_add_char(out, '"');
	if (begins_formula(s))
		buf_add_char(out, '\'');
	for (size_t i = 0; i < shown.n; i++) {
		if (shown.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, shown.p[i]);
	}
	buf_add_char(out, '"');
	buf_done(&shown);
}
