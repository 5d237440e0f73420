/*
 * month.h - what one month amounts to, counted from cases.db and the archive's lines. Threads:
 * values of their owner.
 */
#ifndef RESPOND_MONTH_H
#define RESPOND_MONTH_H

#include <jansson.h>
#include <sqlite3.h>

#include "base/str.h"

#define MONTH_FAMILIES 6u /* of control 143: mail firewall proxy remote auth endpoint */

struct month {
	int year, month;
	int64_t since, until; /* ns; the month in JST, until exclusive */
	int days;             /* of the month that have passed at `now` */
	struct {
		uint64_t records, full; /* full: all required fields are there */
		uint32_t days;          /* bit per day with records */
		int64_t last;
	} family[MONTH_FAMILIES];
};

/* "2026-11"; false: no month. */
bool month_parse(struct str text, int64_t now, struct month *ret);
/* One line of the archive. */
void month_record(struct month *m, struct str json);
/* The object that report_monthly takes (docs/incident-format.md). */
json_t *month_json(const struct month *m, sqlite3 *db, int64_t now);

#endif
