/*
 * count.h - counters in shared memory: every role adds, everybody may read.
 *
 * One page set for the whole house. Reading while others add gives a moment's picture, not an
 * instant; `received = stored + rejected + dropped + in_flight` is exact when nothing moves.
 * Threads: relaxed atomics.
 */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/reason.h"

#define COUNT_INPUTS  256u
#define COUNT_SOURCES 4096u
#define COUNT_NAME    112u

enum count_id {
	COUNT_RECEIVED,  /* messages that came in, whatever became of them */
	COUNT_FRAMED,    /* handed to the engine */
	COUNT_JOURNALED, /* frames durable */
	COUNT_STORED,    /* frames whose records are in evidence buffers */
	COUNT_RECORDS,
	COUNT_PARSED,
	COUNT_UNPARSED,
	COUNT_BYTES_IN,
	COUNT_ALERTS,
	COUNT_SUPPRESSED,
	COUNT_EVICTED,
	COUNT_RESUMED_DUPLICATES, /* delivered again after a restart, recognised */
	COUNT_CHECKPOINTS,
	COUNT_JOURNAL_BYTES,
	COUNT_EVIDENCE_BYTES,
	COUNT_SENT,        /* alerts delivered, over all sinks */
	COUNT_SEND_FAILED, /* attempts that will be repeated */
	COUNT_SPOOLED,     /* gauge: alerts waiting in spools */
	COUNT_RULE_LIMIT,  /* PCRE2 match limits hit */
	COUNT_WORKER_RESTARTS,
	COUNT_CONNECTIONS,       /* gauge */
	COUNT_WATERMARK,         /* gauge: stream time, ns */
	COUNT_IN_FLIGHT_BATCHES, /* gauge */
	COUNT_DURABLE_SEQ,       /* gauge */
	/* Of live inputs: */
	COUNT_DERIVED,          /* records that weave made of several lines */
	COUNT_WOVEN,            /* records that weave added to */
	COUNT_BINDINGS,         /* gauge: who has which address */
	COUNT_JOINS_OPEN,       /* gauge */
	COUNT_WEAVE_EVICTED,    /* given up for want of room */
	COUNT_JOINS_UNFINISHED, /* given up for want of an end */
	COUNT_WEAVE_NO_ROOM,    /* records that could not take all that is known */
	COUNT_UNHELD,           /* matches that a watchlist or session did not confirm */
	COUNT_INCIDENTS_OPEN,   /* gauge */
	COUNT_INCIDENTS_OPENED,
	COUNT_INCIDENTS_MERGED,
	COUNT_INCIDENTS_EVICTED,
	COUNT_LISTS_ROWS,       /* gauge: rows of watchlists in force */
	COUNT_LISTS_BAD,        /* gauge: rows left out */
	COUNT_HEARTBEAT_FAILED, /* of the responder */
	COUNT_CASES_FORGOTTEN,  /* rows of cases.db deleted by age */
	COUNT_CHUNKS_WAITING,   /* gauge: GELF messages of which some chunks are there */
	COUNT_IDS
};

struct count_input {
	_Atomic uint64_t received, framed, bytes, rejected, dropped, kernel_drops, lag;
};

/* A source = (input, original sender, product): bounded table, the last row takes the overflow. */
struct count_source {
	char name[COUNT_NAME]; /* "input host product" */
	_Atomic uint64_t records, bytes, unparsed, flagged;
	_Atomic int64_t last_event, last_arrival; /* ns */
	/* How far its clock is ahead of ours, smoothed over some thirty records that came live and
	 * name their time; ns. Transport that takes long looks like a clock that is behind. */
	_Atomic int64_t skew;
	_Atomic uint64_t clocked; /* records that told */
};

struct counts {
	_Atomic uint64_t value[COUNT_IDS];
	_Atomic uint64_t rejected[REASON_COUNT]; /* not stored */
	_Atomic uint64_t dropped[REASON_COUNT];  /* lost, by us or by the kernel */
	_Atomic uint64_t flagged[REASON_COUNT];  /* stored with that flag */
	struct count_input inputs[COUNT_INPUTS];
	_Atomic uint32_t nsources;
	struct count_source sources[COUNT_SOURCES];
};

static inline void
count_add(struct counts *c, enum count_id id, uint64_t n)
{
	atomic_fetch_add_explicit(&c->value[id], n, memory_order_relaxed);
}

static inline void
count_set(struct counts *c, enum count_id id, uint64_t n)
{
	atomic_store_explicit(&c->value[id], n, memory_order_relaxed);
}

static inline uint64_t
count_get(const struct counts *c, enum count_id id)
{
	return atomic_load_explicit(&c->value[id], memory_order_relaxed);
}

static inline void
count_bump(_Atomic uint64_t *p, uint64_t n)
{
	atomic_fetch_add_explicit(p, n, memory_order_relaxed);
}

#endif
