/*
 * month.h - what one month amounts to, counted from cases.db and the archive's lines; a pure
 * function of both and of `now`. Threads: values of their owner.
 */
#ifndef RESPOND_MONTH_H
#define RESPOND_MONTH_H

#include <jansson.h>
#include <sqlite3.h>

#include "base/map.h"
#include "respond/monthline.h"
#include "respond/rhythm.h"

#define MONTH_LEARN_DAYS 28   /* before the month, from which sources' habits are known */
#define MONTH_SOURCES    2048 /* more are counted together */

struct month_source {
	struct str name; /* "input sender product" */
	struct rhythm *rhythm;
	uint64_t records; /* of the month */
	uint64_t timed;   /* of these with a time of receipt */
	double delay;     /* sum of receipt less event time, seconds */
	double delay_max; /* either way */
};

struct month {
	int year, month;
	int64_t learn, since, until; /* ns; the month in JST, until exclusive; learn <= since */
	int64_t end;                 /* of what has passed of it */
	int days;                    /* of the month that have begun at `now` */
	struct {
		uint64_t records, full; /* full: all required fields are there */
		uint64_t has[NEED_COUNT],
			should[NEED_COUNT]; /* filled; neither filled nor excused */
		uint64_t excused[EXCUSE_COUNT];
		uint32_t days; /* bit per day with records */
		int64_t last;
	} family[LOG_KINDS]; /* by enum log_kind */
	struct rhythm_span span;
	struct map names, countries; /* name -> number in `sources`; country -> records */
	struct month_source *sources;
	size_t nsources, sources_cap;
	uint64_t unnamed; /* records of sources beyond MONTH_SOURCES */
	uint64_t placed;  /* records that name a country */
};

/* "2026-11"; false: no month. month_done even so. */
bool month_parse(struct str text, int64_t now, struct month *ret);
/* One line of the archive, of [learn, until). */
void month_record(struct month *m, struct str json);
void month_done(struct month *m);
/* The object that report_monthly takes (docs/incident-format.md). */
json_t *month_json(const struct month *m, sqlite3 *db);

/* month_cases.c: what cases.db knows, into `to`. */
void month_cases(const struct month *m, sqlite3 *db, json_t *to);

#endif
