/*
 * cidr.h - networks: 10.0.0.0/8, 2001:db8::/32, or one address.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/str.h"

struct cidr {
	uint8_t bytes[16];
	uint8_t len; /* 4 or 16 */
	uint8_t bits;
};

/* Why it is not one, or NULL if it is. Host bits must be zero. */
const char *cidr_read(struct str text, struct cidr *ret);
/* The text is an address of the same family inside the network; ports and zones are no part of
 * one. */
bool cidr_has(const struct cidr *c, struct str text);
bool cidr_same(const struct cidr *a, const struct cidr *b);
/* Of a peer's text ("192.0.2.1", "192.0.2.1:514", "[2001:db8::1]:514") the address as one network.
 * False: it has none, as that of a unix socket. */
bool cidr_of_peer(struct str peer, struct cidr *ret);
/* All addresses of b are in a. */
bool cidr_holds(const struct cidr *a, const struct cidr *b);

#endif
