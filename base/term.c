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

void
term_csv_cell(struct buf *out, struct str s)
{
	buf_add_char(out, '"');
	if (s.n > 0 && strchr("=+-@\t\r", s.p[0]) && s.p[0])
		buf_add_char(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"')
			buf_add_char(out, '"');
		if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_char(out, s.p[i]);
	}
	buf_add_char(out, '"');
}
