/*
 * settings_rows.h - one row per setting: what it is called, what it may be, what it does.
 *
 * Inside config/ only. Threads: constant tables.
 */
#ifndef CONFIG_SETTINGS_ROWS_H
#define CONFIG_SETTINGS_ROWS_H

#include "config/settings.h"

enum row_kind {
	ROW_TEXT,
	ROW_PATH,       /* relative ones start in the configuration file's folder */
	ROW_ADDRESS,    /* host:port */
	ROW_BROKERS,    /* host[:port], separated by commas */
	ROW_CHOICE,     /* one of `choices`, kept as text */
	ROW_ENUM,       /* one of `choices`, kept as its number (int) */
	ROW_TWO,        /* one of two `choices`, kept as bool: the second is true */
	ROW_BOOL,       /* true or false */
	ROW_COUNT,      /* uint64_t */
	ROW_WORKERS,    /* unsigned, or "auto" */
	ROW_BYTES,      /* uint64_t with a unit */
	ROW_SPAN,       /* int64_t ns with a unit */
	ROW_MOMENT,     /* int64_t ns since 1970 */
	ROW_ZONE,       /* struct zone * */
	ROW_NETWORKS,   /* struct network * and, behind it, size_t */
	ROW_TEXTS,      /* struct str * and, behind it, size_t */
	ROW_COLUMNS,    /* list or text, kept as text with commas */
	ROW_PROPERTIES, /* struct property * and, behind it, size_t */
	ROW_MAP,        /* a section */
	ROW_LIST        /* a list of sections: pointer and, behind it, size_t */
};

#define ROW_RELOAD 1u /* takes effect at SIGHUP; the others when the service starts */
#define KIND(k)    (1u << (k))
#define ANY_KIND   0u

struct setting_row {
	const char *section; /* "" = top; "limits", "listen[]", "listen[].topics[]" */
	const char *key;
	enum row_kind kind;
	size_t at;            /* in the section's struct; sections that are maps share settings' */
	size_t at_size;       /* lists: where the number goes; ROW_LIST and others with a number */
	size_t size;          /* ROW_LIST: of one element */
	const char *fallback; /* as one would write it; NULL = none */
	const char *choices;  /* separated by blanks */
	uint64_t min, max;    /* ROW_COUNT, ROW_BYTES (bytes), ROW_SPAN (ns) */
	unsigned used;        /* kinds of input or sink that know it; ANY_KIND = all */
	unsigned needed;      /* kinds that cannot do without */
	unsigned flags;
	const char *doc;
};

extern const struct setting_row setting_rows[];
extern const size_t setting_nrows;

#endif
