/*
 * leef.h - IBM's Log Event Extended Format taken apart: header, then one attribute after the other.
 *
 * Source: IBM, "QRadar Log Event Extended Format (LEEF) Version 2", with the tabs as relays hand
 * them on: real, \t, \x09, 0x09, <009>, #011. Slices point into the text. Threads: pure.
 */
#ifndef PARSERS_LEEF_H
#define PARSERS_LEEF_H

#include "base/str.h"

struct leef_header {
	struct str version, vendor, product, release, id;
	bool bare; /* the word "LEEF:" is missing */
};

struct leef_attributes {
	struct str rest;
	struct str separator; /* empty: none was found, a pair ends where the next key begins */
	bool odd;             /* a piece without '=' or key */
	char own;             /* a separator that was spelled as a number */
};

enum leef_found {
	LEEF_NONE,
	LEEF_CUT, /* begins as LEEF, but has not all fields */
	LEEF_READ,
	LEEF_ODD /* read, with a version or a delimiter that is none; a tab is meant then */
};

bool leef_begins(struct str s);
/* Take the header and find out what separates the attributes. ret->separator may point into *ret:
 * do not copy. */
enum leef_found leef_take_header(
	struct str s, struct leef_header *header, struct leef_attributes *ret);
/* The next attribute with a key, blanks around the value dropped. False at the end. Linear. */
bool leef_next(struct leef_attributes *a, struct str *key, struct str *value);

#endif
