/*
 * form.h - sentences that programs log, as rows: "Failed %m for %u from %a port %p ssh2".
 *
 * A slot is '%' and a letter; what it takes and where its value goes stands in the product's slot
 * table. Matching is linear and never guesses: a GREEDY slot (what an attacker may choose, such as
 * a user name) is what is left over after everything behind it was read from the end backwards.
 * Threads: pure.
 */
#ifndef PARSERS_FORM_H
#define PARSERS_FORM_H

#include "parsers/parser.h"

enum form_take {
	TAKE_NONE,
	TAKE_WORD,   /* up to a blank or what follows in the form; not empty */
	TAKE_NUMBER, /* decimal digits */
	TAKE_LAZY,   /* up to the first occurrence of what follows; may be empty */
	TAKE_GREEDY, /* at most one in a form; may be empty */
	TAKE_REST    /* all; only at the end of a form; may be empty */
};

enum form_put {
	PUT_NOTHING,
	PUT_TEXT, /* unless empty */
	PUT_HOST, /* address to field, else name to `domain` */
	PUT_PORT,
	PUT_NUMBER,
	PUT_MAC,
	PUT_PEER, /* name[address]:port, [address]:port, address:port: parts to their fields */
	PUT_NAMED /* by its dotted name */
};

struct form_slot {
	enum form_take take;
	enum form_put put;
	unsigned field, domain;
	const char *name;
	unsigned port;
};

struct form {
	const char *text;
	const struct event_words *event;
	unsigned flags; /* record flags to set */
};

#define FORM_SLOTS 128u /* slot tables are indexed by letter */
#define FORM_CAPS  16u

struct form_caps {
	struct {
		char letter;
		struct str text;
	} cap[FORM_CAPS];
	size_t n;
};

/* The whole of s? */
bool form_match(
	const char *text, const struct form_slot *slots, struct str s, struct form_caps *ret);
/* What a letter took, or an empty slice. */
struct str form_cap(const struct form_caps *caps, char letter);
void form_put(struct recs *w, const struct form_slot *slots, const struct form_caps *caps);

/* The first form that matches: its values, event words and flags are put. NULL: none. */
const struct form *form_read(struct recs *w, const struct form *forms, size_t n,
	const struct form_slot *slots, struct str s, struct form_caps *ret);

/* Is s one of these sentences, and one that says so by itself: with at least FORM_SURE bytes of its
 * own words? For a row's sniff; nothing is put. */
bool form_sniff(const struct form *forms, size_t n, const struct form_slot *slots, struct str s);
#define FORM_SURE 14u

/* "mail.example.org[192.0.2.7]:25", "unknown[192.0.2.7]", "[192.0.2.7]:4711", "192.0.2.7:4711",
 * "[AF_INET6]2001:db8::1:1194"; "unknown", "none" and "local" are no names. True if there was an
 * address. */
bool form_put_peer(struct recs *w, unsigned ip, unsigned domain, unsigned port, struct str text);

#define FORM_COUNT(forms) (sizeof(forms) / sizeof((forms)[0]))

#endif
