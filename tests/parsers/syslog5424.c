#include <criterion/criterion.h>

#include "a_house.h"

#define SD "log.syslog.structured_data."

static const struct line_row rows[] = {
	{"all there is",
		"<165>1 2026-11-22T09:59:58.003Z h.example.com evntslog 77 ID47 [ex@32473 "
		"iut=\"3\" "
		"e=\"A\\]\\\"\\\\\"][b@1 c=\"d\"] \xef\xbb\xbfhello",
		"@time=2026-11-22T09:59:58.003Z|host.name=h.example.com|process.name=evntslog|"
		"process.pid=77|log.syslog.msgid=ID47|log.syslog.version=1|message=hello|@flags="
		"|" SD "ex@32473.iut=3|" SD "ex@32473.e=A]\"\\|" SD "b@1.c=d"},
	{"all NILVALUE", "<38>1 - - - - - -",
		"@flags=|@arrival=yes|host.name=|process.name=|message="},
	{"no message", "<38>1 2026-11-22T09:59:58Z h app - - -",
		"@flags=|process.name=app|message="},
	{"a name twice is legal", "<38>1 - h app - - [ex@1 ip=\"192.0.2.1\" ip=\"192.0.2.2\"] m",
		"@flags=|" SD "ex@1.ip=192.0.2.1,192.0.2.2|message=m"},
	{"an element without parameters", "<38>1 - h app - - [ex@1] m", "@flags=|message=m"},
	{"another version", "<38>2 2026-11-22T09:59:58Z h app - - - m",
		"@flags=version|host.name=h|process.name=app|message=m"},
	{"a version of four digits", "<38>1000 2026-11-22T09:59:58Z h app - - - m",
		"@flags=header,version|process.name=app"},
	{"a version that is no number", "<38>x 2026-11-22T09:59:58Z h app - - - m",
		"@flags=version|host.name=h"},
	{"tabs do not separate", "<38>1\t2026-11-22T09:59:58Z\th\tapp\t-\t-\t-\tm",
		"@flags=header|host.name="},
	{"no such month", "<38>1 2026-13-01T00:00:00Z h app - - - m",
		"@flags=timestamp|@arrival=yes|host.name=h|message=m"},
	{"a blank for T", "<38>1 2026-11-22 09:59:58Z h app - - - m",
		"@time=2026-11-22T09:59:58.000Z|host.name=h"},
	{"seconds since 1970", "<38>1 1795341598.5 h app - - - m",
		"@time=2026-11-22T09:59:58.500Z|@flags=|host.name=h"},
	{"an escape in APP-NAME", "<38>1 - h a\033b - - - m", "@flags=header,control_char"},
	{"MSGID of 33", "<38>1 - h app - mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm - m",
		"@flags=header|message=m"},
	{"cut behind the host", "<38>1 2026-11-22T09:59:58Z h ", "@flags=header|host.name=h"},
	{"cut in the data", "<38>1 - h app 1 ID [a@1 b=\"c\"", "@flags=header,sd|" SD "a@1.b=c"},
	{"a bare bracket in a value", "<38>1 - h app - - [ex@1 a=\"b]c\"] m",
		"@flags=sd|" SD "ex@1.a=b]c|message=m"},
	{"text between elements", "<38>1 - h app - - [ex@1 a=\"b\"]x[ex@2 c=\"d\"] m",
		"@flags=sd|" SD "ex@1.a=b|message=x[ex@2 c=\"d\"] m"},
	{"no blank behind the data", "<38>1 - h app - - [ex@1 a=\"b\"]m", "@flags=sd|message=m"},
	{"no blank behind NILVALUE", "<38>1 - h app - - -m", "@flags=sd|message=-m"},
	{"a blank before the id", "<38>1 - h app - - [ ex@1 a=\"b\"] m",
		"@flags=sd|message=[ ex@1 a=\"b\"] m"},
	{"no value", "<38>1 - h app - - [ex@1 a] m", "@flags=sd|message=[ex@1 a] m"},
	{"an equals sign in the id", "<38>1 - h app - - [e=x a=\"b\"] m",
		"@flags=sd|message=[e=x a=\"b\"] m"},
	{"an id of 33", "<38>1 - h app - - [iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii a=\"b\"] m",
		"@flags=sd|message=m"},
	{0},
};

Test(syslog5424, rows)
{
	house_rows((struct house){0}, rows);
}

Test(syslog5424, many_parameters_are_bounded)
{
	struct house h = {0};
	struct buf line = {0}, got = {0};

	BUF_ADD_LIT(&line, "<38>1 - h app - - [ex@1");
	for (int i = 0; i < 5000; i++)
		buf_printf(&line, " p%d=\"v\"", i);
	BUF_ADD_LIT(&line, "] m");
	house_read(&h, buf_str(&line));
	house_field(&h, 0, STR("@flags"), &got);
	cr_expect(str_eq(buf_str(&got), STR("sd")), "%.*s", STR_ARG(buf_str(&got)));
	house_field(&h, 0, STR("message"), &got);
	cr_expect(str_eq(buf_str(&got), STR("m")), "what follows is still read");
	house_field(&h, 0, STR(SD "ex@1.p511"), &got);
	cr_expect_eq(got.n, 1, "the last one kept");
	house_done(&h);
	buf_done(&line);
	buf_done(&got);
}
