#include "respond/incidents.h"

#include <stdio.h>
#include <string.h>

#include "base/alert.h"
#include "base/err.h"
#include "base/stamp.h"
#include "respond/vigil.h"

#define RECORDS_MAX  2000
#define ENTITIES_MAX 256
#define RECORDS_LAST 200 /* places of RECORDS_MAX kept for records that decided */
#define HOPS_MAX     64
#define FORGET_MAX   200
#define JST_NS       (9 * 3600 * NS_PER_S)

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS incidents("
	" id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, day TEXT NOT NULL, nth INTEGER NOT "
	"NULL,"
	" status TEXT NOT NULL DEFAULT 'open', stage INTEGER NOT NULL DEFAULT 1,"
	" level INTEGER NOT NULL DEFAULT 0, level_by TEXT NOT NULL DEFAULT 'noroshi',"
	" reason_en TEXT NOT NULL DEFAULT '', reason_ja TEXT NOT NULL DEFAULT '',"
	" rank INTEGER NOT NULL DEFAULT 0, attack TEXT NOT NULL DEFAULT 'none',"
	" title_en TEXT NOT NULL DEFAULT '', title_ja TEXT NOT NULL DEFAULT '',"
	" drill INTEGER NOT NULL DEFAULT 0, history INTEGER NOT NULL DEFAULT 0,"
	" first INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL DEFAULT 0,"
	" received INTEGER NOT NULL DEFAULT 0, decided INTEGER NOT NULL DEFAULT 0,"
	" taken INTEGER NOT NULL DEFAULT 0, notified INTEGER, acked INTEGER, acked_by TEXT,"
	" assignee TEXT, closed INTEGER, families TEXT NOT NULL DEFAULT '[]',"
	" missing TEXT NOT NULL DEFAULT '[]', alerts INTEGER NOT NULL DEFAULT 0,"
	" suppressed INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0,"
	" merged_into TEXT, mailed INTEGER NOT NULL DEFAULT -1,"
	" report_due INTEGER, reports INTEGER NOT NULL DEFAULT 0, reported INTEGER,"
	" high_taken INTEGER," /* when the first alert came that is grave enough for a report */
	" escalated INTEGER NOT NULL DEFAULT 0, withheld INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS incidents_day ON incidents(day);"
	"CREATE INDEX IF NOT EXISTS incidents_into ON incidents(merged_into) WHERE merged_into IS "
	"NOT "
	"NULL;"
	"CREATE TABLE IF NOT EXISTS incident_alerts(incident TEXT NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY(incident, seq)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS incident_records(incident TEXT NOT NULL, id TEXT NOT NULL,"
	" seq INTEGER NOT NULL, time TEXT NOT NULL, PRIMARY KEY(incident, id)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS incident_entities(incident TEXT NOT NULL, kind TEXT NOT NULL,"
	" value TEXT NOT NULL, own INTEGER, important INTEGER, hub INTEGER,"
	" PRIMARY KEY(incident, kind, value)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS incident_fields(incident TEXT NOT NULL, name TEXT NOT NULL,"
	" text TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,"
	" PRIMARY KEY(incident, name)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS incident_history(n INTEGER PRIMARY KEY, incident TEXT NOT NULL,"
	" at INTEGER NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL,"
	" said TEXT NOT NULL," /* SHA-256 of the words, which may be forgotten */
	" hash TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS history_of ON incident_history(incident, n);"
	"CREATE TABLE IF NOT EXISTS incident_reports(incident TEXT NOT NULL, n INTEGER NOT NULL,"
	" at INTEGER NOT NULL, sent_to TEXT NOT NULL, PRIMARY KEY(incident, n)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS approvals(incident TEXT NOT NULL, address TEXT NOT NULL,"
	" by TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(incident, address)) WITHOUT ROWID;";

static bool
has_column(sqlite3 *db, const char *table, const char *column)
{
	return db_number(db, "SELECT count(*) FROM pragma_table_info(?1) WHERE name=?2", "tt",
		       table, column) > 0;
}

int
incidents_schema(sqlite3 *db)
{
	int rc = db_exec(db, schema);

	/* kind 0: an alert, 1: a report or notice to people; mail: to be mailed by itself */
	if (rc == 0 && !has_column(db, "alerts", "kind"))
		rc = db_exec(db, "ALTER TABLE alerts ADD COLUMN kind INTEGER NOT NULL DEFAULT 0");
	if (rc == 0 && !has_column(db, "alerts", "mail"))
		rc = db_exec(db, "ALTER TABLE alerts ADD COLUMN mail INTEGER NOT NULL DEFAULT 1");
	/* wall clock: what is kept for how long must not depend on what a log says of its time */
	if (rc == 0 && !has_column(db, "alerts", "taken"))
		rc = db_exec(db, "ALTER TABLE alerts ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;"
				 "UPDATE alerts SET taken=1000000000*strftime('%s','now')");
	/* what people found in the end, and when a report was handed over (t3) */
	if (rc == 0 && !has_column(db, "incidents", "verdict"))
		rc = db_exec(db,
			"ALTER TABLE incidents ADD COLUMN verdict TEXT NOT NULL DEFAULT '';"
			"UPDATE incidents SET verdict=CASE level WHEN 0 THEN "
			"'false-positive' ELSE 'true-positive' END WHERE status='closed'");
	if (rc == 0 && !has_column(db, "incident_reports", "sent"))
		rc = db_exec(db, "ALTER TABLE incident_reports ADD COLUMN sent INTEGER");
	return rc == 0 ? vigil_schema(db) : rc;
}

/* ---- taking ---- */

struct taking {
	sqlite3 *db;
	const struct policy *p;
	const json_t *alert;
	char id[40];
	uint64_t seq;
	enum level level;
	int64_t wall, time, records;
	bool history, drill;
};

static const char *
text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s ? s : "";
}

static int64_t
time_of(const json_t *j, const char *name)
{
	struct str s = str_of(text_of(j, name));
	int64_t ns = 0;

	return stamp_take_iso(&s, NULL, 0, &ns) && ns != STAMP_BEYOND ? ns : 0;
}

static int64_t
count_of(const json_t *j, const char *name)
{
	int64_t n = json_integer_value(json_object_get(j, name));

	return n > 0 ? n : 0;
}

/* What became part of another incident leads there. False: that is no id. */
static bool
follow(sqlite3 *db, const char *id, char ret[40])
{
	struct buf into = {0};
	bool good = strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;

	if (good)
		snprintf(ret, 40, "%s", id);
	for (int hops = 0; good && hops < HOPS_MAX; hops++) {
		if (!db_text(db, &into,
			    "SELECT merged_into FROM incidents WHERE id=?1 AND status='merged'",
			    "t", ret) ||
			into.n != 32)
			break;
		snprintf(ret, 40, "%s", into.p);
	}
	buf_done(&into);
	return good;
}

static int
open_incident(struct taking *t)
{
	struct civil c;
	char day[16], number[40];
	int64_t n;

	civil_of_ns((t->time ? t->time : t->wall) + JST_NS, &c);
	snprintf(day, sizeof(day), "%04d%02d%02d", c.year, c.month, c.day);
	/* Drills have a row of numbers of their own: they take none from what is real. */
	n = db_number(t->db,
		"SELECT coalesce(max(nth),0)+1 FROM incidents WHERE day=?1 AND drill=?2", "ti", day,
		(int64_t)t->drill);
	snprintf(number, sizeof(number), "%s-%s-%03lld", t->drill ? "DRILL" : "INC", day,
		(long long)n);
	if (db_run(t->db,
		    "INSERT INTO incidents(id,number,day,nth,first,last,decided,taken,drill,"
		    "history) VALUES(?1,?2,?3,?4,?5,?5,?5,?6,?7,?8)",
		    "tttiiiii", t->id, number, day, n, t->time, t->wall, (int64_t)t->drill,
		    (int64_t)t->history) < 0)
		return ERR_IO;
	return incident_note(t->db, t->id, t->wall, "noroshi", "opened", number);
}

/*
 * Another incident became part of this one; its number leads here from now on. Its history stays
 * where it was written and is read with that of this one, as are its reports.
 */
static int
merge(struct taking *t, const char *named)
{
	static const char *const moves[] = {
		"INSERT OR IGNORE INTO incident_alerts SELECT ?1,seq FROM incident_alerts WHERE "
		"incident=?2",
		"INSERT OR IGNORE INTO incident_records SELECT ?1,id,seq,time FROM "
		"incident_records WHERE incident=?2",
		"INSERT OR IGNORE INTO incident_entities SELECT ?1,kind,value,own,important,hub "
		"FROM incident_entities WHERE incident=?2",
		"INSERT OR IGNORE INTO incident_fields SELECT ?1,name,text,by,at FROM "
		"incident_fields WHERE incident=?2",
		"DELETE FROM incident_alerts WHERE incident=?2 AND ?1<>?2",
		"DELETE FROM incident_records WHERE incident=?2 AND ?1<>?2",
		"DELETE FROM incident_entities WHERE incident=?2 AND ?1<>?2",
		/* A person's word about the level stands; else the engine says it anew. */
		"UPDATE incidents SET (level,level_by,reason_en,reason_ja)=(SELECT level,level_by,"
		"reason_en,reason_ja FROM incidents WHERE id=?2) WHERE id=?1 AND "
		"level_by='noroshi' AND (SELECT level_by FROM incidents WHERE id=?2)<>'noroshi'",
		"UPDATE incidents SET (title_en,title_ja)=(SELECT title_en,title_ja FROM incidents "
		"WHERE id=?2) WHERE id=?1 AND rank<(SELECT rank FROM incidents WHERE id=?2)",
		"UPDATE incidents AS a SET alerts=a.alerts+b.alerts,suppressed=a.suppressed+"
		"b.suppressed,records=a.records+b.records,first=min(a.first,b.first),"
		"last=max(a.last,b.last),decided=min(a.decided,b.decided),"
		"taken=min(a.taken,b.taken),stage=max(a.stage,b.stage),rank=max(a.rank,b.rank),"
		"mailed=max(a.mailed,b.mailed),escalated=a.escalated|b.escalated,"
		"received=CASE WHEN a.received=0 OR (b.received>0 AND b.received<a.received) THEN "
		"b.received ELSE a.received END,"
		"high_taken=coalesce(min(a.high_taken,b.high_taken),a.high_taken,b.high_taken),"
		"notified=coalesce(min(a.notified,b.notified),a.notified,b.notified),"
		"acked_by=coalesce(a.acked_by,b.acked_by),acked=coalesce(a.acked,b.acked),"
		"assignee=coalesce(a.assignee,b.assignee),reports=max(a.reports,b.reports),"
		"reported=coalesce(max(a.reported,b.reported),a.reported,b.reported),"
		"withheld=a.withheld|b.withheld,report_due=coalesce(min(a.report_due,b.report_due),"
		"a.report_due,b.report_due) FROM incidents AS b WHERE a.id=?1 AND b.id=?2",
		"UPDATE incidents SET status='merged',merged_into=?1,report_due=NULL,withheld=0 "
		"WHERE id=?2"};
	struct buf number = {0};
	char other[40];
	int rc = 0;

	if (!follow(t->db, named, other) || strcmp(other, t->id) == 0 ||
		!db_text(t->db, &number, "SELECT number FROM incidents WHERE id=?1", "t", other)) {
		buf_done(&number);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < sizeof(moves) / sizeof(moves[0]); i++)
		rc = db_run(t->db, moves[i], "tt", t->id, other);
	if (rc == 0)
		rc = incident_note(t->db, t->id, t->wall, "noroshi", "merged", number.p);
	buf_done(&number);
	return rc;
}

static int
keep_entities(struct taking *t)
{
	const json_t *list = json_object_get(t->alert, "noroshi.alert.entities"), *e;
	size_t i;
	int rc = 0;

	if (db_number(t->db, "SELECT count(*) FROM incident_entities WHERE incident=?1", "t",
		    t->id) >= ENTITIES_MAX)
		return 0;
	json_array_foreach(list, i, e)
	{
		if (rc == 0)
			rc = db_run(t->db,
				"INSERT OR IGNORE INTO incident_entities VALUES(?1,?2,?3,?4,?5,?6)",
				"tttiii", t->id, text_of(e, "kind"), text_of(e, "value"),
				(int64_t)json_is_true(json_object_get(e, "own")),
				(int64_t)json_is_true(json_object_get(e, "important")),
				(int64_t)json_is_true(json_object_get(e, "hub")));
	}
	return rc;
}

/* t->records: how many are new to the incident, those that found no room included. */
static int
keep_records(struct taking *t)
{
	const json_t *list = json_object_get(t->alert, "noroshi.alert.records"), *r;
	int64_t have = db_number(
		t->db, "SELECT count(*) FROM incident_records WHERE incident=?1", "t", t->id);
	size_t listed = json_array_size(list), i;
	int64_t more = count_of(t->alert, "noroshi.alert.records_total") - (int64_t)listed;

	t->records = more > 0 ? more : 0;
	json_array_foreach(list, i, r)
	{
		int64_t changed;

		if (have >= RECORDS_MAX - (i + 1 == listed ? 0 : RECORDS_LAST)) {
			t->records++;
			continue;
		}
		if (db_run(t->db, "INSERT OR IGNORE INTO incident_records VALUES(?1,?2,?3,?4)",
			    "ttit", t->id, text_of(r, "event.id"), count_of(r, "event.sequence"),
			    text_of(r, "@timestamp")) < 0)
			return ERR_IO;
		changed = sqlite3_changes(t->db);
		have += changed;
		t->records += changed;
	}
	return 0;
}

static void
dump(const json_t *j, struct buf *out)
{
	char *text = json_is_array(j) ? json_dumps(j, JSON_COMPACT) : NULL;

	buf_clear(out);
	buf_add_str(out, text ? str_of(text) : STR("[]"));
	buf_z(out);
	free(text);
}

/*
 * The first report is due after the fold, others not too often. An alert that a report will tell is
 * not mailed by itself, unless it is the first or graver than those before; one that no report will
 * tell always is: nothing is kept from people.
 */
static int
plan_report(struct taking *t, bool *mail)
{
	bool reports =
		!t->history &&
		db_number(t->db, "SELECT rank>=?2 AND status='open' FROM incidents WHERE id=?1",
			"ti", t->id, (int64_t)t->p->report_least) != 0;
	bool graver = db_number(t->db, "SELECT mailed<?2 FROM incidents WHERE id=?1", "ti", t->id,
			      (int64_t)t->level) != 0;
	int rc = 0;

	*mail = graver || !reports;
	if (graver)
		rc = db_run(t->db, "UPDATE incidents SET mailed=?2 WHERE id=?1", "ti", t->id,
			(int64_t)t->level);
	if (rc < 0 || !reports)
		return rc;
	return db_run(t->db,
		"UPDATE incidents SET report_due=CASE WHEN report_due IS NOT NULL THEN report_due "
		"WHEN reports=0 THEN ?2 ELSE max(?2,reported+?3) END WHERE id=?1",
		"tii", t->id, t->wall + t->p->fold_ns, t->p->followup_ns);
}

/* A closed incident that goes on in earnest is open again. */
static int
reopen(struct taking *t)
{
	if (t->level < t->p->report_least)
		return 0;
	if (db_run(t->db,
		    "UPDATE incidents SET status='open',closed=NULL,verdict='' WHERE id=?1 AND "
		    "status='closed'",
		    "t", t->id) < 0)
		return ERR_IO;
	return sqlite3_changes(t->db) > 0 ? incident_note(t->db, t->id, t->wall, "noroshi",
						    "reopen", text_of(t->alert, "rule.name"))
					  : 0;
}

static int
update(struct taking *t)
{
	const json_t *last = json_object_get(t->alert, "noroshi.alert.last_record");
	struct buf families = {0}, missing = {0};
	const char *ja = text_of(t->alert, "noroshi.rule.title_ja");
	int64_t first = time_of(t->alert, "event.start");
	int64_t level = count_of(t->alert, "noroshi.incident.level");
	int rc;

	dump(json_object_get(t->alert, "noroshi.incident.families"), &families);
	dump(json_object_get(t->alert, "noroshi.incident.missing"), &missing);
	rc = db_run(t->db,
		"UPDATE incidents SET alerts=alerts+1,suppressed=suppressed+?2,records=records+?3,"
		"families=?4,missing=?5,attack=?6,first=min(first,?7),last=max(last,?8),"
		"received=CASE WHEN received=0 AND ?9 THEN ?10 ELSE received END,"
		"high_taken=CASE WHEN ?9 THEN coalesce(high_taken,?11) ELSE high_taken END WHERE "
		"id=?1",
		"tiitttiiiii", t->id, count_of(t->alert, "noroshi.alert.suppressed"), t->records,
		families.p, missing.p, text_of(t->alert, "noroshi.incident.stage"),
		first ? first : t->time, t->time, (int64_t)(t->level >= LEVEL_HIGH),
		time_of(last, "event.ingested"), t->wall);
	/* A level that a person has set stands. */
	if (rc == 0)
		rc = db_run(t->db,
			"UPDATE incidents SET level=?2,reason_en=?3,reason_ja=?4 WHERE id=?1 AND "
			"level_by='noroshi'",
			"titt", t->id, level < 4 ? level : 4,
			text_of(t->alert, "noroshi.incident.level_reason_en"),
			text_of(t->alert, "noroshi.incident.level_reason_ja"));
	/* The gravest rule gives the name; of equal ones the last, which knows most. */
	if (rc == 0)
		rc = db_run(t->db,
			"UPDATE incidents SET rank=?2,title_en=?3,title_ja=?4 WHERE id=?1 AND "
			"rank<=?2",
			"titt", t->id, (int64_t)t->level, text_of(t->alert, "rule.name"),
			*ja ? ja : text_of(t->alert, "rule.name"));
	buf_done(&families);
	buf_done(&missing);
	return rc;
}

/* One line per rule: ten thousand alerts of one rule are one line, the count stands elsewhere. */
static int
note_rule(struct taking *t)
{
	const char *name = text_of(t->alert, "rule.name");

	if (db_number(t->db,
		    "SELECT count(*) FROM incident_history WHERE incident=?1 AND what='alert' AND "
		    "text=?2",
		    "tt", t->id, name) > 0)
		return 0;
	return incident_note(t->db, t->id, t->wall, "noroshi", "alert", name);
}

int
incidents_take(sqlite3 *db, const struct policy *p, const json_t *alert, uint64_t seq,
	enum level level, int64_t wall, bool *mail)
{
	struct taking t = {.db = db,
		.p = p,
		.alert = alert,
		.seq = seq,
		.level = level,
		.wall = wall,
		.time = time_of(alert, "@timestamp"),
		.history = strcmp(text_of(alert, "noroshi.origin"), "history") == 0,
		.drill = json_is_true(json_object_get(alert, "noroshi.alert.drill"))};
	static int (*const steps[])(struct taking *) = {
		keep_entities, keep_records, update, reopen, note_rule};
	const json_t *merged = json_object_get(alert, "noroshi.incident.merged"), *m;
	size_t i;
	int rc = 0;

	*mail = true;
	if (!follow(db, text_of(alert, "noroshi.incident.id"), t.id))
		return 0;
	if (db_number(db, "SELECT count(*) FROM incidents WHERE id=?1", "t", t.id) == 0)
		rc = open_incident(&t);
	json_array_foreach(merged, i, m)
	{
		if (rc == 0 && json_is_string(m))
			rc = merge(&t, json_string_value(m));
	}
	if (rc == 0)
		rc = db_run(db, "INSERT OR IGNORE INTO incident_alerts VALUES(?1,?2)", "ti", t.id,
			(int64_t)seq);
	for (i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = steps[i](&t);
	return rc < 0 ? rc : plan_report(&t, mail);
}

/* ---- reports and forgetting ---- */

size_t
incidents_due(sqlite3 *db, int64_t wall, char (*ids)[40], size_t max)
{
	sqlite3_stmt *q = NULL;
	size_t n = 0;

	if (db_prepare(db,
		    "SELECT id FROM incidents WHERE report_due<=?1 AND status='open' ORDER BY "
		    "report_due,id LIMIT ?2",
		    &q) < 0)
		return 0;
	sqlite3_bind_int64(q, 1, wall);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)max);
	while (n < max && sqlite3_step(q) == SQLITE_ROW)
		snprintf(ids[n++], 40, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return n;
}

int
incident_reported(sqlite3 *db, const struct policy *p, const char *id, unsigned n, int64_t wall,
	uint64_t alerts, const json_t *to)
{
	struct buf text = {0}, list = {0};
	const json_t *one;
	size_t i;
	int rc;

	dump(to, &list);
	buf_printf(&text, "第%u報 →", n);
	json_array_foreach(to, i, one)
	{
		buf_printf(&text, "%s %s", i ? "," : "", json_string_value(one));
	}
	if (json_array_size(to) == 0)
		BUF_ADD_LIT(&text, " -");
	rc = db_run(db,
		"UPDATE incidents SET reports=?2,reported=?3,withheld=0,"
		"report_due=CASE WHEN alerts>?4 THEN ?5 END WHERE id=?1",
		"tiiii", id, (int64_t)n, wall, (int64_t)alerts, wall + p->followup_ns);
	if (rc == 0)
		rc = db_run(db,
			"INSERT OR REPLACE INTO incident_reports(incident,n,at,sent_to) "
			"VALUES(?1,?2,?3,?4)",
			"tiit", id, (int64_t)n, wall, list.p);
	if (rc == 0)
		rc = incident_note(db, id, wall, "noroshi", "report", buf_z(&text));
	buf_done(&text);
	buf_done(&list);
	return rc;
}

int
incident_report_failed(sqlite3 *db, const char *id, int64_t wall)
{
	return db_run(db, "UPDATE incidents SET report_due=?2 WHERE id=?1", "ti", id,
		wall + 60 * NS_PER_S);
}

static int
forget_one(sqlite3 *db, const char *id, int64_t wall)
{
	static const char *const away[] = {"DELETE FROM incident_alerts WHERE incident=?1",
		"DELETE FROM incident_records WHERE incident=?1",
		"DELETE FROM incident_entities WHERE incident=?1",
		"DELETE FROM incident_fields WHERE incident=?1",
		"DELETE FROM incident_reports WHERE incident=?1",
		"DELETE FROM approvals WHERE incident=?1", "DELETE FROM incidents WHERE id=?1"};
	int rc = history_forget(db, id, wall);

	for (size_t i = 0; rc == 0 && i < sizeof(away) / sizeof(away[0]); i++)
		rc = db_run(db, away[i], "t", id);
	return rc;
}

uint64_t
incidents_forget(sqlite3 *db, const struct policy *p, int64_t wall)
{
	int64_t before = wall - p->keep_ns;
	char ids[FORGET_MAX][40];
	uint64_t gone = 0;
	sqlite3_stmt *q = NULL;
	size_t n = 0;

	/* What became part of another goes when that has gone. */
	if (db_prepare(db,
		    "SELECT id FROM incidents AS a WHERE (status='closed' AND closed<?1) OR "
		    "(status='merged' AND NOT EXISTS (SELECT 1 FROM incidents AS b WHERE "
		    "b.id=a.merged_into)) LIMIT ?2",
		    &q) < 0)
		return 0;
	sqlite3_bind_int64(q, 1, before);
	sqlite3_bind_int(q, 2, FORGET_MAX);
	while (n < FORGET_MAX && sqlite3_step(q) == SQLITE_ROW)
		snprintf(ids[n++], 40, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	for (size_t i = 0; i < n && forget_one(db, ids[i], wall) == 0; i++)
		gone++;
	/* Alerts of incidents that are kept stay, and those that a sink still has to send. */
	if (db_run(db,
		    "DELETE FROM alerts WHERE taken<?1 AND seq<=(SELECT coalesce(min(settled),0) "
		    "FROM sinks) AND seq NOT IN (SELECT seq FROM incident_alerts)",
		    "i", before) == 0)
		gone += (uint64_t)sqlite3_changes(db);
	return gone;
}
