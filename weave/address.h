/*
 * address.h - who had an address when: bindings with intervals, per address, in the region.
 *
 * Threads: one.
 */
#ifndef WEAVE_ADDRESS_H
#define WEAVE_ADDRESS_H

#include <stddef.h>

#include "weave/names.h"
#include "weave/table.h"

enum via { VIA_NONE, VIA_LOGON, VIA_LEASE, VIA_VPN, VIA_COUNT }; /* rising trust */

struct str via_name(enum via v);

#define BINDINGS 12u /* per address; the oldest goes */
#define SEEN     8u  /* different persons remembered, to learn that an address is shared */

struct binding {
	int64_t since, until;
	uint8_t via, user_n, host_n, mac_n;
	char user[NAME_MAX_BYTES], host[NAME_MAX_BYTES], mac[20];
};

/* Most addresses have one binding or none, so a thing begins with places for two and
 * grows (weave_address_take). */
struct address {
	struct thing thing;
	uint32_t n;
	uint32_t nseen;
	int64_t shared_until; /* learned */
	struct {
		uint64_t who;
		int64_t when;
	} seen[SEEN];
	struct binding at[BINDINGS]; /* by since; as many as thing.bytes says */
};

#define ADDRESS_FIRST 2u /* places: together with the head 512 bytes */

static inline uint32_t
address_bytes_for(uint32_t places)
{
	return (uint32_t)(offsetof(struct address, at) + places * sizeof(struct binding));
}

/* How many bindings it has places for. */
static inline uint32_t
address_places(const struct address *a)
{
	return (uint32_t)((a->thing.bytes - offsetof(struct address, at)) / sizeof(struct binding));
}

static inline struct str
binding_user(const struct binding *b)
{
	return (struct str){b->user, b->user_n};
}

static inline struct str
binding_host(const struct binding *b)
{
	return (struct str){b->host, b->host_n};
}

static inline struct str
binding_mac(const struct binding *b)
{
	return (struct str){b->mac, b->mac_n};
}

/* New knowledge. A binding of the same via and holder is prolonged; another one of the same via
 * ends where this begins (logons live side by side). */
void address_bind(struct address *a, enum via via, struct str user, struct str host, struct str mac,
	int64_t since, int64_t until);
/* What is bound by `via` ends (a release, a tunnel that went down). */
void address_end(struct address *a, enum via via, int64_t when);
/* A person used it under his own name: too many of them make it shared for a while. */
void address_saw(
	struct address *a, struct str user, int64_t when, uint32_t shared_from, int64_t shared_ns);

#endif
