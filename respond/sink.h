/*
 * sink.h - where alerts go: the contract of a kind of sink, and the thread that serves one sink.
 *
 * A kind is one row in sinks[] and one file sink_*.c. The thread loads what waits, hands it to the
 * kind in order, notes in cases.db what has gone, and waits with growing pauses while the other
 * side does not take it. A dead sink delays nobody.
 * Threads: all functions of a kind run in the sink's own thread, except `open`.
 */
#ifndef RESPOND_SINK_H
#define RESPOND_SINK_H

#include <stdatomic.h>

#include "respond/ledger.h"
#include "respond/respond.h"

/* What tests make shorter. */
struct tuning {
	int64_t retry_first_ns, retry_max_ns; /* 1 s, doubled up to 15 min */
	int64_t peer_ns;                      /* how long the other side may think, 20 s */
	int64_t stop_ns;                      /* what stopping may take, 3 s */
	unsigned refusals;                    /* refused that often = given up, 8 */
	unsigned mails_per_hour;              /* where the settings have none; beyond: summaries */
	int64_t digest_ns;                    /* at most one summary in that time, 10 min */
};

extern const struct tuning tuning_default;

struct sink;

/* What waits, told as a whole. */
struct digest {
	uint64_t count, upto;
	const struct tally *rows;
	size_t nrows;
};

struct sink_type {
	enum sink_kind kind;
	const char *name;
	enum wish_what what; /* which rows of cases.db it takes */
	bool history;        /* takes alerts about history too: machines do, people ask for them */
	/* Check what the settings say and make s->own. No network. */
	int (*open)(struct sink *s, struct diag *why);
	/* Try items[0..n) in order; set `sent` of each that was tried. s->error says why one
	 * failed. Items with SENT_DONE are to be left alone. */
	void (*send)(struct sink *s, struct item *items, size_t n);
	/* May be NULL: 0 = send one by one, > 0 = not before that many ns, < 0 = a digest is due.
	 */
	int64_t (*pause)(struct sink *s);
	enum sent (*digest)(struct sink *s, const struct digest *d);
	void (*close)(struct sink *s);
};

struct sink {
	const struct sink_type *type;
	const struct sink_settings *set;
	const struct respond_options *opt;
	const struct tuning *tune;
	struct ledger *ledger;
	struct progress now; /* now.error: the last failure in words, no secrets */
	struct outbox box;
	struct wish wish;
	void *own;
	_Atomic int64_t deadline; /* clock_mono; 0 = not stopping */
	_Atomic uint64_t newest;  /* highest seq in cases.db */
	pthread_mutex_t mutex;    /* for the two above while sleeping */
	pthread_cond_t cond;
	pthread_t thread;
	_Atomic bool ended;
	struct buf name; /* of its page in cases.db */
};

/* Open the ledger, count what waits, check the settings. `lock` is the one of cases.db. `type` is
 * that of the setting's kind, or sink_post beside sink_smtp: reports wait behind no alert. */
int sink_open(const struct sink_type *type, const struct respond_options *opt,
	const struct tuning *tune, const struct sink_settings *set, pthread_mutex_t *lock,
	uint64_t newest, struct diag *why, struct sink **ret);
int sink_start(struct sink *s);
/* Does this sink want such an alert? */
bool sink_wants(const struct sink *s, enum level level, bool history, bool mail);
/* From the responder's loop: alerts up to `newest` are there, `wanted` of the new for this sink. */
void sink_wake(struct sink *s, uint64_t newest, uint64_t wanted);
void sink_stop(struct sink *s, int64_t deadline);
/* Wait for the thread till the deadline and a little; false: it is stuck and is left behind. */
bool sink_join(struct sink *s, int64_t until);
void sink_free(struct sink *s);

/* For kinds. */
const struct sink_type *sink_type_of(const struct sink_settings *set);
/* ns that a call to the other side may still take: peer_ns, less while stopping; >= 0. */
int64_t sink_patience(const struct sink *s);
void sink_failed(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Save s->now.note at once. */
int sink_save_note(struct sink *s);
/* The password file's first line; ERR_IO with words in s->now.error or why. */
int sink_password(const struct sink_settings *set, struct diag *why, struct buf *ret);
/* Wipe and free it. */
void secret_done(struct buf *secret);

extern const struct sink_type sink_file, sink_syslog, sink_kafka, sink_smtp, sink_post,
	sink_webhook, sink_chat;

/* respond_run with other patience. */
int respond_run_tuned(
	const struct respond_options *opt, const struct tuning *tune, struct diag *why);

#endif
