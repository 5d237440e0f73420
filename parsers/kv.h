/*
 * kv.h - key=value in the spellings that are met.
 *
 * kv_next reads the plain one: key=value, key="value with blanks", separated by blanks, commas,
 * semicolons or control characters. kv_look finds out which spelling a text has, kv_pair reads it:
 *
 *	k=v k="v w"      k: "v", k2: "v2"      k:"v"; k2:"v2"      [k="v"] [k2="v2"]
 *	k=v w|k2=v2      k=v, k2=v2;           k=v w k2=v2 (values with blanks, spaced)
 *
 * Slices point into the text. Linear. Threads: pure.
 */
#ifndef PARSERS_KV_H
#define PARSERS_KV_H

#include "base/str.h"

struct kv {
	struct str key, value; /* value without its quotes, escapes as they stand */
	bool quoted;
	bool escaped; /* a backslash stands inside the quotes */
	bool odd;     /* no key, no value, or a quote that never closes */
};

struct kv_form {
	char assign;    /* '=' or ':' */
	char separator; /* ',' ';' '|' '\t'; ' ': any gap (blank, comma, semicolon, control) */
	bool spaced;    /* separator ' ': unquoted values hold blanks, up to the next key */
	unsigned pairs; /* that were seen in the first KiB */
	bool leading;   /* the text begins with a pair (after brackets) */
	bool loose;     /* there are words that belong to no pair, or to a value with blanks */
};

/* The next pair; words without '=' are skipped and set *loose. False at the end. */
bool kv_next(struct str *s, struct kv *ret, bool *loose);
/* Unescape \" \' \\ into out (room for value.n bytes); returns the length. */
size_t kv_unescape(struct str value, char *out);

/* The spelling by the first KiB of text. False: no pair there. */
bool kv_look(struct str text, struct kv_form *ret);
/* The next pair in that spelling; what is no pair is skipped and sets *loose. False at the end. */
bool kv_pair(struct str *s, const struct kv_form *form, struct kv *ret, bool *loose);

#endif
