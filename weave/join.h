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
	struct table mails, audits, audit_hosts;
	struct batch batch; /* derived records are made here */
	uint64_t *unfinished;
	uint16_t nth; /* of the next derived record that one line or tick causes */
	void (*derived)(void *ctx, struct batch b, struct record *r);
	void *ctx;
};

/* A record of postfix with a queue id. */
void join_mail(struct joins *j, struct batch b, const struct record *r, struct hash128 id);
/* A record of auditd with a serial; now: stream time. */
void join_audit(
	struct joins *j, struct batch b, const struct record *r, struct hash128 id, int64_t now);
/* Emit the audit events that wait for longer than audit_ns. */
void join_audit_due(struct joins *j, int64_t now);
/* INT64_MIN: none waits. */
int64_t join_audit_last_due(const struct joins *j);

/* The line that decides: its frame (bytes are not looked at), sequence and facts. */
struct join_origin {
	const struct frame *frame;
	struct str peer;
	uint64_t seq;
	int64_t time;
	uint16_t product;
};

struct join_origin join_origin(struct batch b, const struct record *r);
/* Open a derived record over the deciding frame: writer, batch and record are j's. */
struct record *join_open(
	struct joins *j, struct recs *w, const struct join_origin *from, unsigned logsource);
/* Close it and hand it over. */
void join_close(struct joins *j, struct recs *w, const struct hash128 *ids, size_t nids);

#endif
