/*
 * duty.h - what is due: preliminary reports and follow-ups, the second address when nobody
 * answers, the digest of what was withheld, forgetting. Threads: the responder's loop.
 */
#ifndef RESPOND_DUTY_H
#define RESPOND_DUTY_H

#include "respond/incidents.h"
#include "respond/respond.h"
#include "respond/writer.h"

struct duty {
	const struct respond_options *opt;
	struct cases *cases;
	const struct policy *policy;
	struct writer *writer;
	int64_t wall;                   /* of this round */
	int64_t last_digest, last_tidy; /* wall */
};

/* Do what is due; returns true when rows for mail were added. */
bool duty_run(struct duty *d, int64_t wall);
/* A drill: a made-up high alert through the whole chain. NULL: done; else what went wrong. */
const char *duty_drill(
	struct duty *d, const char *name, const char *by, int64_t wall, char number[40]);
/* A mail marked as a test to all that an incident of that level is told to. *n: how many. */
const char *duty_route(struct duty *d, unsigned level, const char *by, int64_t wall, size_t *n);
/* Who is mailed of an incident of that level: own addresses, and outside ones that a person has
 * approved for it. Appended to `ret` as strings. */
void duty_recipients(struct duty *d, const char *id, unsigned level, json_t *ret);
/* An own address: of organisation: domains, or of the sender's domain. */
bool duty_is_own(const struct settings *s, struct str address);

#endif
