/*
 * parsers.h - one frame to 0..n records: envelopes, then products; a table of rows.
 *
 * Pure functions of (frame, input settings): no clock, no memory across frames, so that any number
 * of workers and any split into batches gives the same records. Threads: struct parsers is
 * read-only after parsers_new; each worker has its own struct recs.
 */
#ifndef PARSERS_PARSERS_H
#define PARSERS_PARSERS_H

#include "base/cidr.h"
#include "base/logsource.h"
#include "base/record.h"
#include "base/zone.h"

struct diag;

/* What differs for the senders of a network; empty and NULL: as the input says. */
struct sender_context {
	struct cidr net;
	struct str source, encoding;
	const struct zone *zone;
};

/* What a parser may know about where a frame came from. */
struct input_context {
	struct str name;         /* of the input */
	struct str source;       /* product fixed by configuration; empty = recognise */
	struct str format;       /* payload format fixed by configuration; empty = recognise */
	struct str encoding;     /* "utf-8", "cp932", ... lower case; empty = utf-8 */
	const struct zone *zone; /* never NULL */
	struct str squid_columns;
	struct str columns; /* CSV that has no header line: names, comma separated */
	bool history;
	bool plain_label; /* source "sigma": product, category, service of the event itself are
			     its label, not the object `logsource` */
	bool local;       /* unix socket: RFC 3164 without host name */
	int64_t skew_ns;
	const struct sender_context *senders; /* of a listening port; only read by parsers_new */
	size_t nsenders;
	struct str local_host; /* this machine's name: host.name of local messages; may be empty */
};

struct pairs;
struct parsers;

/* `contexts` is copied shallowly (its strings must outlive). ERR_NOT_FOUND: a source names no row
 * (why says did-you-mean). */
int parsers_new(
	const struct input_context *contexts, size_t n, struct diag *why, struct parsers **ret);
/* The same with the definitions of a folder (config/sources/README.md); empty: only ours. */
int parsers_new_with(const struct input_context *contexts, size_t n, struct str sources,
	struct diag *why, struct parsers **ret);
/* And with one more definition, YAML, that replaces one of the same name; `path` names it in why.
 */
int parsers_new_more(const struct input_context *contexts, size_t n, struct str sources,
	struct str definition, const char *path, struct diag *why, struct parsers **ret);
/* What reading a message needs beside the batch: one per thread, kept from run to run. No outcome
 * depends on what was read with it before. */
struct pairs *parsers_room(const struct parsers *p);
void parsers_room_free(struct pairs *room);
/* Read frames [from, to) of a batch; stops early when the results region is full (see
 * batch_head.done). */
void parsers_run_in(const struct parsers *p, struct pairs *room, struct batch b,
	const struct names *names, uint32_t from, uint32_t to);
/* The same with a room of its own. */
void parsers_run(const struct parsers *p, struct batch b, const struct names *names, uint32_t from,
	uint32_t to);
/* Names of rows and, behind them, of definitions: "sshd", "fortigate", "okta", ... ; "" for 0. */
struct str parsers_product(const struct parsers *p, unsigned product);
unsigned parsers_product_count(const struct parsers *p);
/* The Sigma label (product, category, service) of the i-th definition; false behind the last. */
bool parsers_label(const struct parsers *p, size_t i, struct str ret[3]);
/* Which kind of log the i-th definition reads (as parsers_label counts); OTHER behind the last. */
enum log_family parsers_family(const struct parsers *p, size_t i);
/* The operator's definitions as they were read (parsers/source.h); empty if there are none. */
struct str parsers_folder(const struct parsers *p);
void parsers_free(struct parsers *p);

#endif
