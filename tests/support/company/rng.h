/*
 * rng.h - the made-up company's dice: the same seed throws the same numbers on every machine.
 *
 * Threads: none; the caller owns the state.
 */
#ifndef COMPANY_RNG_H
#define COMPANY_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);

/* A number below n; n must not be 0. */
uint32_t rng_below(struct rng *r, uint32_t n);

/* A number from lo to hi, both included. */
uint32_t rng_range(struct rng *r, uint32_t lo, uint32_t hi);

bool rng_percent(struct rng *r, uint32_t percent);

#endif
