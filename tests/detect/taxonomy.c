#include "detect/taxonomy.h"

#include <criterion/criterion.h>

#include "base/logsource.h"
#include "sigma.h"

static const struct row {
	const char *source, *item, *event;
	enum logsource label;
	bool match;
	const char *why;
} rows[] = {
	{"{product: windows, category: process_creation}", "{Image|endswith: '\\a.exe'}",
		"{\"process.executable\":\"C:\\\\a.exe\"}", LOGSOURCE_SYSMON_PROCESS_CREATION, true,
		"Image is process.executable"},
	{"{product: windows, category: process_creation}", "{Image|endswith: '\\a.exe'}",
		"{\"winlog.event_data.Image\":\"C:\\\\a.exe\"}", LOGSOURCE_SYSMON_PROCESS_CREATION,
		true, "or what the event calls it"},
	{"{product: windows, service: security}", "{EventID: 4624}", "{\"event.code\":\"4624\"}",
		LOGSOURCE_WIN_SECURITY, true, "a number matches its text"},
	{"{product: windows}", "{User: 'AD\\bob'}",
		"{\"winlog.event_data.User\":\"AD\\\\bob\",\"user.name\":\"bob\"}",
		LOGSOURCE_SYSMON, true, "the whole of User comes first"},
	{"{product: windows}", "{User: bob}",
		"{\"winlog.event_data.User\":\"AD\\\\bob\",\"user.name\":\"bob\"}",
		LOGSOURCE_SYSMON, false, "and hides what is behind it"},
	{"{product: windows}", "{TicketOptions: x}", "{\"winlog.event_data.TicketOptions\":\"x\"}",
		LOGSOURCE_WIN_SECURITY, true, "unlisted names"},
	{"{product: windows}", "{source.ip: 192.0.2.1}", "{\"source.ip\":\"192.0.2.1\"}",
		LOGSOURCE_WIN_SECURITY, true, "ECS names work directly"},
	{"{category: firewall}", "{dst_port: 22}", "{\"destination.port\":22}", LOGSOURCE_IPTABLES,
		true, "firewalls"},
	{"{category: proxy}", "{c-uri|contains: /x}", "{\"url.original\":\"http://a/x\"}",
		LOGSOURCE_SQUID, true, "proxies"},
	{"{category: webserver}", "{cs-uri-query|contains: ../}", "{\"url.original\":\"/../\"}",
		LOGSOURCE_WEBSERVER, true, "web servers"},
	{"{category: dns}", "{query: a.test}", "{\"dns.question.name\":\"a.test\"}",
		LOGSOURCE_GENERIC, false, "the label must fit as well"},
	{"{product: azure, service: pim}", "{riskEventType: x}",
		"{\"properties\":{\"riskEventType\":\"x\"}}", LOGSOURCE_LABEL, false,
		"no label, no match"},
	{"{product: gcp, service: gcp.audit}", "{gcp.audit.method_name: m}",
		"{\"logsource\":{\"product\":\"gcp\",\"service\":\"gcp.audit\"},"
		"\"protoPayload\":{\"methodName\":\"m\"}}",
		LOGSOURCE_LABEL, true, "Google's LogEntry under the pipeline's word"},
	{"{product: azure, service: pim}", "{riskEventType: x}",
		"{\"logsource\":{\"product\":\"azure\",\"service\":[\"auditlogs\",\"pim\"]},"
		"\"properties\":{\"riskEventType\":\"x\"}}",
		LOGSOURCE_LABEL, true, "Azure's streams nest what Sigma's rules name plainly"},
	{"{product: linux}", "{odd: 1}", "{\"odd\":1}", LOGSOURCE_SSHD, true,
		"elsewhere a name is itself"},
	{NULL, NULL, NULL, LOGSOURCE_NONE, false, NULL},
};

Test(taxonomy, fields)
{
	struct ruleset_options opt = {0};
	struct buf ids = {0};

	for (const struct row *row = rows; row->why; row++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule, "id: r\nlogsource: %s\ndetection: {a: %s, condition: a}\n",
			row->source, row->item);
		sigma_open(&s, buf_z(&rule), &opt);
		cr_assert_eq(s.why.errors, 0, "%s: %s", row->why, diag_first(&s.why));
		cr_expect_eq(*sigma_match_as(&s, row->label, row->event, &ids) != 0, row->match,
			"%s", row->why);
		sigma_close(&s);
		buf_done(&rule);
	}
	buf_done(&ids);
}

Test(taxonomy, mistakes)
{
	static const char *const bads[] = {"when: {produkt: x}\n", "fields: {A: {b: c}}\n",
		"field: {A: b}\n", "- a\n", "when: windows\n", NULL};

	for (size_t i = 0; bads[i]; i++) {
		struct taxonomy *t = taxonomy_new();
		struct diag why = {0};

		cr_expect_lt(taxonomy_parse(t, str_of(bads[i]), "t.yml", &why), 0, "%s", bads[i]);
		cr_expect_eq(why.errors, 1, "%s", bads[i]);
		diag_done(&why);
		taxonomy_free(t);
	}
}

Test(taxonomy, group_by_names)
{
	struct ruleset_options opt = {0};
	struct field_ref ref;
	struct names *names;
	struct sigma s;

	sigma_open(&s,
		"id: r\nlogsource: {product: windows}\ndetection: {a: {User: x}, condition: a}\n",
		&opt);
	names = names_new();
	cr_expect_eq(detect_field(s.rules, names, 0, STR("User"), &ref), 0);
	cr_expect_geq(ref.n, 2);
	cr_expect(str_eq(names_text(names, ref.fields[0]), STR("winlog.event_data.User")));
	cr_expect_eq(ref.fields[1], FIELD_USER_NAME);
	cr_expect_eq(detect_field(s.rules, names, UINT32_MAX, STR("user.name"), &ref), 0);
	cr_expect_eq(ref.n, 1);
	cr_expect_eq(ref.fields[0], FIELD_USER_NAME);
	names_free(names);
	sigma_close(&s);
}
