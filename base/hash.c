#include "base/hash.h"

#include <tmmintrin.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t
hash_text(struct str s)
{
	return XXH3_64bits(s.p, s.n);
}

uint64_t
hash_seeded(struct str s, uint64_t seed)
{
	return XXH3_64bits_withSeed(s.p, s.n, seed);
}

struct hash128
hash_id(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	return (struct hash128){.lo = h.low64, .hi = h.high64};
}

void
hash128_hex(struct hash128 h, char out[32])
{
	const __m128i digits = _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a',
			      'b', 'c', 'd', 'e', 'f'),
		      low = _mm_set1_epi8(15);
	__m128i v =
		_mm_set_epi64x((int64_t)__builtin_bswap64(h.lo), (int64_t)__builtin_bswap64(h.hi));
	__m128i lower = _mm_shuffle_epi8(digits, _mm_and_si128(v, low));
	__m128i upper = _mm_shuffle_epi8(digits, _mm_and_si128(_mm_srli_epi64(v, 4), low));

	_mm_storeu_si128((__m128i *)(void *)out, _mm_unpacklo_epi8(upper, lower));
	_mm_storeu_si128((__m128i *)(void *)(out + 16), _mm_unpackhi_epi8(upper, lower));
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
hash128_parse(struct str hex, struct hash128 *ret)
{
	struct hash128 h = {0};

	if (hex.n != 32)
		return false;
	for (size_t i = 0; i < 32; i++) {
		int v = nibble(hex.p[i]);
		uint64_t *half = i < 16 ? &h.hi : &h.lo;

		if (v < 0)
			return false;
		*half = *half << 4 | (uint64_t)v;
	}
	*ret = h;
	return true;
}

/* SSE4.2 is the baseline of this build (the literal scanner needs it too), so the instruction is at
 * hand. */
uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	const unsigned char *at = p;
	uint64_t c = ~crc;

	for (; n >= 8; n -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		c = __builtin_ia32_crc32di(c, word);
	}
	for (; n > 0; n--, at++)
		c = __builtin_ia32_crc32qi((uint32_t)c, *at);
	return ~(uint32_t)c;
}
