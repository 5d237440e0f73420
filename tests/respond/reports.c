/* The preliminary report: fourteen items, never blank, and what logs say stays text. */
#include <criterion/criterion.h>
#include <string.h>

#include "respond/report.h"

#define EVIL "<script>x</script>\\u001b[31m=cmd|' /C'!A0\\r\\nBcc: a@b <!channel>\\u202e"

static const char incident[] =
	"{\"id\":\"00112233445566778899aabbccddeeff\",\"number\":\"INC-20260302-001\",\"status\":"
	"\"open\",\"stage\":1,"
	"\"level\":3,\"level_by\":\"noroshi\",\"level_reason_en\":\"because\",\"level_reason_ja\":"
	"\"理由\",\"severity\":\"high\","
	"\"attack_stage\":\"collection\",\"title_en\":\"" EVIL
	"\",\"title_ja\":\"持ち出し\",\"drill\":false,"
	"\"first\":\"2026-03-02T15:30:00.000Z\",\"decided\":\"2026-03-02T15:31:00.000Z\","
	"\"families\":[\"proxy\",\"auth\"],"
	"\"missing\":[{\"family\":\"mail\",\"last_heard\":null}],\"entities\":[{\"kind\":"
	"\"person\",\"value\":\"sato.k\",\"own\":true},"
	"{\"kind\":\"ip\",\"value\":\"198.51.100.7\",\"own\":false},{\"kind\":\"host\",\"value\":"
	"\"" EVIL "\",\"own\":true}],"
	"\"alerts\":[{\"log.level\":\"high\",\"rule.id\":\"secret-rule-id\",\"rule.name\":\"R\","
	"\"message\":\"" EVIL "\","
	"\"noroshi.first_action_ja\":\"切り離す\",\"tags\":[\"attack.t1567\"]}],\"alerts_total\":1,"
	"\"records_total\":1,\"suppressed\":0,"
	"\"records\":[{\"event.id\":\"aa\",\"event.sequence\":7,\"@timestamp\":\"2026-03-02T15:30:"
	"00.000Z\"}],\"fields\":{},"
	"\"reports_total\":0}";

static const char record[] =
	"{\"@timestamp\":\"2026-03-02T15:30:00.000Z\",\"event.id\":\"aabbccddee\",\"event."
	"sequence\":7,"
	"\"event.ingested\":\"2026-03-02T15:30:02.000Z\",\"event.category\":[\"web\"],\"observer."
	"type\":\"proxy\","
	"\"noroshi.identity.user\":\"sato.k\",\"url.domain\":\"" EVIL "\",\"source.bytes\":5}";

static void
make(const char *json, enum report_format how, bool ja, struct buf *out)
{
	struct lists *lists = lists_none();
	struct report_site site = {.lists = lists, .host = STR("h"), .version = STR("1")};
	struct str lines[1] = {{record, sizeof(record) - 1}};
	struct report_input in = {.incident = json_loads(json, 0, NULL),
		.records = lines,
		.nrecords = 1,
		.number = 1,
		.site = &site};

	cr_assert(in.incident);
	cr_assert_eq(report_preliminary(&in, how, ja, out), 0);
	buf_z(out);
	json_decref((json_t *)(uintptr_t)in.incident);
	lists_free(lists);
}

Test(reports, fourteen_items_none_blank_in_three_forms_and_two_languages)
{
	for (int ja = 0; ja <= 1; ja++) {
		struct buf json = {0}, html = {0}, text = {0};
		json_t *j, *item, *line;
		size_t i, k;

		make(incident, REPORT_JSON, ja, &json);
		make(incident, REPORT_HTML, ja, &html);
		make(incident, REPORT_TEXT, ja, &text);
		j = json_loads(json.p, 0, NULL);
		cr_assert_eq(json_array_size(json_object_get(j, "items")), 14);
		json_array_foreach(json_object_get(j, "items"), i, item)
		{
			const char *title = json_string_value(json_object_get(item, "title"));

			cr_expect(strstr(html.p, title) && strstr(text.p, title), "%s", title);
			cr_expect_gt(
				json_array_size(json_object_get(item, "lines")), 0u, "%s", title);
			json_array_foreach(json_object_get(item, "lines"), k, line)
			{
				cr_expect_gt(json_string_length(json_object_get(line, "value")), 0u,
					"%s is blank", title);
			}
		}
		cr_expect(strstr(text.p, "2026-03-03 00:30:00 JST"), "in the time of the readers");
		cr_expect(strstr(text.p, ja ? "調査中" : "under investigation"));
		cr_expect(strstr(html.p, "<svg"));
		json_decref(j);
		buf_done(&json);
		buf_done(&html);
		buf_done(&text);
	}
}

Test(reports, what_logs_say_stays_text)
{
	struct buf html = {0}, text = {0}, subject = {0};
	struct report_input in = {.incident = json_loads(incident, 0, NULL), .number = 1};

	make(incident, REPORT_HTML, false, &html);
	make(incident, REPORT_TEXT, false, &text);
	report_subject(&in, false, &subject);
	cr_expect_not(strstr(html.p, "<script>"));
	cr_expect_not(strchr(html.p, 0x1b) || strchr(text.p, 0x1b), "no terminal sequence");
	cr_expect_not(strstr(text.p, "\r\nBcc"), "no header begins");
	cr_expect_not(memchr(subject.p, '\n', subject.n) || memchr(subject.p, '\r', subject.n));
	cr_expect_not(strstr(html.p, "secret-rule-id") || strstr(text.p, "secret-rule-id"));
	cr_expect_not(strstr(text.p, "event.") || strstr(text.p, "noroshi.identity"));
	json_decref((json_t *)(uintptr_t)in.incident);
	buf_done(&html);
	buf_done(&text);
	buf_done(&subject);
}

Test(reports, what_is_no_incident_is_refused)
{
	struct lists *lists = lists_none();
	struct report_site site = {.lists = lists};
	struct report_input in = {.incident = json_object(), .site = &site};
	struct buf out = {0};

	cr_expect_lt(report_preliminary(&in, REPORT_TEXT, true, &out), 0);
	json_decref((json_t *)(uintptr_t)in.incident);
	lists_free(lists);
	buf_done(&out);
}
