/* generic.c - CEF, LEEF, key=value and CSV. */
#include <criterion/criterion.h>

#include "a_house.h"

#define C "CEF:0|Ex|FW|1.0|100|deny|5|"

static const struct line_row cef[] = {
	{"behind a header",
		"<134>Nov 22 09:59:58 fw01 " C
		"src=192.0.2.1 dst=198.51.100.2 spt=5 dpt=443 proto=TCP act=blocked",
		"host.name=fw01|observer.vendor=Ex|observer.product=FW|observer.version=1.0|event."
		"code=100|"
		"rule.name=deny|event.severity=5|source.ip=192.0.2.1|destination.ip=198.51.100.2|"
		"source.port=5|"
		"destination.port=443|network.transport=tcp|event.action=blocked|@flags=|@product="
		"cef"},
	{"without header", C "suser=EX\\\\sato msg=a\\=b\\\\c\\nd request=http://x.example/?a\\=1",
		"user.name=sato|user.domain=EX|event.reason=a=b\\c\nd|url.original=http://"
		"x.example/?a=1|@flags="},
	{"values hold blanks", C "msg=a b  c src=192.0.2.1",
		"event.reason=a b  c|source.ip=192.0.2.1"},
	{"an equals sign in a value", C "request=http://x/?a=1&b=2 src=192.0.2.1",
		"url.original=http://x/?a=1&b=2|source.ip=192.0.2.1"},
	{"a port that is zero is what the device saw", C "src=192.0.2.1 spt=0", "source.port=0"},
	{"names of custom fields", C "cs1Label=Policy cs1=default cn1=3",
		"cef.Policy=default|cef.cn1=3"},
	{"a label twice", C "cs1Label=A cs1=x cs1Label=B", "@flags=cef_dup|cef.A=x"},
	{"the device's time", C "rt=1795341598000", "@time=2026-11-22T09:59:58.000Z"},
	{"the device's time in words", C "rt=Nov 22 2026 18:59:58 JST",
		"@time=2026-11-22T09:59:58.000Z"},
	{"a time that is none", C "rt=soon", "@flags=timestamp|@arrival=yes"},
	{"a blank in front of the version", "CEF: 0|Ex|FW|1.0|100|deny|High|src=192.0.2.1",
		"source.ip=192.0.2.1|event.severity=7"},
	{"version 9", "CEF:9|a|b|c|d|e|5|src=192.0.2.1", "@flags=cef|source.ip=192.0.2.1"},
	{"pipes in the name that nobody escaped", "CEF:0|Ex|FW|1.0|100|deny | all|5|src=192.0.2.1",
		"source.ip=192.0.2.1|event.severity=5|@flags="},
	{"pipes in the extension are text", "CEF:0|Ex|FW|1.0|100|deny|5|msg=a|5|b src=192.0.2.1",
		"source.ip=192.0.2.1|event.severity=5|@flags="},
	{"severity 11", "CEF:0|a|b|c|d|e|11|src=192.0.2.1", "@flags=cef|event.severity="},
	{"no extension", C " free text", "@flags=cef|event.code=100"},
	{"bytes by the standard: in flows from source to destination", C "in=10 out=20",
		"source.bytes=10|destination.bytes=20"},
	{"Fortinet's: out is sentbyte, what the source sent",
		"CEF:0|Fortinet|Fortigate|v7.4|1|traffic|3|out=20 in=10",
		"source.bytes=20|destination.bytes=10"},
	{"a backslash at the end", C "msg=x\\", "@flags=cef"},
	{"a cut header", "CEF:0|a|b|c", "@unparsed=yes"},
	{0},
};

Test(generic, cef)
{
	house_rows((struct house){0}, cef);
}

static const struct line_row leef[] = {
	{"tabs", "LEEF:1.0|Ex|P|1|100|src=192.0.2.1\tdst=198.51.100.2\tusrName=sato\tsev=3",
		"source.ip=192.0.2.1|destination.ip=198.51.100.2|user.name=sato|event.severity=3|"
		"event.code=100|@flags="},
	{"another delimiter", "LEEF:2.0|Ex|P|1|100|^|src=192.0.2.1^msg=a b",
		"source.ip=192.0.2.1|event.reason=a b"},
	{"its number", "LEEF:2.0|Ex|P|1|100|0x5E|src=192.0.2.1^msg=a",
		"source.ip=192.0.2.1|event.reason=a|@flags="},
	{"a number too big", "LEEF:2.0|Ex|P|1|100|xFFFF|src=192.0.2.1",
		"source.ip=192.0.2.1|@flags=leef"},
	{"NUL", "LEEF:2.0|Ex|P|1|100|x00|src=192.0.2.1", "source.ip=192.0.2.1|@flags=leef"},
	{"tabs that a relay wrote out", "LEEF:1.0|Ex|P|1|100|src=192.0.2.1<009>msg=a",
		"source.ip=192.0.2.1|event.reason=a"},
	{0},
};

Test(generic, leef)
{
	house_rows((struct house){0}, leef);
}

static const struct line_row kv[] = {
	{"by content", "<13>Nov 22 09:59:58 h app: src=192.0.2.1 user=\"a b\" dport=443 x=1",
		"source.ip=192.0.2.1|user.name=a b|destination.port=443|kv.x=1|@product=kv"},
	{"prose is none", "<13>Nov 22 09:59:58 h app: we set a=1 and b=2 and c=3",
		"@unparsed=|event.dataset=syslog|kv.a="},
	{"a key twice", "<13>Nov 22 09:59:58 h app: src=192.0.2.1 srcip=192.0.2.2 z=1",
		"source.ip=192.0.2.1|kv.srcip=192.0.2.2"},
	{"what is no address keeps its name", "<13>Nov 22 09:59:58 h app: a=1 dport=x b=2",
		"destination.port=|kv.dport=x"},
	{"names of ours are not taken from strangers",
		"<13>Nov 22 09:59:58 h app: noroshi.raw=1 event.id=2 host.name=3",
		"noroshi.raw=|event.id=|host.name=h|kv.noroshi.raw=1"},
	{0},
};

Test(generic, kv)
{
	house_rows((struct house){0}, kv);
}

static const struct line_row kv_format[] = {
	{"empty keys and values", "user= =x == m=1", "@flags=kv|kv.m=1"},
	{"a quote that never closes", "a=\"x y", "@flags=kv|kv.a=x y"},
	{"a backslash in an account", "user=\"EXAMPLE\\nakamura\"",
		"user.name=nakamura|user.domain=EXAMPLE|@flags="},
	{"escapes", "a=\"x \\\"y\\\"\"", "kv.a=x \"y\"|@flags="},
	{0},
};

Test(generic, kv_by_configuration)
{
	house_rows((struct house){.in = {.format = STR("kv")}}, kv_format);
}

static const struct line_row csv[] = {
	{"quotes", "a,\"b,c\",\"d\"\"e\",", "csv.1=a|csv.2=b,c|csv.3=d\"e|csv.4=|@flags="},
	{"a quote inside", "a\"b,c", "csv.1=a\"b|@flags=csv"},
	{"blanks around quotes", "a, \"b\" ,c", "csv.2=b|csv.3=c|@flags=csv"},
	{"a quote that never closes", "a,\"b", "csv.2=b|@flags=csv"},
	{"more cells than one can tell apart", "a,b,c,d,e,f,g,h,i", "csv.9=i|@flags=csv"},
	{0},
};

Test(generic, csv)
{
	house_rows((struct house){.in = {.format = STR("csv")}}, csv);
}

/* The record's output holds each name once, whatever the sender repeats. */
Test(generic, a_name_that_comes_twice_is_one_array)
{
	static const struct {
		const char *source, *line, *want;
	} rows[] = {
		{"kv", "zz=one yy=2 zz=two result=allowed", "\"kv.zz\":[\"one\",\"two\"]"},
		{"cef", "CEF:0|Example|x|1|x|y|5|zz=one yy=2 zz=two",
			"\"cef.zz\":[\"one\",\"two\"]"},
		{"leef", "LEEF:2.0|Example|Gate|1|login|^|zz=one^yy=2^zz=two",
			"\"leef.zz\":[\"one\",\"two\"]"},
		{"postfix",
			"<22>Nov 22 09:59:58 mx postfix/smtp[1]: 4F1A2B3C4D: zz=one, yy=2, zz=two",
			"\"postfix.zz\":[\"one\",\"two\"]"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house h = {.in.source = str_of(rows[i].source)};
		struct buf out = {0};
		struct record_out how = {.facts = false};

		house_read(&h, str_of(rows[i].line));
		how.names = h.names;
		record_json(h.batch, &batch_records(h.batch)[0], &how, &out);
		cr_expect(strstr(buf_z(&out), rows[i].want), "%s: %s", rows[i].source, buf_z(&out));
		buf_done(&out);
		house_done(&h);
	}
}

static const struct line_row names[] = {
	{"names without case and separators",
		"Client_IP=192.0.2.1:5000 dst-ip=198.51.100.2 DestPort=443 login_name=EX\\sato "
		"httpStatus=404 method=POST",
		"source.ip=192.0.2.1|source.port=5000|destination.ip=198.51.100.2|"
		"destination.port=443|user.name=sato|http.response.status_code=404|"
		"http.request.method=POST"},
	{"a status that is none of HTTP's, a method that is no verb",
		"status_code=7 method=password src=192.0.2.1",
		"http.response.status_code=|http.request.method=|kv.method=password"},
	{"a date and a time are one", "date=2026-04-02 time=10:02:03 src=192.0.2.1 dst=192.0.2.2",
		"@time=2026-04-02T10:02:03.000Z|@flags=clock_skew"},
	{"JSON of nobody's product keeps its names and gains fields",
		"{\"sourceIPAddress\":\"192.0.2.1\",\"client\":{\"user_name\":\"sato\"},\"action\":"
		"\"x\"}",
		"source.ip=192.0.2.1|sourceIPAddress=192.0.2.1|user.name=sato|event.action=x|"
		"action=x"},
	{"below another name only what is sure by itself",
		"{\"rule\":{\"user\":\"a\",\"ip\":\"192.0.2.1\",\"src_ip\":\"192.0.2.2\"}}",
		"user.name=|source.ip=192.0.2.2"},
	{"the first name for a thing stands",
		"{\"src_ip\":\"192.0.2.1\",\"client_ip\":\"192.0.2.2\"}", "source.ip=192.0.2.1"},
	{"JSON that speaks ECS says all itself",
		"{\"event\":{\"kind\":\"event\"},\"src_ip\":\"192.0.2.1\"}", "source.ip="},
	{0},
};

Test(generic, shared_names)
{
	house_rows((struct house){0}, names);
}

Test(generic, table_is_in_order)
{
	static const char *const all[] = {
#define S(name, field, domain, how) #name,
#define W(name, field, domain, how) #name,
#include "parsers/generic.def"
#undef W
#undef S
	};

	for (size_t i = 1; i < sizeof(all) / sizeof(all[0]); i++)
		cr_expect_lt(strcmp(all[i - 1], all[i]), 0, "%s is never found", all[i]);
}
