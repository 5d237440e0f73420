/*
 * jsonput.h - the inside of a JSON string, sixteen bytes at a time at a cursor whose room the
 * caller has seen to. For jsonout.c and recordout.c, which write most of what Noroshi writes.
 *
 * Threads: pure.
 */
#ifndef BASE_JSONPUT_H
#define BASE_JSONPUT_H

#include <tmmintrin.h>

#include "base/str.h"

/* How eight bytes are spread, by which of them want a backslash in front (bit i is byte i): numbers
 * of the bytes, and 8 for the backslash. */
extern const uint8_t json_spread[256][16];

static inline __m128i
load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void
store16(char *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)(void *)p, v);
}

/* Quotes and backslashes: the one of them that ends in the same four bits as the byte, if it is
 * that byte. Where neither does, stands what no byte of those four bits is. */
static inline __m128i
json_marks(__m128i v)
{
	const __m128i row = _mm_setr_epi8(1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0);

	return _mm_cmpeq_epi8(_mm_shuffle_epi8(row, v), v);
}

/* Controls and what is not ASCII: signed, bytes from 0x80 on are below 0x20, too. */
static inline __m128i
json_odds(__m128i v)
{
	return _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
}

/* A bit for each byte that cannot stand in a string as it is. */
static inline unsigned
json_hits(__m128i v)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(json_marks(v), json_odds(v)));
}

/* The bytes of v, those of the mask with a backslash in front: without a branch. Writes 32 bytes;
 * what it returns is behind all sixteen. */
static inline char *
json_put_marked(char *to, __m128i v, unsigned mask)
{
	const __m128i slash = _mm_set1_epi8('\\');
	const char *low = (const char *)json_spread[mask & 255],
		   *high = (const char *)json_spread[mask >> 8];

	store16(to, _mm_shuffle_epi8(_mm_unpacklo_epi64(v, slash), load16(low)));
	to += 8 + __builtin_popcount(mask & 255);
	store16(to, _mm_shuffle_epi8(_mm_unpackhi_epi64(v, slash), load16(high)));
	return to + 8 + __builtin_popcount(mask >> 8);
}

/*
 * Text with quotes and backslashes escaped, up to the sixteen bytes in which something else must be
 * (or all of it): *done bytes are written. Reads up to 16 bytes beyond the text; room:
 * JSON_ROOM(n).
 */
#define JSON_ROOM(n) (2 * (n) + 32)

static inline __attribute__((always_inline)) char *
json_put(char *to, struct str s, size_t *done)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned hits;
	__m128i v;

	for (; end - p > 16; p += 16) {
		v = load16(p);
		hits = json_hits(v);
		store16(to, v);
		if (hits == 0) {
			to += 16;
			continue;
		}
		if (_mm_movemask_epi8(json_odds(v))) {
			*done = (size_t)(p - s.p);
			return to;
		}
		to = json_put_marked(to, v, hits);
	}
	v = load16(p);
	hits = json_hits(v) & ((1u << (end - p)) - 1);
	store16(to, v);
	*done = s.n;
	if (!hits)
		return to + (end - p);
	if (hits & (unsigned)_mm_movemask_epi8(json_odds(v))) {
		*done = (size_t)(p - s.p);
		return to;
	}
	return json_put_marked(to, v, hits) - (16 - (end - p));
}

#endif
