/*
 * ldif.h - the lines of an LDIF file (RFC 2849): folded ones joined, comments passed over.
 *
 * Threads: pure; joined lines are copied into the caller's arena.
 */
#ifndef CONFIG_LDIF_H
#define CONFIG_LDIF_H

#include "base/arena.h"
#include "base/str.h"

enum ldif_kind {
	LDIF_PAIR, /* name and value */
	LDIF_GAP,  /* an empty line: the entry ends */
	LDIF_DASH, /* "-" of a change record */
	LDIF_BAD,  /* no name with a colon behind it, or a continuation of nothing */
	LDIF_END
};

struct ldif {
	struct str rest;
	unsigned line; /* of what is read next, from 1 */
	struct arena *arena;
};

struct ldif_line {
	enum ldif_kind kind;
	unsigned line;
	struct str name;  /* without options: "cn" of "cn;lang-ja" */
	struct str value; /* of LDIF_BAD: the whole line */
	bool encoded;     /* "::", base64 */
	bool elsewhere;   /* ":<", a URL; never followed */
};

void ldif_next(struct ldif *f, struct ldif_line *ret);
/* Base64 (RFC 4648 4) into out, which holds value.n / 4 * 3 bytes; false: it is none. */
bool ldif_decode(struct str value, char *out, size_t *n);

#endif
