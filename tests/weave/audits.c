/* Records of one system call become one derived record; however they come. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "house.h"

static const char *const company[] = {"people", people, NULL};

#define ROOM ((size_t)64 << 20)
#define T0   (INT64_C(1795341600) * S)

#define CALL(id, call, more)                                                                       \
	"node=web1 type=SYSCALL msg=audit(" id "): arch=c000003e syscall=" call                    \
	" success=yes exit=0 items=2 ppid=7 pid=8 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 "    \
	"comm=\"cat\" exe=\"/usr/bin/cat\" key=\"watch\" " more " AUID=\"sato.k\" UID=\"root\"\n"
#define LINE(type, id, rest) "node=web1 type=" type " msg=audit(" id "): " rest "\n"

static unsigned
lines(const struct buf *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->p[i] == '\n';
	return n;
}

/* All lines in one batch; the derived records. */
static const char *
tell(struct house *h, const char *text)
{
	buf_clear(&h->derived);
	house_lines(h, text, T0, 64, NULL);
	return buf_z(&h->derived);
}

Test(audits, a_process_has_command_line_directory_paths_and_person)
{
	struct house h = house_open(company, ROOM);
	const char *all = tell(&h,
		CALL("1795341600.100:5", "59", "") LINE(
			"EXECVE", "1795341600.100:5", "argc=2 a0=\"cat\" a1=2E2F612062") LINE("CWD",
			"1795341600.100:5", "cwd=\"/srv\"") LINE("PATH", "1795341600.100:5",
			"item=0 name=\"/usr/bin/cat\" nametype=NORMAL")
			LINE("PROCTITLE", "1795341600.100:5", "proctitle=636174002E2F612062"));

	cr_assert_eq(lines(&h.derived), 1, "%s", all);
	cr_expect(strstr(all, "\"process.command_line\":\"cat ./a b\""), "%s", all);
	cr_expect(strstr(all, "\"process.executable\":\"/usr/bin/cat\""));
	cr_expect(strstr(all, "\"process.working_directory\":\"/srv\""));
	cr_expect(strstr(all, "\"process.pid\":8"));
	cr_expect(strstr(all, "\"process.parent.pid\":7"));
	cr_expect(strstr(all, "\"user.name\":\"sato.k\""));
	cr_expect(strstr(all, "\"user.effective.name\":\"root\""));
	cr_expect(strstr(all, "\"noroshi.identity.user\":\"sato.k\""));
	cr_expect(strstr(all, "\"host.name\":\"web1\""));
	cr_expect(strstr(all, "\"auditd.log.paths\":\"/usr/bin/cat\"") ||
			  strstr(all, "\"auditd.log.paths\":[\"/usr/bin/cat\"]"),
		"%s", all);
	cr_expect_not(strstr(all, "\"file.path\""), "the program is not the file worked on");
	cr_expect(strstr(all, "\"noroshi.derived\":\"audit\""));
	tell(&h, LINE("EOE", "1795341600.100:5", ""));
	cr_expect_eq(lines(&h.derived), 0, "EOE behind the end opens nothing");
	house_close(&h);
}

Test(audits, arguments_over_several_lines_come_together_in_order)
{
	struct house h = house_open(company, ROOM);
	const char *all =
		tell(&h, CALL("1795341600.100:6", "59", "") LINE("EXECVE", "1795341600.100:6",
				 "argc=4 a0=\"sh\" a1_len=6 a1[0]=\"abc\"")
				 LINE("EXECVE", "1795341600.100:6", "a2=\"x\" a3=\"y\"")
					 LINE("EXECVE", "1795341600.100:6", "a1[1]=\"def\"")
						 LINE("EOE", "1795341600.100:6", ""));

	cr_expect(strstr(all, "\"process.command_line\":\"sh abcdef x y\""), "%s", all);
	house_close(&h);
}

Test(audits, events_that_cross_and_serials_of_other_hosts_stay_apart)
{
	struct house h = house_open(company, ROOM);
	const char *all = tell(&h,
		CALL("1795341600.100:7", "59", "") CALL("1795341600.101:8", "59", "") LINE(
			"EXECVE", "1795341600.101:8", "argc=1 a0=\"eight\"") LINE("EXECVE",
			"1795341600.100:7",
			"argc=1 a0=\"seven\"") "node=web2 type=EXECVE msg=audit(1795341600.100:7): "
					       "argc=1 a0=\"other\"\n" LINE(
						       "EOE", "1795341600.100:7", "")
						       LINE("EOE", "1795341600.101:8", ""));
	const char *seven = strstr(all, "\"seven\""), *eight = strstr(all, "\"eight\"");

	cr_expect_eq(lines(&h.derived), 2, "%s", all);
	cr_expect(seven && eight && seven < eight, "%s", all);
	cr_expect_not(strstr(all, "other"), "a serial counts per host");
	house_close(&h);
}

Test(audits, without_an_end_the_host_or_stream_time_ends_it)
{
	struct house h = house_open(company, ROOM);
	struct weave_stats st;

	tell(&h, CALL("1795341600.100:9", "59", ""));
	cr_expect_eq(lines(&h.derived), 0, "more may come");
	tell(&h, CALL("1795341602.000:10", "59", ""));
	cr_expect_eq(lines(&h.derived), 0, "within two seconds it may still come");
	tell(&h, CALL("1795341602.500:11", "59", ""));
	cr_expect_eq(lines(&h.derived), 1, "its host is further");
	buf_clear(&h.derived);
	weave_tick(h.w, T0 + 11 * S);
	cr_expect_eq(lines(&h.derived), 0);
	cr_expect_eq(weave_last_due(h.w), T0 + 12500 * NS_PER_MS);
	weave_tick(h.w, T0 + 13 * S);
	cr_expect_eq(lines(&h.derived), 2, "time passed: %s", buf_z(&h.derived));
	cr_expect_eq(weave_last_due(h.w), INT64_MIN);
	tell(&h, LINE("PATH", "1795341700.000:12", "item=0 name=\"/x\""));
	weave_tick(h.w, T0 + 200 * S);
	weave_stats(h.w, &st);
	cr_expect_eq(st.unfinished, 1, "a path without its call is counted");
	cr_expect_eq(st.joins, 0);
	house_close(&h);
}

static const struct {
	const char *why, *call, *rest, *want, *unwanted;
} kinds[] = {{"whom it connects to", "42", "SOCKADDR saddr=02000050C63364090000000000000000",
		     "\"destination.ip\":\"198.51.100.9\"", "\"source.ip\""},
	{"who came", "43", "SOCKADDR saddr=02000050C63364090000000000000000",
		"\"source.ip\":\"198.51.100.9\"", "\"destination.ip\""},
	{"where it listens", "49", "SOCKADDR saddr=020000500A0000010000000000000000",
		"\"server.ip\":\"10.0.0.1\"", "\"destination.ip\""},
	{"what was removed", "87", "PATH item=1 name=\"log\" nametype=DELETE",
		"\"file.path\":\"/srv/log\"", NULL},
	{"what was made, not its folder", "257",
		"PATH item=1 name=\"/etc/cron.d/x\" nametype=CREATE",
		"\"file.directory\":\"/etc/cron.d\"", NULL},
	{NULL, NULL, NULL, NULL, NULL}};

Test(audits, files_and_addresses_of_a_call)
{
	for (unsigned i = 0; kinds[i].why; i++) {
		struct house h = house_open(company, ROOM);
		const char *blank = strchr(kinds[i].rest, ' ');
		char text[2048];
		const char *all;

		snprintf(text, sizeof(text),
			"node=w type=SYSCALL msg=audit(1795341600.100:9): arch=c000003e syscall=%s "
			"success=yes exit=0 pid=8 comm=\"x\" exe=\"/x\"\n"
			"node=w type=CWD msg=audit(1795341600.100:9): cwd=\"/srv\"\n"
			"node=w type=PATH msg=audit(1795341600.100:9): item=0 name=\"/srv\" "
			"nametype=PARENT\n"
			"node=w type=%.*s msg=audit(1795341600.100:9):%s\n"
			"node=w type=EOE msg=audit(1795341600.100:9):\n",
			kinds[i].call, (int)(blank - kinds[i].rest), kinds[i].rest, blank);
		all = tell(&h, text);
		cr_expect_eq(lines(&h.derived), 1, "%s", kinds[i].why);
		cr_expect(strstr(all, kinds[i].want), "%s: %s", kinds[i].why, all);
		cr_expect(!kinds[i].unwanted || !strstr(all, kinds[i].unwanted), "%s: %s",
			kinds[i].why, all);
		house_close(&h);
	}
}

Test(audits, a_command_line_without_bounds_is_cut_and_says_so)
{
	struct house h = house_open(company, ROOM);
	struct buf text = {0};
	const char *all;

	buf_printf(&text, "%s", CALL("1795341600.100:5", "59", ""));
	for (unsigned i = 0; i < 30; i++) {
		buf_printf(&text, "node=web1 type=EXECVE msg=audit(1795341600.100:5): a%u=\"", i);
		for (unsigned k = 0; k < 1000; k++)
			buf_add_char(&text, 'x');
		buf_printf(&text, "\"\n");
	}
	buf_printf(&text, "%s", LINE("EOE", "1795341600.100:5", ""));
	all = tell(&h, buf_z(&text));
	cr_assert_eq(lines(&h.derived), 1);
	cr_expect(strstr(all, "\"noroshi.flags\":[\"truncated\"]"), "%s", all);
	buf_done(&text);
	house_close(&h);
}

Test(audits, open_events_without_end_are_bounded_and_told)
{
	struct house h = house_open(company, (size_t)4 << 20);
	struct weave_stats st;
	struct buf text = {0};

	for (unsigned i = 0; i < 500; i++)
		buf_printf(&text,
			"node=h%u type=SYSCALL msg=audit(1795341600.100:%u): arch=c000003e "
			"syscall=59 success=yes pid=8 comm=\"x\"\n",
			i, i);
	tell(&h, buf_z(&text));
	weave_stats(h.w, &st);
	cr_expect_lt(st.joins, 100u);
	cr_expect_eq(lines(&h.derived) + st.joins, 500u, "the oldest are told early, none is lost");
	buf_done(&text);
	house_close(&h);
}

Test(audits, a_restart_changes_nothing)
{
	struct house h = house_open(company, ROOM);
	const char *all;

	tell(&h, CALL("1795341600.100:5", "59", "")
			 LINE("EXECVE", "1795341600.100:5", "argc=1 a0=\"kept\""));
	house_restart(&h);
	all = tell(&h, LINE("PROCTITLE", "1795341600.100:5", "proctitle=\"x\""));
	cr_expect(strstr(all, "\"process.command_line\":\"kept\""), "%s", all);
	house_close(&h);
}

/* ---- however the lines are cut into batches, and wherever tables lie ---- */

static void
random_day(struct buf *text, unsigned seed)
{
	static const char *const parts[] = {"CWD msg=audit(%u.%03u:%u): cwd=\"/srv\"",
		"EXECVE msg=audit(%u.%03u:%u): argc=1 a0=\"go\"",
		"PATH msg=audit(%u.%03u:%u): item=0 name=\"f\" nametype=CREATE",
		"SOCKADDR msg=audit(%u.%03u:%u): saddr=02000050C63364090000000000000000",
		"PROCTITLE msg=audit(%u.%03u:%u): proctitle=\"go\"", "EOE msg=audit(%u.%03u:%u):"};
	unsigned open[40][3], n = 0;

	srand(seed);
	for (unsigned i = 0; i < 1500; i++) {
		unsigned at = (unsigned)rand() % 40, *o = open[at];

		if (at >= n || rand() % 4 == 0) {
			if (n < 40)
				o = open[n++];
			o[0] = (unsigned)rand() % 5;
			o[1] = 1795341600 + i / 20;
			o[2] = i;
			buf_printf(text,
				"node=h%u type=SYSCALL msg=audit(%u.%03u:%u): arch=c000003e "
				"syscall=%u success=yes exit=0 pid=%u comm=\"x\"\n",
				o[0], o[1], i % 1000, i, rand() % 2 ? 59 : 42, i);
			continue;
		}
		buf_printf(text, "node=h%u type=", o[0]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		buf_printf(text, parts[(unsigned)rand() % 6], o[1], o[2] % 1000, o[2]);
#pragma GCC diagnostic pop
		buf_add_char(text, '\n');
	}
}

Test(audits, any_split_into_batches_gives_the_same)
{
	static const unsigned splits[] = {1, 2, 7, 64, 1000};

	for (unsigned seed = 1; seed <= 3; seed++) {
		struct buf text = {0}, first = {0};

		random_day(&text, seed);
		for (unsigned i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
			struct house h = house_open(company, ROOM);

			h.seed = i + 1;
			house_lines(&h, buf_z(&text), T0, splits[i], &h.derived);
			weave_tick(h.w, T0 + 9000 * S);
			cr_expect_gt(lines(&h.derived), 1600u, "records and derived ones");
			if (i == 0)
				buf_add_str(&first, buf_str(&h.derived));
			cr_expect(str_eq(buf_str(&first), buf_str(&h.derived)),
				"seed %u, %u lines a batch", seed, splits[i]);
			house_close(&h);
		}
		buf_done(&text);
		buf_done(&first);
	}
}
