/*
 * ledger.h - one sink's page in cases.db: what waits for it, how far it has come, what went wrong.
 *
 * The spool of a sink is nothing but the alerts behind its `settled`; so nothing is stored twice,
 * and what was taken is never lost to a sink by a death in between.
 * Threads: one sink's thread; a connection of its own.
 */
#ifndef RESPOND_LEDGER_H
#define RESPOND_LEDGER_H

#include "respond/cases.h"

struct ledger;

enum sent {
	SENT_NOT,     /* not tried yet, or not known */
	SENT_DONE,    /* the other side has it */
	SENT_AGAIN,   /* did not go; will be repeated */
	SENT_REFUSED, /* the other side says never */
	SENT_DEAD     /* given up, named in the table `dead` */
};

struct item {
	uint64_t seq;
	char id[64];
	enum level level;
	struct str json; /* into the outbox's text */
	enum sent sent;
	unsigned refusals;
};

/* Alerts loaded for sending, in order. {0} is a valid empty one. */
struct outbox {
	struct item *items;
	size_t n, cap, settled; /* the first `settled` items are done with */
	struct buf text;
	uint64_t upto; /* with all items settled, everything up to this seq is */
};

/* All alerts; those that no report tells; reports and notices. */
enum wish_what { WISH_ALERTS, WISH_MAIL, WISH_REPORTS };

/* Which alerts a sink wants. */
struct wish {
	enum level least;
	bool history;
	enum wish_what what;
};

/* Kept in the table `sinks`; saved as a whole. */
struct progress {
	uint64_t settled, attempts, delivered, failed, dropped, dead, digested;
	struct buf error, note;
};

/* One line of a summary: a rule and how often. */
struct tally {
	char *json; /* its newest alert */
	uint64_t count;
};

/* A sink that is new begins with the next alert that is taken. */
int ledger_open(const char *path, pthread_mutex_t *lock, struct str sink, struct diag *why,
	struct progress *now, struct ledger **ret);
/* Load what stands behind `after`, up to `newest`, bounded in number and bytes. */
int ledger_load(
	struct ledger *l, struct wish w, uint64_t after, uint64_t newest, struct outbox *ret);
/* How many wait behind `after`, and their bytes. */
int ledger_waiting(struct ledger *l, struct wish w, uint64_t after, uint64_t newest,
	uint64_t *number, uint64_t *bytes);
/* The seq to settle at so that at most `bytes` wait, and how many fall away by it. */
int ledger_oldest(struct ledger *l, struct wish w, uint64_t after, uint64_t newest, uint64_t bytes,
	uint64_t *settle, uint64_t *fall);
/* The rules of what waits, most alerts first. Returns how many, 0..max. */
size_t ledger_tally(struct ledger *l, struct wish w, uint64_t after, uint64_t newest,
	struct tally *rows, size_t max);
/* How many rows of cases.db behind `after` are such. */
uint64_t ledger_wanted(sqlite3 *db, struct wish w, uint64_t after, uint64_t newest);
/* Somebody was told of this incident: the first time is kept, and a line of its history;
 * report: the number of the one that was handed over, 0 = none. */
int ledger_told(
	struct ledger *l, const char *incident, unsigned report, int64_t wall, const char *words);
/* Has a person said that this address may be told of the incident? */
bool ledger_approved(struct ledger *l, const char *incident, const char *address);
/* `dead`: NULL, or items of which those with SENT_DEAD behind `settled` are to be named dead. */
int ledger_save(
	struct ledger *l, const struct progress *p, int64_t wall, const struct outbox *dead);
const char *ledger_error(const struct ledger *l);
void ledger_close(struct ledger *l);
void outbox_done(struct outbox *o);
void progress_done(struct progress *p);

#endif
