/* jsonout.c - text as the inside of a JSON string (RFC 8259 7). */
#include <tmmintrin.h>

#include "base/json.h"
#include "base/utf8.h"

/* The first byte that cannot be copied as it stands: quote, backslash, control, or not ASCII. */
static const char *
plain_end(const char *p, const char *end)
{
	while (p < end && *p != '"' && *p != '\\' && (signed char)*p >= 0x20)
		p++;
	return p;
}

static void
escape_ascii(struct buf *out, char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "btn.fr"; /* from U+0008; U+000B has none */
	char *to = buf_room(out, 6);

	to[0] = '\\';
	if (c == '"' || c == '\\') {
		to[1] = c;
		out->n += 2;
	} else if (c >= '\b' && c <= '\r' && c != '\v') {
		to[1] = letters[c - '\b'];
		out->n += 2;
	} else {
		memcpy(to + 1, "u00", 3);
		to[4] = digits[c >> 4];
		to[5] = digits[c & 15];
		out->n += 6;
	}
}

/* A run of bytes from 0x80 on: valid code points as they are, each maximal invalid part U+FFFD. */
static const char *
escape_wide(struct buf *out, const char *p, const char *end)
{
	const char *from = p;

	while (p < end && (unsigned char)*p >= 0x80) {
		uint32_t cp;
		size_t n = utf8_decode(str_make(p, (size_t)(end - p)), &cp);

		/* U+FFFD itself is EF BF BD: three bytes, as no invalid part of that start is. */
		if (cp == 0xfffd && !(n == 3 && memcmp(p, "\xef\xbf\xbd", 3) == 0)) {
			buf_add(out, from, (size_t)(p - from));
			BUF_ADD_LIT(out, "\xef\xbf\xbd");
			from = p + n;
		}
		p += n;
	}
	buf_add(out, from, (size_t)(p - from));
	return p;
}

/*
 * How four bytes are spread, by which of them want a backslash in front: row bit i is byte i.
 * Numbers 0 to 3 are the bytes, 4 is a backslash (also what lies behind the last one).
 */
static const uint8_t spread[16][8] = {
	{0, 1, 2, 3, 4, 4, 4, 4},
	{4, 0, 1, 2, 3, 4, 4, 4},
	{0, 4, 1, 2, 3, 4, 4, 4},
	{4, 0, 4, 1, 2, 3, 4, 4},
	{0, 1, 4, 2, 3, 4, 4, 4},
	{4, 0, 1, 4, 2, 3, 4, 4},
	{0, 4, 1, 4, 2, 3, 4, 4},
	{4, 0, 4, 1, 4, 2, 3, 4},
	{0, 1, 2, 4, 3, 4, 4, 4},
	{4, 0, 1, 2, 4, 3, 4, 4},
	{0, 4, 1, 2, 4, 3, 4, 4},
	{4, 0, 4, 1, 2, 4, 3, 4},
	{0, 1, 4, 2, 4, 3, 4, 4},
	{4, 0, 1, 4, 2, 4, 3, 4},
	{0, 4, 1, 4, 2, 4, 3, 4},
	{4, 0, 4, 1, 4, 2, 4, 3},
};

/* The lower four bytes of v, those of the mask with a backslash in front. Writes eight bytes. */
static inline char *
put_spread(char *to, __m128i v, unsigned mask)
{
	__m128i how = _mm_loadl_epi64((const __m128i *)(const void *)spread[mask]);
	__m128i both = _mm_unpacklo_epi32(v, _mm_set1_epi8('\\'));

	_mm_storel_epi64((__m128i *)(void *)to, _mm_shuffle_epi8(both, how));
	return to + 4 + __builtin_popcount(mask);
}

/* Sixteen bytes at a time while as many are left: quotes and backslashes without a branch, what is
 * not ASCII or a control where it stands. Returns where it stopped. */
static const char *
escape_blocks(struct buf *out, const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
		      space = _mm_set1_epi8(0x20);

	while (end - p >= 16) {
		char *to = buf_room(out, 2 * 16 + 8), *from = to;
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		unsigned odd = (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(v, space));
		unsigned mask = (unsigned)_mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));

		if (!(odd | mask)) {
			_mm_storeu_si128((__m128i *)(void *)to, v);
			out->n += 16;
			p += 16;
			continue;
		}
		if (odd) {
			unsigned n = (unsigned)__builtin_ctz(odd);

			for (unsigned i = 0; i < n; i++) {
				*to = '\\';
				to += mask >> i & 1;
				*to++ = p[i];
			}
			out->n += (size_t)(to - from);
			p += n;
			if ((unsigned char)*p >= 0x80)
				p = escape_wide(out, p, end);
			else
				escape_ascii(out, *p++);
			continue;
		}
		to = put_spread(to, v, mask & 15);
		to = put_spread(to, _mm_srli_si128(v, 4), mask >> 4 & 15);
		to = put_spread(to, _mm_srli_si128(v, 8), mask >> 8 & 15);
		to = put_spread(to, _mm_srli_si128(v, 12), mask >> 12);
		out->n += (size_t)(to - from);
		p += 16;
	}
	return p;
}

void
json_escape(struct buf *out, struct str s)
{
	const char *p = s.p, *end = s.n ? s.p + s.n : s.p;

	p = escape_blocks(out, p, end);
	while (p < end) {
		const char *stop = plain_end(p, end);

		buf_add(out, p, (size_t)(stop - p));
		p = stop;
		if (p == end)
			break;
		if ((unsigned char)*p >= 0x80)
			p = escape_wide(out, p, end);
		else
			escape_ascii(out, *p++);
	}
}

static bool
plain_vector(__m128i v)
{
	__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
					   _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
		_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)));

	return _mm_movemask_epi8(hit) == 0;
}

/* Eight bytes twice: the upper half must not look like control characters. */
static __m128i
load8(const char *p)
{
	__m128i v = _mm_loadl_epi64((const __m128i *)(const void *)p);

	return _mm_unpacklo_epi64(v, v);
}

/* Can all of it be copied as it stands? Overlapping loads instead of a tail loop. */
static bool
is_plain(const char *p, size_t n)
{
	if (n >= 16) {
		const char *last = p + n - 16;

		for (; p < last; p += 16)
			if (!plain_vector(_mm_loadu_si128((const __m128i *)(const void *)p)))
				return false;
		return plain_vector(_mm_loadu_si128((const __m128i *)(const void *)last));
	}
	if (n >= 8)
		return plain_vector(load8(p)) && plain_vector(load8(p + n - 8));
	for (size_t i = 0; i < n; i++)
		if (p[i] == '"' || p[i] == '\\' || (signed char)p[i] < 0x20)
			return false;
	return true;
}

void
json_quote(struct buf *out, struct str s)
{
	char *to = buf_room(out, s.n + 2);

	if (is_plain(s.p, s.n)) {
		to[0] = '"';
		if (s.n)
			memcpy(to + 1, s.p, s.n);
		to[s.n + 1] = '"';
		out->n += s.n + 2;
		return;
	}
	buf_add_char(out, '"');
	json_escape(out, s);
	buf_add_char(out, '"');
}
