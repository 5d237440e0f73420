/*
 * join.h - lines that are one event become one derived record. Private to weave/.
 *
 * Threads: one.
 */
#ifndef WEAVE_JOIN_H
#define WEAVE_JOIN_H

#include "weave/names.h"
#include "weave/table.h"

struct weave;

/* What a join may use of weave. */
struct joins {
	const struct weave_options *opt;
	const struct names *names;
	struct directory *directory;
	struct table mails, audits;
	struct batch batch; /* derived records are made here */
	uint64_t *unfinished;
	void (*derived)(void *ctx, struct batch b, struct record *r);
	void *ctx;
};

/* A record of postfix with a queue id. */
void join_mail(struct joins *j, struct batch b, const struct record *r, struct hash128 id);
/* A record of auditd with a serial. */
void join_audit(struct joins *j, struct batch b, const struct record *r, struct hash128 id);
/* Emit what waits for longer than join_ns. */
void join_due(struct joins *j, int64_t now);

/* Open a derived record over the deciding frame: writer, batch and record are j's. */
struct record *join_open(struct joins *j, struct recs *w, struct batch b, const struct record *r,
	unsigned logsource);
/* Close it and hand it over. */
void join_close(struct joins *j, struct recs *w, const struct hash128 *ids, size_t nids);

#endif
