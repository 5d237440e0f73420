/* incident_json.c - an incident as docs/incident-format.md says. */
#include <stdio.h>
#include <string.h>

#include "base/stamp.h"
#include "respond/incidents.h"

bool
incident_find(sqlite3 *db, const char *who, char id[40])
{
	static const char *const ways[] = {
		"SELECT coalesce(merged_into,id) FROM incidents WHERE number=?1 COLLATE NOCASE",
		"SELECT coalesce(merged_into,id) FROM incidents WHERE id=?1",
		"SELECT a.incident FROM incident_alerts a JOIN alerts b ON b.seq=a.seq WHERE "
		"b.id=?1",
		"SELECT coalesce(merged_into,id) FROM incidents WHERE length(?1)>=6 AND "
		"substr(id,1,length(?1))=?1 GROUP BY 1 HAVING (SELECT count(*) FROM incidents "
		"WHERE "
		"substr(id,1,length(?1))=?1)=1"};
	struct buf b = {0}, next = {0};
	bool found = false;

	for (size_t i = 0; !found && i < sizeof(ways) / sizeof(ways[0]); i++)
		found = db_text(db, &b, ways[i], "t", who) && b.n == 32;
	/* merged more than once */
	for (unsigned hops = 0;
		found && hops < 64 &&
		db_text(db, &next,
			"SELECT merged_into FROM incidents WHERE id=?1 AND merged_into "
			"IS NOT NULL",
			"t", b.p);
		hops++) {
		buf_clear(&b);
		buf_add_str(&b, buf_str(&next));
		buf_z(&b);
	}
	if (found)
		snprintf(id, 40, "%s", b.p);
	buf_done(&b);
	buf_done(&next);
	return found;
}

static json_t *
moment(sqlite3_stmt *q, int column)
{
	char text[32];
	int64_t ns = sqlite3_column_int64(q, column);

	if (sqlite3_column_type(q, column) == SQLITE_NULL || ns == 0)
		return json_null();
	return json_stringn(text, stamp_format(ns, text));
}

static json_t *
text(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	return s ? json_stringn_nocheck(s, (size_t)sqlite3_column_bytes(q, column)) : json_null();
}

static json_t *
parsed(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);
	json_t *j = s ? json_loads(s, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL) : NULL;

	return j ? j : json_array();
}

#define COLUMNS                                                                                    \
	"id,number,status,stage,level,level_by,reason_en,reason_ja,rank,attack,title_en,title_ja," \
	"drill,history,first,last,received,decided,taken,notified,acked,acked_by,assignee,closed," \
	"families,missing,alerts,suppressed,records,merged_into,reports,verdict"

/* The incident and all that became part of it. */
#define FAMILY                                                                                     \
	"RECURSIVE family(id) AS (SELECT ?1 UNION SELECT i.id FROM incidents i JOIN family f ON "  \
	"i.merged_into=f.id) "

static json_t *
head(sqlite3_stmt *q)
{
	json_t *j = json_object();

	json_object_set_new(j, "id", text(q, 0));
	json_object_set_new(j, "number", text(q, 1));
	json_object_set_new(j, "status", text(q, 2));
	json_object_set_new(j, "stage", json_integer(sqlite3_column_int64(q, 3)));
	json_object_set_new(j, "level", json_integer(sqlite3_column_int64(q, 4)));
	json_object_set_new(j, "level_by", text(q, 5));
	json_object_set_new(j, "level_reason_en", text(q, 6));
	json_object_set_new(j, "level_reason_ja", text(q, 7));
	json_object_set_new(
		j, "severity", json_string(level_word((enum level)(sqlite3_column_int(q, 8) % 5))));
	json_object_set_new(j, "attack_stage", text(q, 9));
	json_object_set_new(j, "title_en", text(q, 10));
	json_object_set_new(j, "title_ja", text(q, 11));
	json_object_set_new(j, "drill", json_boolean(sqlite3_column_int(q, 12)));
	json_object_set_new(j, "origin_history", json_boolean(sqlite3_column_int(q, 13)));
	json_object_set_new(j, "first", moment(q, 14));
	json_object_set_new(j, "last", moment(q, 15));
	json_object_set_new(j, "received", moment(q, 16));
	json_object_set_new(j, "decided", moment(q, 17));
	json_object_set_new(j, "opened", moment(q, 18));
	json_object_set_new(j, "notified", moment(q, 19));
	json_object_set_new(j, "acknowledged", moment(q, 20));
	json_object_set_new(j, "acknowledged_by", text(q, 21));
	json_object_set_new(j, "assignee", text(q, 22));
	json_object_set_new(j, "closed", moment(q, 23));
	json_object_set_new(j, "families", parsed(q, 24));
	json_object_set_new(j, "missing", parsed(q, 25));
	json_object_set_new(j, "alerts_total", json_integer(sqlite3_column_int64(q, 26)));
	json_object_set_new(j, "suppressed", json_integer(sqlite3_column_int64(q, 27)));
	json_object_set_new(j, "records_total", json_integer(sqlite3_column_int64(q, 28)));
	json_object_set_new(j, "merged_into", text(q, 29));
	json_object_set_new(j, "reports_total", json_integer(sqlite3_column_int64(q, 30)));
	json_object_set_new(j, "verdict", sqlite3_column_bytes(q, 31) ? text(q, 31) : json_null());
	return j;
}

json_t *
incidents_list(sqlite3 *db, bool all, int64_t since, unsigned limit)
{
	sqlite3_stmt *q = NULL;
	json_t *list = json_array();

	if (db_prepare(db,
		    "SELECT " COLUMNS
		    " FROM incidents WHERE (?1 OR status='open') AND last>=?2 ORDER "
		    "BY last DESC,number DESC LIMIT ?3",
		    &q) < 0)
		return list;
	sqlite3_bind_int(q, 1, all);
	sqlite3_bind_int64(q, 2, since);
	sqlite3_bind_int64(q, 3, limit);
	while (sqlite3_step(q) == SQLITE_ROW)
		json_array_append_new(list, head(q));
	sqlite3_finalize(q);
	return list;
}

/* Rows of a query as a list of objects; names[i] of column i: "@x" a moment, "?x" a boolean,
 * "#x" a number, "{x" a list, "{" JSON itself instead of an object, "=x" text. */
static json_t *
rows(sqlite3 *db, const char *sql, const char *id, const char *const *names)
{
	sqlite3_stmt *q = NULL;
	json_t *list = json_array();

	if (db_prepare(db, sql, &q) < 0)
		return list;
	sqlite3_bind_text(q, 1, id, -1, SQLITE_STATIC);
	while (sqlite3_step(q) == SQLITE_ROW) {
		json_t *row = json_object();

		for (int i = 0; names[i]; i++) {
			const char *n = names[i];

			if (*n == '@')
				json_object_set_new(row, n + 1, moment(q, i));
			else if (*n == '?')
				json_object_set_new(
					row, n + 1, json_boolean(sqlite3_column_int(q, i)));
			else if (*n == '#')
				json_object_set_new(
					row, n + 1, json_integer(sqlite3_column_int64(q, i)));
			else if (*n == '{' && n[1] == 0)
				json_array_append_new(list, parsed(q, i));
			else if (*n == '{')
				json_object_set_new(row, n + 1, parsed(q, i));
			else
				json_object_set_new(row, *n == '=' ? n + 1 : n, text(q, i));
		}
		if (json_object_size(row) > 0)
			json_array_append(list, row);
		json_decref(row);
	}
	sqlite3_finalize(q);
	return list;
}

static json_t *
fields(sqlite3 *db, const char *id)
{
	static const char *const names[] = {"name", "text", "by", "@at", NULL};
	json_t *list = rows(db,
		"SELECT name,text,by,at FROM incident_fields WHERE incident=?1 ORDER BY name", id,
		names);
	json_t *ret = json_object(), *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));

		if (name)
			json_object_set(ret, name, row);
	}
	json_decref(list);
	return ret;
}

json_t *
incident_json(sqlite3 *db, const char *who)
{
	static const char *const entity[] = {"kind", "value", "?own", "?important", "?hub", NULL};
	static const char *const record[] = {"event.id", "#event.sequence", "=@timestamp", NULL};
	static const char *const history[] = {"#n", "@at", "by", "what", "text", NULL};
	static const char *const report[] = {"#n", "@at", "{to", "kind", NULL};
	static const char *const merged[] = {"{", NULL};
	static const char *const alert[] = {"{", NULL};
	sqlite3_stmt *q = NULL;
	char id[40];
	json_t *j;

	if (!incident_find(db, who, id) ||
		db_prepare(db, "SELECT " COLUMNS " FROM incidents WHERE id=?1", &q) < 0)
		return NULL;
	sqlite3_bind_text(q, 1, id, -1, SQLITE_STATIC);
	j = sqlite3_step(q) == SQLITE_ROW ? head(q) : NULL;
	sqlite3_finalize(q);
	if (!j)
		return NULL;
	json_object_set_new(j, "entities",
		rows(db,
			"SELECT kind,value,own,important,hub FROM incident_entities WHERE "
			"incident=?1 "
			"ORDER BY kind,value",
			id, entity));
	json_object_set_new(j, "alerts",
		rows(db,
			"SELECT json FROM alerts WHERE seq IN (SELECT seq FROM incident_alerts "
			"WHERE "
			"incident=?1 ORDER BY seq LIMIT 200) AND kind=0 ORDER BY time,seq",
			id, alert));
	json_object_set_new(j, "records",
		rows(db,
			"SELECT id,seq,time FROM incident_records WHERE incident=?1 ORDER BY "
			"time,seq",
			id, record));
	json_object_set_new(j, "history",
		rows(db,
			"WITH " FAMILY "SELECT n,at,by,what,text FROM incident_history WHERE "
			"incident IN family ORDER BY n",
			id, history));
	json_object_set_new(j, "reports",
		rows(db,
			"WITH " FAMILY "SELECT n,at,sent_to,'preliminary' FROM incident_reports "
			"WHERE incident IN family ORDER BY at,n",
			id, report));
	json_object_set_new(j, "merged",
		rows(db,
			"WITH " FAMILY "SELECT json_quote(id) FROM family WHERE id<>?1 ORDER BY id",
			id, merged));
	json_object_set_new(j, "fields", fields(db, id));
	return j;
}
