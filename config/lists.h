/*
 * lists.h - what a company tells about itself: watchlists, one CSV file each (UTF-8, header line).
 *
 * A folder becomes one immutable snapshot, known by its content hash. A bad row is told with
 * file:line and left out, the rest loads. The file's name without .csv is the list's name. Lists
 * whose headers are a contract (people, assets, networks ...) are checked against it; others are
 * free.
 *
 * directory.ldif, what ldapsearch or ldifde writes, becomes the list "directory": one row for each
 * person with an account (user, name, department, mail, mails, upn, account, manager, employee_no,
 * disabled); directory.csv may have the same columns instead.
 *
 * Threads: built by one, then read-only.
 */
#ifndef CONFIG_LISTS_H
#define CONFIG_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"

struct buf;
struct diag;
struct lists; /* the snapshot */
struct list;  /* one of its files */

#define LISTS_MAX       256u
#define LIST_ROWS_MAX   1000000u
#define LIST_COLUMNS    64u
#define LIST_BYTES_MAX  ((size_t)64 << 20)
#define LISTS_BYTES_MAX ((size_t)256 << 20)

/* The files of a folder as one text, sorted by name: what is hashed, journaled and kept in
 * state/objects. A folder that does not exist packs as empty. */
int lists_pack(const char *dir, struct diag *why, struct buf *ret);
/* One list's CSV behind what is packed, by name ascending; for lists that are in no folder. */
void lists_pack_text(struct str name, struct str csv, struct buf *ret);
/* From packed text. Bad rows are warnings in why; ERR_CORRUPT when the packing itself is broken. */
int lists_load(struct str packed, struct diag *why, struct lists **ret);
struct lists *lists_none(void);
struct hash128 lists_hash(const struct lists *l);
size_t lists_rows(const struct lists *l);
size_t lists_bad_rows(const struct lists *l);
void lists_free(struct lists *l);

/* NULL when there is no such file. */
const struct list *lists_find(const struct lists *l, struct str name);
size_t lists_count(const struct lists *l);
const struct list *lists_at(const struct lists *l, size_t i);
struct str list_name(const struct list *t);
size_t list_rows(const struct list *t);
/* -1 when the list has no such column. */
int list_column(const struct list *t, struct str name);
size_t list_columns(const struct list *t);
struct str list_column_name(const struct list *t, unsigned column);
/* Empty when the row ends before the column. Blank-trimmed text as written. */
struct str list_cell(const struct list *t, size_t row, unsigned column);

/*
 * Looking up. How a column is compared follows from what it holds (decided at load, from the
 * contract or, for free lists, from all its cells):
 *   VALUE   whole value, case ignored (base/utf8 simple lower case)
 *   CIDR    addresses and networks, v4 and v6; the longest prefix that holds the address
 *   DOMAIN  a domain and all below it ("example.jp" holds "mail.example.jp"); cell "*.x" = below x
 *           only; a mail address or a URL's host is looked up by its domain
 * Each column that is ever looked up has an index, built at load.
 */
enum list_match { LIST_VALUE, LIST_CIDR, LIST_DOMAIN };

enum list_match list_match_of(const struct list *t, unsigned column);
/*
 * The first row (in file order; CIDR and DOMAIN: the most special) in which `column` holds
 * `value`, is valid at `time` (ns; columns valid_from/from/date and valid_until/until/last_day
 * only where the contract says so: see list_valid) or -1. `from`: start behind this row (-1 =
 * from the beginning), to walk all rows of equal value.
 */
int64_t list_lookup(
	const struct list *t, unsigned column, enum list_match how, struct str value, int64_t from);
/* Is the row in force at `time`? True for lists without validity columns. A day counts whole, in
 * `zone_offset_s` east of UTC. */
bool list_valid(const struct list *t, size_t row, int64_t time, int zone_offset_s);
/* A cell that is a date or a moment: from its beginning until its end. False: it is none. */
bool list_cell_day(const struct list *t, size_t row, unsigned column, int zone_offset_s,
	int64_t *from, int64_t *until);
/* The row's validity: INT64_MIN/MAX where open. */
void list_validity(
	const struct list *t, size_t row, int zone_offset_s, int64_t *from, int64_t *until);

/* ---- what roles in networks.csv and assets.csv mean ---- */

/* Why many stand behind what has this role (proxy, nat, vdi, vpn, ...); empty: they do not. */
struct str lists_shared_role(struct str role);
/* Does what has this role pass requests on and say for whom (X-Forwarded-For)? */
bool lists_forwards(struct str role);
/* The role of an address by assets.csv, else networks.csv; empty: unknown. */
struct str lists_role_of(const struct lists *l, struct str address);
/* In a network of networks.csv, or a private one (RFC 1918, RFC 4193, link local, loopback)? */
bool lists_own_address(const struct lists *l, struct str address);
/* assets.csv says that the host (any spelling) or address is important. */
bool lists_important(const struct lists *l, struct str host_or_address);

#endif
