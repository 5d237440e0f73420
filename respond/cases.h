/*
 * cases.h - cases.db: every alert once, and how far each sink has come.
 *
 * Alerts are committed with synchronous=FULL together with the number of the last one taken. What
 * the sinks note (ledger.h) is committed with NORMAL: it survives the death of the process; after a
 * power failure a sink may be asked again for what it had, never less. One process writes; inside
 * it the lock keeps writers from meeting in SQLite's sleeping busy handler.
 * Threads: struct cases belongs to the responder's loop; each ledger to its sink's thread.
 */
#ifndef RESPOND_CASES_H
#define RESPOND_CASES_H

#include <pthread.h>
#include <sqlite3.h>

#include "base/diag.h"

enum level { LEVEL_INFORMATIONAL, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL };

struct cases;

/* What cases_add made of one alert. */
struct taken {
	uint64_t seq; /* its number in cases.db, rising without regard to the alert log */
	enum level level;
	bool history;
	bool fresh; /* false: it was there already */
	bool mail;  /* to be mailed by itself */
};

/* Makes the folder and the tables. The lock is lent and shared with the ledgers. */
int cases_open(const char *path, pthread_mutex_t *lock, struct diag *why, struct cases **ret);
/* The alert log's number of the last alert taken; 0 = none. */
uint64_t cases_taken(const struct cases *c);
/* What people are told when; lent. Before the first group. */
struct policy;
void cases_policy(struct cases *c, const struct policy *p);
/* The connection, for respond/duty.c and desk.c, between groups and with the lock. */
sqlite3 *cases_db(struct cases *c);
pthread_mutex_t *cases_lock(struct cases *c);
/* A report or notice to people, as a row that only mail takes. In a group. */
int cases_add_report(
	struct cases *c, const char *id, enum level level, struct str json, int64_t time);
/* The highest seq; 0 = none. */
uint64_t cases_newest(const struct cases *c);
/*
 * A group: begin, add ..., commit. A failure of any leaves nothing of the group behind, and the
 * group may be tried again from its beginning. cases_error says what SQLite said.
 */
int cases_begin(struct cases *c);
int cases_add(struct cases *c, uint64_t number, struct str json, int64_t wall, struct taken *ret);
int cases_commit(struct cases *c, uint64_t number);
/* Nothing of the group stays. */
void cases_abandon(struct cases *c);
const char *cases_error(const struct cases *c);
/* Move the write-ahead log into the database, if that has become worth it; when nothing waits. */
void cases_tidy(struct cases *c);
void cases_close(struct cases *c);

/* "high" -> LEVEL_HIGH; unknown words are medium. */
enum level level_of(struct str word);
const char *level_word(enum level l);

/* For cases.c and ledger.c: a connection with the pragmas set, errors in words. */
int db_open(const char *path, bool full, struct diag *why, sqlite3 **ret);
int db_exec(sqlite3 *db, const char *sql);
int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret);

#endif
