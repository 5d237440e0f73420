/*
 * engine.h - the one place where order is made: journal, workers' results in sequence, correlation,
 * evidence, alerts.
 *
 * Internal to daemon/: engine.c (the loop), engineflow.c (batches on their way), enginestate.c
 * (checkpoint and recovery). Threads: one; the journal's commit thread and the evidence writer live
 * behind their headers.
 */
#ifndef DAEMON_ENGINE_H
#define DAEMON_ENGINE_H

#include <sys/types.h>

#include "base/alertlog.h"
#include "base/clock.h"
#include "base/map.h"
#include "daemon/mind.h"
#include "daemon/shared.h"
#include "store/evidence.h"
#include "store/journal.h"

#define ENGINE_FLIGHTS (SHARED_SLOTS + SHARED_RECOVERY)

enum flight_kind { FLIGHT_FRAMES, FLIGHT_TICK, FLIGHT_LISTS };

/* One journal entry on its way through the engine, in order of the journal. */
struct flight {
	enum flight_kind kind;
	unsigned slot;
	bool recovery; /* read back from the journal, in a slot of the engine's own */
	jpos pos;
	uint64_t number; /* intake's number for the batch */
	int64_t tick;
	uint64_t tick_seq;   /* a tick has a sequence number of its own: what it causes is kept */
	struct lists *lists; /* FLIGHT_LISTS: in force from here; the engine's when processed */
	unsigned worker;
	uint32_t next;           /* the first frame that is not yet processed */
	uint32_t to;             /* what the worker was asked for */
	bool ready;              /* results of [next, done) lie in the slot */
	uint32_t done, nrecords; /* of those results, as they were when they were checked */
	uint32_t suspect_to; /* a worker died at [next, suspect_to): narrow it down; 0 = nothing is
				suspected */
	bool poison;         /* no worker survives the frame `next` */
	int64_t sent;        /* mono, when the worker got it */
};

struct pending_alert {
	jpos pos;
	struct hash128 id;
	struct buf json;
};

struct source_row {
	uint64_t key;
	uint32_t row;
};

struct engine {
	struct house *h;
	const struct brain *brain;
	const struct settings *set;
	const struct clock *clock;
	struct journal *journal;
	struct evidence *evidence;
	struct alertlog *alerts;
	struct mind *live, *history;
	struct lists *lists;        /* in force, by the journal's order */
	struct hash128 lists_asked; /* journaled last */
	struct hash128 config; /* in force where the journal is being read back; 0: not known */
	unsigned class_default, class_alerts;
	uint64_t next_seq;

	struct flight flights[ENGINE_FLIGHTS];
	unsigned first, nflights; /* ring, oldest first */
	unsigned nprocessed;      /* of these, processed and waiting to be durable */
	unsigned held_slot;       /* popped but not journaled (journal full), or UINT_MAX */
	unsigned outstanding[SHARED_WORKERS];
	uint32_t generation[SHARED_WORKERS];
	unsigned recovery_used; /* bit per recovery slot */

	struct pending_alert *pending;
	size_t npending, pending_cap;
	jpos processed; /* all entries up to here went through correlation and evidence */

	uint64_t next_processed; /* the sequence behind the last processed entry */
	uint64_t
		last_evidence; /* the newest sequence given to evidence by this process; 0 = none */

	struct buf json;  /* of the record in hand */
	struct batch now; /* what the sinks may look at */
	const struct record *now_record;
	uint64_t now_seq;
	jpos now_pos;
	struct source_row *sources; /* open addressing, COUNT_SOURCES * 2 */
	uint64_t seed;

	pid_t checkpoint_pid;
	jpos checkpoint_pos, checkpoint_want;
	int64_t checkpoint_at;     /* mono of the last one */
	uint64_t checkpoint_bytes; /* journal bytes since */
	int64_t last_work, last_tick, last_flush, last_house;
	bool stopping, threads_started;
	struct diag why;
	int rc;
};

/* engine.c */
int engine_run(struct house *h, const struct brain *b, const struct clock *clock);

/* engineflow.c */
bool flow_take(struct engine *e);    /* filled slots -> journal -> worker; true if anything moved */
bool flow_results(struct engine *e); /* workers' answers */
bool flow_process(struct engine *e); /* results in order -> correlation, evidence */
bool flow_durable(struct engine *e); /* what became durable: acknowledge, let alerts go */
void flow_workers(struct engine *e); /* dead or late workers */
void flow_adopt(struct engine *e, unsigned slot); /* a slot that the engine before us held */
bool flow_tick(struct engine *e, int64_t stream_time);
void flow_lists(struct engine *e); /* the parent saw other watchlists */
void flow_dispatch(struct engine *e, struct flight *f);
struct flight *flow_add(struct engine *e);
struct flight *flow_at(struct engine *e, unsigned i);

/* enginestate.c */
int state_open(
	struct engine *e); /* stores, checkpoint, and the journal behind it through the workers */
void state_checkpoint(struct engine *e, bool wait);
void state_reap(struct engine *e);
/* From state/objects. Told when it is not there or not sound. */
int state_read_lists(struct engine *e, struct hash128 hash, struct lists **ret);
void state_close(struct engine *e);

/* enginerecord.c: one record into counters, evidence, correlation. */
void engine_record(struct engine *e, struct batch b, struct record *r);
void engine_keep(void *ctx, struct batch b, const struct record *r, bool derived);
void engine_alert(void *ctx, const struct alert *a);
void engine_record_text(void *ctx, struct buf *out);
void engine_poison_alert(struct engine *e, struct batch b, uint32_t frame);
void engine_bare_frame(struct engine *e, struct batch b, uint32_t frame, enum reason why);

#endif
