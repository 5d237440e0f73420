/* taking.c - from the alert log into cases.db and the NDJSON file, each alert once. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "tests/respond/house.h"

TestSuite(respond_taking, .timeout = 60);

Test(respond_taking, alerts_pass_from_log_to_file)
{
	struct house h;

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	house_alerts(&h, 1, 3);
	house_start(&h);
	house_wait(&h, COUNT_SENT, 3);
	house_alert(&h, 4);
	house_wait(&h, COUNT_SENT, 4);
	cr_expect_eq(atomic_load(&h.taken), 4u);
	cr_expect_eq(house_count(&h, COUNT_SPOOLED), 0u);
	house_stop(&h);
	house_expect_lines(h.out, 1, 4, "each alert is a line");
	cr_expect_eq(house_sql(&h, "SELECT value FROM meta WHERE key='taken'"), 4);
	cr_expect_eq(house_sql(&h, "SELECT delivered FROM sinks WHERE name='file'"), 4);
	house_start(&h);
	house_alert(&h, 5);
	house_wait(&h, COUNT_SENT, 5);
	house_stop(&h);
	house_expect_lines(h.out, 1, 5, "a restart repeats nothing");
	house_done(&h);
}

Test(respond_taking, same_id_twice_in_the_log_is_one_alert)
{
	struct house h;

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	house_alert(&h, 1);
	house_alert(&h, 1);
	house_alert(&h, 2);
	cr_assert_eq(house_run_once(&h), 0);
	house_expect_lines(h.out, 1, 2, "the second one is known");
	cr_expect_eq(house_sql(&h, "SELECT count(*) FROM alerts"), 2);
	house_done(&h);
}

Test(respond_taking, levels_and_history_are_kept_from_who_does_not_want_them)
{
	struct house h;
	struct alert_rule low = house_rule(), high = house_rule();

	house_init(&h);
	house_sink(&h, SINK_FILE, "file")->min_level = STR("high");
	low.level = STR("low");
	house_alert_with(&h, 1, &low, STR("a"), STR(""));
	house_alert_with(&h, 2, &high, STR("a"), STR(""));
	high.level = STR("critical");
	house_alert_with(&h, 3, &high, STR("a"), STR(""));
	house_alert_with(&h, 4, &low, STR("a"), STR(""));
	cr_assert_eq(house_run_once(&h), 0);
	house_expect_lines(h.out, 2, 3, "low ones are not for this file");
	cr_expect_eq(house_sql(&h, "SELECT count(*) FROM alerts"), 4, "but they are kept");
	cr_expect_eq(house_sql(&h, "SELECT settled FROM sinks"), 4);
	house_done(&h);
}

Test(respond_taking, a_new_sink_begins_with_the_next_alert)
{
	struct house h;
	char second[128];

	house_init(&h);
	house_sink(&h, SINK_FILE, "first");
	house_alerts(&h, 1, 2);
	cr_assert_eq(house_run_once(&h), 0);
	snprintf(second, sizeof(second), "%s/second", h.dir);
	house_sink(&h, SINK_FILE, "second")->path = str_of(second);
	house_alerts(&h, 3, 4);
	cr_assert_eq(house_run_once(&h), 0);
	house_expect_lines(h.out, 1, 4, "the old one goes on");
	house_expect_lines(second, 3, 4, "the new one is not given the past");
	house_done(&h);
}

Test(respond_taking, a_replaced_alert_log_is_read_from_its_beginning)
{
	struct house h;
	uint64_t last;
	char cmd[200];

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	house_alerts(&h, 1, 6);
	cr_assert_eq(house_run_once(&h), 0);
	alertlog_close(h.writer);
	snprintf(cmd, sizeof(cmd), "rm -f %s/*", h.alerts);
	cr_assert_eq(system(cmd), 0);
	cr_assert_eq(alertlog_open(h.alerts, 1u << 20, &last, &h.writer), 0);
	house_alerts(&h, 6, 8); /* numbers 1..3 again, one alert known */
	cr_assert_eq(house_run_once(&h), 0);
	house_expect_lines(h.out, 1, 8, "numbers that were seen are not alerts that were seen");
	cr_expect_eq(atomic_load(&h.taken), 3u);
	house_done(&h);
}

Test(respond_taking, a_line_that_is_no_alert_is_kept)
{
	struct house h;
	uint64_t n;

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	alertlog_append(h.writer, STR("{\"noroshi.alert.id\":17,\"x\":\"y\"}"), &n);
	alertlog_append(h.writer, STR("not json at all"), &n);
	alertlog_sync(h.writer);
	cr_assert_eq(house_run_once(&h), 0);
	cr_expect_eq(house_sql(&h, "SELECT count(*) FROM alerts WHERE level='medium'"), 2);
	cr_expect_eq(house_count(&h, COUNT_SENT), 2u);
	house_done(&h);
}

/* ---- the file ---- */

Test(respond_file, rotation_by_rename_goes_on_in_a_new_file)
{
	struct house h;
	char old[128];

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	house_start(&h);
	house_alerts(&h, 1, 2);
	house_wait(&h, COUNT_SENT, 2);
	snprintf(old, sizeof(old), "%s.1", h.out);
	cr_assert_eq(rename(h.out, old), 0);
	house_alerts(&h, 3, 5);
	house_wait(&h, COUNT_SENT, 5);
	house_stop(&h);
	house_expect_lines(old, 1, 2, "before");
	house_expect_lines(h.out, 3, 5, "after");
	house_done(&h);
}

Test(respond_file, a_folder_that_is_missing_is_waited_for)
{
	struct house h;
	char path[128], dir[96];

	house_init(&h);
	snprintf(dir, sizeof(dir), "%s/later", h.dir);
	snprintf(path, sizeof(path), "%s/a.ndjson", dir);
	house_sink(&h, SINK_FILE, "file")->path = str_of(path);
	house_start(&h);
	house_alerts(&h, 1, 3);
	house_wait(&h, COUNT_SEND_FAILED, 2);
	cr_expect_eq(house_count(&h, COUNT_SPOOLED), 3u);
	cr_assert_eq(mkdir(dir, 0700), 0);
	house_wait(&h, COUNT_SENT, 3);
	house_stop(&h);
	house_expect_lines(path, 1, 3, "delivered as soon as it could be");
	house_done(&h);
}

Test(respond_file, a_full_disk_leaves_no_half_line)
{
	static char foreign[1u << 20];
	struct house h;
	struct rlimit before, small;
	struct stat st;
	struct buf all;
	char rest[128];

	/* A limit on the size of files stands in for the disk. What was in the file before makes it
	 * larger than cases.db, which shall have room. */
	memset(foreign, 'x', sizeof(foreign) - 1);
	foreign[sizeof(foreign) - 1] = '\n';
	house_init(&h);
	cr_assert_eq(file_replace(h.out, (struct str){foreign, sizeof(foreign)}, 0600), 0);
	house_sink(&h, SINK_FILE, "file");
	house_start(&h);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = sizeof(foreign) + 700;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	house_alerts(&h, 1, 4);
	house_wait(&h, COUNT_SEND_FAILED, 2);
	house_stop(&h);
	cr_assert_eq(stat(h.out, &st), 0);
	cr_expect_eq(st.st_size, (off_t)sizeof(foreign), "half a group is taken back");
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	cr_assert_eq(house_run_once(&h), 0);
	all = house_read(h.out);
	snprintf(rest, sizeof(rest), "%s/rest", h.dir);
	cr_assert_gt(all.n, sizeof(foreign));
	file_replace(rest, (struct str){all.p + sizeof(foreign), all.n - sizeof(foreign)}, 0600);
	house_expect_lines(rest, 1, 4, "written when there is room");
	buf_done(&all);
	house_done(&h);
}

Test(respond_file, an_alert_log_that_may_not_be_read_is_told)
{
	struct house h;
	struct buf log;
	char gone[128];

	house_init(&h);
	house_start(&h);
	snprintf(gone, sizeof(gone), "%s.away", h.alerts);
	cr_assert_eq(rename(h.alerts, gone), 0);
	for (int i = 0; i < 2000; i++) {
		struct timespec t = {0, 2 * NS_PER_MS};

		log = house_read(h.log);
		if (strstr(log.p, "cannot read the alert log"))
			break;
		buf_done(&log);
		nanosleep(&t, NULL);
	}
	cr_expect(log.p && strstr(log.p, "cannot read the alert log"),
		"silence would look like peace");
	buf_done(&log);
	house_stop(&h);
	house_done(&h);
}

Test(respond_file, the_spool_drops_the_oldest_and_says_how_many)
{
	struct house h;
	char path[128];
	struct sink_settings *set;
	struct buf log;

	house_init(&h);
	snprintf(path, sizeof(path), "%s/none/a.ndjson", h.dir);
	set = house_sink(&h, SINK_FILE, "file");
	set->path = str_of(path);
	set->spool_max = 4000;
	house_start(&h);
	house_alerts(&h, 1, 20);
	house_wait(&h, COUNT_SEND_FAILED, 3);
	house_stop(&h);
	cr_expect_gt(house_sql(&h, "SELECT dropped FROM sinks"), 10);
	cr_expect_lt(house_sql(&h, "SELECT dropped FROM sinks"), 20);
	cr_expect_eq(house_sql(&h, "SELECT dropped-settled FROM sinks"), 0, "the oldest");
	cr_expect_eq((long long)house_count(&h, COUNT_SPOOLED),
		20 - house_sql(&h, "SELECT dropped FROM sinks"));
	log = house_read(h.log);
	cr_expect(strstr(log.p, "spool full"), "an operator is told: %s", log.p);
	buf_done(&log);
	house_done(&h);
}

/* ---- deaths ---- */

#ifdef NOROSHI_TEST_HOOKS
/* Run in a child that dies at `point`; returns true if it was killed. */
static bool
run_child(struct house *h, const char *point)
{
	int status = 0, pid = fork();

	if (pid == 0) {
		setenv("NOROSHI_CRASH", point, 1);
		_exit(house_run_once(h) == 0 ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0,
		"%s: status %x", point, (unsigned)status);
	return WIFSIGNALED(status);
}

Test(respond_deaths, no_alert_is_lost_or_doubled, .timeout = 120)
{
	static const char *const points[] = {"respond.before-commit", "respond.before-commit:2",
		"respond.after-commit", "respond.after-commit:2", "respond.after-send",
		"respond.after-send:2", "respond.after-send:3", "respond.after-send:4"};

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct house h;

		house_init(&h);
		house_sink(&h, SINK_FILE, "file");
		house_alerts(&h, 1, 900);
		cr_expect(run_child(&h, points[i]), "%s is passed", points[i]);
		house_alerts(&h, 901, 1000);
		run_child(&h, points[i]);
		house_alerts(&h, 1001, 1010);
		cr_expect_eq(house_run_once(&h), 0);
		house_expect_lines(h.out, 1, 1010, points[i]);
		cr_expect_eq(house_sql(&h, "SELECT count(*) FROM alerts"), 1010, "%s", points[i]);
		house_done(&h);
	}
}

Test(respond_deaths, a_torn_last_line_is_cut_and_written_again)
{
	struct house h;
	struct stat st;

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	house_alerts(&h, 1, 3);
	cr_assert(run_child(&h, "respond.after-send"));
	cr_assert_eq(stat(h.out, &st), 0);
	cr_assert_eq(truncate(h.out, st.st_size - 40), 0);
	cr_assert_eq(house_run_once(&h), 0);
	house_expect_lines(h.out, 1, 3, "a death within the write");
	house_done(&h);
}

Test(respond_deaths, rotation_between_death_and_restart)
{
	struct house h;
	char old[128];

	house_init(&h);
	house_sink(&h, SINK_FILE, "file");
	house_alerts(&h, 1, 3);
	cr_assert(run_child(&h, "respond.after-send"));
	snprintf(old, sizeof(old), "%s.1", h.out);
	cr_assert_eq(rename(h.out, old), 0);
	house_alerts(&h, 4, 5);
	cr_assert_eq(house_run_once(&h), 0);
	house_expect_lines(old, 1, 3, "what was written is not written again");
	house_expect_lines(h.out, 4, 5, "the rest");
	house_done(&h);
}
#endif
