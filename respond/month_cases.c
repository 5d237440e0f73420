/* month_cases.c - a month's incidents, times, rules and Noroshi's own uptime, from cases.db. */
#include "base/stamp.h"
#include "respond/incidents.h"
#include "respond/month.h"
#include "respond/vigil.h"

#define RULES_MAX 50
/* Of the month, in earnest. */
#define REAL "taken>=?1 AND taken<?2 AND drill=0 AND history=0 AND status<>'merged'"

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

/*
 * The times of ../requirements: t1 receipt of the deciding record, t2 the decision (when the alert
 * was taken), t3 handed to the channel, t4 acknowledged; and closing. t0 is the sources' own delay
 * and stands with them.
 */
static const struct {
	const char *name, *from, *to;
	double limit; /* seconds; 0 = none */
} spans[] = {{"detection", "received", "high_taken", 0}, {"notice", "received", "notified", 2},
	{"report", "received",
		"(SELECT sent FROM incident_reports r WHERE r.incident=incidents.id AND r.n=1)",
		90},
	{"answer", "notified", "acked", 0}, {"closing", "notified", "closed", 0}};

/* {"n","median","max","within","limit"}; null where n is 0. */
static json_t *
span(sqlite3 *db, const struct month *m, size_t i)
{
	struct buf sql = {0};
	sqlite3_stmt *q = NULL;
	json_t *ret = json_object();
	json_int_t n = 0, within = 0;
	double median = 0, max = 0;
	json_t *all = json_array();

	buf_printf(&sql,
		"SELECT (t-f)/1e9 FROM (SELECT %s AS f,%s AS t FROM incidents WHERE " REAL
		") WHERE f>0 AND t>=f ORDER BY 1",
		spans[i].from, spans[i].to);
	if (db_prepare(db, buf_z(&sql), &q) == 0) {
		sqlite3_bind_int64(q, 1, m->since);
		sqlite3_bind_int64(q, 2, m->until);
		for (; sqlite3_step(q) == SQLITE_ROW; n++) {
			max = sqlite3_column_double(q, 0);
			within += max <= spans[i].limit;
			json_array_append_new(all, json_real(max));
		}
	}
	sqlite3_finalize(q);
	buf_done(&sql);
	if (n)
		median = (json_real_value(json_array_get(all, (size_t)(n - 1) / 2)) +
				 json_real_value(json_array_get(all, (size_t)n / 2))) /
			 2;
	json_object_set_new(ret, "n", json_integer(n));
	json_object_set_new(ret, "median", n ? json_real(median) : json_null());
	json_object_set_new(ret, "max", n ? json_real(max) : json_null());
	json_object_set_new(
		ret, "limit", spans[i].limit > 0 ? json_real(spans[i].limit) : json_null());
	json_object_set_new(
		ret, "within", n && spans[i].limit > 0 ? json_integer(within) : json_null());
	json_decref(all);
	return ret;
}

static json_t *
text(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	return s && *s ? json_stringn_nocheck(s, (size_t)sqlite3_column_bytes(q, column))
		       : json_null();
}

/* Per rule: its alerts of the month, and what people said of their incidents. Most decided, then
 * most alerts, first. */
static json_t *
rules(sqlite3 *db, const struct month *m)
{
	static const char sql[] =
		"SELECT g.rule,g.n,g.tp,g.fp,g.harmless,json_extract(l.json,'$.\"rule.name\"'),"
		"json_extract(l.json,'$.\"noroshi.rule.title_ja\"') FROM (SELECT a.rule AS "
		"rule,count(*) AS n,total(i.verdict='true-positive') AS tp,"
		"total(i.verdict='false-positive') AS fp,total(i.verdict='benign') AS harmless,"
		"max(a.seq) AS last FROM alerts a JOIN incident_alerts x ON x.seq=a.seq JOIN "
		"incidents i ON i.id=x.incident WHERE a.taken>=?1 AND a.taken<?2 AND a.kind=0 AND "
		"a.history=0 AND i.drill=0 GROUP BY a.rule) AS g JOIN alerts l ON l.seq=g.last "
		"ORDER BY g.tp+g.fp+g.harmless DESC,g.n DESC,g.rule LIMIT ?3";
	sqlite3_stmt *q = NULL;
	json_t *list = json_array();

	if (db_prepare(db, sql, &q) < 0)
		return list;
	sqlite3_bind_int64(q, 1, m->since);
	sqlite3_bind_int64(q, 2, m->until);
	sqlite3_bind_int(q, 3, RULES_MAX);
	while (sqlite3_step(q) == SQLITE_ROW) {
		double right = sqlite3_column_double(q, 2);
		double judged = right + sqlite3_column_double(q, 3) + sqlite3_column_double(q, 4);
		json_t *one = json_object();

		json_object_set_new(one, "rule", text(q, 0));
		json_object_set_new(one, "title_en", text(q, 5));
		json_object_set_new(one, "title_ja", text(q, 6));
		json_object_set_new(one, "alerts", json_integer(sqlite3_column_int64(q, 1)));
		json_object_set_new(one, "true_positive", json_integer((json_int_t)right));
		json_object_set_new(one, "false_positive",
			json_integer((json_int_t)sqlite3_column_double(q, 3)));
		json_object_set_new(
			one, "benign", json_integer((json_int_t)sqlite3_column_double(q, 4)));
		json_object_set_new(
			one, "precision", judged > 0 ? json_real(right / judged) : json_null());
		json_array_append_new(list, one);
	}
	sqlite3_finalize(q);
	return list;
}

static json_t *
uptime(sqlite3 *db, const struct month *m)
{
	struct vigil_sum sum;
	json_t *j = json_object();
	char at[32];

	vigil_sum(db, m->since, m->end, &sum);
	json_object_set_new(j, "measured_seconds", json_integer(sum.measured / NS_PER_S));
	json_object_set_new(j, "watched_seconds", json_integer(sum.watched / NS_PER_S));
	json_object_set_new(j, "share",
		sum.measured > 0 ? json_real((double)sum.watched / (double)sum.measured)
				 : json_null());
	json_object_set_new(j, "starts", json_integer((json_int_t)sum.starts));
	json_object_set_new(j, "longest_pause_seconds", json_integer(sum.longest / NS_PER_S));
	json_object_set_new(j, "longest_pause_from",
		sum.longest ? json_stringn(at, stamp_format(sum.from, at)) : json_null());
	return j;
}

void
month_cases(const struct month *m, sqlite3 *db, json_t *j)
{
	json_object_set_new(j, "levels",
		counts(db, m, "SELECT level,count(*) FROM incidents WHERE " REAL " GROUP BY level",
			5));
	json_object_set_new(j, "stages",
		counts(db, m,
			"SELECT stage-1,count(*) FROM incidents WHERE " REAL
			" AND status='open' GROUP BY stage",
			5));
	json_object_set_new(j, "closed",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE " REAL " AND status='closed'", "ii",
			m->since, m->until)));
	json_object_set_new(j, "severities",
		counts(db, m,
			"SELECT rank,count(*) FROM alerts WHERE taken>=?1 AND taken<?2 AND "
			"history=0 AND kind=0 AND rule<>'noroshi.drill' GROUP BY rank",
			5));
	json_object_set_new(j, "open_grave",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE status='open' AND level>=3 AND "
			"drill=0 AND history=0 AND taken<?1",
			"i", m->until)));
	json_object_set_new(j, "unanswered",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE status='open' AND acked IS NULL AND "
			"rank>=3 AND drill=0 AND history=0 AND taken<?1",
			"i", m->until)));
	json_object_set_new(j, "drills",
		json_integer(db_number(db,
			"SELECT count(*) FROM incidents WHERE taken>=?1 AND taken<?2 AND drill=1",
			"ii", m->since, m->until)));
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		json_object_set_new(j, spans[i].name, span(db, m, i));
	json_object_set_new(j, "rules", rules(db, m));
	json_object_set_new(j, "uptime", uptime(db, m));
}
