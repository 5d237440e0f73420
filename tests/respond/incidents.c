/* Incidents in cases.db: taken once, merged whole, a history that cannot be changed unseen. */
#include "respond/incidents.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define T0 (INT64_C(1772438400) * NS_PER_S)

static const struct policy policy = {.report_least = LEVEL_HIGH,
	.fold_ns = 60 * NS_PER_S,
	.followup_ns = 1800 * NS_PER_S,
	.reports_per_hour = 20,
	.keep_ns = 86400 * NS_PER_S};

static sqlite3 *
open_db(void)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	cr_assert_eq(db_exec(db, "CREATE TABLE alerts(seq INTEGER PRIMARY KEY, id TEXT, time "
				 "INTEGER, json TEXT);"
				 "CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
				 "CREATE TABLE sinks(name TEXT, settled INTEGER)"),
		0);
	cr_assert_eq(incidents_schema(db), 0);
	return db;
}

/* One alert of incident `id`; true: mailed by itself. */
static bool
take(sqlite3 *db, unsigned seq, char id, enum level level, const char *merged, int64_t wall)
{
	json_t *j;
	char text[700], hex[33];
	bool mail = false;

	memset(hex, id, 32);
	hex[32] = 0;
	snprintf(text, sizeof(text),
		"{\"noroshi.incident.id\":\"%s\",\"@timestamp\":\"2026-03-02T16:00:00.000Z\","
		"\"event.start\":\"2026-03-02T15:00:00.000Z\","
		"\"rule.name\":\"R\",\"noroshi.incident.level\":2,\"noroshi.incident.merged\":[%s],"
		"\"noroshi.alert.records_total\":1,"
		"\"noroshi.alert.records\":[{\"event.id\":\"%u\",\"event.sequence\":%u,\"@"
		"timestamp\":\"2026-03-02T16:00:00.000Z\"}]}",
		hex, merged, seq, seq);
	j = json_loads(text, 0, NULL);
	cr_assert(j);
	cr_assert_eq(db_run(db, "INSERT INTO alerts(seq,id,time,json) VALUES(?1,?2,0,'{}')", "it",
			     (int64_t)seq, text + 25),
		0);
	cr_assert_eq(incidents_take(db, &policy, j, seq, level, wall, &mail), 0);
	json_decref(j);
	return mail;
}

Test(incidents, the_first_is_mailed_the_rest_is_reported)
{
	sqlite3 *db = open_db();
	char ids[4][40];
	json_t *to = json_pack("[s]", "soc@x.example");

	cr_expect(take(db, 1, 'a', LEVEL_HIGH, "", T0));
	cr_expect_not(take(db, 2, 'a', LEVEL_HIGH, "", T0), "its report tells it");
	cr_expect(take(db, 3, 'a', LEVEL_CRITICAL, "", T0), "graver news is told at once");
	cr_expect(take(db, 4, 'b', LEVEL_MEDIUM, "", T0));
	cr_expect(take(db, 5, 'b', LEVEL_MEDIUM, "", T0), "no report will tell of it");
	cr_expect_eq(incidents_due(db, T0 + 59 * NS_PER_S, ids, 4), 0);
	cr_expect_eq(incidents_due(db, T0 + 60 * NS_PER_S, ids, 4), 1);
	cr_assert_eq(incident_reported(db, &policy, ids[0], 1, T0 + 60 * NS_PER_S, 3, to), 0);
	json_decref(to);
	cr_expect_eq(incidents_due(db, T0 + 7200 * NS_PER_S, ids, 4), 0,
		"nothing new, nothing to report");
	take(db, 6, 'a', LEVEL_HIGH, "", T0 + 120 * NS_PER_S);
	cr_expect_eq(incidents_due(db, T0 + (60 + 1799) * NS_PER_S, ids, 4), 0, "not too often");
	cr_expect_eq(incidents_due(db, T0 + (60 + 1800) * NS_PER_S, ids, 4), 1);
	sqlite3_close(db);
}

Test(incidents, merging_moves_all_and_old_names_lead_on)
{
	sqlite3 *db = open_db();
	json_t *j;
	char id[40];

	take(db, 1, 'a', LEVEL_HIGH, "", T0);
	take(db, 2, 'b', LEVEL_HIGH, "", T0);
	take(db, 3, 'c', LEVEL_HIGH, "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"", T0);
	take(db, 4, 'a', LEVEL_HIGH, "\"cccccccccccccccccccccccccccccccc\"", T0);
	cr_assert(incident_find(db, "INC-20260303-002", id));
	cr_expect_str_eq(id, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "merged twice");
	j = incident_json(db, "INC-20260303-001");
	cr_assert(j, "numbers go by the day in JST");
	cr_expect_eq(json_integer_value(json_object_get(j, "alerts_total")), 4);
	cr_expect_eq(json_array_size(json_object_get(j, "records")), 4);
	json_decref(j);
	j = incidents_list(db, false, 0, 10);
	cr_expect_eq(json_array_size(j), 1);
	json_decref(j);
	sqlite3_close(db);
}

Test(incidents, a_changed_history_is_seen)
{
	sqlite3 *db = open_db();
	struct diag found = {0};

	take(db, 1, 'a', LEVEL_HIGH, "", T0);
	incident_note(db, "x", T0, "sato", "note", "one");
	incident_note(db, "x", T0, "sato", "note", "two");
	cr_expect_eq(incidents_check(db, &found), 0);
	db_exec(db, "UPDATE incident_history SET text='other' WHERE text='one'");
	cr_expect_gt(incidents_check(db, &found), 0);
	db_exec(db, "UPDATE incident_history SET text='one' WHERE text='other'");
	cr_expect_eq(incidents_check(db, &found), 0);
	db_exec(db, "DELETE FROM incident_history WHERE text='one'");
	cr_expect_gt(incidents_check(db, &found), 0, "one that was taken out");
	diag_done(&found);
	sqlite3_close(db);
}

static const char *
ask(sqlite3 *db, const char *json)
{
	static char words[512];
	json_t *j = json_loads(json, 0, NULL), *ret;
	const char *bad;

	cr_assert(j, "%s", json);
	ret = incident_act(db, j, T0);
	bad = json_string_value(json_object_get(ret, "error"));
	snprintf(words, sizeof(words), "%s", bad ? bad : "");
	json_decref(j);
	json_decref(ret);
	return words;
}

#define WHO "\"incident\":\"INC-20260303-001\",\"by\":\"ito\""

Test(incidents, stages_need_their_fields)
{
	sqlite3 *db = open_db();

	take(db, 1, 'a', LEVEL_HIGH, "", T0);
	cr_expect(strstr(ask(db, "{\"do\":\"stage\"," WHO ",\"stage\":2}"), "first_action"));
	cr_expect(strstr(ask(db, "{\"do\":\"stage\"," WHO ",\"stage\":4}"), "--reason"));
	cr_expect(strstr(ask(db, "{\"do\":\"stage\"," WHO ",\"stage\":9}"), "1 to 5"));
	cr_expect_str_eq(ask(db, "{\"do\":\"stage\"," WHO
				 ",\"stage\":2,\"set\":{\"owner\":\"i\",\"first_action\":\"f\"}}"),
		"");
	cr_expect(strstr(ask(db, "{\"do\":\"note\"," WHO ",\"set\":{\"colour\":\"red\"}}"),
		"unknown field"));
	cr_expect(strstr(ask(db, "{\"do\":\"close\"," WHO "}"), "prevention"));
	cr_expect(strstr(
		ask(db, "{\"do\":\"close\"," WHO ",\"verdict\":\"false-positive\"}"), "--reason"));
	cr_expect_str_eq(ask(db, "{\"do\":\"close\"," WHO
				 ",\"verdict\":\"false-positive\",\"reason\":\"test\"}"),
		"");
	cr_expect(strstr(ask(db, "{\"do\":\"ack\",\"incident\":\"nothing\",\"by\":\"ito\"}"),
		"no such incident"));
	cr_expect(strstr(ask(db, "{\"do\":\"ack\","
				 "\"incident\":\"INC-20260303-001\"}"),
		"who asks"));
	cr_expect(strstr(ask(db, "{\"do\":\"explode\"," WHO "}"), "unknown request"));
	sqlite3_close(db);
}
