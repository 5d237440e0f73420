/*
 * incidents.h - incidents as people handle them: what the engine folded, and what was done about
 * it. Tables in cases.db; written by the responder's loop alone, inside its transactions.
 *
 * The history is append-only and each row carries a hash over itself and the row before, so a row
 * that was changed, taken out or cut off at the end is found (incidents_check).
 */
#ifndef RESPOND_INCIDENTS_H
#define RESPOND_INCIDENTS_H

#include <jansson.h>

#include "respond/cases.h"

/* When people are told; from the settings. */
struct policy {
	enum level report_least; /* severity from which a preliminary report is written, high */
	int64_t fold_ns;         /* so long alerts are gathered before it, 60 s */
	int64_t followup_ns;     /* at the earliest between two reports of one incident, 30 min */
	uint64_t reports_per_hour;
	int64_t keep_ns; /* closed incidents and alerts are kept */
};

int incidents_schema(sqlite3 *db);

/*
 * One alert that has just been put into `alerts` as row seq. *mail: it is to be mailed by itself;
 * otherwise the incident's next report tells of it.
 */
int incidents_take(sqlite3 *db, const struct policy *p, const json_t *alert, uint64_t seq,
	enum level level, int64_t wall, bool *mail);

/* docs/incident-format.md; NULL: no such incident. `who`: number, id, id's beginning, alert id. */
json_t *incident_json(sqlite3 *db, const char *who);
/* The id of what somebody named; false: none, or several begin so. */
bool incident_find(sqlite3 *db, const char *who, char id[40]);
/* One object per incident, newest first. all: closed and merged ones too. */
json_t *incidents_list(sqlite3 *db, bool all, int64_t since, unsigned limit);

/* Append to the history. */
int incident_note(sqlite3 *db, const char *id, int64_t wall, const char *by, const char *what,
	const char *text);
/*
 * What a person asks: {"do": ack|assign|stage|note|level|close|reopen|approve, "incident": WHO,
 * "by": NAME, ...}. Returns {"ok": text} or {"error": text, "missing": [..]}; with "failed" the
 * group is to be abandoned.
 */
json_t *incident_act(sqlite3 *db, const json_t *ask, int64_t wall);

/* What to type next about an open incident: the command with the fields it lacks. False: nothing.
 */
bool incident_next(sqlite3 *db, const json_t *incident, bool ja, struct buf *out);

/* Incidents whose report is due: ids, oldest first. */
size_t incidents_due(sqlite3 *db, int64_t wall, char (*ids)[40], size_t max);
/* Report n, to a list of addresses, was written when there were `alerts` alerts: noted; the next
 * one is planned if there are more by now. */
int incident_reported(sqlite3 *db, const struct policy *p, const char *id, unsigned n, int64_t wall,
	uint64_t alerts, const json_t *to);
/* It could not be written: due again in a minute. */
int incident_report_failed(sqlite3 *db, const char *id, int64_t wall);
/* Delete what is older than the policy keeps; returns how many rows. */
uint64_t incidents_forget(sqlite3 *db, const struct policy *p, int64_t wall);

/*
 * The history (history.c) is one chain for all incidents. Rows of incidents that are forgotten by
 * age lose their words and keep their hash; a later row of the chain says so.
 */
int history_forget(sqlite3 *db, const char *id, int64_t wall);
/* Check the chain from its first row to the last that was written: each row that is wrong is an
 * error in findings. Returns how many, or ERR_IO. */
int64_t incidents_check(sqlite3 *db, struct diag *findings);

const char *stage_words(unsigned stage, bool ja);

/* Small helpers over SQLite, for respond/incident*.c and duty.c. Text is bound by copy. */
int db_run(sqlite3 *db, const char *sql, const char *types, ...);
int64_t db_number(sqlite3 *db, const char *sql, const char *types, ...);
/* False: no row. */
bool db_text(sqlite3 *db, struct buf *ret, const char *sql, const char *types, ...);

#endif
