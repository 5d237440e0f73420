#include "respond/duty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/report.h"
#include "respond/say.h"

#define DUE_AT_ONCE 32u
#define DIGEST_NS   (600 * NS_PER_S)
#define TIDY_NS     (3600 * NS_PER_S)
#define RECORDS_MAX 2000u

/* ---- who ---- */

static bool
in_domain(struct str address, struct str domain)
{
	ptrdiff_t at = str_rchr(address, '@');
	struct str host;

	if (at < 0 || domain.n == 0)
		return false;
	host = str_make(address.p + at + 1, address.n - (size_t)at - 1);
	if (str_eq_nocase(host, domain))
		return true;
	return host.n > domain.n && host.p[host.n - domain.n - 1] == '.' &&
	       str_eq_nocase(str_make(host.p + host.n - domain.n, domain.n), domain);
}

bool
duty_is_own(const struct settings *s, struct str address)
{
	for (size_t i = 0; i < s->nown_domains; i++)
		if (in_domain(address, s->own_domains[i]))
			return true;
	for (size_t i = 0; s->nown_domains == 0 && i < s->nsinks; i++) {
		ptrdiff_t at = str_rchr(s->sinks[i].from, '@');

		if (s->sinks[i].kind == SINK_SMTP && at >= 0 &&
			in_domain(address, str_make(s->sinks[i].from.p + at + 1,
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

	if (a.n >= sizeof(z))
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

/* ---- records ---- */

struct fetched {
	struct str *lines;
	size_t n, cap;
	struct arena arena;
};

static bool
on_line(void *arg, struct str json)
{
	struct fetched *f = arg;

	f->lines = mem_grow(f->lines, f->n, &f->cap, sizeof(*f->lines));
	f->lines[f->n++] = arena_str(&f->arena, json);
	return f->n < RECORDS_MAX;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
fetch(struct duty *d, const json_t *incident, struct fetched *f)
{
	const json_t *list = json_object_get(incident, "records"), *r;
	uint64_t *seqs = mem_zero(json_array_size(list) + 1, sizeof(*seqs));
	int64_t since = INT64_MAX, until = INT64_MIN;
	size_t i, n = 0;

	json_array_foreach(list, i, r)
	{
		const char *text = json_string_value(json_object_get(r, "@timestamp"));
		struct str s = str_of(text ? text : "");
		int64_t ns = 0;

		seqs[n++] = (uint64_t)json_integer_value(json_object_get(r, "event.sequence"));
		if (!stamp_take_iso(&s, NULL, 0, &ns) || ns == STAMP_BEYOND)
			continue;
		since = ns < since ? ns : since;
		until = ns > until ? ns : until;
	}
	qsort(seqs, n, sizeof(*seqs), by_number);
	if (n && since <= until && d->opt->records)
		d->opt->records(d->opt->records_ctx, seqs, n, since, until, on_line, f);
	mem_free(seqs);
}

static void
fetched_done(struct fetched *f)
{
	mem_free(f->lines);
	arena_done(&f->arena);
}

/* ---- the report ---- */

static void
keep_file(struct duty *d, const char *number, unsigned n, const char *lang, const char *ending,
	struct str text)
{
	struct buf path = {0};

	if (!d->opt->reports_dir)
		return;
	file_make_dirs(d->opt->reports_dir, 0750);
	buf_printf(&path, "%s/%s-%u-%s.%s", d->opt->reports_dir, number, n, lang, ending);
	if (file_replace(buf_z(&path), text, 0640) < 0)
		say(d->opt->log_fd, SAY_WARNING,
			"cannot write %s; the report is mailed all the same", path.p);
	buf_done(&path);
}

static void
add_form(json_t *to, const char *name, const struct report_input *in, enum report_format how,
	bool ja, struct duty *d)
{
	static const char *const endings[] = {"txt", "html", "json"};
	struct buf b = {0};

	if (report_preliminary(in, how, ja, &b) == 0) {
		json_object_set_new(to, name, json_stringn_nocheck(b.p, b.n));
		keep_file(d, json_string_value(json_object_get(in->incident, "number")), in->number,
			ja ? "ja" : "en", endings[how], buf_str(&b));
	}
	buf_done(&b);
}

static void
add_subject(json_t *to, const char *name, const struct report_input *in, bool ja)
{
	struct buf b = {0};

	report_subject(in, ja, &b);
	json_object_set_new(to, name, json_stringn_nocheck(b.p, b.n));
	buf_done(&b);
}

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

static bool
write_report(struct duty *d, const char *id, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);
	json_t *incident = incident_json(db, id), *to = json_array(), *report = json_object();
	struct report_site site = {.organisation = d->opt->settings->organisation,
		.contact = d->opt->settings->contact,
		.lists = d->opt->lists,
		.host = str_of(d->opt->host),
		.version = str_of(d->opt->version)};
	struct report_input in = {.incident = incident, .written = wall, .site = &site};
	struct fetched f = {0};
	struct str *addresses;
	char row[80];
	size_t n;
	int rc;

	in.number = (unsigned)json_integer_value(json_object_get(incident, "reports_total")) + 1;
	in.next_report = wall + d->policy->followup_ns;
	duty_recipients(
		d, id, (unsigned)json_integer_value(json_object_get(incident, "level")), to);
	n = json_array_size(to);
	addresses = mem_zero(n + 1, sizeof(*addresses));
	for (size_t i = 0; i < n; i++)
		addresses[i] = str_of(json_string_value(json_array_get(to, i)));
	in.told = addresses;
	in.ntold = n;
	fetch(d, incident, &f);
	in.records = f.lines;
	in.nrecords = f.n;
	for (int ja = 0; ja <= 1; ja++) {
		add_subject(report, ja ? "subject_ja" : "subject_en", &in, ja);
		add_form(report, ja ? "text_ja" : "text_en", &in, REPORT_TEXT, ja, d);
		add_form(report, ja ? "html_ja" : "html_en", &in, REPORT_HTML, ja, d);
		add_form(report, ja ? "json_ja" : "json_en", &in, REPORT_JSON, ja, d);
	}
	json_object_set(report, "to", to);
	json_object_set(report, "number", json_object_get(incident, "number"));
	json_object_set_new(report, "n", json_integer(in.number));
	snprintf(row, sizeof(row), "r%.32sn%u", id, in.number);
	rc = put_row(d, row, LEVEL_CRITICAL, id, report, wall);
	if (rc == 0)
		rc = incident_reported(db, id, in.number, wall, to);
	fetched_done(&f);
	mem_free(addresses);
	json_decref(report);
	json_decref(to);
	json_decref(incident);
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
		rc = incident_note(db, id, wall, "noroshi", "told", told.p);
	json_decref(report);
	json_decref(to);
	json_decref(incident);
	buf_done(&told);
	return rc == 0;
}

static bool
escalate(struct duty *d, int64_t wall)
{
	const struct settings *s = d->opt->settings;
	bool any = false;

	for (size_t i = 0; i < s->nnotify; i++) {
		sqlite3_stmt *q = NULL;
		char ids[DUE_AT_ONCE][40];
		size_t n = 0;

		if (s->notify[i].nthen == 0 ||
			db_prepare(cases_db(d->cases),
				"SELECT id FROM incidents WHERE status='open' AND acked IS NULL "
				"AND "
				"history=0 AND rank>=3 AND level>=?1 AND taken<=?2 AND "
				"(escalated & ?3)=0 ORDER BY taken LIMIT ?4",
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

static bool
reports(struct duty *d, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);
	char ids[DUE_AT_ONCE][40];
	size_t n = incidents_due(db, wall, ids, DUE_AT_ONCE);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		uint64_t hour =
			(uint64_t)db_number(db, "SELECT count(*) FROM incident_reports WHERE at>?1",
				"i", wall - 3600 * NS_PER_S);

		if (hour < d->policy->reports_per_hour) {
			any |= write_report(d, ids[i], wall);
			continue;
		}
		db_run(db,
			"UPDATE incidents SET withheld=1,report_due=NULL,reported=?2 WHERE id=?1",
			"ti", ids[i], wall);
		incident_note(db, ids[i], wall, "noroshi", "report", "withheld: hourly limit");
	}
	return any;
}

static bool
anything_due(struct duty *d, int64_t wall)
{
	sqlite3 *db = cases_db(d->cases);

	return db_number(db,
		       "SELECT EXISTS(SELECT 1 FROM incidents WHERE report_due<=?1 OR withheld=1 "
		       "OR "
		       "(status='open' AND acked IS NULL AND history=0 AND rank>=3))",
		       "i", wall) != 0;
}

bool
duty_run(struct duty *d, int64_t wall)
{
	bool any = false;
	uint64_t gone = 0;
	bool tidy = wall > d->last_tidy + TIDY_NS;

	if (!tidy && !anything_due(d, wall))
		return false;
	if (cases_begin(d->cases) < 0)
		return false;
	any |= reports(d, wall);
	any |= digest(d, wall);
	any |= escalate(d, wall);
	if (tidy) {
		d->last_tidy = wall;
		gone = incidents_forget(cases_db(d->cases), d->policy, wall);
	}
	if (cases_commit(d->cases, cases_taken(d->cases)) < 0) {
		say(d->opt->log_fd, SAY_ERROR,
			"cases.db does not take reports: %s; tried again soon",
			cases_error(d->cases));
		return false;
	}
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
