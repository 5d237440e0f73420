#include "respond/duty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/mail.h"
#include "respond/report.h"
#include "respond/say.h"

#define DUE_AT_ONCE 32u
#define DIGEST_NS   (600 * NS_PER_S)
#define TIDY_NS     (3600 * NS_PER_S)

/* ---- who ---- */

bool
duty_is_own(const struct settings *s, struct str address)
{
	for (size_t i = 0; i < s->nown_domains; i++)
		if (mail_address_in(address, s->own_domains[i]))
			return true;
	for (size_t i = 0; s->nown_domains == 0 && i < s->nsinks; i++) {
		ptrdiff_t at = str_rchr(s->sinks[i].from, '@');

		if (s->sinks[i].kind == SINK_SMTP && at >= 0 &&
			mail_address_in(address, str_make(s->sinks[i].from.p + at + 1,
							 s->sinks[i].from.n - (size_t)at - 1)))
			return true;
	}
	return false;
}

static void
add_address(struct duty *d, const char *id, struct str a, json_t *ret)
{
	char z[256];
	const json_t *have;
	size_t i;

	if (a.n >= sizeof(z) || !mail_address_ok(a))
		return;
	memcpy(z, a.p, a.n);
	z[a.n] = 0;
	json_array_foreach(ret, i, have)
	{
		if (str_eq_nocase(str_of(json_string_value(have)), a))
			return;
	}
	/* Nobody outside is told of an incident unless a person has said so for this incident. */
	if (!duty_is_own(d->opt->settings, a) &&
		(!id || db_number(cases_db(d->cases),
				"SELECT count(*) FROM approvals WHERE incident=?1 AND address=?2 "
				"COLLATE NOCASE",
				"tt", id, z) == 0))
		return;
	json_array_append_new(ret, json_string(z));
}

void
duty_recipients(struct duty *d, const char *id, unsigned level, json_t *ret)
{
	const struct settings *s = d->opt->settings;
	sqlite3_stmt *q = NULL;

	for (size_t i = 0; i < s->nsinks; i++)
		for (size_t k = 0; s->sinks[i].kind == SINK_SMTP && k < s->sinks[i].nto; k++)
			add_address(d, id, s->sinks[i].to[k], ret);
	for (size_t i = 0; i < s->nnotify; i++)
		for (size_t k = 0; level >= s->notify[i].level && k < s->notify[i].nto; k++)
			add_address(d, id, s->notify[i].to[k], ret);
	if (!id ||
		db_prepare(cases_db(d->cases),
			"SELECT address FROM approvals WHERE incident=?1 ORDER BY address", &q) < 0)
		return;
	sqlite3_bind_text(q, 1, id, -1, SQLITE_STATIC);
	while (sqlite3_step(q) == SQLITE_ROW)
		add_address(d, id, str_of((const char *)sqlite3_column_text(q, 0)), ret);
	sqlite3_finalize(q);
}

/* ---- the report ---- */

/* The row that mail takes. */
static int
put_row(struct duty *d, const char *id, enum level level, const char *incident, json_t *report,
	int64_t wall)
{
	json_t *j = json_object();
	char at[32], *text;
	int rc;

	json_object_set_new(j, "@timestamp", json_stringn(at, stamp_format(wall, at)));
	json_object_set_new(j, "event.kind", json_string("report"));
	json_object_set_new(j, "noroshi.alert.id", json_string(id));
	json_object_set_new(j, "log.level", json_string(level_word(level)));
	if (incident)
		json_object_set_new(j, "noroshi.incident.id", json_string(incident));
	json_object_set(j, "noroshi.report", report);
	text = json_dumps(j, JSON_COMPACT);
	rc = cases_add_report(d->cases, id, level, str_of(text), wall);
	free(text);
	json_decref(j);
	return rc;
}

static void
join(const json_t *list, struct buf *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		buf_printf(out, "%s%s", i ? ", " : "", json_string_value(one));
	}
	buf_z(out);
}

/* Reports of one hour, drills left out: an exercise takes nothing from what is real. */
static bool
too_many(struct duty *d, const char *id, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);

	return db_number(db, "SELECT drill FROM incidents WHERE id=?1", "t", id) == 0 &&
	       (uint64_t)db_number(db,
		       "SELECT count(*) FROM incident_reports AS r JOIN incidents AS i ON "
		       "i.id=r.incident WHERE r.at>?1 AND i.drill=0",
		       "i", wall - 3600 * NS_PER_S) >= d->policy->reports_per_hour;
}

/* The next one that is due goes to the writer. */
static void
begin_report(struct duty *d, int64_t wall)
{
	struct report_job job = {.wall = wall, .next = wall + d->policy->followup_ns};
	char ids[1][40];

	if (writer_busy(d->writer) || incidents_due(cases_db(d->cases), wall, ids, 1) == 0 ||
		too_many(d, ids[0], wall) ||
		!(job.incident = incident_json(cases_db(d->cases), ids[0])))
		return;
	memcpy(job.id, ids[0], sizeof(job.id));
	job.to = json_array();
	job.n = (unsigned)json_integer_value(json_object_get(job.incident, "reports_total")) + 1;
	duty_recipients(d, job.id,
		(unsigned)json_integer_value(json_object_get(job.incident, "level")), job.to);
	writer_give(d->writer, &job);
}

/* In a group: a finished report becomes a row for mail. */
static bool
end_report(struct duty *d, const struct report_job *job)
{
	sqlite3 *db = cases_db(d->cases);
	char row[80];
	int rc;

	if (!job->report) {
		say(d->opt->log_fd, SAY_ERROR, "the report of %s cannot be written; tried again",
			json_string_value(json_object_get(job->incident, "number")));
		incident_report_failed(db, job->id, d->wall);
		return false;
	}
	/* It became part of another one, or was closed, while the report was written. */
	if (db_number(db, "SELECT status='open' FROM incidents WHERE id=?1", "t", job->id) == 0)
		return false;
	snprintf(row, sizeof(row), "r%.32sn%u", job->id, job->n);
	rc = put_row(d, row, LEVEL_CRITICAL, job->id, job->report, d->wall);
	if (rc == 0)
		rc = incident_reported(db, d->policy, job->id, job->n, d->wall,
			(uint64_t)json_integer_value(
				json_object_get(job->incident, "alerts_total")),
			job->to);
	return rc == 0;
}

/* ---- what was withheld ---- */

static bool
digest(struct duty *d, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);
	int64_t n = db_number(db, "SELECT count(*) FROM incidents WHERE withheld=1", "");
	json_t *report, *to;
	struct buf ja = {0}, en = {0};
	sqlite3_stmt *q = NULL;
	char row[64];
	int rc;

	if (n == 0 || wall < d->last_digest + DIGEST_NS)
		return false;
	d->last_digest = wall;
	buf_printf(&ja,
		"1時間あたりの速報数の上限（%llu件）に達したため、次の%"
		"lld件の速報は送っていません。\n"
		"`noroshi incident show 番号`、`noroshi report incident 番号` で確認できます。\n\n",
		(unsigned long long)d->policy->reports_per_hour, (long long)n);
	buf_printf(&en,
		"The limit of %llu reports an hour was reached, so the reports of these %lld "
		"incidents were withheld.\nSee them with `noroshi incident show NUMBER` and "
		"`noroshi report incident NUMBER`.\n\n",
		(unsigned long long)d->policy->reports_per_hour, (long long)n);
	if (db_prepare(db,
		    "SELECT number,level,title_ja,title_en FROM incidents WHERE withheld=1 "
		    "ORDER BY level DESC,number LIMIT 100",
		    &q) == 0)
		while (sqlite3_step(q) == SQLITE_ROW) {
			buf_printf(&ja, "%s L%d %s\n", sqlite3_column_text(q, 0),
				sqlite3_column_int(q, 1), sqlite3_column_text(q, 2));
			buf_printf(&en, "%s L%d %s\n", sqlite3_column_text(q, 0),
				sqlite3_column_int(q, 1), sqlite3_column_text(q, 3));
		}
	sqlite3_finalize(q);
	to = json_array();
	duty_recipients(d, NULL, 4, to);
	report = json_pack("{s:o,s:o,s:o,s:o,s:o}", "to", to, "subject_ja",
		json_sprintf("[Noroshi] まとめ：速報%lld件を送信抑制", (long long)n), "subject_en",
		json_sprintf("[Noroshi] Digest: %lld reports withheld", (long long)n), "text_ja",
		json_stringn_nocheck(ja.p, ja.n), "text_en", json_stringn_nocheck(en.p, en.n));
	snprintf(row, sizeof(row), "d%lld", (long long)wall);
	rc = put_row(d, row, LEVEL_CRITICAL, NULL, report, wall);
	if (rc == 0)
		rc = db_exec(db, "UPDATE incidents SET withheld=0");
	json_decref(report);
	buf_done(&ja);
	buf_done(&en);
	return rc == 0;
}

/* ---- nobody answers ---- */

static bool
escalate_one(struct duty *d, const char *id, const struct notify_settings *rule, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);
	json_t *incident = incident_json(db, id), *to = json_array(), *report;
	const char *number = json_string_value(json_object_get(incident, "number"));
	bool drill = json_is_true(json_object_get(incident, "drill"));
	long long minutes = (long long)(rule->after_ns / (60 * NS_PER_S));
	long long level = json_integer_value(json_object_get(incident, "level"));
	struct buf told = {0};
	char row[80];
	int rc;

	for (size_t i = 0; i < rule->nthen; i++)
		add_address(d, id, rule->then[i], to);
	report = json_pack("{s:O,s:b,s:o,s:o,s:o,s:o}", "to", to, "only", 1, "subject_ja",
		json_sprintf("%s[Noroshi] 未確認：%s L%lld %s", drill ? "【訓練】" : "", number,
			level, json_string_value(json_object_get(incident, "title_ja"))),
		"subject_en",
		json_sprintf("%s[Noroshi] Not acknowledged: %s L%lld %s", drill ? "[DRILL] " : "",
			number, level, json_string_value(json_object_get(incident, "title_en"))),
		"text_ja",
		json_sprintf(
			"%sインシデント %s（L%lld）は%lld分間、誰にも確認されていません。\n\n%s\n\n"
			"確認したら: noroshi ack %s\n詳しくは: noroshi incident show %s\n",
			drill ? "【訓練】" : "", number, level, minutes,
			json_string_value(json_object_get(incident, "title_ja")), number, number),
		"text_en",
		json_sprintf(
			"%sNobody has acknowledged incident %s (L%lld) for %lld minutes.\n\n%s\n\n"
			"To acknowledge: noroshi ack %s\nMore: noroshi incident show %s\n",
			drill ? "[DRILL] " : "", number, level, minutes,
			json_string_value(json_object_get(incident, "title_en")), number, number));
	snprintf(row, sizeof(row), "e%.32sn%llu", id, (unsigned long long)rule->level);
	join(to, &told);
	rc = put_row(d, row, LEVEL_CRITICAL, id, report, wall);
	if (rc == 0)
		rc = db_run(db, "UPDATE incidents SET escalated=escalated|?2 WHERE id=?1", "ti", id,
			(int64_t)1 << rule->level);
	if (rc == 0)
		rc = incident_note(db, id, wall, "noroshi", "escalated", told.p);
	json_decref(report);
	json_decref(to);
	json_decref(incident);
	buf_done(&told);
	return rc == 0;
}

/* From level ?1 on, with a grave alert since ?2 or longer, not told yet (bit ?3). */
#define UNANSWERED                                                                                 \
	"status='open' AND acked IS NULL AND history=0 AND level>=?1 AND high_taken<=?2 AND "      \
	"(escalated & ?3)=0"

static bool
escalate(struct duty *d, int64_t wall)
{
	const struct settings *s = d->opt->settings;
	bool any = false;

	for (size_t i = 0; i < s->nnotify; i++) {
		sqlite3_stmt *q = NULL;
		char ids[DUE_AT_ONCE][40];
		size_t n = 0;

		if (s->notify[i].nthen == 0 || db_prepare(cases_db(d->cases),
						       "SELECT id FROM incidents WHERE " UNANSWERED
						       " ORDER BY high_taken LIMIT ?4",
						       &q) < 0)
			continue;
		sqlite3_bind_int64(q, 1, (sqlite3_int64)s->notify[i].level);
		sqlite3_bind_int64(q, 2, wall - s->notify[i].after_ns);
		sqlite3_bind_int64(q, 3, (sqlite3_int64)1 << s->notify[i].level);
		sqlite3_bind_int64(q, 4, DUE_AT_ONCE);
		while (n < DUE_AT_ONCE && sqlite3_step(q) == SQLITE_ROW)
			snprintf(ids[n++], 40, "%s", (const char *)sqlite3_column_text(q, 0));
		sqlite3_finalize(q);
		for (size_t k = 0; k < n; k++)
			any |= escalate_one(d, ids[k], &s->notify[i], wall);
	}
	return any;
}

/* What is due beyond the hourly limit is told in a summary. */
static void
withhold(struct duty *d, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);
	char ids[DUE_AT_ONCE][40];
	size_t n = incidents_due(db, wall, ids, DUE_AT_ONCE);

	for (size_t i = 0; i < n && too_many(d, ids[i], wall); i++) {
		db_run(db,
			"UPDATE incidents SET withheld=1,report_due=NULL,reported=?2 WHERE id=?1",
			"ti", ids[i], wall);
		incident_note(db, ids[i], wall, "noroshi", "report", "withheld: hourly limit");
	}
}

static bool
anything_due(struct duty *d, int64_t wall)
{
	const struct settings *s = d->opt->settings;
	sqlite3 *db = cases_db(d->cases);
	bool due = db_number(db,
			   "SELECT EXISTS(SELECT 1 FROM incidents WHERE report_due<=?1 OR "
			   "(withheld=1 AND ?2))",
			   "ii", wall, (int64_t)(wall >= d->last_digest + DIGEST_NS)) != 0;

	for (size_t i = 0; !due && i < s->nnotify; i++)
		due = s->notify[i].nthen > 0 &&
		      db_number(db, "SELECT EXISTS(SELECT 1 FROM incidents WHERE " UNANSWERED ")",
			      "iii", (int64_t)s->notify[i].level, wall - s->notify[i].after_ns,
			      INT64_C(1) << s->notify[i].level) != 0;
	return due;
}

bool
duty_run(struct duty *d, int64_t wall)
{
	bool any = false, tidy = wall > d->last_tidy + TIDY_NS;
	struct report_job job = {0};
	bool finished = writer_take(d->writer, &job);
	uint64_t gone = 0;

	d->wall = wall;
	if ((finished || tidy || anything_due(d, wall)) && cases_begin(d->cases) == 0) {
		if (finished)
			any |= end_report(d, &job);
		withhold(d, wall);
		any |= digest(d, wall);
		any |= escalate(d, wall);
		if (tidy)
			gone = incidents_forget(cases_db(d->cases), d->policy, wall);
		if (cases_commit(d->cases, cases_taken(d->cases)) < 0) {
			say(d->opt->log_fd, SAY_ERROR,
				"cases.db does not take reports: %s; tried again soon",
				cases_error(d->cases));
			any = false;
		} else if (tidy) {
			d->last_tidy = wall;
		}
	}
	/* What was not noted as reported is due still. */
	report_job_done(&job);
	begin_report(d, wall);
	count_add(d->opt->counts, COUNT_CASES_FORGOTTEN, gone);
	if (gone)
		say(d->opt->log_fd, SAY_NOTICE, "cases.db: %llu old rows deleted (cases: keep)",
			(unsigned long long)gone);
	return any;
}

/* ---- drill ---- */

const char *
duty_drill(struct duty *d, const char *name, const char *by, int64_t wall, char number[40])
{
	struct buf seed = {0}, got = {0};
	char id[40] = "", alert[40] = "", at[32];
	struct hash128 h;
	struct taken taken;
	json_t *j;
	char *text;
	int rc;

	buf_printf(&seed, "drill|%s|%s|%lld", name, by, (long long)wall);
	h = hash_id(seed.p, seed.n);
	hash128_hex(h, alert);
	h = hash_id(alert, 32);
	hash128_hex(h, id);
	stamp_format(wall, at);
	j = json_pack(
		"{s:s#,s:s,s:s,s:s,s:s#,s:s,s:s,s:s,s:s,s:b,s:s,s:b,s:i,s:s,s:s,s:s,s:[s],s:[],s:i,"
		"s:s#,s:{},s:[],s:s#,s:s#,s:i,s:i,s:i,s:[]}",
		"@timestamp", at, (int)strlen(at) > 30 ? 30 : 24, "event.kind", "alert",
		"noroshi.alert.id", alert, "rule.id", "noroshi.drill", "rule.name",
		"Drill: an exercise of the alarm chain", 37, "noroshi.rule.title_ja",
		"訓練：通報経路の確認", "log.level", "high", "message",
		"This is a drill. Nothing has happened; act as you would.", "noroshi.message_ja",
		"これは訓練です。実際の事象は発生していません。本番と同じ手順で対応してください。",
		"noroshi.alert.drill", 1, "noroshi.incident.id", id, "noroshi.incident.opened", 1,
		"noroshi.incident.level", 1, "noroshi.incident.level_reason_en", "drill",
		"noroshi.incident.level_reason_ja", "訓練", "noroshi.incident.stage", "none",
		"noroshi.incident.families", "other", "noroshi.incident.missing",
		"noroshi.incident.alerts", 1, "noroshi.incident.first", at, 24,
		"noroshi.alert.group", "noroshi.alert.entities", "event.start", at, 24, "event.end",
		at, 24, "noroshi.alert.count", 1, "noroshi.alert.suppressed", 0,
		"noroshi.alert.records_total", 0, "noroshi.alert.records");
	buf_done(&seed);
	if (!j)
		return "the drill could not be made";
	text = json_dumps(j, JSON_COMPACT);
	rc = cases_begin(d->cases);
	if (rc == 0)
		rc = cases_add(d->cases, 0, str_of(text), wall, &taken);
	if (rc == 0)
		incident_note(cases_db(d->cases), id, wall, by, "note", *name ? name : "drill");
	if (rc == 0)
		rc = cases_commit(d->cases, cases_taken(d->cases));
	free(text);
	json_decref(j);
	if (rc == 0 && db_text(cases_db(d->cases), &got, "SELECT number FROM incidents WHERE id=?1",
			       "t", id))
		snprintf(number, 40, "%s", got.p);
	buf_done(&got);
	return rc == 0 ? NULL : "cases.db did not take the drill";
}

/* ---- is everybody reached? ---- */

const char *
duty_route(struct duty *d, unsigned level, const char *by, int64_t wall, size_t *n)
{
	const struct settings *s = d->opt->settings;
	json_t *to = json_array(), *report;
	char row[64];
	int rc;

	duty_recipients(d, NULL, level, to);
	for (size_t i = 0; i < s->nnotify; i++)
		for (size_t k = 0; level >= s->notify[i].level && k < s->notify[i].nthen; k++)
			add_address(d, NULL, s->notify[i].then[k], to);
	*n = json_array_size(to);
	report = json_pack("{s:o,s:s,s:s,s:o,s:o}", "to", to, "subject_ja",
		"【テスト】[Noroshi] 通報経路の確認", "subject_en",
		"[TEST] [Noroshi] the way of alarms", "text_ja",
		json_sprintf("【テスト】これは通報経路の確認です。実際の事象は発生していません。\n"
			     "レベルL%uのインシデントはこの宛先に通知されます。\n実施者: %s\n",
			level, by),
		"text_en",
		json_sprintf("[TEST] This is a test of the way of alarms. Nothing has happened.\n"
			     "Incidents of level L%u are told to this address.\nAsked by: %s\n",
			level, by));
	if (*n == 0 || !report) {
		json_decref(report);
		return "nobody inside the company would be told; see organisation: domains, "
		       "notify and alerts";
	}
	snprintf(row, sizeof(row), "t%lld", (long long)wall);
	rc = cases_begin(d->cases);
	if (rc == 0) {
		rc = put_row(d, row, LEVEL_CRITICAL, NULL, report, wall);
		if (rc < 0)
			cases_abandon(d->cases);
		else
			rc = cases_commit(d->cases, cases_taken(d->cases));
	}
	json_decref(report);
	return rc == 0 ? NULL : "cases.db did not take the test";
}
