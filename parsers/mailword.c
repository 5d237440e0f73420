#include "parsers/mailword.h"

#include "base/utf8.h"

enum wordset { WORD_UNKNOWN, WORD_LATIN1, WORD_CHARSET };

struct word {
	struct str charset, text;
	bool base64;
	size_t n; /* bytes of the whole word */
};

bool
mailword_in(struct str s)
{
	ptrdiff_t at = str_find(s, STR("=?"));

	return at >= 0 && str_find(str_make(s.p + at + 2, s.n - (size_t)at - 2), STR("?=")) > 0;
}

/* "=?charset*language?B?text?=" at the front (RFC 2047 2, RFC 2231 5). */
static bool
take_word(struct str s, struct word *ret)
{
	struct str rest = s, charset, encoding;
	ptrdiff_t end, star;

	if (!str_take(&rest, STR("=?")) || !str_cut(&rest, '?', &charset) || charset.n == 0 ||
		charset.n > 40 || !str_cut(&rest, '?', &encoding) || encoding.n != 1)
		return false;
	end = str_find(rest, STR("?="));
	/* "=?..?Q?=41?=": the text may begin with what could end it. */
	if (end == 0 && (encoding.p[0] | 0x20) == 'q') {
		end = str_find(str_make(rest.p + 1, rest.n - 1), STR("?="));
		end += end >= 0;
	}
	if (end < 0)
		return false;
	star = str_chr(charset, '*');
	if (star > 0)
		charset.n = (size_t)star;
	*ret = (struct word){.charset = charset,
		.text = str_make(rest.p, (size_t)end),
		.base64 = (encoding.p[0] | 0x20) == 'b',
		.n = (size_t)(rest.p - s.p) + (size_t)end + 2};
	return ret->base64 || (encoding.p[0] | 0x20) == 'q';
}

static enum wordset
find_set(const struct charsets *t, struct str name, enum charset *ret)
{
	static const struct {
		const char *name;
		enum charset charset;
	} rows[] = {{"utf-8", CHARSET_UTF8}, {"utf8", CHARSET_UTF8}, {"us-ascii", CHARSET_UTF8},
		{"ascii", CHARSET_UTF8}, {"iso-2022-jp", CHARSET_ISO_2022_JP},
		{"iso-2022-jp-1", CHARSET_ISO_2022_JP}, {"iso-2022-jp-ms", CHARSET_ISO_2022_JP},
		{"cp50220", CHARSET_ISO_2022_JP}, {"cp50221", CHARSET_ISO_2022_JP},
		{"shift_jis", CHARSET_CP932}, {"shift-jis", CHARSET_CP932}, {"sjis", CHARSET_CP932},
		{"x-sjis", CHARSET_CP932}, {"ms_kanji", CHARSET_CP932}, {"cp932", CHARSET_CP932},
		{"windows-31j", CHARSET_CP932}, {"ms932", CHARSET_CP932},
		{"euc-jp", CHARSET_EUC_JP}, {"x-euc-jp", CHARSET_EUC_JP},
		{"eucjp-ms", CHARSET_EUC_JP}};

	if (str_eq_nocase(name, STR("iso-8859-1")) || str_eq_nocase(name, STR("windows-1252")) ||
		str_eq_nocase(name, STR("iso-8859-15")))
		return WORD_LATIN1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!str_eq_nocase(name, str_of(rows[i].name)))
			continue;
		*ret = rows[i].charset;
		/* Its tables are there, unless the system has none. */
		return (*ret == CHARSET_CP932 && !t->cp932) ||
				       ((*ret == CHARSET_EUC_JP || *ret == CHARSET_ISO_2022_JP) &&
					       !t->jisx0208)
			       ? WORD_UNKNOWN
			       : WORD_CHARSET;
	}
	return WORD_UNKNOWN;
}

static size_t
undo_base64(struct str s, char *out)
{
	uint32_t bits = 0;
	size_t n = 0;
	unsigned have = 0;

	for (size_t i = 0; i < s.n; i++) {
		/* Also section 5's digits, which some senders write. */
		int v = base64_value(s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' : s.p[i]);

		if (v < 0)
			continue; /* padding, and what a fold left */
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have);
		}
	}
	return n;
}

static size_t
undo_q(struct str s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_') {
			out[n++] = ' ';
		} else if (s.p[i] == '=' && i + 2 < s.n && hex_value(s.p[i + 1]) >= 0 &&
			   hex_value(s.p[i + 2]) >= 0) {
			out[n++] = (char)(hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]));
			i += 2;
		} else {
			out[n++] = s.p[i];
		}
	}
	return n;
}

static size_t
latin1(struct str s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += utf8_encode((unsigned char)s.p[i], out + n);
	return n;
}

static size_t
blanks(struct str s)
{
	size_t i = 0;

	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r' || s.p[i] == '\n'))
		i++;
	return i;
}

size_t
mailword_decode(const struct charsets *t, struct str s, char *out, bool *bad)
{
	char *work = out + 3 * s.n;
	size_t n = 0;

	*bad = false;
	while (s.n > 0) {
		struct word w, next;
		enum charset charset = CHARSET_UTF8;
		enum wordset set;
		size_t bytes = 0, gap;
		bool odd = false;

		if (s.p[0] != '=' || !take_word(s, &w) ||
			(set = find_set(t, w.charset, &charset)) == WORD_UNKNOWN) {
			out[n++] = s.p[0];
			str_skip(&s, 1);
			continue;
		}
		/* All words of one charset that follow each other: a character may be cut between.
		 */
		for (;;) {
			bytes += w.base64 ? undo_base64(w.text, work + bytes)
					  : undo_q(w.text, work + bytes);
			str_skip(&s, w.n);
			gap = blanks(s);
			if (!take_word(str_make(s.p + gap, s.n - gap), &next))
				break;
			str_skip(&s, gap);
			if (!str_eq_nocase(next.charset, w.charset))
				break;
			w = next;
		}
		if (set == WORD_LATIN1)
			n += latin1(str_make(work, bytes), out + n);
		else
			n += charset_decode(t, charset, str_make(work, bytes), out + n, &odd);
		*bad = *bad || odd;
	}
	return n;
}
