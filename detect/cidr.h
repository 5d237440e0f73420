/*
 * cidr.h - networks: 10.0.0.0/8, 2001:db8::/32, or one address.
 */
#ifndef DETECT_CIDR_H
#define DETECT_CIDR_H

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

#endif
