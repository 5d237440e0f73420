#include "store/find.h"

#include <emmintrin.h>

#include "base/utf8.h"

static char
low_ascii(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

void
find_lower(struct str s, struct buf *out)
{
	char *to = buf_room(out, s.n * 3 + 4);

	while (s.n) {
		uint32_t cp, low;
		size_t n;

		if (!(s.p[0] & 0x80)) {
			*to++ = low_ascii(s.p[0]);
			str_skip(&s, 1);
			continue;
		}
		n = utf8_decode(s, &cp);
		low = utf8_lower(cp);
		to += utf8_encode(low < 0x80 ? cp : low, to);
		str_skip(&s, n);
	}
	out->n = (size_t)(to - out->p);
}

static bool
same_nocase(const char *p, struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (low_ascii(p[i]) != word.p[i])
			return false;
	return true;
}

static char
other_case(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* First and last byte of the word at once, sixteen places a step; then the candidates. */
bool
find_ascii(struct str s, struct str word)
{
	size_t i = 0, last = word.n - 1, places;
	__m128i a, b, c, d;

	if (s.n < word.n)
		return false;
	places = s.n - last;
	a = _mm_set1_epi8(word.p[0]);
	b = _mm_set1_epi8(other_case(word.p[0]));
	c = _mm_set1_epi8(word.p[last]);
	d = _mm_set1_epi8(other_case(word.p[last]));
	for (; i + 16 <= places; i += 16) {
		__m128i f = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		__m128i l = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i + last));
		__m128i hit =
			_mm_and_si128(_mm_or_si128(_mm_cmpeq_epi8(f, a), _mm_cmpeq_epi8(f, b)),
				_mm_or_si128(_mm_cmpeq_epi8(l, c), _mm_cmpeq_epi8(l, d)));
		unsigned mask = (unsigned)_mm_movemask_epi8(hit);

		for (; mask; mask &= mask - 1)
			if (same_nocase(s.p + i + (unsigned)__builtin_ctz(mask), word))
				return true;
	}
	for (; i < places; i++)
		if (same_nocase(s.p + i, word))
			return true;
	return false;
}

static bool
equal_wide(struct str s, struct str low)
{
	while (s.n && low.n) {
		uint32_t cp, want, have;
		size_t n = utf8_decode(s, &cp), m = utf8_decode(low, &want);

		have = utf8_lower(cp);
		if (have < 0x80 && cp >= 0x80)
			have = cp;
		if (have != want)
			return false;
		str_skip(&s, n);
		str_skip(&low, m);
	}
	return s.n == low.n;
}

bool
find_equal(struct str s, struct str low)
{
	size_t i = 0, n = s.n < low.n ? s.n : low.n;

	while (i < n && !((s.p[i] | low.p[i]) & 0x80)) {
		if (low_ascii(s.p[i]) != low.p[i])
			return false;
		i++;
	}
	str_skip(&s, i);
	str_skip(&low, i);
	return (s.n == 0 && low.n == 0) || equal_wide(s, low);
}

bool
find_text(struct str s, struct str low, bool low_is_ascii, struct buf *scratch)
{
	if (low.n == 0)
		return true;
	if (low_is_ascii)
		return find_ascii(s, low);
	buf_clear(scratch);
	find_lower(s, scratch);
	return str_find(buf_str(scratch), low) >= 0;
}

bool
find_glob(struct str s, const struct str *parts, size_t n, struct buf *scratch)
{
	struct str rest, tail = parts[n - 1];

	buf_clear(scratch);
	find_lower(s, scratch);
	rest = buf_str(scratch);
	if (n == 1)
		return str_eq(rest, parts[0]);
	if (!str_take(&rest, parts[0]))
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		ptrdiff_t at = parts[i].n ? str_find(rest, parts[i]) : 0;

		if (at < 0)
			return false;
		str_skip(&rest, (size_t)at + parts[i].n);
	}
	return str_ends(rest, tail);
}
