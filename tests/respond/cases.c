/* cases.c - what an alert does to its incident, and what people may do about it. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "base/mem.h"
#include "base/stamp.h"
#include "respond/incidents.h"

TestSuite(respond_cases, .timeout = 60);

#define ONE   "0123456789abcdef0123456789abcdef"
#define TWO   "ffffffffffffffff0123456789abcdef"
#define THREE "aaaaaaaaaaaaaaaa0123456789abcdef"
/* 2026-03-02T10:00:00Z */
#define T0 (INT64_C(1772445600) * NS_PER_S)

struct room {
	char dir[64], path[96];
	pthread_mutex_t lock;
	struct policy policy;
	struct cases *cases;
	sqlite3 *db;
	unsigned made;
};

static void
room_open(struct room *r)
{
	struct diag why = {0};

	cr_assert_eq(cases_open(r->path, &r->lock, &why, &r->cases), 0, "%s", diag_first(&why));
	cases_policy(r->cases, &r->policy);
	r->db = cases_db(r->cases);
	diag_done(&why);
}

static void
room_init(struct room *r)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "build/incidents-test-XXXXXX");
	cr_assert(mkdtemp(r->dir), "a folder below build/");
	snprintf(r->path, sizeof(r->path), "%s/cases.db", r->dir);
	pthread_mutex_init(&r->lock, NULL);
	r->policy = (struct policy){.report_least = LEVEL_HIGH,
		.fold_ns = 60 * NS_PER_S,
		.followup_ns = 1800 * NS_PER_S,
		.reports_per_hour = 20,
		.keep_ns = 400 * 86400 * NS_PER_S};
	room_open(r);
}

static int
erase(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
room_done(struct room *r)
{
	cases_close(r->cases);
	nftw(r->dir, erase, 16, FTW_DEPTH | FTW_PHYS);
}

/* An alert of an incident, at T0 + seconds by both clocks; `more`: members, with a comma before. */
static struct taken
take(struct room *r, const char *id, const char *level, int64_t seconds, const char *more)
{
	struct buf b = {0};
	struct taken t = {0};

	BUF_ADD_LIT(&b, "{\"@timestamp\":\"");
	stamp_add(&b, T0 + seconds * NS_PER_S);
	buf_printf(&b,
		"\",\"event.kind\":\"alert\",\"noroshi.alert.id\":\"%032u\",\"rule.id\":\"r\","
		"\"rule.name\":\"Rule\",\"log.level\":\"%s\"%s%s%s%s}",
		++r->made, level, id ? ",\"noroshi.incident.id\":\"" : "", id ? id : "",
		id ? "\",\"noroshi.incident.level\":2" : "", more);
	cr_assert_eq(cases_begin(r->cases), 0);
	cr_assert_eq(cases_add(r->cases, r->made, buf_str(&b), T0 + seconds * NS_PER_S, &t), 0,
		"%s", cases_error(r->cases));
	cr_assert_eq(cases_commit(r->cases, r->made), 0);
	buf_done(&b);
	return t;
}

static int64_t
number(struct room *r, const char *sql)
{
	return db_number(r->db, sql, "");
}

static void
expect_text(struct room *r, const char *sql, const char *want, const char *why)
{
	struct buf b = {0};

	db_text(r->db, &b, sql, "");
	cr_expect_str_eq(b.p, want, "%s", why);
	buf_done(&b);
}

/* What the desk would do; the answer. */
static json_t *
act(struct room *r, const char *ask)
{
	json_t *j = json_loads(ask, 0, NULL), *ret;

	cr_assert(j, "%s", ask);
	json_object_set_new(j, "by", json_string("sato"));
	cr_assert_eq(cases_begin(r->cases), 0);
	ret = incident_act(r->db, j, T0 + 1000 * NS_PER_S);
	cr_assert_eq(cases_commit(r->cases, cases_taken(r->cases)), 0);
	json_decref(j);
	return ret;
}

static void
expect_act(struct room *r, const char *ask, bool good, const char *says)
{
	json_t *ret = act(r, ask);
	const char *words = json_string_value(json_object_get(ret, good ? "ok" : "error"));

	cr_expect(words && strstr(words, says), "%s: %s", ask, words ? words : "the opposite");
	json_decref(ret);
}

Test(respond_cases, alerts_of_one_rule_are_mailed_once_and_then_reported)
{
	struct room r;

	room_init(&r);
	cr_expect(take(&r, ONE, "high", 0, "").mail, "the first goes at once");
	for (int i = 1; i <= 50; i++)
		cr_expect_not(take(&r, ONE, "high", i, "").mail, "the report tells of the others");
	cr_expect(take(&r, ONE, "critical", 51, "").mail, "a graver one goes at once");
	cr_expect_not(take(&r, ONE, "medium", 52, "").mail);
	cr_expect_eq(number(&r, "SELECT alerts FROM incidents"), 53);
	cr_expect_eq(number(&r, "SELECT report_due FROM incidents"), T0 + 60 * NS_PER_S,
		"the fold begins with the first");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incident_history WHERE what='alert'"), 1,
		"one line per rule");
	room_done(&r);
}

Test(respond_cases, what_no_report_tells_is_mailed_by_itself)
{
	struct room r;

	room_init(&r);
	for (int i = 0; i < 5; i++)
		cr_expect(take(&r, ONE, "medium", i, "").mail,
			"nothing below high brings a report: each is told");
	cr_expect(take(&r, NULL, "high", 6, "").mail, "and so is an alert of no incident");
	for (int i = 0; i < 3; i++)
		cr_expect(take(&r, TWO, "high", i, ",\"noroshi.origin\":\"history\"").mail,
			"old logs bring no report");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents WHERE report_due IS NOT NULL"), 0);
	room_done(&r);
}

Test(respond_cases, a_closed_one_that_goes_on_is_open_again_and_told)
{
	struct room r;

	room_init(&r);
	take(&r, ONE, "high", 0, "");
	expect_act(&r,
		"{\"do\":\"close\",\"incident\":\"" ONE
		"\",\"verdict\":\"false-positive\",\"reason\":\"a test\"}",
		true, "closed");
	cr_expect_eq(number(&r, "SELECT report_due IS NULL FROM incidents"), 1);
	cr_expect(take(&r, ONE, "low", 1, "").mail, "closed: no report, so it is told");
	expect_text(&r, "SELECT status FROM incidents", "closed", "a low one reopens nothing");
	take(&r, ONE, "high", 2, "");
	expect_text(&r, "SELECT status FROM incidents", "open", "a high one does");
	cr_expect_eq(number(&r, "SELECT report_due FROM incidents"), T0 + 62 * NS_PER_S);
	cr_expect_eq(number(&r, "SELECT count(*) FROM incident_history WHERE what='reopen'"), 1);
	room_done(&r);
}

Test(respond_cases, numbers_go_by_day_in_jst_and_are_never_given_twice)
{
	struct room r;

	room_init(&r);
	take(&r, ONE, "high", 0, "");
	take(&r, TWO, "high", 1, "");
	take(&r, THREE, "high", 5 * 3600 + 1, "");
	expect_text(&r, "SELECT number FROM incidents WHERE id='" ONE "'", "INC-20260302-001", "");
	expect_text(&r, "SELECT number FROM incidents WHERE id='" TWO "'", "INC-20260302-002", "");
	expect_text(&r, "SELECT number FROM incidents WHERE id='" THREE "'", "INC-20260303-001",
		"15:00 UTC is the next day in Japan");
	db_run(r.db, "DELETE FROM incidents WHERE number='INC-20260302-001'", "");
	take(&r, "dddddddddddddddd0123456789abcdef", "high", 2, "");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents WHERE number='INC-20260302-003'"),
		1, "a number that was taken stays taken");
	take(&r, "eeeeeeeeeeeeeeee0123456789abcdef", "high", 3, ",\"noroshi.alert.drill\":true");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents WHERE number='DRILL-20260302-001'"),
		1, "a drill takes no number from what is real");
	cr_expect(take(&r, "not an id", "high", 4, "").mail, "and what is no id opens nothing");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents"), 4);
	room_done(&r);
}

Test(respond_cases, merged_ones_bring_all_they_had)
{
	struct room r;
	json_t *j;

	room_init(&r);
	take(&r, TWO, "critical", 0,
		",\"noroshi.alert.records\":[{\"event.id\":\"x\",\"event.sequence\":7,"
		"\"@timestamp\":\"2026-03-02T10:00:00.000Z\"}],\"noroshi.alert.records_total\":1");
	expect_act(&r, "{\"do\":\"ack\",\"incident\":\"" TWO "\"}", true, "acknowledged");
	expect_act(&r, "{\"do\":\"note\",\"incident\":\"" TWO "\",\"text\":\"called\"}", true, "");
	take(&r, ONE, "high", 5, "");
	take(&r, ONE, "high", 6, ",\"noroshi.incident.merged\":[\"" TWO "\",\"" THREE "\"]");
	expect_text(&r, "SELECT status FROM incidents WHERE id='" TWO "'", "merged", "");
	j = incident_json(r.db, "INC-20260302-001");
	cr_assert(j);
	cr_expect_str_eq(
		json_string_value(json_object_get(j, "id")), ONE, "the number leads there");
	cr_expect_eq(json_integer_value(json_object_get(j, "alerts_total")), 3);
	cr_expect_eq(json_array_size(json_object_get(j, "alerts")), 3u);
	cr_expect_eq(json_array_size(json_object_get(j, "records")), 1u);
	cr_expect_str_eq(json_string_value(json_object_get(j, "acknowledged_by")), "sato");
	cr_expect_str_eq(json_string_value(json_object_get(j, "severity")), "critical");
	cr_expect_str_eq(json_string_value(json_array_get(json_object_get(j, "merged"), 0)), TWO);
	cr_expect_eq(json_array_size(json_object_get(j, "history")), 7u,
		"opened alert ack note, opened alert merged");
	cr_expect_eq(number(&r, "SELECT report_due FROM incidents WHERE id='" ONE "'"),
		T0 + 60 * NS_PER_S, "the report that was due first stays due");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents WHERE report_due IS NOT NULL"), 1);
	json_decref(j);
	take(&r, TWO, "high", 7, "");
	cr_expect_eq(number(&r, "SELECT alerts FROM incidents WHERE id='" ONE "'"), 4,
		"what is still said of the old one counts for the new one");
	room_done(&r);
}

Test(respond_cases, records_are_bounded_and_counted)
{
	struct room r;
	struct buf b = {0};

	room_init(&r);
	for (int alert = 0; alert < 30; alert++) {
		buf_clear(&b);
		BUF_ADD_LIT(&b, ",\"noroshi.alert.records_total\":150,\"noroshi.alert.records\":[");
		for (int i = 0; i < 100; i++)
			buf_printf(&b,
				"%s{\"event.id\":\"%d-%d\",\"event.sequence\":%d,"
				"\"@timestamp\":\"2026-03-02T10:00:00.000Z\"}",
				i ? "," : "", alert, i, alert * 100 + i);
		buf_add_char(&b, ']');
		take(&r, ONE, "high", alert, buf_z(&b));
	}
	cr_expect_eq(number(&r, "SELECT records FROM incidents"), 30 * 150);
	cr_expect_leq(number(&r, "SELECT count(*) FROM incident_records"), 2000);
	cr_expect_eq(number(&r, "SELECT count(*) FROM incident_records WHERE id LIKE '%-99'"), 30,
		"the records that decided find room to the end");
	buf_done(&b);
	room_done(&r);
}

Test(respond_cases, five_stages_each_with_what_it_needs)
{
	struct room r;
	json_t *j;

	room_init(&r);
	take(&r, ONE, "high", 0, "");
	expect_act(
		&r, "{\"do\":\"stage\",\"incident\":\"" ONE "\",\"stage\":3}", false, "--reason");
	expect_act(&r, "{\"do\":\"stage\",\"incident\":\"" ONE "\",\"stage\":2}", false,
		"first_action");
	expect_act(&r, "{\"do\":\"assign\",\"incident\":\"" ONE "\",\"to\":\"ito\"}", true, "");
	expect_act(&r,
		"{\"do\":\"stage\",\"incident\":\"" ONE
		"\",\"stage\":2,\"set\":{\"first_action\":\"隔離した\"}}",
		true, "②");
	expect_act(&r,
		"{\"do\":\"stage\",\"incident\":\"" ONE
		"\",\"stage\":3,\"set\":{\"colour\":\"x\"}}",
		false, "unknown field");
	expect_act(&r,
		"{\"do\":\"close\",\"incident\":\"" ONE
		"\",\"set\":{\"outline\":\"o\",\"effect\":\"e\",\"action\":\"a\"}}",
		false, "prevention");
	expect_act(&r, "{\"do\":\"close\",\"incident\":\"" ONE "\",\"set\":{\"prevention\":\"p\"}}",
		false, "--reason");
	expect_act(&r,
		"{\"do\":\"stage\",\"incident\":\"" ONE
		"\",\"stage\":4,\"reason\":\"clear\",\"set\":{\"recovery\":\"r\",\"recovered_at\":"
		"\"t\"}}",
		true, "④");
	expect_act(&r, "{\"do\":\"close\",\"incident\":\"" ONE "\",\"text\":\"done\"}", true, "");
	expect_act(&r, "{\"do\":\"stage\",\"incident\":\"" ONE "\",\"stage\":2}", false, "reopen");
	expect_act(&r, "{\"do\":\"level\",\"incident\":\"" ONE "\",\"level\":3}", false, "reason");
	expect_act(&r,
		"{\"do\":\"level\",\"incident\":\"" ONE "\",\"level\":3,\"reason\":\"leak\"}", true,
		"");
	take(&r, ONE, "high", 9, "");
	j = incident_json(r.db, ONE);
	cr_expect_eq(json_integer_value(json_object_get(j, "stage")), 5);
	cr_expect_eq(json_integer_value(json_object_get(j, "level")), 3, "a person's word stands");
	cr_expect_str_eq(json_string_value(json_object_get(j, "level_by")), "sato");
	cr_expect_eq(json_object_size(json_object_get(j, "fields")), 8u);
	json_decref(j);
	expect_act(&r,
		"{\"do\":\"note\",\"incident\":\"" ONE "\",\"set\":{\"outline\":\"another\"}}",
		true, "");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incident_history WHERE text='outline: o'"), 1,
		"what stood in a field before stays in the history");
	room_done(&r);
}

Test(respond_cases, an_address_is_not_a_header)
{
	struct room r;

	room_init(&r);
	take(&r, ONE, "high", 0, "");
	expect_act(&r,
		"{\"do\":\"approve\",\"incident\":\"" ONE
		"\",\"to\":\"a@partner.example\\r\\nBcc: x@y.example\"}",
		false, "--to");
	expect_act(&r, "{\"do\":\"approve\",\"incident\":\"" ONE "\",\"to\":\"a@partner.example\"}",
		true, "");
	cr_expect_eq(number(&r, "SELECT count(*) FROM approvals"), 1);
	cr_expect_eq(number(&r, "SELECT report_due FROM incidents"), T0 + 60 * NS_PER_S,
		"before the first report the fold is waited for");
	room_done(&r);
}

static int64_t
findings(struct room *r)
{
	struct diag d = {0};
	int64_t n = incidents_check(r->db, &d);

	cr_expect(n <= 0 || d.errors == (size_t)n, "each finding has words");
	diag_done(&d);
	return n;
}

Test(respond_cases, the_history_tells_of_every_change)
{
	static const struct {
		const char *why, *sql, *undo;
	} rows[] = {
		{"words that were changed", "UPDATE incident_history SET text='nothing' WHERE n=1",
			"UPDATE incident_history SET text='INC-20260302-001' WHERE n=1"},
		{"who did it", "UPDATE incident_history SET by='ito' WHERE n=3",
			"UPDATE incident_history SET by='sato' WHERE n=3"},
		{"words that are called forgotten",
			"UPDATE incident_history SET what='forgotten' WHERE n=2",
			"UPDATE incident_history SET what='alert' WHERE n=2"},
		{"a time", "UPDATE incident_history SET at=at+1 WHERE n=2",
			"UPDATE incident_history SET at=at-1 WHERE n=2"},
		{"a row moved to another incident",
			"UPDATE incident_history SET incident='" TWO "' WHERE n=3",
			"UPDATE incident_history SET incident='" ONE "' WHERE n=3"},
		{"the last row cut off", "DELETE FROM incident_history WHERE n=4", NULL},
	};
	struct room r;

	room_init(&r);
	take(&r, ONE, "high", 0, "");
	expect_act(&r, "{\"do\":\"ack\",\"incident\":\"" ONE "\"}", true, "");
	expect_act(&r, "{\"do\":\"note\",\"incident\":\"" ONE "\",\"text\":\"x\"}", true, "");
	cr_expect_eq(findings(&r), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(db_exec(r.db, rows[i].sql), 0);
		cr_expect_gt(findings(&r), 0, "%s", rows[i].why);
		if (rows[i].undo) {
			db_exec(r.db, rows[i].undo);
			cr_expect_eq(findings(&r), 0, "undone: %s", rows[i].why);
		}
	}
	room_done(&r);
}

Test(respond_cases, what_is_old_is_forgotten_and_the_history_stays_whole)
{
	struct room r;
	int64_t later = T0 + 401 * 86400 * NS_PER_S;

	room_init(&r);
	take(&r, ONE, "high", 0, "");
	take(&r, TWO, "high", 1, "");
	take(&r, NULL, "low", 2, "");
	take(&r, THREE, "high", 3, ",\"noroshi.incident.merged\":[\"" TWO "\"]");
	expect_act(&r,
		"{\"do\":\"close\",\"incident\":\"" THREE
		"\",\"verdict\":\"false-positive\",\"reason\":\"a test\"}",
		true, "");
	db_run(r.db, "INSERT INTO sinks(name,settled) VALUES('s',3)", "");
	cr_assert_eq(cases_begin(r.cases), 0);
	cr_expect_eq(incidents_forget(r.db, &r.policy, T0 + 399 * 86400 * NS_PER_S), 0u);
	cr_expect_eq(incidents_forget(r.db, &r.policy, later), 3u,
		"the closed one, the low alert, one alert of the closed that is settled");
	incidents_forget(r.db, &r.policy, later);
	cr_assert_eq(cases_commit(r.cases, cases_taken(r.cases)), 0);
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents WHERE id='" ONE "'"), 1,
		"an open one stays, however old");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents"), 1, "merged ones went too");
	cr_expect_eq(number(&r, "SELECT count(*) FROM alerts"), 2,
		"its alert, and the one that a sink still has to send");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incident_history WHERE text LIKE '%test%'"),
		0, "words are gone");
	cr_expect_eq(findings(&r), 0, "the chain is whole all the same");
	room_done(&r);
}

Test(respond_cases, a_database_of_the_form_before_is_taken_over)
{
	struct room r;
	sqlite3 *db = NULL;

	room_init(&r);
	cases_close(r.cases);
	remove(r.path);
	cr_assert_eq(sqlite3_open(r.path, &db), SQLITE_OK);
	cr_assert_eq(
		db_exec(db, "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
			    "INSERT INTO meta VALUES('taken',41);"
			    "CREATE TABLE alerts(seq INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
			    " id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, rule TEXT NOT NULL,"
			    " level TEXT NOT NULL, rank INTEGER NOT NULL, history INTEGER NOT NULL,"
			    " json TEXT NOT NULL);"
			    "INSERT INTO alerts VALUES(7,41,'aa',1,'r','high',3,0,'{}');"
			    "PRAGMA user_version=1"),
		0);
	sqlite3_close(db);
	room_open(&r);
	cr_expect_eq(cases_taken(r.cases), 41u);
	cr_expect_eq(number(&r, "PRAGMA user_version"), 2);
	cr_expect_eq(number(&r, "SELECT mail=1 AND kind=0 AND taken>0 FROM alerts WHERE seq=7"), 1);
	take(&r, ONE, "high", 0, "");
	cr_expect_eq(number(&r, "SELECT count(*) FROM incidents"), 1);
	room_done(&r);
}
