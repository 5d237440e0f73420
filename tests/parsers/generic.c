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
