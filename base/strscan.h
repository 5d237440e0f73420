/*
 * strscan.h - the first of a few bytes in short text: a loop in place, where calling the library
 * takes longer than the search. Threads: pure.
 */
#ifndef BASE_STRSCAN_H
#define BASE_STRSCAN_H

#include <emmintrin.h>

#include "base/str.h"

/* How many bytes stand in front of the first a or b; s.n if there is neither. */
static inline size_t
str_before(struct str s, char a, char b)
{
	size_t i = 0;

	for (; i + 16 <= s.n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		unsigned hit = (unsigned)_mm_movemask_epi8(_mm_or_si128(
			_mm_cmpeq_epi8(v, _mm_set1_epi8(a)), _mm_cmpeq_epi8(v, _mm_set1_epi8(b))));

		if (hit)
			return i + (size_t)__builtin_ctz(hit);
	}
	while (i < s.n && s.p[i] != a && s.p[i] != b)
		i++;
	return i;
}

#endif
