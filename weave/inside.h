/*
 * inside.h - weave's state and its parts. Private to weave/.
 */
#ifndef WEAVE_INSIDE_H
#define WEAVE_INSIDE_H

#include "base/logsource.h"
#include "weave/address.h"
#include "weave/join.h"

struct weave_root {
	uint64_t magic, seed;
	int64_t now; /* stream time, as far as records and ticks told */
	struct table_root addresses, hosts, nats, mails, audits, audit_hosts, cards;
	uint64_t bindings, derived, woven, unfinished, no_room;
};

_Static_assert(sizeof(struct weave_root) <= REGION_ROOT_BYTES, "the root is one piece");

/* Who sits at a host, by interactive logons. */
struct host {
	struct thing thing;
	int64_t since, until;
	uint32_t user_n, others; /* others: several persons at once within the time */
	char user[NAME_MAX_BYTES];
};

#define CARD_BINDINGS 8u

/* A network card: where it was, and who showed himself with it. */
struct card {
	struct thing thing;
	uint32_t n, spare;
	struct card_binding {
		int64_t since, until;
		uint8_t via, host_n, user_n, ip_n;
		char host[NAME_MAX_BYTES], user[NAME_MAX_BYTES], ip[46];
	} at[CARD_BINDINGS]; /* by since */
};

/* An inside address behind a translated address and port. */
struct nat {
	struct thing thing;
	int64_t since, until;
	uint32_t inside_n, spare;
	char inside[48];
};

struct weave {
	struct weave_options opt;
	const struct names *names;
	struct region *region;
	struct weave_root *root;
	struct weave_sink sink;
	struct directory directory;
	struct table addresses, hosts, nats, cards;
	struct joins joins;
	struct batch batch; /* of weave's own: derived records */
	char scratch[NAME_MAX_BYTES], answer[8][3][NAME_MAX_BYTES];
};

/* bind.c: it tells of a DHCP lease, so its address is the client's. */
bool is_lease(struct batch b, const struct record *r);
/* bind.c: what the record says of who is where. */
/* person: of its account; ip: whose request it is. */
void weave_learn(
	struct weave *w, struct batch b, const struct record *r, struct str person, struct str ip);
/* attribute.c: what is known of the record's persons and hosts, written into it. */
void weave_attribute(struct weave *w, struct batch b, struct record *r);

/*
 * forwarded.c: whom a listed proxy says it asks for (X-Forwarded-For): the rightmost address that
 * is no listed proxy's, in canonical form in `out`. Empty: there is no such header, its sender is
 * not listed, or what stands there is no address.
 */
struct str weave_forwarded(
	const struct weave *w, struct batch b, const struct record *r, char out[48]);

/* card.c: the MAC that the record names of its client; empty: none. */
struct str weave_mac(struct batch b, const struct record *r);
/* A lease (host, ip) or a login (user) of the card. Late news are put in their place. */
void card_bind(struct weave *w, struct str mac, enum via via, const struct weave_who *what,
	struct str ip, int64_t since, int64_t until);
void card_end(struct weave *w, struct str mac, enum via via, int64_t when);
/*
 * Where it was and whose it is at that time: host, person and address as far as they are known;
 * false: nothing is. Slices live until weave's next call.
 */
bool card_who(struct weave *w, struct str mac, int64_t time, struct weave_who *ret, struct str *ip);

/* The canonical bytes of an address; 0 when it is none. */
size_t address_bytes(struct str text, unsigned char out[16]);
struct address *weave_address(const struct weave *w, struct str text);
struct address *weave_address_take(struct weave *w, struct str text);
bool is_loopback(struct str address);
/* The person of an account; empty: nobody's. Into w->scratch. */
struct str weave_person(struct weave *w, struct str account, bool *known);

#endif
