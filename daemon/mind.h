/*
 * mind.h - what follows one stream time: weave, late rules, correlation, incidents, with their
 * state.
 *
 * The engine has two, for live inputs and for history; the command line's replay has one. The way
 * of a record is the same in all: woven, matched late, watched rules confirmed, correlated, alerts
 * folded into incidents. A pure function of the records, the ticks and the lists, in order.
 * Threads: one owner.
 */
#ifndef DAEMON_MIND_H
#define DAEMON_MIND_H

#include "correlation/incident.h"
#include "daemon/brain.h"
#include "weave/weave.h"

struct mind;

struct mind_sink {
	/* The record as it will be kept, woven and matched; derived ones too. May be NULL. */
	void (*record)(void *ctx, struct batch b, const struct record *r, bool derived);
	/* The rules that it matched for good. May be NULL. */
	void (*matched)(void *ctx, const uint32_t *rules, uint32_t n);
	void (*alert)(void *ctx, const struct alert *a); /* NULL: none are put together */
	void (*match)(void *ctx, const struct correlation_match *m); /* may be NULL */
	void (*record_text)(void *ctx, struct buf *out); /* for alerts; NULL without them */
	void *ctx;
};

struct mind_options {
	const struct brain *brain;
	const struct lists *lists; /* lent */
	struct correlator_options correlator;
	struct weave_options weave;
	struct incidents_options incidents;
	size_t state_max; /* of the correlation's region; weave's and incidents' are parts of it */
};

/* Memory only; state may then be loaded, mind_begin makes it ready. */
struct mind *mind_new(const struct mind_options *opt, const struct mind_sink *sink);
int mind_save(const struct mind *m, int fd);
/* ERR_CORRUPT: the mind is empty then. */
int mind_load(struct mind *m, int fd);
void mind_reset(struct mind *m);
/* Before mind_begin. */
void mind_set_lists(struct mind *m, const struct lists *lists);
/* What the settings say of weave and incidents. */
void mind_settings(const struct settings *s, struct mind_options *ret);
/* ERR_LIMIT: state_max is too small. */
int mind_begin(struct mind *m);

/* One record, in order. `r` is the caller's own copy. */
void mind_record(
	struct mind *m, struct batch b, struct record *r, uint64_t seq, struct str input_name);
/* A tick of the journal; seq is its own sequence number. */
void mind_tick(struct mind *m, int64_t now, uint64_t seq);
/*
 * Nothing more will come: stream time moves on to where the last of what waits for its end is due,
 * and no further. Correlations of this version wait for nothing but records.
 */
void mind_until_end(struct mind *m);
/* Another snapshot of the lists from here on; lent. */
void mind_lists(struct mind *m, const struct lists *lists);
int64_t mind_time(const struct mind *m);

struct mind_stats {
	struct correlator_stats correlator;
	struct weave_stats weave;
	struct incidents_stats incidents;
	uint64_t late_limits; /* PCRE2 limits hit by late rules */
	uint64_t unheld;      /* matches that a watchlist or session test did not confirm */
};
void mind_stats(struct mind *m, struct mind_stats *ret);
/* For `noroshi timeline` and tests. */
struct weave *mind_weave(const struct mind *m);
void mind_free(struct mind *m);

#endif
