/*
 * nested.h - somebody's message inside a shipper's JSON (Filebeat, Fluentd, Vector, Logstash,
 * Docker, journald, GELF ...): which member holds it, and what the others say about it.
 *
 * By rule: a member counts as somebody's message only beside members that the shipper writes. A
 * program's own JSON with a text called "message" is that program's record, whatever the text looks
 * like. Threads: pure functions on the caller's struct recs.
 */
#ifndef PARSERS_NESTED_H
#define PARSERS_NESTED_H

#include "parsers/source.h"

#define NESTED_DEPTH 4u /* envelopes in envelopes */

struct nested {
	struct str text;               /* the message inside */
	struct str member;             /* the name of the member that holds it */
	struct str host, program, pid; /* as the shipper took them from its header; may be empty */
	int64_t time;
	bool timed;
	bool gelf;
	bool header; /* not JSON: a relay's header stands in front of the sender's own */
	bool sure;   /* and the sender's can be nothing else */
};

/* Collect the members of `text`. */
enum reason nested_collect(struct parse_ctx *ctx, struct recs *w, struct str text, uint64_t *flags);
/* Among the members that were collected last (sources_begin ...). False: it is no shipper's. */
bool nested_find(struct parse_ctx *ctx, struct nested *ret);
/* Read what is inside, then add what the shipper says and the inside does not. False: not a
 * shipper's, or nobody knows the inside; nothing was put. `text` is JSON. */
bool nested_read(struct parse_ctx *ctx, struct recs *w, struct str text);
/* The same when the members of `text` are collected already. */
bool nested_claim(struct parse_ctx *ctx, struct recs *w, struct str text, const struct nested *in);

/* GELF whose message nobody knows. */
enum reason gelf_read(struct parse_ctx *ctx, struct recs *w, struct str text);
/* One member of a GELF message, by the format's names. */
void gelf_put(struct recs *w, const struct json_value *v);

/* recognise.c: the message inside, with its own header or with the shipper's words for it. False:
 * nobody knows it, nothing was put. */
bool parse_inner(struct parse_ctx *ctx, struct recs *w, const struct nested *in);

#endif
