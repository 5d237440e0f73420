#include "respond/month.h"

#include <stdio.h>
#include <string.h>

#include "base/stamp.h"
#include "respond/incidents.h"

#define JST_NS (9 * 3600 * NS_PER_S)
#define DAY_NS (86400 * NS_PER_S)

/* The kinds of logs of control 143, how a record is known as one, and what it must tell. */
static const struct {
	const char *name;
	const char *is[3];   /* all must stand in the line */
	const char *need[4]; /* keys */
} kinds[MONTH_FAMILIES] = {
	{"mail", {"\"event.category\":[\"email\"]", "\"noroshi.derived\":\"mail\""},
		{"\"email.from.address\":", "\"email.to.address\":"}},
	{"firewall", {"\"observer.type\":\"firewall\"", "\"event.category\":[\"network\""},
		{"\"source.ip\":", "\"destination.ip\":"}},
	{"proxy", {"\"observer.type\":\"proxy\""}, {"\"source.ip\":", "\"url."}},
	{"remote", {"\"event.category\":[\"authentication\",\"session\",\"network\"]"},
		{"\"source.ip\":", "\"user.name\":"}},
	{"auth", {"\"event.category\":[\"authentication\"]", "\"event.outcome\":"},
		{"\"source.ip\":", "\"user.name\":"}},
	{"endpoint", {"\"event.category\":[\"process\"]", "\"host.name\":"},
		{"\"user.name\":", "\"process."}},
};

static bool
leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
month_days(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[m - 1] + (m == 2 && leap(y));
}

bool
month_parse(struct str text, int64_t now, struct month *ret)
{
	uint64_t y, m;
	struct civil c;
	int64_t passed;

	if (text.n != 7 || text.p[4] != '-' || !str_u64(str_make(text.p, 4), &y) ||
		!str_u64(str_make(text.p + 5, 2), &m) || m < 1 || m > 12 || y < 1970 || y > 2200)
		return false;
	*ret = (struct month){.year = (int)y, .month = (int)m};
	c = (struct civil){.year = (int)y, .month = (int)m, .day = 1};
	ret->since = civil_to_ns(&c) - JST_NS;
	ret->until = ret->since + month_days((int)y, (int)m) * DAY_NS;
	passed = ((now < ret->until ? now : ret->until) - ret->since + DAY_NS - 1) / DAY_NS;
	ret->days = passed < 0 ? 0 : (int)passed;
	return true;
}

static bool
holds(struct str json, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n && words[i]; i++)
		if (str_find(json, str_of(words[i])) < 0)
			return false;
	return true;
}

void
month_record(struct month *m, struct str json)
{
	struct str stamp = json;
	int64_t ns = 0;

	if (!str_take(&stamp, STR("{\"@timestamp\":\"")) || !stamp_take_iso(&stamp, NULL, 0, &ns) ||
		ns < m->since || ns >= m->until)
		return;
	for (size_t i = 0; i < MONTH_FAMILIES; i++) {
		if (!holds(json, kinds[i].is, 3))
			continue;
		m->family[i].records++;
		m->family[i].full += holds(json, kinds[i].need, 4);
		m->family[i].days |= 1u << ((ns - m->since) / DAY_NS);
		if (ns > m->family[i].last)
			m->family[i].last = ns;
		return;
	}
}

/* Mean of a difference in seconds over the month's real incidents, with its n. */
static json_t *
mean(sqlite3 *db, const struct month *m, const char *difference, const char *needs)
{
	struct buf sql = {0};
	sqlite3_stmt *q = NULL;
	json_t *ret = json_object();

	buf_printf(&sql,
		"SELECT count(*),avg((%s)/1e9) FROM incidents WHERE taken>=?1 AND taken<?2 AND "
		"drill=0 AND "
		"history=0 AND status<>'merged' AND %s",
		difference, needs);
	if (db_prepare(db, buf_z(&sql), &q) == 0) {
		sqlite3_bind_int64(q, 1, m->since);
		sqlite3_bind_int64(q, 2, m->until);
		if (sqlite3_step(q) == SQLITE_ROW) {
			json_object_set_new(ret, "n", json_integer(sqlite3_column_int64(q, 0)));
			json_object_set_new(ret, "seconds",
				sqlite3_column_int64(q, 0) ? json_real(sqlite3_column_double(q, 1))
							   : json_null());
		}
	}
	sqlite3_finalize(q);
	buf_done(&sql);
	return ret;
}

static json_t *
counts(sqlite3 *db, const struct month *m, const char *sql, int buckets)
{
	sqlite3_stmt *q = NULL;
	json_t *list = json_array();

	for (int i = 0; i < buckets; i++)
		json_array_append_new(list, json_integer(0));
	if (db_prepare(db, sql, &q) < 0)
		return list;
	sqlite3_bind_int64(q, 1, m->since);
	sqlite3_bind_int64(q, 2, m->until);
	while (sqlite3_step(q) == SQLITE_ROW)
		if (sqlite3_column_int(q, 0) >= 0 && sqlite3_column_int(q, 0) < buckets)
			json_array_set_new(list, (size_t)sqlite3_column_int(q, 0),
				json_integer(sqlite3_column_int64(q, 1)));
	sqlite3_finalize(q);
	return list;
}

static json_t *
coverage(const struct month *m, int64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < MONTH_FAMILIES; i++) {
		json_t *one = json_object();
		char at[32];

		json_object_set_new(one, "family", json_string(kinds[i].name));
		json_object_set_new(one, "records", json_integer((json_int_t)m->family[i].records));
		json_object_set_new(one, "complete",
			m->family[i].records ? json_real((double)m->family[i].full /
							 (double)m->family[i].records)
					     : json_null());
		json_object_set_new(
			one, "days", json_integer(__builtin_popcount(m->family[i].days)));
		json_object_set_new(one, "last",
			m->family[i].last ? json_stringn(at, stamp_format(m->family[i].last, at))
					  : json_null());
		json_object_set_new(one, "silent",
			json_boolean(
				m->family[i].last == 0 ||
				((now < m->until ? now : m->until) - m->family[i].last > DAY_NS)));
		json_array_append_new(list, one);
	}
	return list;
}

json_t *
month_json(const struct month *m, sqlite3 *db, int64_t now)
{
	json_t *j = json_object();
	char name[16];

	snprintf(name, sizeof(name), "%04d-%02d", m->year, m->month);
	json_object_set_new(j, "month", json_string(name));
	json_object_set_new(j, "days", json_integer(m->days));
	json_object_set_new(j, "levels",
		counts(db, m,
			"SELECT level,count(*) FROM incidents WHERE taken>=?1 AND taken<?2 AND "
			"drill=0 AND "
			"history=0 AND status<>'merged' GROUP BY level",
			5));
	json_object_set_new(j, "stages",
		counts(db, m,
			"SELECT stage-1,count(*) FROM incidents WHERE taken>=?1 AND taken<?2 AND "
			"drill=0 AND "
			"history=0 AND status='open' GROUP BY stage",
			5));
	json_object_set_new(j, "severities",
		counts(db, m,
			"SELECT rank,count(*) FROM alerts WHERE time>=?1 AND time<?2 AND history=0 "
			"AND kind=0 "
			"AND rule<>'noroshi.drill' GROUP BY rank",
			5));
	json_object_set_new(j, "open_grave",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE status='open' AND level>=3 AND "
			"drill=0 AND "
			"history=0 AND taken<?1",
			"i", m->until)));
	json_object_set_new(j, "unanswered",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE status='open' AND acked IS NULL AND "
			"rank>=3 "
			"AND drill=0 AND history=0 AND taken<?1",
			"i", m->until)));
	json_object_set_new(j, "drills",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE taken>=?1 AND taken<?2 AND drill=1",
			"ii", m->since, m->until)));
	json_object_set_new(
		j, "detection", mean(db, m, "decided-first", "first>0 AND decided>=first"));
	json_object_set_new(j, "notice",
		mean(db, m, "notified-received", "notified IS NOT NULL AND received>0"));
	json_object_set_new(j, "answer",
		mean(db, m, "acked-notified", "acked IS NOT NULL AND notified IS NOT NULL"));
	json_object_set_new(j, "report",
		mean(db, m,
			"(SELECT at FROM incident_reports r WHERE r.incident=incidents.id AND "
			"n=1)-received",
			"received>0 AND EXISTS(SELECT 1 FROM incident_reports r WHERE "
			"r.incident=incidents.id AND n=1)"));
	json_object_set_new(j, "coverage", coverage(m, now));
	return j;
}
