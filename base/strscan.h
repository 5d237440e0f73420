/*
 * strscan.h - short text searched and copied in place, where calling the library takes longer than
 * the work. Threads: pure.
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

/* Copy s to `to`: what is short by two loads that overlap. */
static inline void
str_copy(char *to, struct str s)
{
	uint64_t a, b;
	uint32_t c, d;

	if (s.n > 32) {
		memcpy(to, s.p, s.n);
	} else if (s.n >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s.p);
		__m128i w = _mm_loadu_si128((const __m128i *)(const void *)(s.p + s.n - 16));

		_mm_storeu_si128((__m128i *)(void *)to, v);
		_mm_storeu_si128((__m128i *)(void *)(to + s.n - 16), w);
	} else if (s.n >= 8) {
		memcpy(&a, s.p, 8);
		memcpy(&b, s.p + s.n - 8, 8);
		memcpy(to, &a, 8);
		memcpy(to + s.n - 8, &b, 8);
	} else if (s.n >= 4) {
		memcpy(&c, s.p, 4);
		memcpy(&d, s.p + s.n - 4, 4);
		memcpy(to, &c, 4);
		memcpy(to + s.n - 4, &d, 4);
	} else {
		for (size_t i = 0; i < s.n; i++)
			to[i] = s.p[i];
	}
}

#endif
