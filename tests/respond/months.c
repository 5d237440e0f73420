/* months.c - the monthly page: each number from records and cases.db, no cell blank, text stays
 * text. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "base/stamp.h"
#include "respond/incidents.h"
#include "respond/month.h"
#include "respond/report.h"
#include "respond/vigil.h"

#define HOUR (3600 * NS_PER_S)
#define DAY  (24 * HOUR)
#define EVIL "<b>x</b>\\u001b[31m|=1+1"

static struct month
march(void)
{
	struct month m;

	cr_assert(month_parse(STR("2026-03"), INT64_MAX, &m));
	return m;
}

Test(months, a_month_is_one_of_the_calendar_in_jst)
{
	struct month m;

	cr_expect(month_parse(STR("2026-02"), INT64_MAX, &m));
	cr_expect_eq((m.until - m.since) / DAY, 28);
	cr_expect_eq(m.since, INT64_C(1769871600) * NS_PER_S, "2026-02-01 00:00 JST");
	cr_expect_eq(m.span.first_day, 6, "28 days before a Sunday");
	cr_expect_eq(m.days, 28);
	month_done(&m);
	cr_expect_not(month_parse(STR("2026-13"), 0, &m));
	cr_expect_not(month_parse(STR("2026"), 0, &m));
	cr_expect(month_parse(STR("2026-02"), m.since + INT64_C(1769871600) * NS_PER_S + HOUR, &m));
	cr_expect_eq(m.days, 1, "as far as it has come");
	month_done(&m);
}

static const struct {
	const char *line;
	enum log_kind kind;
	bool full;
} lines[] = {
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"event.category\":[\"email\"],\"email.from."
	 "address\":[\"a@x\"],\"email.to.address\":[\"b@x\"]}",
		LOG_NONE, false}, /* its parser did not say that it counts */
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"email.from.address\":[\"a@x\"],\"email.to."
	 "address\":[\"b@x\"],\"noroshi.derived\":\"mail\",\"noroshi.log.kind\":\"mail\"}",
		LOG_MAIL, true},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"email.to.address\":[\"b@x\"],"
	 "\"noroshi.log.kind\":\"mail\",\"noroshi.log.excused\":[\"bounce\"]}",
		LOG_MAIL, true},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"email.to.address\":[\"b@x\"],"
	 "\"noroshi.log.kind\":\"mail\",\"noroshi.log.excused\":[\"local\",\"made-up\"]}",
		LOG_MAIL, false}, /* an excuse for another field */
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"firewall\","
	 "\"source.ip\":\"10.0.0.1\",\"destination.ip\":\"192.0.2.1\"}",
		LOG_FIREWALL, true},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"proxy\","
	 "\"source.ip\":\"10.0.0.1\",\"url.full\":\"http://x/\"}",
		LOG_PROXY, true},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"proxy\","
	 "\"url.full\":\"http://x/\"}",
		LOG_PROXY, false},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"remote\","
	 "\"source.ip\":\"10.0.0.1\",\"user.name\":\"a\"}",
		LOG_REMOTE, true},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"auth\","
	 "\"event.outcome\":\"success\",\"source.ip\":\"10.0.0.1\",\"user.name\":\"a\"}",
		LOG_AUTH, true},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"auth\","
	 "\"event.outcome\":\"unknown\",\"source.ip\":\"10.0.0.1\",\"user.name\":\"a\"}",
		LOG_AUTH, false},
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"noroshi.log.kind\":\"endpoint\",\"event."
	 "action\":\"x\",\"host.name\":\"h\",\"user.name\":\"a\",\"host.ip\":[\"10.0.0.1\"]}",
		LOG_ENDPOINT, true},
	/* what a sender wrote is no member of ours */
	{"{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"event.original\":\"\\\"noroshi.log.kind\\\":"
	 "\\\"proxy\\\",\\\\\"}",
		LOG_NONE, false},
};

Test(months, a_line_is_known_by_its_own_members)
{
	struct month_line l;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_assert(month_line(str_of(lines[i].line), &l), "%s", lines[i].line);
		cr_expect_eq(l.kind, lines[i].kind, "%s", lines[i].line);
		if (l.kind != LOG_NONE)
			cr_expect_eq(((l.has | l.excused) & log_needs(l.kind)) == log_needs(l.kind),
				lines[i].full, "%s", lines[i].line);
	}
	cr_expect_not(month_line(STR("{\"@timestamp\":\"2026-03-02T01:00:00Z\",\"a\":\"torn"), &l));
	cr_expect_not(month_line(STR("[]"), &l));
	cr_expect_not(month_line(STR(""), &l));
}

/* ---- rhythm ---- */

/* A record every `step` from a to b, in hours of the readers' days that `when` allows. */
enum when { ALWAYS, OFFICE };

static void
hear(struct rhythm *r, const struct rhythm_span *span, int64_t a, int64_t b, int64_t step,
	enum when when)
{
	for (int64_t t = a; t < b; t += step) {
		int64_t hours = (t - span->from) / HOUR + span->first_day * 24;
		bool office = hours / 24 % 7 < 5 && hours % 24 >= 9 && hours % 24 < 18;

		if (when == ALWAYS || office)
			rhythm_heard(r, span, t);
	}
}

static struct silence
judged(const struct month *m, struct rhythm *r, int64_t end)
{
	struct silence s;

	rhythm_judge(r, &m->span, m->since, end, &s);
	rhythm_free(r);
	return s;
}

Test(months, nights_and_weekends_are_no_silence_and_an_office_day_without_records_is)
{
	struct month m = march();
	struct rhythm *r = rhythm_new(&m.span);
	/* Wednesday 2026-03-11, nothing all day */
	int64_t a = m.since + 10 * DAY, b = a + DAY;
	struct silence s;

	hear(r, &m.span, m.learn, m.until, 60 * NS_PER_S, OFFICE);
	s = judged(&m, r, m.until);
	cr_expect_eq(s.state, RHYTHM_USUAL, "%d, expected %f", s.state, s.expected);
	r = rhythm_new(&m.span);
	hear(r, &m.span, m.learn, a, 60 * NS_PER_S, OFFICE);
	hear(r, &m.span, b, m.until, 60 * NS_PER_S, OFFICE);
	s = judged(&m, r, m.until);
	cr_expect_eq(s.state, RHYTHM_PAUSED);
	cr_expect(s.expected > 539 && s.expected < 541, "nine hours of sixty: %f", s.expected);
	cr_expect_eq((s.until - s.from) / HOUR, 39 - 0,
		"from 18:00 the day before to 9:00 the day after");
	month_done(&m);
}

Test(months, what_is_silent_now_says_so_whatever_the_order_of_records)
{
	struct month m = march();
	struct rhythm *r = rhythm_new(&m.span), *back = rhythm_new(&m.span);
	int64_t end = m.since + 5 * DAY, last = end - 2 * HOUR;
	struct silence s, t;

	hear(r, &m.span, m.learn, last, 30 * NS_PER_S, ALWAYS);
	for (int64_t at = last - 30 * NS_PER_S; at >= m.learn; at -= 30 * NS_PER_S)
		rhythm_heard(back, &m.span, at);
	s = judged(&m, r, end);
	t = judged(&m, back, end);
	cr_expect_eq(s.state, RHYTHM_SILENT);
	cr_expect_eq(s.until, end);
	cr_expect_eq((end - s.from) / (60 * NS_PER_S), 120);
	cr_expect_eq(memcmp(&s.from, &t.from, sizeof(s.from)), 0);
	cr_expect_eq(s.state, t.state);
	month_done(&m);
}

Test(months, a_source_that_is_new_or_seldom_heard_is_not_judged)
{
	struct month m = march();
	struct rhythm *r = rhythm_new(&m.span);
	struct silence s;

	rhythm_heard(r, &m.span, m.since + DAY);
	rhythm_heard(r, &m.span, m.since + DAY + HOUR);
	s = judged(&m, r, m.until);
	cr_expect_eq(s.state, RHYTHM_UNKNOWN);
	/* once a day, one day missing: one record is no habit that a silence breaks */
	r = rhythm_new(&m.span);
	for (int d = 0; d < 59; d++)
		if (d != 40)
			rhythm_heard(r, &m.span, m.learn + d * DAY + 3 * HOUR);
	s = judged(&m, r, m.learn + 59 * DAY);
	cr_expect_eq(s.state, RHYTHM_USUAL, "%d", s.state);
	s = judged(&m, rhythm_new(&m.span), m.until);
	cr_expect_eq(s.state, RHYTHM_UNKNOWN, "never heard");
	month_done(&m);
}

/* ---- Noroshi's own uptime ---- */

static sqlite3 *
base(void)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	cr_assert_eq(db_exec(db, "CREATE TABLE alerts(seq INTEGER PRIMARY KEY,number,id,time,rule,"
				 "level,rank,history,json)"),
		0);
	cr_assert_eq(incidents_schema(db), 0);
	return db;
}

Test(months, uptime_is_what_was_marked_and_a_stop_or_a_fall_is_a_pause)
{
	sqlite3 *db = base();
	struct month m = march();
	struct vigil v = {0};
	struct vigil_sum sum;
	int64_t t = m.since + DAY;

	vigil_sum(db, m.since, m.until, &sum);
	cr_expect_eq(sum.measured, 0, "not measured is not zero");
	for (int i = 0; i < 360; i++)
		cr_assert_eq(vigil_mark(&v, db, t + i * VIGIL_MARK_NS, false), 0);
	/* an hour, then dead for 30 minutes, then another hour */
	v = (struct vigil){0};
	t += HOUR + HOUR / 2;
	for (int i = 0; i <= 360; i++)
		cr_assert_eq(vigil_mark(&v, db, t + i * VIGIL_MARK_NS, false), 0);
	vigil_sum(db, m.since, t + HOUR, &sum);
	cr_expect_eq(sum.starts, 2u);
	cr_expect_eq(sum.measured / NS_PER_S, 9000, "from the first mark");
	cr_expect_eq(sum.watched / NS_PER_S, 7190);
	cr_expect_eq(sum.longest / NS_PER_S, 1810);
	/* within one process: not well for ten minutes */
	cr_assert_eq(vigil_mark(&v, db, t + HOUR + 600 * NS_PER_S, false), 0);
	vigil_sum(db, m.since, t + HOUR + 601 * NS_PER_S, &sum);
	cr_expect_eq(sum.starts, 3u);
	cr_expect_eq((sum.measured - sum.watched) / NS_PER_S, 1810 + 601);
	/* a clock that is set back begins anew and never makes time negative */
	cr_assert_eq(vigil_mark(&v, db, t - HOUR, false), 0);
	vigil_sum(db, m.since, m.until, &sum);
	cr_expect(sum.watched <= sum.measured && sum.watched > 0);
	sqlite3_close(db);
	month_done(&m);
}

/* ---- the page ---- */

static void
fill(sqlite3 *db, const struct month *m)
{
	static const char *const verdicts[] = {
		"true-positive", "true-positive", "false-positive", "benign", ""};

	for (int i = 0; i < 5; i++) {
		char id[40];
		int64_t t = m->since + (i + 1) * DAY;

		snprintf(id, sizeof(id), "%032d", i);
		db_run(db,
			"INSERT INTO "
			"incidents(id,number,day,nth,level,status,verdict,taken,received,"
			"high_taken,notified,acked,rank,stage) "
			"VALUES(?1,?1,'',1,?2,?3,?4,?5,?6,?7,?8,?9,3,1)",
			"tittiiiii", id, (int64_t)i, *verdicts[i] ? "closed" : "open", verdicts[i],
			t, t - NS_PER_S, t, t + (i + 1) * NS_PER_S / 2, t + 60 * NS_PER_S);
		db_run(db,
			"INSERT INTO alerts(seq,number,id,time,rule,level,rank,history,json,taken) "
			"VALUES(?1,0,?2,?3,'secret-rule-id','high',3,0,?4,?3)",
			"itit", (int64_t)i + 1, id, t,
			"{\"rule.name\":\"" EVIL "\",\"noroshi.rule.title_ja\":\"試験\"}");
		db_run(db, "INSERT INTO incident_alerts VALUES(?1,?2)", "ti", id, (int64_t)i + 1);
		db_run(db, "INSERT INTO incident_reports VALUES(?1,1,?2,'[]',?2)", "ti", id,
			t + 61 * NS_PER_S);
	}
	db_run(db,
		"INSERT INTO incidents(id,number,day,nth,taken,drill,level,rank) "
		"VALUES('d','d','',9,?1,1,4,4)",
		"i", m->since + DAY);
}

static void
expect(const json_t *j, const char *name, const char *want)
{
	char *text = json_dumps(
		json_object_get(j, name), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	cr_expect_str_eq(text, want, "%s: %s, not %s", name, text, want);
	free(text);
}

static json_t *
month_of(sqlite3 *db, struct month *m)
{
	month_record(
		m, STR("{\"@timestamp\":\"2026-03-02T15:30:00.000Z\",\"event.ingested\":\"2026-"
		       "03-02T15:30:02.000Z\",\"event.category\":[\"web\"],\"host.name\":\"" EVIL
		       "\",\"noroshi.log.kind\":\"proxy\",\"source.ip\":\"1\",\"url.full\":\"u\","
		       "\"source.geo.country_name\":\"" EVIL "\",\"noroshi.source\":\"squid\","
		       "\"noroshi.input\":\"tcp\"}"));
	month_record(m,
		STR("{\"@timestamp\":\"2026-02-02T15:30:00.000Z\",\"observer.type\":\"proxy\"}"));
	return month_json(m, db);
}

Test(months, every_number_comes_from_records_and_drills_count_nowhere)
{
	sqlite3 *db = base();
	struct month m = march();
	json_t *j, *one;
	size_t i, named = 0;

	fill(db, &m);
	j = month_of(db, &m);
	expect(j, "levels", "[1,1,1,1,1]");
	expect(j, "stages", "[1,0,0,0,0]");
	expect(j, "closed", "4");
	expect(j, "severities", "[0,0,0,5,0]");
	expect(j, "drills", "1");
	expect(j, "open_grave", "1");
	expect(j, "detection",
		"{\"limit\":null,\"max\":1.0,\"median\":1.0,\"n\":5,\"within\":null}");
	expect(j, "notice", "{\"limit\":2.0,\"max\":3.5,\"median\":2.5,\"n\":5,\"within\":2}");
	expect(j, "report", "{\"limit\":90.0,\"max\":62.0,\"median\":62.0,\"n\":5,\"within\":5}");
	expect(json_array_get(json_object_get(j, "rules"), 0), "precision", "0.5");
	expect(json_array_get(json_object_get(j, "rules"), 0), "benign", "1");
	expect(json_array_get(json_object_get(j, "coverage"), LOG_PROXY - 1), "records", "1");
	expect(json_array_get(json_object_get(j, "coverage"), LOG_PROXY - 1), "complete", "1.0");
	expect(json_array_get(json_object_get(j, "coverage"), LOG_MAIL - 1), "complete", "null");
	json_array_foreach(json_object_get(j, "sources"), i, one)
	{
		if (json_integer_value(json_object_get(one, "records")) == 1)
			expect(one, "delay_seconds", "2.0");
		named += json_integer_value(json_object_get(one, "records")) == 1;
	}
	cr_expect_eq(named, 1u, "one source was heard in the month");
	expect(j, "countries_known", "1");
	json_decref(j);
	sqlite3_close(db);
	month_done(&m);
}

Test(months, the_page_has_no_blank_cell_and_what_logs_say_stays_text)
{
	struct report_site site = {.organisation = STR("<i>A & B</i>")};

	for (int round = 0; round < 2; round++) {
		sqlite3 *db = base();
		struct month m = march();
		json_t *j;

		if (round)
			fill(db, &m); /* else a month in which nothing was */
		j = round ? month_of(db, &m) : month_json(&m, db);
		for (int ja = 0; ja <= 1; ja++) {
			struct buf html = {0}, text = {0}, json = {0};
			json_t *parsed;

			cr_assert_eq(report_monthly(j, &site, REPORT_HTML, ja, &html), 0);
			cr_assert_eq(report_monthly(j, &site, REPORT_TEXT, ja, &text), 0);
			cr_assert_eq(report_monthly(j, &site, REPORT_JSON, ja, &json), 0);
			cr_expect_null(strstr(buf_z(&html), "<td></td>"));
			cr_expect_null(strstr(html.p, "<td class=\"n\"></td>"));
			cr_expect_null(strstr(html.p, "<b>x"));
			cr_expect_null(strstr(html.p, "<i>A"));
			cr_expect_null(strchr(html.p, 0x1b));
			cr_expect_null(strchr(buf_z(&text), 0x1b));
			cr_expect_null(strstr(html.p, "secret-rule-id"), "no rule id for people");
			cr_expect_null(strstr(text.p, "_ip"), "no field name for people");
			parsed = json_loads(buf_z(&json), 0, NULL);
			cr_expect_eq(
				json_array_size(json_object_get(parsed, "recommendations")), 3u);
			cr_expect(json_string_length(json_object_get(parsed, "reason")) > 0);
			cr_expect_str_eq(json_string_value(json_object_get(parsed, "light")),
				round ? "red" : "yellow", "no logs at all are not green");
			json_decref(parsed);
			buf_done(&html);
			buf_done(&text);
			buf_done(&json);
		}
		json_decref(j);
		sqlite3_close(db);
		month_done(&m);
	}
}
