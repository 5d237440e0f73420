/*
 * hash.h - hashes: xxHash for tables and ids, CRC-32C for torn writes. Nothing here is a signature.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

struct hash128 {
	uint64_t lo, hi;
};

/* Unseeded: for tables whose keys an attacker does not choose. */
uint64_t hash_text(struct str s);
/* Seeded: for tables keyed by what stands in logs. No output may depend on the seed. */
uint64_t hash_seeded(struct str s, uint64_t seed);
/* Stable for ever (XXH3-128): event ids, alert ids, content names. */
struct hash128 hash_id(const void *p, size_t n);
/* 32 lower-case hexadecimal digits, the high half first; no NUL. */
static inline bool
hash128_eq(struct hash128 a, struct hash128 b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

static inline bool
hash128_is_zero(struct hash128 h)
{
	return h.hi == 0 && h.lo == 0;
}

/* 32 digits, no NUL. */
void hash128_hex(struct hash128 h, char out[32]);
bool hash128_parse(struct str hex, struct hash128 *ret);

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4). Start with crc = 0; feed in pieces. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
