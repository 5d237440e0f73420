/*
 * shared.h - the memory that all roles share: slots, queues, counters, positions. Made by the
 * parent before it forks.
 *
 * Who writes what: intake the frames of slots it holds and queue ends; a worker the results of the
 * slot it was given; the engine everything else in here. All but the parent treat what others wrote
 * as hostile and check it.
 */
#ifndef DAEMON_SHARED_H
#define DAEMON_SHARED_H

#include "base/batch.h"
#include "base/count.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/queue.h"

#define SHARED_WORKERS 64u
#define SHARED_SLOTS   128u
#define SHARED_RECOVERY                                                                            \
	4u /* slots of the engine's own, for what it reads back from the journal                   \
	    */
#define SHARED_STREAMS 16384u /* file and Kafka streams whose position is known; a power of two */

enum role {
	ROLE_PARENT,
	ROLE_INTAKE,
	ROLE_WORKER,
	ROLE_ENGINE,
	ROLE_RESPONDER,
	ROLE_SIGNER,
	ROLE_CONSOLE,
	ROLE_COUNT
};

struct stream_position {
	_Atomic uint64_t stream, next; /* stream 0 = free */
};

struct worker_cell {
	struct queue_shared work, done;
	_Atomic uint32_t generation; /* counted up by the parent when it starts the worker */
	_Atomic uint32_t
		acknowledged;  /* by the engine, when its queues are clean for that generation */
	_Atomic uint32_t kill; /* the engine asks the parent to kill it: it overran its time */
};

struct shared {
	struct counts counts;
	struct queue_shared free, filled, durable;
	struct worker_cell workers[SHARED_WORKERS];
	_Atomic uint8_t engine_has[SHARED_SLOTS]; /* set before the engine takes a slot, cleared
						     after it gave it back */
	_Atomic uint8_t lost_slot[SHARED_SLOTS]; /* set by a new intake: nobody holds it, the engine
						    gives it back */
	_Atomic uint32_t reloading;              /* the engine takes no more batches and ends */
	_Atomic uint32_t ready;    /* bit per enum role that reported itself running */
	_Atomic uint32_t stopping; /* no new input is wanted */
	_Atomic uint32_t pids[ROLE_COUNT + SHARED_WORKERS]; /* for status */
	_Atomic uint32_t restarts[ROLE_COUNT];
	_Atomic uint64_t alert_taken;  /* number of the last alert the responder has in cases.db */
	_Atomic uint32_t journal_full; /* backpressure: journal.max is reached */
	/* Which watchlists (state/objects) the parent wants in force; seq is odd while it writes.
	 */
	_Atomic uint32_t lists_seq;
	_Atomic uint64_t lists_hi, lists_lo;
	struct stream_position streams[SHARED_STREAMS];
};

/* The same with its queues' ends and the file descriptors that fork handed down. */
struct house {
	struct shared *s;
	char *slots;
	unsigned nslots; /* in circulation; SHARED_RECOVERY more lie behind */
	unsigned nworkers;
	struct queue free, filled, durable;
	struct queue work[SHARED_WORKERS], done[SHARED_WORKERS];
	int engine_fd;           /* eventfd: anything for the engine */
	int stop_fd[ROLE_COUNT]; /* eventfds: please end */
	int alert_fd;            /* eventfd: the alert log grew */
	int log_fd;              /* pipe to the parent: "level role: text\n" */
	int signer_fd[2];        /* socketpair: engine, signer */
};

int house_new(unsigned nslots, unsigned nworkers, struct diag *why, struct house **ret);
struct batch house_slot(const struct house *h, unsigned slot);
/* Look up / learn a stream's position, with POSITION_FIELDS; false when the table is full. Engine
 * writes, intake reads. */
uint64_t house_position(const struct house *h, uint64_t stream);
bool house_learn(struct house *h, uint64_t stream, uint64_t next);
/* The watchlists in demand; the parent says, the engine asks. */
void house_want_lists(struct house *h, struct hash128 hash);
struct hash128 house_lists(const struct house *h);
void fd_signal(int fd);
void fd_drain(int fd);

#endif
