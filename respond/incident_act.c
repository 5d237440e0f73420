/* incident_act.c - what people do with an incident: five stages, fields, level, closing. */
#include <stdio.h>
#include <string.h>

#include "respond/incidents.h"
#include "respond/mail.h"

#define TEXT_MAX 8000

static const struct {
	const char *name, *en, *ja;
	unsigned stage; /* needed to leave the stage before: to enter this one */
} needs[] = {
	{"owner", "who acts", "担当者", 2},
	{"first_action", "first action taken", "実施した初動", 2},
	{"scope", "scope and impact so far", "影響範囲", 3},
	{"cause", "cause so far", "原因（推定）", 3},
	{"recovery", "recovery action", "復旧作業", 4},
	{"recovered_at", "time of recovery", "復旧日時", 4},
	{"outline", "outline", "概要", 5},
	{"effect", "effect", "影響", 5},
	{"action", "response", "対応内容", 5},
	{"prevention", "prevention", "再発防止策", 5},
};

const char *
stage_words(unsigned stage, bool ja)
{
	static const char *const en[] = {"?", "1 detection report", "2 first response",
		"3 investigation and response", "4 recovery", "5 final report"};
	static const char *const jp[] = {
		"?", "①発見報告", "②初動", "③調査・対応", "④復旧", "⑤最終報告"};

	return (ja ? jp : en)[stage <= 5 ? stage : 0];
}

static json_t *
refuse(const char *words)
{
	return json_pack("{s:s}", "error", words);
}

static json_t *
done(const char *words)
{
	return json_pack("{s:s}", "ok", words);
}

static const char *
said(const json_t *ask, const char *name)
{
	const char *s = json_string_value(json_object_get(ask, name));

	return s && strlen(s) <= TEXT_MAX ? s : "";
}

static bool
is_field(const char *name)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!strcmp(needs[i].name, name))
			return true;
	return false;
}

struct act {
	sqlite3 *db;
	const json_t *ask;
	const char *id, *by, *text;
	int64_t wall;
	int rc; /* of what was written */
};

#define WRITE(a, ...) ((a)->rc = (a)->rc < 0 ? (a)->rc : db_run((a)->db, __VA_ARGS__))

static void
keep(struct act *a, const char *what, const char *text)
{
	if (a->rc == 0)
		a->rc = incident_note(a->db, a->id, a->wall, a->by, what, text);
}

/*
 * Keep the fields that came with the request; false: one is unknown. What people write stays even
 * when the stage is refused for something else; each text stands in the history, for a later one
 * takes its place.
 */
static bool
take_fields(struct act *a)
{
	json_t *set = json_object_get(a->ask, "set"), *v;
	const char *name;

	json_object_foreach(set, name, v)
	{
		if (!is_field(name) || !json_is_string(v) || json_string_length(v) > TEXT_MAX)
			return false;
	}
	json_object_foreach(set, name, v)
	{
		struct buf words = {0};

		if (a->rc == 0)
			a->rc = db_run(a->db,
				"INSERT OR REPLACE INTO incident_fields VALUES(?1,?2,?3,?4,?5)",
				"tttti", a->id, name, json_string_value(v), a->by, a->wall);
		buf_printf(&words, "%s: %s", name, json_string_value(v));
		keep(a, "note", buf_z(&words));
		buf_done(&words);
	}
	return true;
}

/* What stages from..to still lack. */
static json_t *
lacking(sqlite3 *db, const char *id, unsigned from, unsigned to)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].stage >= from && needs[i].stage <= to &&
			db_number(db,
				"SELECT count(*) FROM incident_fields WHERE incident=?1 AND "
				"name=?2 AND "
				"length(trim(text))>0",
				"tt", id, needs[i].name) == 0)
			json_array_append_new(
				list, json_pack("{s:s,s:s,s:s}", "field", needs[i].name, "en",
					      needs[i].en, "ja", needs[i].ja));
	return list;
}

static json_t *
refuse_lacking(json_t *list, const char *what)
{
	struct buf b = {0};
	json_t *one, *ret;
	size_t i;

	buf_printf(&b, "%s; still missing:", what);
	json_array_foreach(list, i, one)
	{
		buf_printf(&b, "%s --set %s=… (%s / %s)", i ? "," : "",
			json_string_value(json_object_get(one, "field")),
			json_string_value(json_object_get(one, "en")),
			json_string_value(json_object_get(one, "ja")));
	}
	ret = json_pack("{s:s,s:O}", "error", buf_z(&b), "missing", list);
	buf_done(&b);
	return ret;
}

static json_t *
act_ack(struct act *a)
{
	if (db_number(a->db, "SELECT acked IS NOT NULL FROM incidents WHERE id=?1", "t", a->id))
		return done("was acknowledged before");
	WRITE(a, "UPDATE incidents SET acked=?2,acked_by=?3 WHERE id=?1", "tit", a->id, a->wall,
		a->by);
	keep(a, "ack", a->text);
	return done("acknowledged");
}

static json_t *
act_assign(struct act *a)
{
	const char *to = said(a->ask, "to");

	if (!*to)
		return refuse("say to whom");
	WRITE(a, "UPDATE incidents SET assignee=?2 WHERE id=?1", "tt", a->id, to);
	WRITE(a, "INSERT OR IGNORE INTO incident_fields VALUES(?1,'owner',?2,?3,?4)", "ttti", a->id,
		to, a->by, a->wall);
	keep(a, "assign", to);
	return done("assigned");
}

static json_t *
act_stage(struct act *a)
{
	unsigned now =
		(unsigned)db_number(a->db, "SELECT stage FROM incidents WHERE id=?1", "t", a->id);
	unsigned to = (unsigned)json_integer_value(json_object_get(a->ask, "stage"));
	struct buf words = {0};
	json_t *list, *ret;

	if (to < 1 || to > 5)
		return refuse("a stage is 1 to 5: ①発見報告 ②初動 ③調査・対応 ④復旧 ⑤最終報告");
	if (db_number(a->db, "SELECT status='closed' FROM incidents WHERE id=?1", "t", a->id))
		return refuse("it is closed; `noroshi incident reopen` comes first");
	if (to > now + 1 && !*said(a->ask, "reason"))
		return refuse("stages follow each other; a step over one needs --reason");
	list = lacking(a->db, a->id, to > now + 1 ? to : now + 1, to);
	if (to > now && json_array_size(list) > 0) {
		ret = refuse_lacking(list, "the stage needs more");
		json_decref(list);
		return ret;
	}
	json_decref(list);
	WRITE(a, "UPDATE incidents SET stage=?2 WHERE id=?1", "ti", a->id, (int64_t)to);
	buf_printf(&words, "%s → %s%s%s", stage_words(now, true), stage_words(to, true),
		*said(a->ask, "reason") ? ": " : "", said(a->ask, "reason"));
	keep(a, "stage", buf_z(&words));
	ret = done(words.p);
	buf_done(&words);
	return ret;
}

static json_t *
act_note(struct act *a)
{
	if (!*a->text && json_object_size(json_object_get(a->ask, "set")) == 0)
		return refuse("a note needs a text");
	keep(a, "note", a->text);
	return done("noted");
}

static json_t *
act_level(struct act *a)
{
	int64_t level = json_integer_value(json_object_get(a->ask, "level"));
	const char *reason = said(a->ask, "reason");
	struct buf words = {0};

	if (level < 0 || level > 4 || !json_is_integer(json_object_get(a->ask, "level")))
		return refuse("a level is 0 to 4 (L0 … L4)");
	if (!*reason)
		return refuse("a level that a person sets needs --reason");
	buf_printf(&words, "L%lld: %s", (long long)level, reason);
	WRITE(a, "UPDATE incidents SET level=?2,level_by=?3,reason_en=?4,reason_ja=?4 WHERE id=?1",
		"titt", a->id, level, a->by, reason);
	keep(a, "level", buf_z(&words));
	buf_done(&words);
	return done("level set");
}

/* Closing is the fifth stage: what people may do about it once stage 4 is reached. */
static json_t *
act_close(struct act *a)
{
	json_t *list = lacking(a->db, a->id, 5, 5), *ret = NULL;
	const char *reason = said(a->ask, "reason");
	unsigned now =
		(unsigned)db_number(a->db, "SELECT stage FROM incidents WHERE id=?1", "t", a->id);
	const char *verdict = *said(a->ask, "verdict") ? said(a->ask, "verdict") : "true-positive";
	bool false_alarm = !strcmp(verdict, "false-positive") || !strcmp(verdict, "benign");
	struct buf words = {0};

	/* What turns out to be nothing needs a reason, not a report on recovery. */
	if (!false_alarm && strcmp(verdict, "true-positive") != 0)
		ret = refuse("a verdict is true-positive, false-positive or benign");
	else if (false_alarm && !*reason)
		ret = refuse("a false positive, or what was benign, is closed with --reason");
	else if (!false_alarm && json_array_size(list) > 0)
		ret = refuse_lacking(list, "cannot be closed");
	else if (!false_alarm && now < 4 && !*reason)
		ret = refuse("stages follow each other (④復旧 comes before closing); a step over "
			     "one needs --reason");
	json_decref(list);
	if (ret)
		return ret;
	if (!false_alarm && now < 5) {
		buf_printf(&words, "%s → %s%s%s", stage_words(now, true), stage_words(5, true),
			*reason ? ": " : "", reason);
		WRITE(a, "UPDATE incidents SET stage=5 WHERE id=?1", "t", a->id);
		keep(a, "stage", buf_z(&words));
	}
	WRITE(a,
		"UPDATE incidents SET status='closed',closed=?2,report_due=NULL,verdict=?4,"
		"acked=coalesce(acked,?2),acked_by=coalesce(acked_by,?3) WHERE id=?1",
		"titt", a->id, a->wall, a->by, verdict);
	if (false_alarm)
		WRITE(a,
			"UPDATE incidents SET level=0,level_by=?2,reason_en=?3,reason_ja=?3 WHERE "
			"id=?1",
			"ttt", a->id, a->by, reason);
	buf_clear(&words);
	buf_printf(&words, "%s%s%s", false_alarm ? verdict : "", false_alarm ? ": " : "",
		false_alarm ? reason : a->text);
	keep(a, "close", buf_z(&words));
	buf_done(&words);
	return done("closed");
}

static json_t *
act_reopen(struct act *a)
{
	if (db_number(a->db, "SELECT status='open' FROM incidents WHERE id=?1", "t", a->id))
		return refuse("it is open");
	WRITE(a,
		"UPDATE incidents SET status='open',closed=NULL,verdict='' WHERE id=?1 AND "
		"status='closed'",
		"t", a->id);
	keep(a, "reopen", a->text);
	return done("open again");
}

static json_t *
act_approve(struct act *a)
{
	const char *to = said(a->ask, "to");

	/* it goes into a mail's headers as it stands */
	if (!mail_address_ok(str_of(to)))
		return refuse("say which outside address may be told: --to name@example.org");
	WRITE(a, "INSERT OR REPLACE INTO approvals VALUES(?1,?2,?3,?4)", "ttti", a->id, to, a->by,
		a->wall);
	keep(a, "approve", to);
	/* the first report comes when it is due; after that, one is written for the address */
	WRITE(a,
		"UPDATE incidents SET report_due=?2 WHERE id=?1 AND (reports>0 OR report_due IS "
		"NULL)",
		"ti", a->id, a->wall);
	return done("approved; the next report goes there too");
}

static const struct {
	const char *name;
	json_t *(*run)(struct act *);
} acts[] = {{"ack", act_ack}, {"assign", act_assign}, {"stage", act_stage}, {"note", act_note},
	{"level", act_level}, {"close", act_close}, {"reopen", act_reopen},
	{"approve", act_approve}};

json_t *
incident_act(sqlite3 *db, const json_t *ask, int64_t wall)
{
	char id[40];
	struct act a = {.db = db,
		.ask = ask,
		.id = id,
		.by = said(ask, "by"),
		.text = said(ask, "text"),
		.wall = wall};
	json_t *ret = NULL;

	if (!*a.by)
		return refuse("who asks is not known");
	if (!incident_find(db, said(ask, "incident"), id))
		return refuse("no such incident; `noroshi incident list` shows them");
	if (!take_fields(&a))
		return refuse("unknown field; known: owner first_action scope cause recovery "
			      "recovered_at outline effect action prevention");
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]) && !ret; i++)
		if (!strcmp(acts[i].name, said(ask, "do")))
			ret = acts[i].run(&a);
	if (!ret)
		ret = refuse("unknown request");
	if (a.rc < 0) {
		json_decref(ret);
		ret = json_pack("{s:s,s:b}", "error",
			"cases.db does not take it; is the disk full?", "failed", 1);
	}
	return ret;
}
