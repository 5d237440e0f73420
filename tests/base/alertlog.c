#include "base/alertlog.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

static char *
fresh_folder(void)
{
	const char *base = getenv("TMPDIR");
	struct buf b = {0};

	buf_printf(&b, "%s/noroshi-alerts-XXXXXX", base ? base : P_tmpdir);
	buf_z(&b);
	cr_assert_not_null(mkdtemp(b.p));
	return b.p;
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

static void
done(char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	mem_free(dir);
}

static struct alertlog *
must_open(const char *dir, uint64_t file_bytes, uint64_t *last)
{
	struct alertlog *l = NULL;

	cr_assert_eq(alertlog_open(dir, file_bytes, last, &l), 0);
	return l;
}

static struct str
alert(uint64_t i, struct buf *b)
{
	buf_clear(b);
	buf_printf(b, "{\"noroshi.alert.id\":\"%032llx\",\"message\":\"no %llu\"}",
		(unsigned long long)i, (unsigned long long)i);
	return buf_str(b);
}

static void
add(struct alertlog *l, uint64_t from, uint64_t to)
{
	struct buf b = {0};

	for (uint64_t i = from; i <= to; i++) {
		uint64_t n;

		cr_assert_eq(alertlog_append(l, alert(i, &b), &n), 0);
		cr_assert_eq(n, i);
	}
	buf_done(&b);
}

static bool
has(const struct alertlog *l, uint64_t i)
{
	char hex[33];

	snprintf(hex, sizeof(hex), "%032llx", (unsigned long long)i);
	return alertlog_has(l, str_of(hex));
}

/* Takes what is there; checks texts; returns the last number. */
static uint64_t
take_all(struct alertlog_reader *r, uint64_t last)
{
	struct buf json = {0}, b = {0};
	uint64_t n;

	while (alertlog_next(r, &n, &json)) {
		cr_assert_eq(n, last + 1);
		cr_assert(str_eq(buf_str(&json), alert(n, &b)));
		last = n;
	}
	buf_done(&json);
	buf_done(&b);
	return last;
}

Test(alertlog, numbers_go_on_over_files_and_reopening)
{
	char *dir = fresh_folder();
	uint64_t last = 9;
	struct alertlog *l = must_open(dir, 400, &last);
	struct alertlog_reader *r = alertlog_reader_new(dir, 0);

	cr_expect_eq(last, 0);
	cr_expect_eq(take_all(r, 0), 0);
	add(l, 1, 3);
	cr_expect_eq(take_all(r, 0), 0, "nothing is seen before it is synced");
	cr_expect_eq(alertlog_sync(l), 0);
	cr_expect_eq(take_all(r, 0), 3);
	for (uint64_t i = 4; i <= 40; i++) {
		add(l, i, i);
		cr_assert_eq(alertlog_sync(l), 0);
	}
	cr_expect_eq(take_all(r, 3), 40);
	cr_expect(has(l, 1) && has(l, 40) && !has(l, 41));
	alertlog_close(l);
	l = must_open(dir, 400, &last);
	cr_expect_eq(last, 40);
	cr_expect(has(l, 1) && has(l, 40) && !has(l, 41), "ids are known again");
	add(l, 41, 45);
	alertlog_close(l);
	cr_expect_eq(take_all(r, 40), 45, "close syncs");
	alertlog_reader_free(r);
	for (uint64_t after = 0; after < 46; after += 9) {
		r = alertlog_reader_new(dir, after);
		cr_expect_eq(take_all(r, after), 45, "from %llu", (unsigned long long)after);
		alertlog_reader_free(r);
	}
	done(dir);
}

Test(alertlog, releases_whole_files_only)
{
	char *dir = fresh_folder();
	uint64_t last;
	struct alertlog *l = must_open(dir, 400, &last);
	struct alertlog_reader *r;

	for (uint64_t i = 1; i <= 40; i++) {
		add(l, i, i);
		cr_assert_eq(alertlog_sync(l), 0);
	}
	alertlog_release(l, 22);
	r = alertlog_reader_new(dir, 22);
	cr_expect_eq(take_all(r, 22), 40, "what was not released is there");
	alertlog_reader_free(r);
	alertlog_release(l, 40);
	alertlog_close(l);
	l = must_open(dir, 400, &last);
	cr_expect_eq(last, 40, "the numbers survive the release of all");
	alertlog_close(l);
	done(dir);
}

Test(alertlog, a_last_line_torn_at_any_byte_is_cut)
{
	char *dir = fresh_folder();
	uint64_t last;
	struct alertlog *l = must_open(dir, 1 << 20, &last);
	struct buf path = {0}, whole = {0};
	size_t before;

	add(l, 1, 4);
	alertlog_close(l);
	buf_printf(&path, "%s/00000001.log", dir);
	cr_assert_eq(file_read(buf_z(&path), 1 << 20, &whole), 0);
	before = whole.n * 3 / 4;
	for (size_t n = before; n <= whole.n; n++) {
		uint64_t want = n == whole.n ? 4 : 3;
		struct alertlog_reader *r;

		cr_assert_eq(file_replace(path.p, (struct str){whole.p, n}, 0600), 0);
		r = alertlog_reader_new(dir, 0);
		cr_assert_eq(take_all(r, 0), want, "a reader does not take half a line");
		l = must_open(dir, 1 << 20, &last);
		cr_assert_eq(last, want);
		cr_assert_eq(alertlog_damaged(l), 0, "a torn tail is no damage");
		add(l, want + 1, want + 1);
		cr_assert_eq(alertlog_sync(l), 0);
		alertlog_close(l);
		cr_assert_eq(take_all(r, want), want + 1, "and goes on behind the cut");
		alertlog_reader_free(r);
	}
	buf_done(&path);
	buf_done(&whole);
	done(dir);
}

Test(alertlog, damage_skips_a_line_and_never_a_number)
{
	char *dir = fresh_folder();
	uint64_t last, n;
	struct alertlog *l = must_open(dir, 1 << 20, &last);
	struct buf path = {0}, whole = {0}, json = {0};
	struct alertlog_reader *r;

	add(l, 1, 5);
	alertlog_close(l);
	buf_printf(&path, "%s/00000001.log", dir);
	cr_assert_eq(file_read(buf_z(&path), 1 << 20, &whole), 0);
	whole.p[whole.n / 5 + 30] ^= 1;
	cr_assert_eq(file_replace(path.p, buf_str(&whole), 0600), 0);
	r = alertlog_reader_new(dir, 0);
	l = must_open(dir, 1 << 20, &last);
	cr_expect_eq(alertlog_damaged(l), 1);
	cr_expect_eq(last, 5, "a reader may have taken up to 5: the next is 6");
	cr_expect(has(l, 5) && !has(l, 2));
	add(l, 6, 6);
	alertlog_close(l);
	cr_assert(alertlog_next(r, &n, &json));
	cr_expect_eq(n, 1);
	cr_assert(alertlog_next(r, &n, &json));
	cr_expect_eq(n, 6);
	cr_expect_not(alertlog_next(r, &n, &json));
	alertlog_reader_free(r);
	buf_printf(&path, ".cut");
	buf_clear(&json);
	cr_expect_eq(file_read(buf_z(&path), 1 << 20, &json), 0, "nothing was destroyed");
	cr_expect(str_eq(buf_str(&json), buf_str(&whole)));
	buf_done(&path);
	buf_done(&whole);
	buf_done(&json);
	done(dir);
}

Test(alertlog, a_full_disk_keeps_what_waits)
{
	char *dir = fresh_folder();
	uint64_t last;
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct rlimit small = {1000, 1 << 20}, wide = {1 << 20, 1 << 20};
		struct alertlog *l = must_open(dir, 1 << 20, &last);

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		add(l, 1, 30);
		if (alertlog_sync(l) != ERR_IO || alertlog_sync(l) != ERR_IO)
			_exit(1);
		setrlimit(RLIMIT_FSIZE, &wide);
		if (alertlog_sync(l) != 0)
			_exit(2);
		alertlog_close(l);
		_exit(0);
	}
	waitpid(child, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	{
		struct alertlog_reader *r = alertlog_reader_new(dir, 0);

		cr_expect_eq(take_all(r, 0), 30);
		alertlog_reader_free(r);
	}
	done(dir);
}

#ifdef NOROSHI_TEST_HOOKS
Test(alertlog, keeps_synced_alerts_wherever_it_is_killed)
{
	static const char *const points[] = {"alertlog.after-append:7", "alertlog.after-sync:3",
		"alertlog.rotate:1", "alertlog.rotate:2"};
	char *dir = fresh_folder();

	for (size_t i = 0; i < 8; i++) {
		uint64_t last, n, synced = 0;
		int told[2], status;
		struct alertlog *l;
		struct alertlog_reader *r;
		pid_t child;

		cr_assert_eq(pipe(told), 0);
		child = fork();
		if (child == 0) {
			setenv("NOROSHI_CRASH", points[i % 4], 1);
			l = must_open(dir, 400, &last);
			for (n = last + 1; n < last + 60; n++) {
				add(l, n, n);
				if (alertlog_sync(l) < 0 || write(told[1], &n, 8) != 8)
					_exit(1);
			}
			_exit(0);
		}
		close(told[1]);
		while (read(told[0], &n, 8) == 8)
			synced = n;
		close(told[0]);
		waitpid(child, &status, 0);
		cr_assert(WIFSIGNALED(status), "%s", points[i % 4]);
		l = must_open(dir, 400, &last);
		cr_assert_geq(last, synced);
		r = alertlog_reader_new(dir, 0);
		cr_assert_eq(take_all(r, 0), last);
		alertlog_reader_free(r);
		alertlog_close(l);
	}
	done(dir);
}
#endif
