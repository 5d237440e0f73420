#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/err.h"
#include "config/settings.h"

static struct settings *
load(const char *text, struct diag *why)
{
	struct settings *s = NULL;
	int rc = settings_parse(str_of(text), "/etc/x/noroshi.yml", why, &s);

	cr_assert_eq(rc == 0, s != NULL);
	return s;
}

static struct settings *
good(const char *text)
{
	struct diag why = {0};
	struct settings *s = load(text, &why);

	cr_assert_not_null(s, "%s", diag_first(&why));
	diag_done(&why);
	return s;
}

Test(settings, an_empty_file_is_all_defaults)
{
	struct settings *s = good("");

	cr_expect(str_eq(s->data, STR("/var/lib/noroshi")));
	cr_expect_eq(s->limits.frame_max, 131072u);
	cr_expect_eq(s->limits.kafka_frame_max, 1048576u);
	cr_expect_eq(s->limits.tcp_idle_ns, 600 * NS_PER_S);
	cr_expect_eq(s->limits.batch_delay_ns, 5 * NS_PER_MS);
	cr_expect_eq(s->limits.journal_max, UINT64_C(4) << 30);
	cr_expect_eq(s->limits.slots, 16u);
	cr_expect_eq(s->limits.gelf_pending, 1024u);
	cr_expect_eq(s->limits.gelf_bytes, UINT64_C(16) << 20);
	cr_expect_eq(s->limits.gelf_wait_ns, 5 * NS_PER_S);
	cr_expect_eq(s->limits.batch_frames, 1024u);
	cr_expect_eq(s->stream_time_lead_ns, 300 * NS_PER_S);
	cr_expect_eq(s->skew_ns, 3600 * NS_PER_S);
	cr_expect_eq(s->alert_fold_ns, 600 * NS_PER_S);
	cr_expect(s->users_separate);
	cr_expect(str_eq(s->user_prefix, STR("noroshi")));
	cr_expect_eq(s->console.n, 0u);
	cr_expect_geq(s->workers, 1u);
	cr_expect_leq(s->workers, 64u);
	cr_expect_eq(s->ninputs + s->nrules + s->nsinks, 0u);
	settings_free(s);
}

Test(settings, everything_can_be_said)
{
	struct settings *s = good(
		"data: d\n"
		"watchlists: w\n"
		"listen:\n"
		"  - {name: u, kind: udp, address: '[::1]:514', zone: Asia/Tokyo, encoding: "
		"Shift_JIS}\n"
		"  - {kind: tcp, address: 'localhost:601', source: sshd, format: json}\n"
		"  - {kind: unix-dgram, path: /run/log}\n"
		"  - {kind: file, path: 'a/*.log', follow: false, history: true,\n"
		"     squid_columns: [user.name, url.full]}\n"
		"  - name: k\n"
		"    kind: kafka\n"
		"    brokers: a:1,b\n"
		"    group: g\n"
		"    topics: [{topic: one}, {topic: two, source: squid}, {topic: three}]\n"
		"    properties: {security.protocol: SASL_SSL, fetch.wait.max.ms: 10, x: true}\n"
		"    password_file: secret\n"
		"rules:\n"
		"  - path: r\n"
		"  - {path: /p, on_error: skip}\n"
		"alerts:\n"
		"  - {kind: file, path: '-'}\n"
		"  - {kind: syslog, address: '192.0.2.1:514', transport: udp, min_level: high}\n"
		"  - {kind: kafka, brokers: 'b:9092', topic: t}\n"
		"  - {kind: smtp, server: 'm:25', from: a@b, to: [x@y, z@y], starttls: require,\n"
		"     language: en, spool_max: 1MiB}\n"
		"workers: {count: 3, mode: threads}\n"
		"console: {address: '127.0.0.1:8080'}\n"
		"control: c.sock\n"
		"users: {separate: false, prefix: nr}\n"
		"limits: {frame_max: 1000, tcp_idle: 1.5s, segment_age: 2h, checkpoint: 200ms}\n"
		"time: {lead: 1m, skew: 3650d, fold: 0s}\n"
		"test: {clock: '2026-11-22T10:00:00Z'}\n");

	cr_expect(str_eq(s->data, STR("/etc/x/d")), "relative paths start beside the file");
	cr_expect(str_eq(s->control, STR("/etc/x/c.sock")));
	cr_assert_eq(s->ninputs, 6u, "a topic with a source of its own makes an input");
	cr_expect_eq(s->inputs[0].kind, INPUT_UDP);
	cr_expect(str_eq(s->inputs[0].encoding, STR("cp932")), "known by other names");
	cr_expect_str_eq(zone_name(s->inputs[0].zone), "Asia/Tokyo");
	cr_expect(str_eq(s->inputs[1].name, STR("tcp-2")), "named by kind and number");
	cr_expect(str_eq(s->inputs[1].encoding, STR("utf-8")));
	cr_expect(s->inputs[1].follow && !s->inputs[3].follow && s->inputs[3].history);
	cr_expect(str_eq(s->inputs[3].squid_columns, STR("user.name,url.full")));
	cr_expect(str_eq(s->inputs[3].path, STR("/etc/x/a/*.log")));
	cr_expect(str_eq(s->inputs[4].name, STR("k")));
	cr_assert_eq(s->inputs[4].ntopics, 2u);
	cr_expect(str_eq(s->inputs[4].topics[1].topic, STR("three")));
	cr_expect(str_eq(s->inputs[5].name, STR("k/squid")));
	cr_expect(str_eq(s->inputs[5].source, STR("squid")));
	cr_expect(str_eq(s->inputs[5].group, STR("g")));
	cr_assert_eq(s->inputs[5].nproperties, 3u);
	cr_expect(str_eq(s->inputs[5].properties[1].value, STR("10")));
	cr_expect(str_eq(s->inputs[5].password_file, STR("/etc/x/secret")));
	cr_expect(!s->rules[0].skip_bad && s->rules[1].skip_bad);
	cr_expect(str_eq(s->rules[0].path, STR("/etc/x/r")));
	cr_assert_eq(s->nsinks, 4u);
	cr_expect(str_eq(s->sinks[0].path, STR("-")));
	cr_expect(!s->sinks[1].tcp && str_eq(s->sinks[1].min_level, STR("high")));
	cr_expect(str_eq(s->sinks[2].address, STR("b:9092")));
	cr_expect_eq(s->sinks[3].nto, 2u);
	cr_expect_eq(s->sinks[3].starttls, STARTTLS_REQUIRE);
	cr_expect_eq(s->sinks[3].spool_max, 1u << 20);
	cr_expect(s->workers == 3 && s->worker_threads);
	cr_expect(!s->users_separate);
	cr_expect_eq(s->limits.frame_max, 1000u);
	cr_expect_eq(s->limits.tcp_idle_ns, 1500 * NS_PER_MS);
	cr_expect_eq(s->limits.segment_age_ns, 7200 * NS_PER_S);
	cr_expect_eq(s->limits.checkpoint_ns, 200 * NS_PER_MS);
	cr_expect_eq(s->skew_ns, INT64_C(3650) * 86400 * NS_PER_S);
	cr_expect_eq(s->alert_fold_ns, 0);
	cr_expect_eq(s->test_clock, INT64_C(1795341600) * NS_PER_S);
	settings_free(s);
}

static const struct mistake {
	const char *text;
	unsigned line, column;
	const char *words[3];
} mistakes[] = {
	{"lisen: []\n", 1, 1, {"unknown setting `lisen`", "did you mean `listen`"}},
	{"limits:\n  frame_maks: 1\n", 2, 3, {"`frame_maks`", "limits", "`frame_max`"}},
	{"limits: {frame_max: 10}\n", 1, 21, {"limits.frame_max", "between 480 and 1048576"}},
	{"limits: {frame_max: lots}\n", 1, 21, {"a size such as", "`lots`"}},
	{"limits: {tcp_idle: 60}\n", 1, 20, {"a time with a unit", "`60`"}},
	{"limits: {slots: [1]}\n", 1, 17, {"limits.slots", "not a list"}},
	{"limits: 5\n", 1, 9, {"`limits` must be a map"}},
	{"listen: {a: b}\n", 1, 9, {"`listen` must be a list"}},
	{"listen:\n  - {kind: tpc, address: 'a:1'}\n", 2, 12,
		{"one of udp tcp", "did you mean `tcp`"}},
	{"listen:\n  - {address: 'a:1'}\n", 2, 5, {"`kind` is missing"}},
	{"listen:\n  - {kind: tcp}\n", 2, 5, {"`address` is missing"}},
	{"listen:\n  - {kind: tcp, address: nowhere}\n", 2, 26, {"host:port", "`nowhere`"}},
	{"listen:\n  - {kind: tcp, address: 'a:0'}\n", 2, 27, {"host:port"}},
	{"listen:\n  - {kind: tcp, address: '::1:5'}\n", 2, 27, {"[v6]:port"}},
	{"listen:\n  - {kind: udp, address: 'a:1', group: g}\n", 2, 33, {"`group` means nothing"}},
	{"listen:\n  - {kind: udp, address: 'a:1', senders: [{from: 10.0.0.1/8}]}\n", 2, 50,
		{"from", "10.0.0.1/8", "host bits"}},
	{"listen:\n  - kind: udp\n    address: a:1\n    senders:\n"
	 "      - {from: [192.0.2.0/24, x]}\n",
		5, 31, {"from", "'x'", "no network"}},
	{"listen:\n  - kind: udp\n    address: a:1\n    senders:\n"
	 "      - {from: 192.0.2.0/24, zone: UTC}\n      - {from: [10.0.0.0/8, 192.0.2.0/24]}\n",
		6, 29, {"line 5", "same network"}},
	{"listen:\n  - {kind: udp, address: 'a:1', senders: [{zone: UTC}]}\n", 2, 43,
		{"from", "missing"}},
	{"listen:\n  - {kind: unix-dgram, path: /x, senders: [{from: ::1}]}\n", 2, 34,
		{"`senders` means nothing"}},
	{"listen:\n  - {kind: udp, address: 'a:1', zone: Nowhere/No}\n", 2, 39,
		{"zone", "Nowhere/No"}},
	{"listen:\n  - {kind: udp, address: 'a:1', encoding: ebcdic}\n", 2, 43, {"one of utf-8"}},
	{"listen:\n  - {name: a, kind: udp, address: 'a:1'}\n  - {name: a, kind: tcp, address: "
	 "'a:1'}\n",
		3, 0, {"two inputs have the name `a`"}},
	{"listen:\n  - {name: a, kind: udp, address: 'a:1'}\n  - {name: b, kind: udp, address: "
	 "'a:1'}\n",
		3, 0, {"is the address of input `a` already"}},
	{"listen:\n  - {kind: kafka, brokers: 'a:1', topics: [{topic: t}],\n"
	 "     properties: {sasl.password: hunter2}}\n",
		3, 19, {"password_file"}},
	{"listen:\n  - {kind: kafka, brokers: 'a:1'}\n", 2, 5, {"`topics` is missing"}},
	{"listen:\n  - {kind: kafka, brokers: 'a:1', topics: [t]}\n", 2, 44, {"topics"}},
	{"rules:\n  - {path: r, on_error: ignore}\n", 2, 25, {"one of refuse skip"}},
	{"rules:\n  - {on_error: skip}\n", 2, 5, {"`path` is missing"}},
	{"alerts:\n  - {kind: smtp, server: 'm:25', from: a@b}\n", 2, 5, {"`to` is missing"}},
	{"alerts:\n  - {kind: file, path: a, topic: t}\n", 2, 27, {"`topic` means nothing"}},
	{"alerts:\n  - {name: x, kind: file, path: a}\n  - {name: x, kind: file, path: b}\n", 0, 0,
		{"two of `alerts`"}},
	{"users: {separate: maybe}\n", 1, 19, {"true or false"}},
	{"workers: {count: 65}\n", 1, 18, {"1 to 64"}},
	{"test: {clock: tomorrow}\n", 1, 15, {"2026-11-22T10:00:00Z"}},
	{"data: \"\"\n", 1, 8, {"a path"}},
	{"- a\n", 1, 1, {"a map of settings"}},
	{"data: a\ndata: b\n", 2, 0, {""}},
	{"data: [\n", 0, 0, {""}},
	{"data: a\n---\ndata: b\n", 3, 1, {"one document"}},
};

Test(settings, mistakes_have_a_place_and_advice)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		const struct mistake *m = &mistakes[i];
		struct diag why = {0};
		struct settings *s = load(m->text, &why);

		cr_expect_null(s, "%s", m->text);
		settings_free(s);
		if (why.errors == 0) {
			cr_expect(false, "no message: %s", m->text);
			continue;
		}
		cr_expect_str_eq(why.items[0].path, "/etc/x/noroshi.yml");
		if (m->line)
			cr_expect_eq(why.items[0].line, m->line, "%s: %u:%u %s", m->text,
				why.items[0].line, why.items[0].column, why.items[0].text);
		if (m->column)
			cr_expect_eq(why.items[0].column, m->column, "%s: %u:%u %s", m->text,
				why.items[0].line, why.items[0].column, why.items[0].text);
		for (int k = 0; k < 3 && m->words[k]; k++)
			cr_expect_not_null(strstr(why.items[0].text, m->words[k]), "%s: %s",
				m->text, why.items[0].text);
		cr_expect_null(strstr(why.items[0].text, "hunter2"), "secrets are not repeated");
		diag_done(&why);
	}
}

Test(settings, one_run_shows_all_mistakes)
{
	struct diag why = {0};

	cr_expect_null(load("lisen: []\nlimits: {slots: 0, frame_max: 1}\ndata: 5\n"
			    "rules: [{}]\n",
		&why));
	cr_expect_eq(why.errors, 4u);
	diag_done(&why);
}

Test(settings, what_is_known_by_its_bytes)
{
	struct settings *a = good("data: x\n"), *b = good("data: x\n"), *c = good("data: y\n");

	cr_expect(a->hash.lo == b->hash.lo && a->hash.hi == b->hash.hi);
	cr_expect(a->hash.lo != c->hash.lo);
	settings_free(a);
	settings_free(b);
	settings_free(c);
}

Test(settings, a_file_that_is_not_there_is_named)
{
	struct diag why = {0};
	struct settings *s = NULL;

	cr_expect_eq(settings_load("/nonexistent/noroshi.yml", &why, &s), ERR_IO);
	cr_expect_null(s);
	cr_assert_eq(why.errors, 1u);
	cr_expect_str_eq(why.items[0].path, "/nonexistent/noroshi.yml");
	cr_expect_not_null(strstr(why.items[0].text, "No such file"));
	diag_done(&why);
}

Test(settings, the_example_configuration_loads)
{
	struct diag why = {0};
	struct settings *s = NULL;

	cr_assert_eq(settings_load("config/noroshi.yml", &why, &s), 0, "%s", diag_first(&why));
	cr_expect_eq(s->ninputs, 2u);
	cr_expect(str_eq(s->rules[0].path, STR("config/rules")));
	settings_free(s);
	diag_done(&why);
}

Test(settings, the_reference_names_every_setting)
{
	struct buf out = {0};

	settings_reference(&out);
	buf_z(&out);
	cr_expect_not_null(
		strstr(out.p, "limits.frame_max\n    size, 480 to 1048576; default 128KiB"));
	cr_expect_not_null(strstr(out.p, "listen[].topics[].topic\n"));
	cr_expect_not_null(
		strstr(out.p, "alerts[].starttls\n    one of never opportunistic require"));
	cr_expect_not_null(strstr(out.p, "rules\n    list; reloadable"));
	buf_done(&out);
}
