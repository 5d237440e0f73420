#include <criterion/criterion.h>

#include "a_house.h"

static const struct line_row headers[] = {
	{"the ordinary form", "<38>Nov 22 09:59:58 web01 app[311]: hello",
		"@time=2026-11-22T09:59:58.000Z|host.name=web01|process.name=app|process.pid=311|"
		"message=hello|log.syslog.priority=38|log.syslog.facility.code=4|"
		"log.syslog.facility.name=auth|log.syslog.severity.code=6|"
		"log.syslog.severity.name=info|@flags=|@arrival="},
	{"a line of a file has no PRI", "Nov 22 09:59:58 web01 app: hello",
		"host.name=web01|process.name=app|message=hello|log.syslog.priority=|@flags="},
	{"rsyslog's file form", "2026-11-22T09:59:58.5+09:00 web01 app[1]: x",
		"@time=2026-11-22T00:59:58.500Z|host.name=web01|process.name=app"},
	{"two blanks behind the time", "<38>Nov 22 09:59:58  web01 app: x", "host.name=web01"},
	{"a missing host", "<38>Nov 22 09:59:58 app[7]: x",
		"host.name=|process.name=app|process.pid=7"},
	{"a tag with a path", "<38>Nov 22 09:59:58 h /usr/bin/x[7]: y", "process.name=/usr/bin/x"},
	{"old PAM's tag",
		"<38>Nov 22 09:59:58 h su(pam_unix)[7]: session opened for user a by (uid=0)",
		"process.name=su|process.pid=7|user.name=a"},
	{"a pid that is none", "<38>Nov 22 09:59:58 h app[x7]: y",
		"process.pid=|log.syslog.procid=x7"},
	{"no tag", "<38>Nov 22 09:59:58 h last message repeated 2 times",
		"host.name=h|process.name=|message=last message repeated 2 times"},
	{"one word behind the time is text", "<38>Nov 22 09:59:58 word", "host.name=|message=word"},
	{"an address as host", "<38>Nov 22 09:59:58 2001:db8::1 app: x", "host.name=2001:db8::1"},
	{"Solaris' message id", "<38>Nov 22 09:59:58 h app[7]: [ID 800047 auth.notice] x",
		"message=x"},
	{"AIX' relay", "<38>Nov 22 09:59:58 Message forwarded from h: app[7]: x",
		"host.name=h|process.name=app|message=x"},
	{"a Cisco sequence, star and zone",
		"<189>123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured",
		"@time=2027-03-01T18:46:11.123Z|host.name=|message=%SYS-5-CONFIG_I: Configured"},
	{"a Cisco host with a colon", "<166>Nov 22 2026 09:59:58 fw01 : %ASA-9-999999: x",
		"host.name=fw01|message=%ASA-9-999999: x"},
	{"a payload without host", "<134>Nov 22 09:59:58 a=1 b=2 c=3", "host.name=|kv.a=1|kv.c=3"},
	{"a tag without time behind a PRI", "<13>app: x",
		"process.name=app|message=x|@arrival=yes"},
	{"a clock in the text is no tag", "<13>12:30:00 went off",
		"process.name=|message=12:30:00 went off"},
	{"line ends are framing", "<38>Nov 22 09:59:58 h app: x\r\n", "message=x|@flags="},
	{"a table's first cell is no header", "2026-11-22 09:59:58,sato,login",
		"@arrival=yes|host.name="},
	{0},
};

Test(syslog3164, headers)
{
	house_rows((struct house){0}, headers);
}

#define HELLO "sshd[311]: Failed password for root from 192.0.2.7 port 4022 ssh2"
#define READ                                                                                       \
	"host.name=web01|process.pid=311|source.ip=192.0.2.7|@time=2026-11-22T09:59:58.000Z|@"     \
	"flags=|"

static const struct line_row seen_in_practice[] = {
	{"a year", "<38>Nov 22 2026 09:59:58 web01 " HELLO, READ},
	{"a year in front", "<38>2026 Nov 22 09:59:58 web01 " HELLO, READ},
	{"the day first", "<38>22 Nov 2026 09:59:58 web01 " HELLO, READ},
	{"ctime's form", "<38>Sun Nov 22 09:59:58 2026 web01 " HELLO, READ},
	{"a zone", "<38>Nov 22 18:59:58 JST web01 " HELLO, READ},
	{"an offset", "<38>2026-11-22T18:59:58+09:00 web01 " HELLO, READ},
	{"a blank for the T", "<38>2026-11-22 09:59:58 web01 " HELLO, READ},
	{"an address in brackets", "<38>Nov 22 09:59:58 [2001:db8::5] " HELLO,
		"host.name=2001:db8::5|source.ip=192.0.2.7"},
	{"and a port", "<38>Nov 22 09:59:58 [2001:db8::5]:514 " HELLO,
		"host.name=2001:db8::5|source.ip=192.0.2.7"},
	{"a port behind an address", "<38>Nov 22 09:59:58 192.0.2.9:514 " HELLO,
		"host.name=192.0.2.9|source.ip=192.0.2.7"},
	{"two sequence numbers, the origin's name, a star",
		"<189>12: 000034: sw01.example.com: *Mar  1 18:46:11.123 JST: %SYS-5-CONFIG_I: "
		"Configured from console by admin on vty0 (192.0.2.5)",
		"host.name=sw01.example.com|@time=2027-03-01T09:46:11.123Z|process.name=|@product="
		"cisco_ios"},
	{"a dot", "<189>.Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured",
		"@time=2027-03-01T18:46:11.000Z|host.name="},
	{"an octet count that framing left", "91 <38>Nov 22 09:59:58 web01 " HELLO, READ},
	{"one that counts something else", "85 <38>Nov 22 09:59:58 web01 " HELLO, "@unparsed=yes"},
	{"a relay's header, and the sender's with its PRI",
		"<13>Nov 22 09:59:59 relay <38>Nov 22 09:59:58 web01 " HELLO,
		READ "noroshi.relay=relay|event.created=2026-11-22T09:59:59.000Z|log.syslog."
		     "priority=38|process.name=sshd"},
	{"without it", "<13>Nov 22 09:59:59 relay Nov 22 09:59:58 web01 " HELLO,
		READ "noroshi.relay=relay|log.syslog.priority="},
	{"in RFC 5424",
		"<13>1 2026-11-22T09:59:59Z relay fwd - - - <38>Nov 22 09:59:58 web01 " HELLO,
		READ "noroshi.relay=relay"},
	{"RFC 5424 in it",
		"<13>Nov 22 09:59:59 relay 1 2026-11-22T09:59:58Z web01 sshd 311 - - Failed "
		"password for root from 192.0.2.7 port 4022 ssh2",
		READ "noroshi.relay=relay"},
	{"a text that nobody knows behind two headers",
		"<13>Nov 22 09:59:59 relay <38>Nov 22 09:59:58 web01 app: x",
		"host.name=web01|noroshi.relay=relay|message=x|process.name=app|@unparsed="},
	{"a date in a program's text is no header",
		"<13>Nov 22 09:59:59 h app: Nov 22 09:59:58 web01 sshd[1]: x",
		"host.name=h|process.name=app|noroshi.relay="},
	{"a text that begins with a date is no header without a tag",
		"<13>Nov 22 09:59:59 h Nov 22 09:59:58 is a day", "host.name=h|noroshi.relay="},
	{"Snare: a tab behind the host",
		"<14>Nov 22 09:59:58 PC1.example.com\tMSWinEventLog\t1\tSecurity\t42\tSun Nov 22 "
		"09:59:58 "
		"2026\t4624\tMicrosoft-Windows-Security-Auditing\tEXAMPLE\\sato\tN/A\tSuccess "
		"Audit\tPC1.example.com\tLogon\t\tAn account was successfully logged on.\t42",
		"host.name=PC1.example.com|event.code=4624|@product=windows|@flags="},
	{"as rsyslog spells it",
		"<14>Nov 22 09:59:58 "
		"PC1.example.com#011MSWinEventLog#0111#011Security#01142#011Sun Nov 22 09:59:58 "
		"2026#0114624#011Microsoft-Windows-Security-Auditing#011EXAMPLE\\sato#011N/"
		"A#011Success Audit#011PC1.example.com#011Logon#011#011An account was successfully "
		"logged on.#01142",
		"host.name=PC1.example.com|event.code=4624|@product=windows|@flags="},
	{"repeated", "<38>Nov 22 09:59:58 web01 last message repeated 5 times",
		"noroshi.repeated=5|@unparsed=|host.name=web01"},
	{"rsyslog says what was repeated",
		"<38>Nov 22 09:59:58 web01 sshd[311]: message repeated 3 times: [ Failed password "
		"for root from 192.0.2.7 port 4022 ssh2]",
		READ "noroshi.repeated=3"},
	{"syslog-ng",
		"<38>Nov 22 09:59:58 web01 Last message 'x is y' repeated 2 times, suppressed by "
		"syslog-ng on web01",
		"noroshi.repeated=2"},
	{"a number that is none", "<38>Nov 22 09:59:58 web01 last message repeated many times",
		"noroshi.repeated="},
	{0},
};

Test(syslog3164, seen_in_practice)
{
	house_rows((struct house){0}, seen_in_practice);
}

static const struct line_row broken[] = {
	{"PRI above 191", "<192>Nov 22 09:59:58 h app: x",
		"@flags=pri|log.syslog.priority=|host.name=h|message=x"},
	{"PRI with a leading zero", "<038>Nov 22 09:59:58 h app: x", "@flags=pri|host.name=h"},
	{"PRI of a letter", "<3a>Nov 22 09:59:58 h app: x", "@flags=pri|log.syslog.priority="},
	{"PRI of nothing", "<>Nov 22 09:59:58 h app: x", "@flags=pri|host.name=h"},
	{"PRI that would wrap", "<4294967334>Nov 22 09:59:58 h app: x",
		"@flags=pri|log.syslog.priority="},
	{"zero is a PRI", "<0>Nov 22 09:59:58 h app: x", "@flags=|log.syslog.priority=0"},
	{"no such day", "<38>Nov 32 09:59:58 h app: x",
		"@flags=timestamp|@arrival=yes|@time=2026-11-22T10:00:00.000Z|host.name=h|message="
		"x"},
	{"no such month", "<38>Foo 22 09:59:58 h app: x", "@flags=timestamp|host.name=h|message=x"},
	{"a month in Japanese", "<38>11\xe6\x9c\x88 22 09:59:58 h app: x",
		"@flags=timestamp|host.name=h|message=x"},
	{"a number too long for a time", "<38>99999999999999999999 h app: x",
		"@flags=timestamp|host.name=h|@arrival=yes"},
	{"seconds since 1970", "<38>1795341598 h app: x", "@flags=|@time=2026-11-22T09:59:58.000Z"},
	{"cut inside the time", "<38>Nov 22 09:59:5",
		"@flags=timestamp|@arrival=yes|event.dataset=syslog"},
	{"a year beyond the clock", "<38>9999-12-31T23:59:59Z h app: x",
		"@flags=timestamp,clock_skew|@arrival=yes|@time=2026-11-22T10:00:00.000Z"},
	{"1970", "<38>1970-01-01T00:00:00Z h app: x",
		"@flags=clock_skew|@time=1970-01-01T00:00:00.000Z"},
	{"two hours fast", "<38>Nov 22 12:00:00 h app: x", "@flags=clock_skew"},
	{"a path as host", "<38>Nov 22 09:59:58 /etc/passwd app: x",
		"@flags=hostname|host.name=|log.syslog.hostname=/etc/passwd|message=x"},
	{"dots as host", "<38>Nov 22 09:59:58 .. app: x", "@flags=hostname|host.name="},
	{"a line end in the host", "<38>Nov 22 09:59:58 h\r\nBcc:x@y app: x",
		"@flags=hostname,control_char|host.name="},
	{"a carriage return in the text", "<38>Nov 22 09:59:58 h app: a\rb",
		"@flags=control_char|message=a\rb"},
	{"an escape in the text", "<38>Nov 22 09:59:58 h app: \033[31mred", "@flags=control_char"},
	{"line feeds and tabs are text", "<38>Nov 22 09:59:58 h app: a\n\tb",
		"@flags=|message=a\n\tb"},
	{"nothing", "", "@flags=empty|@unparsed=yes"},
	{"a line end and nothing else", "\n", "@flags=empty|@unparsed=yes"},
	{"a BOM before the PRI", "\xef\xbb\xbf<38>Nov 22 09:59:58 h app: x",
		"@flags=pri|host.name=h|message=x"},
	{0},
};

Test(syslog3164, broken_headers_keep_the_rest)
{
	house_rows((struct house){0}, broken);
}

Test(syslog3164, a_tag_without_end_is_text)
{
	struct house h = {0};
	struct buf line = {0}, got = {0};

	BUF_ADD_LIT(&line, "<38>Nov 22 09:59:58 web01 ");
	for (int i = 0; i < 2000; i++)
		buf_add_char(&line, 't');
	BUF_ADD_LIT(&line, ": x");
	house_read(&h, buf_str(&line));
	house_field(&h, 0, STR("@flags"), &got);
	cr_expect(str_eq(buf_str(&got), STR("tag")));
	house_field(&h, 0, STR("process.name"), &got);
	cr_expect_eq(got.n, 0);
	house_done(&h);
	buf_done(&line);
	buf_done(&got);
}

Test(syslog3164, a_long_host_is_cut_between_characters)
{
	struct house h = {0};
	struct buf line = {0}, got = {0};

	BUF_ADD_LIT(&line, "<38>Nov 22 09:59:58 a");
	for (int i = 0; i < 100; i++)
		BUF_ADD_LIT(&line, "\xe6\x9c\x88");
	BUF_ADD_LIT(&line, " app: x");
	house_read(&h, buf_str(&line));
	house_field(&h, 0, STR("log.syslog.hostname"), &got);
	cr_expect_eq(got.n, 253, "255 lies inside a character: %zu", got.n);
	house_done(&h);
	buf_done(&line);
	buf_done(&got);
}

static const struct line_row local[] = {
	{"libc's form has no host", "<13>Nov 22 09:59:58 app[9]: x",
		"host.name=me|process.name=app|process.pid=9|message=x"},
	{0},
};

Test(syslog3164, local_form)
{
	house_rows((struct house){.in = {.local = true, .local_host = STR("me")}}, local);
}

static const struct line_row in_tokyo[] = {
	{"the input's zone counts", "<38>Jan  1 08:59:58 h app: x",
		"@time=2026-12-31T23:59:58.000Z"},
	{"but not against the text", "<38>2026-12-31T23:59:58Z h app: x",
		"@time=2026-12-31T23:59:58.000Z"},
	{0},
};

Test(syslog3164, zone_of_the_input)
{
	/* 2026-12-31T23:59:59Z: the new year has begun where the sender stands */
	house_rows((struct house){.zone = "Asia/Tokyo", .arrival = INT64_C(1798761599000000000)},
		in_tokyo);
}

static const struct line_row old[] = {
	{"history is old by nature", "Jan  2 03:04:05 h app: x", "@flags="},
	{0},
};

Test(syslog3164, no_skew_in_history)
{
	house_rows((struct house){.in = {.history = true}}, old);
	house_rows((struct house){.frame_flags = FRAME_LATE_READ}, old);
}
