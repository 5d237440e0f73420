/*
 * domain.h - host names taken apart by the Public Suffix List (libpsl's own copy, so that the same
 * program splits the same name alike on every machine).
 *
 * Threads: a struct domains is one worker's. What it remembers saves time and changes no outcome.
 */
#ifndef PARSERS_DOMAIN_H
#define PARSERS_DOMAIN_H

#include "base/record.h"

#define DOMAINS_KEPT 256u
#define DOMAIN_KEPT  60u  /* bytes of a name that is worth keeping */
#define DOMAIN_MAX   253u /* RFC 1035 2.3.4 */

struct domains {
	struct domain_slot {
		uint8_t n, suffix, registered, valid; /* places in name; valid 0: it has no parts */
		char name[DOMAIN_KEPT];
	} slots[DOMAINS_KEPT];
};

/* Slices of the name that was asked for. */
struct domain_parts {
	struct str suffix;     /* co.jp: the effective top level domain */
	struct str registered; /* example.co.jp */
	struct str below;      /* a.b of a.b.example.co.jp; may be empty */
};

/* False: an address, a public suffix itself, below no public suffix ("srv1", "srv1.corp"), or no
 * name. Letter case is ignored. */
bool domain_split(struct domains *d, struct str name, struct domain_parts *ret);

#endif
