/*
 * vigil.h - when Noroshi itself watched: spans of time in cases.db in which all roles ran and
 * alerts were taken, from which uptime is counted.
 *
 * The open span grows every few seconds; whatever ends the service leaves it where it was. So a
 * span may be short by MARK_NS, never too long. Threads: the responder's loop; reading: any
 * connection.
 */
#ifndef RESPOND_VIGIL_H
#define RESPOND_VIGIL_H

#include <sqlite3.h>

#include "base/str.h"

#define VIGIL_MARK_NS (10 * INT64_C(1000000000))

struct vigil {
	int64_t since, until; /* the open span, wall; 0 = none */
};

int vigil_schema(sqlite3 *db);
/* It is watched now; with the lock of cases.db, outside a group. Writes at most every
 * VIGIL_MARK_NS, or at once with `last`. */
int vigil_mark(struct vigil *v, sqlite3 *db, int64_t wall, bool last);

struct vigil_sum {
	int64_t measured;      /* ns of [since, until) behind the first span ever */
	int64_t watched;       /* of these */
	int64_t longest, from; /* the longest pause and when it began */
	uint64_t starts;       /* spans that began in it */
};

void vigil_sum(sqlite3 *db, int64_t since, int64_t until, struct vigil_sum *ret);

#endif
