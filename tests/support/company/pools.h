/*
 * pools.h - who is where on the made-up internet (RFC 2544 and RFC 5737 addresses only), so that
 * benign life, decoys and attacks never share an address.
 *
 *   198.18.0-3      homes           198.18.64-127   bots and scanners    198.18.128-159  mail peers
 *   198.19.0-63     web sites       198.19.96-99    decoys               198.19.200      blocked
 * sites 198.51.100      attackers       192.0.2         attackers' servers   203.0.113       our
 * own
 */
#ifndef COMPANY_POOLS_H
#define COMPANY_POOLS_H

#include "company.h"

static inline uint32_t
pool_web(struct rng *r)
{
	return IP(198, 19, rng_below(r, 64), 1 + rng_below(r, 250));
}

static inline uint32_t
pool_bot(struct rng *r)
{
	return IP(198, 18, 64 + rng_below(r, 64), rng_below(r, 256));
}

static inline uint32_t
pool_own(struct rng *r)
{
	return IP(203, 0, 113, 1 + rng_below(r, 14));
}

static inline unsigned
pool_port(struct rng *r)
{
	return 1024 + rng_below(r, 64000);
}

#endif
