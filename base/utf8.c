#include "base/utf8.h"

#include <smmintrin.h>

/* The range that the second byte must lie in, which excludes overlong forms, surrogates and what
 * is above U+10FFFF (RFC 3629, 4). */
static void
second_range(unsigned char lead, unsigned char *lo, unsigned char *hi)
{
	*lo = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*hi = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
}

size_t
utf8_decode(struct str s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char lo, hi;
	size_t need, i;
	uint32_t cp;

	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	*ret = 0xfffd;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 1;
	need = p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	cp = p[0] & (0x3fu >> need);
	second_range(p[0], &lo, &hi);
	for (i = 1; i <= need; i++) {
		if (i == s.n || p[i] < lo || p[i] > hi)
			return i;
		cp = cp << 6 | (p[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	*ret = cp;
	return i;
}

size_t
utf8_encode(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

static inline __m128i
load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* How many bytes at the front are below 0x80. */
static size_t
ascii_run(const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 16; i += 16) {
		unsigned high = (unsigned)_mm_movemask_epi8(load16(p + i));

		if (high)
			return i + (size_t)__builtin_ctz(high);
	}
	for (; n - i >= 8; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		w &= UINT64_C(0x8080808080808080);
		if (w)
			return i + (size_t)__builtin_ctzll(w) / 8;
	}
	while (i < n && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

bool
utf8_is_ascii(struct str s)
{
	return ascii_run(s.p, s.n) == s.n;
}

/* ASCII alone, and no NUL? As a signed number each byte is above zero then. */
static bool
is_ascii_text(const char *p, size_t n)
{
	__m128i least = _mm_set1_epi8(0x7f);
	size_t i = 0;

	if (n < 16) {
		while (i < n && (signed char)p[i] > 0)
			i++;
		return i == n;
	}
	for (; i + 16 < n; i += 16)
		least = _mm_min_epi8(least, load16(p + i));
	/* Some of the last sixteen have been seen before. */
	least = _mm_min_epi8(least, load16(p + n - 16));
	return _mm_movemask_epi8(_mm_cmpgt_epi8(_mm_set1_epi8(1), least)) == 0;
}

bool
utf8_is_text(struct str s)
{
	return is_ascii_text(s.p, s.n) || (utf8_valid(s) && !memchr(s.p, 0, s.n));
}

/* Take one code point; false if the bytes at the front are not one. U+FFFD itself is one. */
static bool
take(struct str *s, uint32_t *cp)
{
	size_t n = utf8_decode(*s, cp);
	bool sound = *cp != 0xfffd || (n == 3 && memcmp(s->p, "\xef\xbf\xbd", 3) == 0);

	str_skip(s, n);
	return sound;
}

bool
utf8_valid(struct str s)
{
	uint32_t cp;

	for (;;) {
		size_t run = ascii_run(s.p, s.n);

		if (run == s.n)
			return true;
		str_skip(&s, run);
		if (!take(&s, &cp))
			return false;
	}
}

void
utf8_repair(struct str s, struct buf *out)
{
	while (s.n > 0) {
		size_t run = ascii_run(s.p, s.n);
		const char *from;
		uint32_t cp;

		buf_add(out, s.p, run);
		str_skip(&s, run);
		if (s.n == 0)
			return;
		from = s.p;
		if (take(&s, &cp))
			buf_add(out, from, (size_t)(s.p - from));
		else
			BUF_ADD_LIT(out, "\xef\xbf\xbd");
	}
}

/* Eight bytes of ASCII at once: 0x20 is added where the byte lies in A..Z. */
static inline uint64_t
lower_word(uint64_t w)
{
	uint64_t from_a = w + UINT64_C(0x3f3f3f3f3f3f3f3f); /* high bit: byte >= 'A' */
	uint64_t past_z = w + UINT64_C(0x2525252525252525); /* high bit: byte > 'Z' */

	return w + ((from_a & ~past_z & UINT64_C(0x8080808080808080)) >> 2);
}

static inline __m128i
lower_16(__m128i v)
{
	__m128i big = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)),
		_mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));

	return _mm_or_si128(v, _mm_and_si128(big, _mm_set1_epi8(0x20)));
}

/* The front below 0x80; returns its length. Room for all n bytes. */
static size_t
lower_ascii(const char *p, size_t n, char *to)
{
	size_t i = 0;

	while (n - i >= 16 || (i >= 16 && i < n)) {
		__m128i v;
		unsigned high;

		/* The last bytes once more with those before them, which are known to be ASCII. */
		i = n - i >= 16 ? i : n - 16;
		v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		high = (unsigned)_mm_movemask_epi8(v);
		_mm_storeu_si128((__m128i *)(void *)(to + i), lower_16(v));
		if (high)
			return i + (size_t)__builtin_ctz(high);
		i += 16;
	}
	for (; n - i >= 8; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		if (w & UINT64_C(0x8080808080808080))
			break;
		w = lower_word(w);
		memcpy(to + i, &w, 8);
	}
	for (; i < n && (unsigned char)p[i] < 0x80; i++)
		to[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i]);
	return i;
}

size_t
utf8_lower_look(struct str s, char *out, bool *ascii)
{
	char *to = out;
	size_t n = lower_ascii(s.p, s.n, to);

	*ascii = n == s.n;
	while (n < s.n) {
		uint32_t cp;

		str_skip(&s, n);
		to += n;
		str_skip(&s, utf8_decode(s, &cp));
		to += utf8_encode(utf8_lower(cp), to);
		n = lower_ascii(s.p, s.n, to);
	}
	return (size_t)(to - out) + n;
}

size_t
utf8_narrow(struct str s, char *out)
{
	size_t n = 0;

	while (s.n > 0) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		if (cp == 0x3000) {
			out[n++] = ' ';
		} else if (cp >= 0xff01 && cp <= 0xff5e) {
			out[n++] = (char)(cp - 0xfee0);
		} else {
			memcpy(out + n, s.p, len);
			n += len;
		}
		str_skip(&s, len);
	}
	return n;
}

size_t
utf8_lower_to(struct str s, char *out)
{
	bool ascii;

	return utf8_lower_look(s, out, &ascii);
}
