/*
 * correlation.h - correlation rules over matches, in stream time only.
 *
 * All state lives in one struct region, so a checkpoint is a write of it; nothing here reads a
 * clock, an address or a thread's luck. Records come in sequence order. Threads: one (the engine's,
 * or the command line's).
 */
#ifndef CORRELATION_CORRELATION_H
#define CORRELATION_CORRELATION_H

#include "base/alert.h"
#include "base/region.h"
#include "detect/detect.h"

struct correlations; /* compiled, immutable */
struct correlator;   /* running */

/* Compile the correlation documents; rejected ones are reported. Interns group-by fields. Sets
 * `referenced` of rules. */
int correlations_build(struct rule_files *files, struct ruleset *rs, struct names *names,
	struct diag *why, struct correlations **ret);
size_t correlations_count(const struct correlations *c);
void correlations_free(struct correlations *c);

struct correlator_options {
	bool refire_every; /* report every match (SEMANTICS 5.7) */
	bool history;
	int64_t lead_ns;        /* stream time may run ahead of arrival by (5 min) */
	int64_t alert_fold_ns;  /* single-event rules: same rule and entity silent for; 0 = report
				   all */
	uint64_t keys_per_rule; /* quota; 0 = none */
	bool alerts_for_rules;  /* report matches of detection rules as alerts too (the daemon) */
	uint64_t seed;          /* of the tables in a new region; no outcome depends on it */
};

struct correlation_match { /* for --matches; lent for the call */
	struct str id;
	const struct alert_group *group; /* what it is grouped by */
	size_t ngroup;
	double count;         /* the compared number */
	uint64_t first, last; /* sequence numbers (lines) */
};

struct correlator_sink {
	/* May be NULL: then no alert is put together, and detection rules are not folded. */
	void (*alert)(void *ctx, const struct alert *a);
	/* May be NULL. Called for correlations that are output themselves. */
	void (*match)(void *ctx, const struct correlation_match *m);
	/* May be NULL: the JSON of the deciding record, for alert.last_record. */
	void (*record_text)(void *ctx, struct buf *out);
	void *ctx;
};

/*
 * The region is new, or restored from a checkpoint: then state of rules that are unchanged (by
 * content) goes on, and that of the others is freed. Also the way to a new rule set: free the old
 * correlator, make a new one over the same region. NULL: the region is too small for the rules.
 */
struct correlator *correlator_new(const struct correlations *c, const struct ruleset *rs,
	struct region *state, const struct correlator_options *opt,
	const struct correlator_sink *sink);
/* One record with the rules that it matched, ascending. seq: its frame's sequence. id: record_id.
 */
void correlator_record(struct correlator *k, struct batch b, const struct record *r,
	const uint32_t *matches, uint32_t nmatches, uint64_t seq, struct hash128 id);
/* A journaled tick: stream time moves to `now`. */
void correlator_tick(struct correlator *k, int64_t now);
/* Stream time. */
int64_t correlator_time(const struct correlator *k);
struct correlator_stats {
	uint64_t keys, entries; /* now */
	uint64_t suppressed;
	uint64_t evicted, evicted_entries; /* groups given up, and entries lost, for want of room */
	uint64_t forgotten;                /* groups whose time had passed */
	uint64_t late;    /* entries older than their window: ignored (SEMANTICS 5.5) */
	uint64_t matches; /* of correlations, however reported */
	uint64_t shadow;  /* matches of rules in state shadow */
};
void correlator_stats(const struct correlator *k, struct correlator_stats *ret);
void correlator_free(struct correlator *k);

#endif
