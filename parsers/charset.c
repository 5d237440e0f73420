#include "parsers/charset.h"

#include <iconv.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <smmintrin.h>

#define LEADS  60u  /* 0x81..0x9f, 0xe0..0xfc */
#define TRAILS 189u /* 0x40..0xfc */
#define ROWS   94u

static const struct {
	const char *name;
	enum charset id;
} names[] = {
	{"utf-8", CHARSET_UTF8},
	{"utf8", CHARSET_UTF8},
	{"cp932", CHARSET_CP932},
	{"shift_jis", CHARSET_CP932},
	{"shift-jis", CHARSET_CP932},
	{"sjis", CHARSET_CP932},
	{"windows-31j", CHARSET_CP932},
	{"euc-jp", CHARSET_EUC_JP},
	{"eucjp", CHARSET_EUC_JP},
	{"iso-2022-jp", CHARSET_ISO_2022_JP},
	{"iso2022_jp", CHARSET_ISO_2022_JP},
	{"jis", CHARSET_ISO_2022_JP},
};

enum charset
charset_find(struct str name)
{
	if (name.n == 0)
		return CHARSET_UTF8;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, str_of(names[i].name)))
			return names[i].id;
	return CHARSET_NONE;
}

const char *
charset_name(enum charset c)
{
	static const char words[CHARSET_UTF16BE + 1][12] = {
		"utf-8", "cp932", "euc-jp", "iso-2022-jp", "", "utf-16le", "utf-16be"};

	return words[c];
}

/* ---- tables ---- */

/* One character of n bytes to UTF-16; 0 if there is none. All of these sets lie in the BMP. */
static uint16_t
ask(iconv_t cd, const unsigned char *bytes, size_t n)
{
	char in[4], out[8];
	char *p = in, *q = out;
	size_t left = n, room = sizeof(out);

	memcpy(in, bytes, n);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &p, &left, &q, &room) != 0 || left != 0 || sizeof(out) - room != 2)
		return 0;
	return (uint16_t)((unsigned char)out[0] << 8 | (unsigned char)out[1]);
}

static unsigned char
lead_byte(unsigned i)
{
	return (unsigned char)(i < 31 ? 0x81 + i : 0xe0 + (i - 31));
}

static int
load_cp932(struct charsets *t)
{
	iconv_t cd = iconv_open("UTF-16BE", "CP932");

	if (cd == (iconv_t)-1)
		return ERR_UNSUPPORTED;
	t->cp932 = mem_zero((size_t)LEADS * TRAILS, sizeof(*t->cp932));
	for (unsigned i = 0; i < LEADS; i++)
		for (unsigned k = 0; k < TRAILS; k++) {
			unsigned char pair[2] = {lead_byte(i), (unsigned char)(0x40 + k)};

			t->cp932[i * TRAILS + k] = ask(cd, pair, 2);
		}
	iconv_close(cd);
	return 0;
}

static int
load_jis(struct charsets *t)
{
	iconv_t cd = iconv_open("UTF-16BE", "EUC-JP-MS");

	if (cd == (iconv_t)-1)
		return ERR_UNSUPPORTED;
	t->jisx0208 = mem_zero((size_t)ROWS * ROWS, sizeof(*t->jisx0208));
	t->jisx0212 = mem_zero((size_t)ROWS * ROWS, sizeof(*t->jisx0212));
	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned k = 0; k < ROWS; k++) {
			unsigned char three[3] = {
				0x8f, (unsigned char)(0xa1 + i), (unsigned char)(0xa1 + k)};

			t->jisx0208[i * ROWS + k] = ask(cd, three + 1, 2);
			t->jisx0212[i * ROWS + k] = ask(cd, three, 3);
		}
	iconv_close(cd);
	return 0;
}

int
charsets_need(struct charsets *t, enum charset c)
{
	if (c == CHARSET_CP932 && !t->cp932)
		return load_cp932(t);
	if ((c == CHARSET_EUC_JP || c == CHARSET_ISO_2022_JP) && !t->jisx0208)
		return load_jis(t);
	return 0;
}

void
charsets_done(struct charsets *t)
{
	mem_free(t->cp932);
	mem_free(t->jisx0208);
	mem_free(t->jisx0212);
}

/* ---- a look ---- */

static inline __m128i
load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/*
 * Is all of it printable ASCII? So it is nearly always. One more than each byte, as a signed
 * number: what is printable is above 0x20 then, and nothing else is.
 */
static bool
is_printable(const char *p, size_t n)
{
	const __m128i one = _mm_set1_epi8(1);
	__m128i least = _mm_set1_epi8(0x7f);
	size_t i = 0;

	if (n < 16) {
		while (i < n && (signed char)p[i] >= 0x20 && p[i] != 0x7f)
			i++;
		return i == n;
	}
	for (; i + 16 < n; i += 16)
		least = _mm_min_epi8(least, _mm_add_epi8(load16(p + i), one));
	/* Some of the last sixteen have been seen before. */
	least = _mm_min_epi8(least, _mm_add_epi8(load16(p + n - 16), one));
	return _mm_movemask_epi8(_mm_cmpgt_epi8(_mm_set1_epi8(0x21), least)) == 0;
}

struct text_kind
text_look(struct str s)
{
	struct text_kind k = {0};
	__m128i high = _mm_setzero_si128(), ctl = high, esc = high;
	size_t i = 0;

	if (is_printable(s.p, s.n))
		return k;
	for (; i + 16 <= s.n; i += 16) {
		__m128i v = load16(s.p + i);
		/* unsigned v < 0x20 */
		__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
		__m128i ok = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')),
			_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));

		high = _mm_or_si128(high, v);
		ctl = _mm_or_si128(ctl, _mm_or_si128(_mm_andnot_si128(ok, low),
						_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
		esc = _mm_or_si128(esc, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x1b)));
	}
	k.high = _mm_movemask_epi8(high) != 0;
	k.control = _mm_movemask_epi8(ctl) != 0;
	k.escape = _mm_movemask_epi8(esc) != 0;
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		k.high |= c >= 0x80;
		k.escape |= c == 0x1b;
		k.control |= (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
	}
	return k;
}

/* ---- decoding ---- */

struct sink {
	char *p;
	bool bad;
};

static void
put(struct sink *o, uint32_t cp)
{
	if (cp == 0) {
		cp = 0xfffd;
		o->bad = true;
	}
	o->p += utf8_encode(cp, o->p);
}

static void
decode_utf8(struct str s, struct sink *o)
{
	while (s.n > 0) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		/* A U+FFFD that was sent is three bytes long and no damage. */
		if (cp == 0xfffd && !(n == 3 && memcmp(s.p, "\xef\xbf\xbd", 3) == 0))
			o->bad = true;
		o->p += utf8_encode(cp, o->p);
		str_skip(&s, n);
	}
}

static void
decode_cp932(const struct charsets *t, struct str s, struct sink *o)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i], next, lead;
		uint32_t cp = 0;

		if (c < 0x80) {
			*o->p++ = (char)c;
			continue;
		}
		if (c >= 0xa1 && c <= 0xdf) {
			put(o, 0xff61 + (c - 0xa1));
			continue;
		}
		lead = c < 0xa0 ? c - 0x81 : c - 0xe0 + 31;
		next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
		if (c != 0x80 && c != 0xa0 && c <= 0xfc && next >= 0x40 && next <= 0xfc)
			cp = t->cp932[lead * TRAILS + next - 0x40];
		if (cp)
			i++;
		put(o, cp);
	}
}

static uint32_t
cell(const uint16_t *table, unsigned row, unsigned col)
{
	if (row < 0x21 || row > 0x7e || col < 0x21 || col > 0x7e)
		return 0;
	return table[(row - 0x21) * ROWS + col - 0x21];
}

/* Byte i with its high bit off; 0 if it has none or does not exist. */
static unsigned
low7(struct str s, size_t i)
{
	return i < s.n && (s.p[i] & 0x80) ? (unsigned)(s.p[i] & 0x7f) : 0;
}

static void
decode_euc(const struct charsets *t, struct str s, struct sink *o)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i];
		uint32_t cp = 0;
		size_t more = 1;

		if (c < 0x80) {
			*o->p++ = (char)c;
			continue;
		}
		if (c == 0x8e) {
			unsigned kana = low7(s, i + 1);

			cp = kana >= 0x21 && kana <= 0x5f ? 0xff61 + (kana - 0x21) : 0;
		} else if (c == 0x8f) {
			cp = cell(t->jisx0212, low7(s, i + 1), low7(s, i + 2));
			more = 2;
		} else {
			cp = cell(t->jisx0208, c & 0x7f, low7(s, i + 1));
		}
		if (cp)
			i += more;
		put(o, cp);
	}
}

enum jis_set { JIS_ASCII, JIS_KANA, JIS_0208, JIS_0212 };

/* Length of the designation at s (ESC …), 0 if it is none of ISO-2022-JP's. */
static size_t
designation(struct str s, enum jis_set *ret)
{
	static const struct {
		char text[5];
		enum jis_set set;
	} rows[] = {
		{"\033(B", JIS_ASCII},
		{"\033(J", JIS_ASCII},
		{"\033(I", JIS_KANA},
		{"\033$@", JIS_0208},
		{"\033$B", JIS_0208},
		{"\033$(B", JIS_0208},
		{"\033$(D", JIS_0212},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_starts(s, str_of(rows[i].text))) {
			*ret = rows[i].set;
			return strlen(rows[i].text);
		}
	return 0;
}

static void
decode_iso2022(const struct charsets *t, struct str s, struct sink *o)
{
	enum jis_set set = JIS_ASCII;
	size_t i = 0;

	while (i < s.n) {
		unsigned c = (unsigned char)s.p[i];
		uint32_t cp;
		size_t n = c == 0x1b ? designation(str_make(s.p + i, s.n - i), &set) : 0;

		if (n > 0) {
			i += n;
			continue;
		}
		i++;
		if (c == '\n')
			set = JIS_ASCII; /* RFC 1468: a line begins in ASCII */
		if (c >= 0x80) {
			put(o, 0);
		} else if (set == JIS_ASCII || c <= 0x20 || c == 0x7f) {
			*o->p++ = (char)c;
		} else if (set == JIS_KANA) {
			put(o, c <= 0x5f ? 0xff61 + (c - 0x21) : 0);
		} else {
			cp = i < s.n ? cell(set == JIS_0208 ? t->jisx0208 : t->jisx0212, c,
					       (unsigned char)s.p[i])
				     : 0;
			i += cp != 0;
			put(o, cp);
		}
	}
}

enum charset
charset_marked(struct str s)
{
	if (s.n < 2)
		return CHARSET_NONE;
	if (memcmp(s.p, "\xff\xfe", 2) == 0)
		return CHARSET_UTF16LE;
	return memcmp(s.p, "\xfe\xff", 2) == 0 ? CHARSET_UTF16BE : CHARSET_NONE;
}

static uint32_t
unit_at(struct str s, size_t i, bool big)
{
	uint32_t a = (unsigned char)s.p[i], b = (unsigned char)s.p[i + 1];

	return big ? a << 8 | b : b << 8 | a;
}

/* RFC 2781; a surrogate without its other half is no character. */
static void
decode_utf16(struct str s, bool big, struct sink *o)
{
	size_t i = 0;

	if (s.n >= 2 && unit_at(s, 0, big) == 0xfeff)
		i = 2;
	for (; i + 1 < s.n; i += 2) {
		uint32_t cp = unit_at(s, i, big);

		if (cp >= 0xd800 && cp < 0xe000) {
			uint32_t low = i + 3 < s.n ? unit_at(s, i + 2, big) : 0;

			if (cp < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
				cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			} else {
				cp = 0;
			}
			put(o, cp);
		} else if (cp == 0) {
			*o->p++ = 0; /* a character like others: the control flag tells */
		} else {
			put(o, cp);
		}
	}
	if (i < s.n)
		put(o, 0);
}

size_t
charset_decode(const struct charsets *t, enum charset c, struct str s, char *out, bool *bad)
{
	struct sink o = {.p = out};

	if (c == CHARSET_CP932)
		decode_cp932(t, s, &o);
	else if (c == CHARSET_EUC_JP)
		decode_euc(t, s, &o);
	else if (c == CHARSET_ISO_2022_JP)
		decode_iso2022(t, s, &o);
	else if (c == CHARSET_UTF16LE || c == CHARSET_UTF16BE)
		decode_utf16(s, c == CHARSET_UTF16BE, &o);
	else
		decode_utf8(s, &o);
	*bad = o.bad;
	return (size_t)(o.p - out);
}
