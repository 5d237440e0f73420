/* nested.c - somebody's message inside a shipper's JSON: by rule, not by luck. */
#include <criterion/criterion.h>

#include "a_house.h"
#include "base/buf.h"

#define SSHD      "Failed password for root from 192.0.2.7 port 4022 ssh2"
#define LINE      "<38>Nov 22 09:59:58 web01 sshd[311]: " SSHD
#define SSHD_READ "event.action=ssh_login|source.ip=192.0.2.7|user.name=root|@product=sshd|@flags=|"

static const struct line_row shippers[] = {
	{"Filebeat: the file's line with its own header",
		"{\"@timestamp\":\"2026-11-22T09:59:59.000Z\",\"agent\":{\"type\":\"filebeat\"},"
		"\"host\":"
		"{\"name\":\"shipper\"},\"log\":{\"file\":{\"path\":\"/var/log/"
		"auth.log\"}},\"message\":\"Nov 22 "
		"09:59:58 web01 sshd[311]: " SSHD "\"}",
		SSHD_READ "host.name=web01|process.pid=311|log.file.path=/var/log/"
			  "auth.log|agent.type=filebeat|"
			  "@time=2026-11-22T09:59:58.000Z|message=" SSHD},
	{"Logstash",
		"{\"@version\":\"1\",\"@timestamp\":\"2026-11-22T09:59:59Z\",\"host\":\"relay\","
		"\"message\":\"" LINE "\"}",
		SSHD_READ "host.name=web01"},
	{"event.original before message, which somebody took apart",
		"{\"@timestamp\":\"2026-11-22T09:59:59Z\",\"message\":\"hello\",\"event\":{"
		"\"original\":\"" LINE "\"}}",
		SSHD_READ "host.name=web01"},
	{"@message", "{\"@timestamp\":\"2026-11-22T09:59:59Z\",\"@message\":\"" LINE "\"}",
		SSHD_READ "host.name=web01"},
	{"Vector",
		"{\"file\":\"/var/log/auth.log\",\"host\":\"web02\",\"message\":\"Nov 22 09:59:58 "
		"web01 sshd[311]: " SSHD
		"\",\"source_type\":\"file\",\"timestamp\":\"2026-11-22T10:00:00Z\"}",
		SSHD_READ "host.name=web01"},
	{"Docker's json-file: the line's end is part of it",
		"{\"log\":\"192.0.2.9 - - [22/Nov/2026:09:59:58 +0000] \\\"GET /a HTTP/1.1\\\" 200 "
		"5 \\\"-\\\" "
		"\\\"curl/8\\\"\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:59:59.1Z\"}",
		"source.ip=192.0.2.9|url.path=/"
		"a|@flags=|stream=stdout|http.response.status_code=200"},
	{"Kubernetes' own form",
		"2026-11-22T09:59:59.123456789+00:00 stdout F 192.0.2.9 - - [22/Nov/2026:09:59:58 "
		"+0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"curl/8\"",
		"source.ip=192.0.2.9|url.path=/a|@flags="},
	{"and JSON in it",
		"2026-11-22T09:59:59.123456789Z stderr F "
		"{\"source\":{\"ip\":\"192.0.2.4\"},\"message\":\"m\"}",
		"source.ip=192.0.2.4|message=m|@time=2026-11-22T09:59:59.123456789Z"},
	{"journald",
		"{\"MESSAGE\":\"" SSHD
		"\",\"_HOSTNAME\":\"web01\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"_PID\":\"311\","
		"\"PRIORITY\":\"6\",\"__REALTIME_TIMESTAMP\":\"1795341598000000\",\"_TRANSPORT\":"
		"\"syslog\"}",
		SSHD_READ
		"host.name=web01|process.pid=311|process.name=sshd|@time=2026-11-22T09:59:58.000Z"},
	{"Fluentd's syslog source took the header apart",
		"{\"host\":\"web01\",\"ident\":\"sshd\",\"pid\":\"311\",\"message\":\"" SSHD
		"\",\"time\":1795341598}",
		SSHD_READ "host.name=web01|process.pid=311|@time=2026-11-22T09:59:58.000Z"},
	{"GELF with a syslog line in it",
		"{\"version\":\"1.1\",\"host\":\"relay\",\"short_message\":\"" LINE
		"\",\"timestamp\":1795341599.5,\"level\":6,\"_stream\":\"a\"}",
		SSHD_READ "host.name=web01|log.syslog.severity.code=6|gelf.stream=a"},
	{"CEF in syslog in JSON: three deep",
		"{\"@timestamp\":\"2026-11-22T09:59:59Z\",\"agent\":{\"type\":\"filebeat\"},"
		"\"message\":\"<13>Nov 22 09:59:58 fw01 CEF:0|Ex|FW|1|100|deny|5|src=192.0.2.1\"}",
		"source.ip=192.0.2.1|host.name=fw01|@flags="},
	{"JSON in JSON",
		"{\"@version\":\"1\",\"message\":\"{\\\"source\\\":{\\\"ip\\\":\\\"192.0.2.1\\\"},"
		"\\\"message\\\":\\\"x\\\"}\"}",
		"source.ip=192.0.2.1|message=x|@flags="},
	{0},
};

Test(nested, every_shipper)
{
	house_rows((struct house){0}, shippers);
}

static const struct line_row others[] = {
	{"a program's own JSON is its own record, whatever its text looks like",
		"{\"app\":\"shop\",\"level\":\"info\",\"message\":\"" LINE "\"}",
		"source.ip=192.0.2.7|@product=login_words_json|host.name=|message=" LINE},
	{"a text that nobody knows stays the shipper's record",
		"{\"@timestamp\":\"2026-11-22T09:59:59Z\",\"agent\":{\"type\":\"filebeat\"},"
		"\"message\":\"all is well\",\"host\":{\"name\":\"a\"}}",
		"@product=json|message=all is "
		"well|host.name=a|agent.type=filebeat|@time=2026-11-22T09:59:59.000Z"},
	{"a message inside a message inside a message ... ends",
		"{\"@message\":\"{\\\"@message\\\":\\\"{\\\\\\\"@message\\\\\\\":\\\\\\\"x\\\\\\\"}"
		"\\\"}\"}",
		"@product=json"},
	{0},
};

Test(nested, what_is_no_shippers)
{
	house_rows((struct house){0}, others);
}

static const struct line_row promised[] = {
	{"a topic that is promised to be sshd's, through Filebeat",
		"{\"@timestamp\":\"2026-11-22T09:59:59Z\",\"agent\":{\"type\":\"filebeat\"},"
		"\"message\":\"" LINE "\"}",
		SSHD_READ "host.name=web01"},
	{"and without a header at all", "{\"@version\":\"1\",\"message\":\"" SSHD "\"}", SSHD_READ},
	{"but not any JSON", "{\"message\":\"" SSHD "\"}", "@unparsed=yes|source.ip="},
	{0},
};

Test(nested, a_configured_source_is_looked_for_inside)
{
	house_rows((struct house){.in = {.source = STR("sshd")}}, promised);
}

Test(nested, records_of_an_array_are_unwrapped_one_by_one)
{
	static const char *const lines[] = {"{\"records\":[{\"@version\":\"1\",\"message\":\"" LINE
					    "\"},{\"a\":1},{\"@version\":\"1\",\"message\":\"" LINE
					    "\"}]}",
		"{\"owner\":\"1\",\"logGroup\":\"g\",\"logEvents\":[{\"@version\":\"1\","
		"\"message\":\"" LINE "\"},{\"a\":1},{\"@version\":\"1\",\"message\":\"" LINE
		"\"}]}"};
	struct house h = {0};
	struct buf b = {0};

	for (size_t l = 0; l < 2; l++) {
		house_read(&h, str_of(lines[l]));
		cr_assert_eq(batch_results(h.batch)->nrecords, 3, "%s", lines[l]);
		for (uint32_t i = 0; i < 3; i += 2) {
			buf_clear(&b);
			house_field(&h, i, STR("host.name"), &b);
			cr_expect(str_eq(buf_str(&b), STR("web01")), "%u", i);
		}
		buf_clear(&b);
		house_field(&h, 1, STR("host.name"), &b);
		cr_expect_eq(b.n, 0, "the second has no host, whatever the first had");
	}
	buf_done(&b);
	house_done(&h);
}

static const struct line_row gelf[] = {
	{"the members of the format and the sender's own",
		"{\"version\":\"1.1\",\"host\":\"app1.example.com\",\"short_message\":\"order "
		"failed\",\"full_message\":\"order failed\\nat line 1\","
		"\"timestamp\":1795341598.25,\"level\":3,\"facility\":\"shop\",\"_source_ip\":"
		"\"192.0.2.7\",\"_user_name\":\"sato\",\"_order\":17}",
		"host.name=app1.example.com|message=order failed\nat line "
		"1|@time=2026-11-22T09:59:58.250Z|log.syslog.severity.code=3|"
		"log.level=err|source.ip=192.0.2.7|user.name=sato|gelf.order=17|gelf.facility=shop|"
		"@product=gelf|@flags="},
	{"a level that is none",
		"{\"version\":\"1.1\",\"host\":\"a\",\"short_message\":\"m\",\"level\":99}",
		"@flags=number|gelf.level=99|message=m|host.name=a"},
	{"a sender's word for what is ours",
		"{\"version\":\"1.1\",\"host\":\"a\",\"short_message\":\"m\",\"_event.id\":\"1\"}",
		"event.id=|json.event.id=1"},
	{0},
};

Test(nested, gelf)
{
	house_rows((struct house){0}, gelf);
	house_rows((struct house){.in = {.format = STR("gelf")}}, gelf);
}
