/*
 * lists_inside.h - how lists lie in memory. Private to config/lists*.c.
 */
#ifndef CONFIG_LISTS_INSIDE_H
#define CONFIG_LISTS_INSIDE_H

#include "base/arena.h"
#include "config/lists.h"

enum cell_kind {
	CELL_TEXT,
	CELL_ACCOUNT,
	CELL_ADDRESS, /* an address or a network */
	CELL_DOMAIN,
	CELL_DAY, /* a date, or date and time */
	CELL_MAC
};

struct contract_column {
	const char *name;
	enum cell_kind kind;
	bool key; /* never empty */
};

struct contract {
	const char *list;
	struct contract_column columns[11];
	const char *from, *until; /* columns of validity, or NULL */
	bool until_day;           /* an `until` without a time is that whole day */
};

/* NULL: a free list. */
const struct contract *contract_of(struct str list);

/* One column's way in: a table of keys, the rows of one key chained in file order. */
struct list_index {
	enum list_match how;
	struct str *keys; /* per row, normalised; p NULL: the cell has none */
	uint32_t *slots;  /* row + 1 */
	uint32_t *next;   /* per row: the next of the same key, + 1 */
	size_t mask;
	uint8_t lengths[17]; /* CIDR: bit per prefix length that occurs */
};

struct list {
	struct str name;
	const struct contract *contract;
	size_t rows, columns;
	struct str *names;        /* [columns] */
	struct str *cells;        /* [rows * columns] */
	struct list_index *index; /* [columns] */
	int from, until;          /* columns of validity, -1 */
};

struct lists {
	struct arena arena;
	struct hash128 hash;
	struct list *at;
	size_t n, bad;
};

/* One file being read. */
struct list_reading {
	struct lists *all;
	struct list *t;
	const char *path;
	struct diag *why;
	unsigned told;
};

/* Told with file:line, counted; this row is left out. */
void lists_bad_row(struct list_reading *r, unsigned line, const char *what, struct str value);
/* The people of a directory in LDIF (UTF-8, in the arena) into names and cells of r->t. */
void lists_read_ldif(struct list_reading *r, struct str text);

#define LIST_KEY_MAX 1024u

/* The key of a cell or a value in an index of that kind; false: it cannot be one. `prefix` (CIDR):
 * its length, 0 .. 128. out holds LIST_KEY_MAX. */
bool list_key(enum list_match how, struct str text, char *out, size_t *n, unsigned *prefix);
void list_build_index(struct arena *a, struct list *t);
/* "2026-11-22", with time, or ISO; whole: it had no time. */
bool list_day(struct str text, int zone_offset_s, int64_t *ns, bool *whole);

#endif
