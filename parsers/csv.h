/*
 * csv.h - rows of separated cells (RFC 4180), cell by cell.
 *
 * A quoted cell may hold separators, line feeds and doubled quotes. Threads: pure.
 */
#ifndef PARSERS_CSV_H
#define PARSERS_CSV_H

#include "base/str.h"

struct csv {
	struct str rest;
	char separator; /* ',' ';' '\t' '|' ' ' */
	bool more;      /* a cell is to come, be it an empty one */
};

struct csv_cell {
	struct str text; /* without its quotes; doubled quotes as they stand */
	bool quoted;
	bool doubled; /* csv_unquote has something to do */
	bool odd;     /* quotes or line ends where RFC 4180 has none */
};

static inline struct csv
csv_row(struct str s, char separator)
{
	return (struct csv){s, separator, s.n > 0};
}

/* False: the row has ended. Blanks in front of a quote are dropped (odd). Linear. */
bool csv_next(struct csv *c, struct csv_cell *ret);
/* "" becomes " in out (room for text.n bytes); returns the length. */
size_t csv_unquote(struct str text, char *out);
/* Which of tab, comma, semicolon and pipe separates the cells of this header; 0: none does. */
char csv_separator(struct str header);

#endif
