/*
 * namehash.h - a hash of short names, cheap enough to be asked for every value of every record.
 *
 * Whoever sends names may foresee it. So it is for tables that he has no part in, where all he
 * gains is to walk the longest run there is, and for what is never relied on. Threads: pure.
 */
#ifndef BASE_NAMEHASH_H
#define BASE_NAMEHASH_H

#include <nmmintrin.h>

#include "base/str.h"

static inline uint32_t
name_hash(struct str s)
{
	uint64_t h = s.n, word;
	uint32_t from, to;

	if (s.n >= 8) {
		for (size_t i = 0; i + 8 < s.n; i += 8) {
			memcpy(&word, s.p + i, 8);
			h = _mm_crc32_u64(h, word);
		}
		memcpy(&word, s.p + s.n - 8, 8);
		return (uint32_t)_mm_crc32_u64(h, word);
	}
	if (s.n >= 4) {
		memcpy(&from, s.p, 4);
		memcpy(&to, s.p + s.n - 4, 4);
		return (uint32_t)_mm_crc32_u64(h, from | (uint64_t)to << 32);
	}
	for (size_t i = 0; i < s.n; i++)
		h = _mm_crc32_u8((uint32_t)h, (unsigned char)s.p[i]);
	return (uint32_t)h;
}

/* The same length and bytes? In place: names are too short for a call. */
static inline bool
name_eq(struct str a, struct str b)
{
	uint64_t x, y, other = 0;

	if (a.n != b.n)
		return false;
	if (a.n < 8) {
		for (size_t i = 0; i < a.n; i++)
			if (a.p[i] != b.p[i])
				return false;
		return true;
	}
	for (size_t i = 0; i + 8 < a.n; i += 8) {
		memcpy(&x, a.p + i, 8);
		memcpy(&y, b.p + i, 8);
		other |= x ^ y;
	}
	memcpy(&x, a.p + a.n - 8, 8);
	memcpy(&y, b.p + a.n - 8, 8);
	return (other | (x ^ y)) == 0;
}

#endif
