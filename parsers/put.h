/*
 * put.h - how several products say the same thing: accounts, paths, URLs, protocols, verdicts.
 *
 * Threads: pure functions on the caller's struct recs.
 */
#ifndef PARSERS_PUT_H
#define PARSERS_PUT_H

#include "parsers/parser.h"

/* Take what was put of a field out of the open record (the header's word, when the event itself
 * says it better). */
void put_forget(struct recs *w, unsigned field);
/* put_forget, then parse_put. */
void put_over(struct recs *w, unsigned field, struct str value);

/* Names outside ecs.def that were put more than once become arrays: the output must not repeat a
 * key. Linear. */
void put_fold(struct recs *w);

/* "DOMAIN\user" in two fields; without a domain only the name. Empty and "-" put nothing. */
void put_account(struct recs *w, unsigned name, unsigned domain, struct str text);
/* Decimal or 0x hexadecimal as a number; anything else nothing. */
void put_integer(struct recs *w, unsigned field, struct str text);
/* What numbers and addresses are read from: without the width that people type in Japan. The text
 * itself, or one of w's. */
struct str put_narrow(struct recs *w, struct str text);
/* A number if it is one, nothing else. */
void put_count(struct recs *w, unsigned field, struct str text);

/* What stands behind the last slash or backslash. */
struct str path_name(struct str path);
struct str path_directory(struct str path);
/* file.path, name, directory, extension. */
void put_file(struct recs *w, struct str path);

/* Protocol as number or name: network.transport and network.iana_number. */
void put_protocol(struct recs *w, struct str text);
/* Its IANA number, or -1. */
int protocol_number(struct str text);

/* url.original and, as far as they are there, full, scheme, domain, port, path, query, fragment,
 * extension. `authority`: the text is host:port (CONNECT). */
void put_url(struct recs *w, struct str url, bool authority);

/* Lower case, copied only if it has to be. */
void put_lower(struct recs *w, unsigned field, struct str text);

/* host or host:port or [v6]:port; *port is empty if there is none. */
void split_port(struct str text, struct str *host, struct str *port);

/* Is `word` one of the words of a blank-separated list? */
bool in_words(const char *words, struct str word);
/* event.outcome by the common words for it, letter case ignored; false: none of them. */
bool put_outcome_word(struct recs *w, struct str value);

#endif
