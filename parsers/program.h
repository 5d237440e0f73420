/*
 * program.h - which row answers to a program's name (the tag of a syslog header). For parsers.c.
 *
 * Threads: filled at start, then read-only.
 */
#ifndef PARSERS_PROGRAM_H
#define PARSERS_PROGRAM_H

#include "parsers/parser.h"

#define PROGRAM_SLOTS    512u /* twice the number of names that find a place */
#define PROGRAM_PREFIXES 32u

struct program {
	struct str name;
	const struct parser *row;
};

struct programs {
	struct program exact[PROGRAM_SLOTS]; /* by hash */
	struct program prefixes[PROGRAM_PREFIXES];
	size_t nprefixes, nexact;
};

/* The names of a row. Of two rows with one name the first keeps it; what does not fit is left out.
 */
void programs_add(struct programs *p, const struct parser *row);
/* The row for a name, for the last part of a path, for "su(pam_unix)" the one in brackets; or NULL.
 */
const struct parser *programs_find(const struct programs *p, struct str name);
/* The next word of a blank-separated list, which it leaves behind; false at its end. */
bool program_word(const char **list, struct str *ret);

#endif
