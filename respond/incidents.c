#include "respond/incidents.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/stamp.h"
#include "respond/sha.h"

#define RECORDS_MAX  2000
#define ENTITIES_MAX 256
#define JST_NS       (9 * 3600 * NS_PER_S)

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS incidents("
	" id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, day TEXT NOT NULL,"
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
	" escalated INTEGER NOT NULL DEFAULT 0, withheld INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS incidents_day ON incidents(day);"
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
	" hash TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS history_of ON incident_history(incident, n);"
	"CREATE TABLE IF NOT EXISTS incident_reports(incident TEXT NOT NULL, n INTEGER NOT NULL,"
	" at INTEGER NOT NULL, sent_to TEXT NOT NULL, PRIMARY KEY(incident, n)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS approvals(incident TEXT NOT NULL, address TEXT NOT NULL,"
	" by TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(incident, address)) WITHOUT ROWID;";

/* ---- SQLite in one line ---- */

/* t: text, i: int64, s: struct str */
static sqlite3_stmt *
prepared(sqlite3 *db, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return NULL;
	for (int i = 0; types[i]; i++) {
		if (types[i] == 'i') {
			sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
		} else if (types[i] == 't') {
			sqlite3_bind_text(q, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		} else {
			struct str s = va_arg(ap, struct str);

			sqlite3_bind_text(q, i + 1, s.n ? s.p : "", (int)s.n, SQLITE_TRANSIENT);
		}
	}
	return q;
}

int
db_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int rc;

	va_start(ap, types);
	q = prepared(db, sql, types, ap);
	va_end(ap);
	rc = q ? sqlite3_step(q) : SQLITE_ERROR;
	sqlite3_finalize(q);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : ERR_IO;
}

int64_t
db_number(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int64_t n = 0;

	va_start(ap, types);
	q = prepared(db, sql, types, ap);
	va_end(ap);
	if (q && sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

bool
db_text(sqlite3 *db, struct buf *ret, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	bool found;

	buf_clear(ret);
	va_start(ap, types);
	q = prepared(db, sql, types, ap);
	va_end(ap);
	found = q && sqlite3_step(q) == SQLITE_ROW;
	if (found)
		buf_add(ret, sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	sqlite3_finalize(q);
	buf_z(ret);
	return found;
}

static bool
has_column(sqlite3 *db, const char *column)
{
	return db_number(db, "SELECT count(*) FROM pragma_table_info('alerts') WHERE name=?1", "t",
		       column) > 0;
}

int
incidents_schema(sqlite3 *db)
{
	int rc = db_exec(db, schema);

	/* kind 0: an alert, 1: a report or notice to people; mail: to be mailed by itself */
	if (rc == 0 && !has_column(db, "kind"))
		rc = db_exec(db, "ALTER TABLE alerts ADD COLUMN kind INTEGER NOT NULL DEFAULT 0");
	if (rc == 0 && !has_column(db, "mail"))
		rc = db_exec(db, "ALTER TABLE alerts ADD COLUMN mail INTEGER NOT NULL DEFAULT 1");
	return rc;
}

/* ---- history ---- */

static void
hash_row(struct str before, int64_t n, const char *id, int64_t at, const char *by, const char *what,
	const char *text, char hex[65])
{
	struct buf b = {0};

	buf_add_str(&b, before);
	buf_printf(&b, "|%lld|%s|%lld|%zu:%s|%s|%s", (long long)n, id, (long long)at, strlen(by),
		by, what, text);
	sha256_hex(buf_str(&b), hex);
	buf_done(&b);
}

int
incident_note(sqlite3 *db, const char *id, int64_t wall, const char *by, const char *what,
	const char *text)
{
	struct buf before = {0};
	int64_t n = db_number(db, "SELECT coalesce(max(n),0)+1 FROM incident_history", "");
	char hex[65];
	int rc;

	db_text(db, &before, "SELECT hash FROM incident_history ORDER BY n DESC LIMIT 1", "");
	hash_row(buf_str(&before), n, id, wall, by, what, text, hex);
	rc = db_run(db, "INSERT INTO incident_history VALUES(?1,?2,?3,?4,?5,?6,?7)", "ititttt", n,
		id, wall, by, what, text, hex);
	buf_done(&before);
	return rc;
}

uint64_t
incidents_check(sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	struct buf before = {0};
	uint64_t bad = 0;
	int64_t last = 0;

	if (db_prepare(db,
		    "SELECT n,incident,at,by,what,text,hash FROM incident_history ORDER BY n",
		    &q) < 0)
		return 0;
	while (sqlite3_step(q) == SQLITE_ROW) {
		char hex[65];
		const char *hash = (const char *)sqlite3_column_text(q, 6);
		int64_t n = sqlite3_column_int64(q, 0);

		hash_row(buf_str(&before), n, (const char *)sqlite3_column_text(q, 1),
			sqlite3_column_int64(q, 2), (const char *)sqlite3_column_text(q, 3),
			(const char *)sqlite3_column_text(q, 4),
			(const char *)sqlite3_column_text(q, 5), hex);
		/* the first row kept may follow rows that were forgotten on purpose */
		bad += (last && n != last + 1) || (last && strcmp(hex, hash) != 0);
		last = n;
		buf_clear(&before);
		buf_add_str(&before, str_of(hash));
	}
	sqlite3_finalize(q);
	buf_done(&before);
	return bad;
}

/* ---- taking ---- */

struct taking {
	sqlite3 *db;
	const struct policy *p;
	const json_t *alert;
	const char *id;
	uint64_t seq;
	enum level level;
	int64_t wall, time;
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

static int
open_incident(struct taking *t)
{
	struct civil c;
	char day[16], number[32];
	int64_t n;

	civil_of_ns(t->time + JST_NS, &c);
	snprintf(day, sizeof(day), "%04d%02d%02d", c.year, c.month, c.day);
	n = db_number(t->db, "SELECT count(*)+1 FROM incidents WHERE day=?1", "t", day);
	snprintf(number, sizeof(number), "INC-%s-%03lld", day, (long long)n);
	if (db_run(t->db,
		    "INSERT OR IGNORE INTO incidents(id,number,day,first,decided,taken,received,"
		    "drill,history) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
		    "tttiiiiii", t->id, number, day, t->time, t->time, t->wall, (int64_t)0,
		    (int64_t)t->drill, (int64_t)t->history) < 0)
		return ERR_IO;
	return incident_note(t->db, t->id, t->wall, "noroshi", "opened", number);
}

/* Another incident became part of this one. */
static int
merge(struct taking *t, const char *other)
{
	struct buf number = {0};
	int rc = 0;

	if (!db_text(t->db, &number, "SELECT number FROM incidents WHERE id=?1 AND id<>?2", "tt",
		    other, t->id)) {
		buf_done(&number);
		return 0;
	}
	static const char *const moves[] = {
		"INSERT OR IGNORE INTO incident_alerts SELECT ?1,seq FROM incident_alerts WHERE "
		"incident=?2",
		"INSERT OR IGNORE INTO incident_records SELECT ?1,id,seq,time FROM "
		"incident_records "
		"WHERE incident=?2",
		"INSERT OR IGNORE INTO incident_entities SELECT ?1,kind,value,own,important,hub "
		"FROM "
		"incident_entities WHERE incident=?2",
		"DELETE FROM incident_alerts WHERE incident=?2 AND ?1<>?2",
		"DELETE FROM incident_records WHERE incident=?2 AND ?1<>?2",
		"DELETE FROM incident_entities WHERE incident=?2 AND ?1<>?2",
		"UPDATE incidents SET alerts=alerts+(SELECT alerts FROM incidents WHERE id=?2),"
		"suppressed=suppressed+(SELECT suppressed FROM incidents WHERE id=?2),"
		"records=records+(SELECT records FROM incidents WHERE id=?2),"
		"first=min(first,(SELECT first FROM incidents WHERE id=?2)),"
		"taken=min(taken,(SELECT taken FROM incidents WHERE id=?2)),"
		"mailed=max(mailed,(SELECT mailed FROM incidents WHERE id=?2)),"
		"rank=max(rank,(SELECT rank FROM incidents WHERE id=?2)),"
		"report_due=CASE WHEN report_due IS NULL THEN (SELECT report_due FROM incidents "
		"WHERE "
		"id=?2) ELSE report_due END WHERE id=?1",
		"UPDATE incidents SET status='merged',merged_into=?1,report_due=NULL WHERE id=?2"};

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

static int
keep_records(struct taking *t)
{
	const json_t *list = json_object_get(t->alert, "noroshi.alert.records"), *r;
	int64_t have = db_number(
		t->db, "SELECT count(*) FROM incident_records WHERE incident=?1", "t", t->id);
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, r)
	{
		if (rc == 0 && have++ < RECORDS_MAX)
			rc = db_run(t->db,
				"INSERT OR IGNORE INTO incident_records VALUES(?1,?2,?3,?4)",
				"ttit", t->id, text_of(r, "event.id"),
				(int64_t)json_integer_value(json_object_get(r, "event.sequence")),
				text_of(r, "@timestamp"));
	}
	return rc;
}

static void
dump(const json_t *j, struct buf *out)
{
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

	buf_clear(out);
	buf_add_str(out, text ? str_of(text) : STR("[]"));
	buf_z(out);
	free(text);
}

/* When the next report is due, in words of SQL: the first after the fold, others not too often. */
static int
plan_report(struct taking *t)
{
	if (t->history || t->level < t->p->report_least)
		return 0;
	return db_run(t->db,
		"UPDATE incidents SET report_due=CASE WHEN report_due IS NOT NULL THEN report_due "
		"WHEN reports=0 THEN ?2 ELSE max(?2,reported+?3) END WHERE id=?1 AND status='open'",
		"tii", t->id, t->wall + t->p->fold_ns, t->p->followup_ns);
}

static int
update(struct taking *t)
{
	const json_t *last = json_object_get(t->alert, "noroshi.alert.last_record");
	struct buf families = {0}, missing = {0};
	const char *ja = text_of(t->alert, "noroshi.rule.title_ja");
	int rc;

	dump(json_object_get(t->alert, "noroshi.incident.families"), &families);
	dump(json_object_get(t->alert, "noroshi.incident.missing"), &missing);
	rc = db_run(t->db,
		"UPDATE incidents SET alerts=alerts+1,suppressed=suppressed+?2,records=records+?3,"
		"families=?4,missing=?5,attack=?6,first=min(first,?7),last=max(last,?8),"
		"received=CASE WHEN received=0 AND ?9>=3 THEN ?10 ELSE received END WHERE id=?1",
		"tiitttiiii", t->id,
		(int64_t)json_integer_value(json_object_get(t->alert, "noroshi.alert.suppressed")),
		(int64_t)json_integer_value(
			json_object_get(t->alert, "noroshi.alert.records_total")),
		families.p, missing.p, text_of(t->alert, "noroshi.incident.stage"),
		time_of(t->alert, "event.start"), t->time, (int64_t)t->level,
		time_of(last, "event.ingested"));
	/* A level that a person has set stands. */
	if (rc == 0)
		rc = db_run(t->db,
			"UPDATE incidents SET level=?2,reason_en=?3,reason_ja=?4 WHERE id=?1 AND "
			"level_by='noroshi'",
			"titt", t->id,
			(int64_t)json_integer_value(
				json_object_get(t->alert, "noroshi.incident.level")),
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
		.id = text_of(alert, "noroshi.incident.id"),
		.seq = seq,
		.level = level,
		.wall = wall,
		.time = time_of(alert, "@timestamp"),
		.history = strcmp(text_of(alert, "noroshi.origin"), "history") == 0,
		.drill = json_is_true(json_object_get(alert, "noroshi.alert.drill"))};
	const json_t *merged = json_object_get(alert, "noroshi.incident.merged"), *m;
	size_t i;
	int rc = 0;

	*mail = true;
	if (strlen(t.id) != 32)
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
	if (rc == 0)
		rc = update(&t);
	if (rc == 0)
		rc = keep_entities(&t);
	if (rc == 0)
		rc = keep_records(&t);
	if (rc == 0)
		rc = note_rule(&t);
	/* Only what a report will tell is not mailed by itself. */
	*mail = db_number(db, "SELECT mailed<?2 OR rank<?3 FROM incidents WHERE id=?1", "tii", t.id,
			(int64_t)level, (int64_t)p->report_least) != 0;
	if (rc == 0 && *mail)
		rc = db_run(db, "UPDATE incidents SET mailed=max(mailed,?2) WHERE id=?1", "ti",
			t.id, (int64_t)level);
	if (rc == 0)
		rc = plan_report(&t);
	return rc;
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
	const char *to)
{
	struct buf text = {0};
	int rc;

	(void)p;
	buf_printf(&text, "第%u報 → %s", n, *to ? to : "-");
	rc = db_run(db,
		"UPDATE incidents SET reports=?2,reported=?3,report_due=NULL,withheld=0 WHERE "
		"id=?1",
		"tii", id, (int64_t)n, wall);
	if (rc == 0)
		rc = db_run(db, "INSERT OR REPLACE INTO incident_reports VALUES(?1,?2,?3,?4)",
			"tiit", id, (int64_t)n, wall, to);
	if (rc == 0)
		rc = incident_note(db, id, wall, "noroshi", "report", buf_z(&text));
	buf_done(&text);
	return rc;
}

uint64_t
incidents_forget(sqlite3 *db, const struct policy *p, int64_t wall)
{
	int64_t before = wall - p->keep_ns;
	uint64_t gone = 0;

	db_run(db,
		"DELETE FROM incidents WHERE (status='closed' AND closed<?1) OR (status='merged' "
		"AND "
		"last<?1)",
		"i", before);
	gone += (uint64_t)sqlite3_changes(db);
	db_run(db, "DELETE FROM incident_alerts WHERE incident NOT IN (SELECT id FROM incidents)",
		"");
	db_run(db, "DELETE FROM incident_records WHERE incident NOT IN (SELECT id FROM incidents)",
		"");
	db_run(db, "DELETE FROM incident_entities WHERE incident NOT IN (SELECT id FROM incidents)",
		"");
	/* Alerts of incidents that are kept stay, and those that a sink still has to send. */
	db_run(db,
		"DELETE FROM alerts WHERE time<?1 AND seq<=(SELECT coalesce(min(settled),0) FROM "
		"sinks) "
		"AND seq NOT IN (SELECT seq FROM incident_alerts)",
		"i", before);
	gone += (uint64_t)sqlite3_changes(db);
	return gone;
}
