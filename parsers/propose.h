/*
 * propose.h - a definition for a CSV file: what its columns mean, by their names and their values.
 *
 * The words are data: column.def (headers), operation.def (what operations say). A name that could
 * mean several things, where the values do not decide, is told as ambiguous and left unmapped.
 * Threads: one owner.
 */
#ifndef PARSERS_PROPOSE_H
#define PARSERS_PROPOSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "parsers/charset.h"

struct diag;

#define PROPOSE_BYTES   ((size_t)4 << 20) /* of the file's beginning that are looked at */
#define PROPOSE_ROWS    1000u
#define PROPOSE_COLUMNS 256u

/* What most values of a column look like. */
enum form {
	FORM_ANY, /* words */
	FORM_EMPTY,
	FORM_TIME, /* date and time of day */
	FORM_DATE,
	FORM_CLOCK,
	FORM_IP, /* with a port or without */
	FORM_MAC,
	FORM_MAIL,
	FORM_URL,
	FORM_PATH,
	FORM_HASH,
	FORM_NUMBER,
	FORM_COUNT
};

/* Which part of a date is where it does not begin with a year of four digits. */
enum date_order { DATE_PLAIN, DATE_YMD, DATE_MDY, DATE_DMY };

enum meaning {
#define M(id, row, form, names) MEAN_##id,
#include "parsers/column.def"
#undef M
	MEAN_NONE
};

enum how { HOW_NOT, HOW_NAME, HOW_PART, HOW_VALUES, HOW_AMBIGUOUS };

struct proposed_column {
	struct str name; /* as the header has it */
	struct str key;  /* what the definition calls it: the name, made unique */
	enum form form;
	enum date_order order;
	bool always; /* every row has a value of that form, in ASCII */
	bool wide;   /* some values have full-width signs */
	bool full;   /* every row has a value */
	bool paths;  /* some values have folders in front */
	enum meaning meaning;
	enum how how;
	size_t score;
	struct str remark; /* for people; may be empty */
};

struct proposal {
	struct arena arena;
	struct str name; /* of the source to be */
	enum charset charset;
	bool bom;
	char separator;
	unsigned preamble; /* records before the header */
	struct proposed_column *columns;
	size_t ncolumns;
	struct str *rows; /* as UTF-8, without line ends */
	size_t nrows;
	size_t broken;    /* rows with a line feed in quotes */
	size_t odd;       /* rows with another number of cells: left out */
	const char *kind; /* word of a definition's kind; "" if none fits */
};

struct propose_options {
	struct str name;     /* a-z, 0-9, _ */
	struct str encoding; /* empty: found out */
	char separator;      /* 0: found out */
};

/* `bytes`: the file's beginning; `cut`: it goes on. Errors in why; *ret keeps its value. */
int propose(struct str bytes, bool cut, const struct propose_options *o, const char *path,
	struct diag *why, struct proposal **ret);
void proposal_free(struct proposal *p);

/* The target of a column's row as the definition has it; "" if it has none. */
const char *proposal_row(const struct proposed_column *c);
/* The field it fills, as words for people; empty if none. */
struct str proposal_target(const struct proposed_column *c);
const char *form_word(enum form f);
/* The definition without tests, YAML. */
void proposal_write(const struct proposal *p, struct buf *out);

/* ---- for propose*.c ---- */

/* *wide: of that form only once its full-width signs are read as ASCII. */
struct form_look {
	enum date_order order;
	bool path, wide;
};
enum form form_of(struct str value, struct form_look *ret);
/* Cells of a row, unquoted; at most `most`. Returns how many there are. */
size_t propose_cells(struct arena *a, struct str row, char separator, struct str *ret, size_t most);
/* Fill the columns' forms from the rows, then their meanings. */
void propose_meanings(struct proposal *p);

#endif
