/*
 * names.h - one person behind many spellings: the directory and what accounts are nobody's.
 *
 * Built from the lists (people, directory, admins, service_accounts, shared_ids, assets, networks),
 * then only read. Threads: one.
 */
#ifndef WEAVE_NAMES_H
#define WEAVE_NAMES_H

#include "base/map.h"
#include "config/lists.h"
#include "weave/weave.h"

/* What the lists say of an address: looked up once while these lists are in force. */
struct listed {
	char address[46];
	uint8_t address_n; /* 0: nothing yet */
	int64_t asset;     /* row of assets, -1: none */
	struct str shared; /* why it is never one person's */
};

#define LISTED_SLOTS 1024u

struct directory {
	const struct lists *lists;
	struct map accounts; /* spelling -> person's row + 1 (of directory: far above), or NOBODY */
	struct map machines; /* short host name -> person's row + 1: whose PC */
	struct map servers;  /* short host name -> row of assets + 1 */
	struct map cards;    /* MAC, 12 hex digits -> person's row + 1 */
	struct map nics;     /* MAC -> row of assets + 1 */
	struct map domains;  /* the company's own */
	const struct list *people, *directory, *assets, *networks;
	int user, pc; /* columns of people */
	int directory_user;
	int asset_address, asset_host, asset_role; /* of assets */
	struct listed *listed;                     /* NULL: no list tells of addresses */
};

#define NAME_MAX_BYTES 64u

void directory_init(
	struct directory *d, const struct lists *lists, const struct weave_options *opt);
void directory_done(struct directory *d);

/*
 * The person's key of an account as it is written: DOMAIN\user, user@realm, a mail address, full
 * width, any case. Empty: nobody's (service, shared, machine and well-known accounts). An account
 * that the directory does not know is its own key, bare and in lower case. out holds
 * NAME_MAX_BYTES; *known: the directory knows it.
 */
struct str directory_person(const struct directory *d, struct str account, char *out, bool *known);
/* Of a mail address: only the company's own people have a key. */
struct str directory_mail(const struct directory *d, struct str address, char *out);
bool directory_own_domain(const struct directory *d, struct str domain);
/* Whose PC is it; empty: nobody's that is known. */
struct str directory_owner(const struct directory *d, struct str host, struct str mac);
/* The host with this network card: assets.csv, else the PC in people.csv; empty: unknown. */
struct str directory_card_host(const struct directory *d, struct str mac, char *out);
/* A MAC's twelve digits in lower case; empty: it is none. out holds 12. */
struct str mac_digits(struct str mac, char *out);
/* Short and in lower case: "AS-PC0001.ad.example" -> "as-pc0001"; an address stays empty. */
struct str directory_host(struct str name, char *out);
/* Why the address is never one person's; empty: it may be. */
struct str directory_shared(struct directory *d, struct str address);
/* The host of an address by assets.csv; empty: unknown. */
struct str directory_asset_host(struct directory *d, struct str address, char *out);
/* Is it a machine that many use (assets.csv role), by short name? */
bool directory_many_users(const struct directory *d, struct str host);

#endif
