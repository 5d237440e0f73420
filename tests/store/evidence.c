#include "store/evidence.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "folder.h"
#include "lines.h"
#include "store/archive.h"
#include "store/segment.h"
#include "store/store.h"

static atomic_int sync_fails;

static int
test_sync(int fd)
{
	if (atomic_load(&sync_fails)) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

static struct evidence *
must_open(const char *dir, uint64_t frame_text)
{
	struct evidence_options opt = lines_options(dir, frame_text);
	struct evidence *e = NULL;
	struct diag why = {0};

	opt.sync = test_sync;
	cr_assert_eq(evidence_open(&opt, &why, &e), 0, "%s", diag_first(&why));
	cr_assert_eq(why.errors, 0);
	diag_done(&why);
	return e;
}

static size_t
check_lines(const char *dir, const char *cls)
{
	size_t n = 0;
	const char *wrong = lines_check(dir, cls, &n);

	cr_assert_null(wrong, "%s", wrong);
	return n;
}

Test(evidence, lines_come_back_in_frames_that_chain)
{
	char *dir = folder_new();
	struct evidence *e = must_open(dir, 300);
	unsigned own;

	cr_assert_eq(evidence_class(e, STR("firewall"), &own), 0);
	cr_expect_eq(evidence_class(e, STR("Fire wall"), &own), ERR_SYNTAX);
	cr_expect_eq(evidence_class(e, STR("../x"), &own), ERR_SYNTAX);
	cr_assert_eq(evidence_class(e, STR("firewall"), &own), 0);
	cr_expect_eq(evidence_durable(e), 0);
	for (uint64_t i = 1; i <= 100; i++)
		lines_add(e, i % 3 ? 0 : own, i);
	lines_wait(e, 100);
	cr_expect_eq(evidence_stored(e, 0), 100);
	cr_expect_eq(evidence_stored(e, own), 99);
	evidence_close(e);
	cr_expect_eq(check_lines(dir, "default"), 67);
	cr_expect_eq(check_lines(dir, "firewall"), 33);
	folder_done(dir);
}

Test(evidence, goes_on_after_reopening_and_takes_nothing_twice)
{
	char *dir = folder_new();

	for (uint64_t round = 0; round < 5; round++) {
		struct evidence *e = must_open(dir, 200);
		unsigned cls;

		cr_assert_eq(evidence_class(e, STR("own"), &cls), 0);
		cr_assert_eq(evidence_stored(e, cls), round * 20);
		/* As after a crash: everything is delivered again. */
		for (uint64_t i = 1; i <= (round + 1) * 20; i++)
			lines_add(e, cls, i);
		lines_wait(e, (round + 1) * 20);
		evidence_close(e);
	}
	cr_expect_eq(check_lines(dir, "own"), 100);
	folder_done(dir);
}

Test(evidence, a_record_of_several_lines_is_never_split)
{
	char *dir = folder_new(), *file;
	struct evidence_options opt = lines_options(dir, 100);
	struct evidence *e = NULL;
	struct diag why = {0};
	struct segment_reader r;
	struct segment_part p;
	uint64_t last = 0;

	opt.segment_bytes = 1 << 30;
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	for (uint64_t i = 1; i <= 20; i++) {
		for (int k = 0; k < 7; k++) {
			evidence_add(e, 0, i, 1, 1, STR("{\"a\":\"0123456789012345\"}"));
			evidence_flush(e); /* in the middle: has to wait for the boundary */
		}
		evidence_boundary(e, 0);
	}
	evidence_close(e);
	file = folder_find(dir, SEGMENT_ENDING);
	cr_assert_eq(segment_open(&r, file, 0), 0);
	while (segment_next(&r, &p) == 0) {
		cr_expect_eq(p.t.n % 7, 0);
		cr_expect_eq(p.t.seq[0], last + 1);
		last = p.t.seq[1];
	}
	cr_expect_eq(last, 20);
	segment_close(&r);
	mem_free(file);
	folder_done(dir);
}

Test(evidence, segments_end_by_size_by_age_and_with_the_day)
{
	char *dir = folder_new(), *files[64];
	struct evidence_options opt = lines_options(dir, 100);
	struct evidence *e = NULL;
	struct diag why = {0};
	size_t n;

	opt.segment_age_ns = 3600 * NS_PER_S;
	opt.segment_bytes = 1 << 30;
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	/* 22:00, 22:30, 23:30 (an hour later), 00:30 (the next day). */
	for (uint64_t i = 1; i <= 4; i++) {
		static const int64_t minutes[] = {
			0, 22 * 60, 22 * 60 + 30, 23 * 60 + 30, 24 * 60 + 30};
		int64_t at = (INT64_C(1700006400) + minutes[i] * 60) * NS_PER_S; /* 2023-11-15 */

		evidence_add(e, 0, i, at, at, STR("{}"));
		evidence_boundary(e, 0);
		lines_wait(e, i);
	}
	evidence_close(e);
	n = folder_list(dir, SEGMENT_ENDING, files, 64);
	cr_assert_eq(n, 3);
	cr_expect(strstr(files[0], "default/2023/11/15/00000000000000000001.ndjson.zst"));
	cr_expect(strstr(files[1], "default/2023/11/15/00000000000000000003.ndjson.zst"));
	cr_expect(strstr(files[2], "default/2023/11/16/00000000000000000004.ndjson.zst"));
	for (size_t i = 0; i < n; i++)
		mem_free(files[i]);
	folder_clear(dir);
	e = must_open(dir, 300);
	for (uint64_t i = 1; i <= 400; i++)
		lines_add(e, 0, i);
	evidence_close(e);
	n = folder_list(dir, SEGMENT_ENDING, files, 64);
	cr_expect_geq(n, 3, "by size: %zu", n);
	for (size_t i = 0; i < n; i++)
		mem_free(files[i]);
	cr_expect_eq(check_lines(dir, "default"), 400);
	folder_done(dir);
}

Test(evidence, a_tail_torn_at_any_byte_is_cut_and_written_again)
{
	char *dir = folder_new(), *file, *head_path;
	struct evidence *e = must_open(dir, 1 << 20);
	struct buf head = {0}, whole = {0};
	struct head h;

	for (uint64_t i = 1; i <= 6; i++)
		lines_add(e, 0, i);
	lines_wait(e, 6);
	cr_assert_eq(archive_head(dir, "default", &h), 0);
	head_path = folder_path(dir, "default/HEAD");
	folder_read(head_path, &head);
	for (uint64_t i = 7; i <= 9; i++)
		lines_add(e, 0, i);
	evidence_close(e);
	file = folder_find(dir, SEGMENT_ENDING);
	folder_read(file, &whole);
	cr_assert_lt(h.offset, whole.n);
	for (size_t n = h.offset; n <= whole.n; n++) {
		uint64_t want = n == whole.n ? 9 : 6;

		folder_write(head_path, buf_str(&head));
		folder_write(file, (struct str){whole.p, n});
		e = must_open(dir, 1 << 20);
		cr_assert_eq(evidence_stored(e, 0), want, "cut at %zu", n);
		for (uint64_t i = 1; i <= 12; i++)
			lines_add(e, 0, i);
		evidence_close(e);
		cr_assert_eq(check_lines(dir, "default"), 12, "cut at %zu", n);
	}
	buf_done(&head);
	buf_done(&whole);
	mem_free(file);
	mem_free(head_path);
	folder_done(dir);
}

/* HEAD says more than is there: somebody put an old copy back. */
Test(evidence, a_rollback_leaves_a_witness)
{
	char *dir = folder_new(), *file, *witness;
	struct evidence_options opt = lines_options(dir, 1 << 20);
	struct evidence *e = must_open(dir, 1 << 20);
	struct diag why = {0};
	struct buf old = {0};

	for (uint64_t i = 1; i <= 5; i++)
		lines_add(e, 0, i);
	lines_wait(e, 5);
	file = folder_find(dir, SEGMENT_ENDING);
	folder_read(file, &old);
	lines_add(e, 0, 6);
	evidence_close(e);
	folder_write(file, buf_str(&old));
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	cr_assert_geq(why.n, 1);
	cr_expect(strstr(why.items[0].text, "ended once with sequence 6"), "%s", why.items[0].text);
	cr_expect_eq(evidence_stored(e, 0), 5);
	lines_add(e, 0, 6);
	evidence_close(e);
	witness = folder_find(dir, "HEAD.lost.00000000000000000006");
	cr_expect_not_null(witness);
	cr_expect_eq(check_lines(dir, "default"), 6);
	mem_free(witness);
	mem_free(file);
	buf_done(&old);
	diag_done(&why);
	folder_done(dir);
}

Test(evidence, without_head_damage_is_left_as_it_is)
{
	char *dir = folder_new(), *file, *head;
	struct evidence_options opt = lines_options(dir, 200);
	struct evidence *e = must_open(dir, 200);
	struct diag why = {0};
	struct buf bytes = {0}, again = {0};

	opt.segment_bytes = 1 << 30;
	for (uint64_t i = 1; i <= 12; i++)
		lines_add(e, 0, i);
	evidence_close(e);
	file = folder_find(dir, SEGMENT_ENDING);
	head = folder_path(dir, "default/HEAD");
	unlink(head);
	folder_read(file, &bytes);
	bytes.p[40] ^= 1;
	folder_write(file, buf_str(&bytes));
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	cr_assert_geq(why.n, 1);
	cr_expect_eq(evidence_stored(e, 0), 12);
	lines_add(e, 0, 13);
	evidence_close(e);
	folder_read(file, &again);
	cr_expect(str_eq(buf_str(&bytes), buf_str(&again)), "not one byte was changed");
	buf_done(&bytes);
	buf_done(&again);
	mem_free(file);
	mem_free(head);
	diag_done(&why);
	folder_done(dir);
}

Test(evidence, a_failed_fsync_stops_and_promises_nothing)
{
	char *dir = folder_new();
	struct evidence *e = must_open(dir, 200);
	struct diag why = {0};

	for (uint64_t i = 1; i <= 10; i++)
		lines_add(e, 0, i);
	lines_wait(e, 10);
	atomic_store(&sync_fails, 1);
	lines_add(e, 0, 11);
	evidence_flush(e);
	while (evidence_error(e, NULL) == 0)
		usleep(1000);
	atomic_store(&sync_fails, 0);
	cr_expect_eq(evidence_error(e, &why), ERR_IO);
	cr_expect(strstr(diag_first(&why), "syncing a segment failed"));
	for (uint64_t i = 12; i < 400; i++)
		lines_add(e, 0, i); /* must not wait for ever */
	evidence_flush(e);
	cr_expect_eq(evidence_durable(e), 10);
	evidence_close(e);
	diag_done(&why);
	folder_done(dir);
}

Test(evidence, a_full_disk_makes_it_wait_and_loses_nothing, .timeout = 30)
{
	char *dir = folder_new();
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct rlimit small = {2000, 1 << 20}, wide = {1 << 20, 1 << 20};
		struct evidence_options opt = lines_options(dir, 200);
		struct evidence *e = NULL;
		struct diag why = {0};

		signal(SIGXFSZ, SIG_IGN);
		opt.segment_bytes = 1 << 30;
		if (evidence_open(&opt, &why, &e) < 0)
			_exit(2);
		setrlimit(RLIMIT_FSIZE, &small);
		for (uint64_t i = 1; i <= 30; i++)
			lines_add(e, 0, i);
		evidence_flush(e);
		while (evidence_error(e, NULL) == 0)
			usleep(1000);
		if (evidence_error(e, &why) != ERR_FULL || evidence_durable(e) >= 30)
			_exit(3);
		setrlimit(RLIMIT_FSIZE, &wide);
		lines_wait(e, 30);
		if (evidence_error(e, NULL) != 0)
			_exit(4);
		evidence_close(e);
		_exit(0);
	}
	waitpid(child, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	cr_expect_eq(check_lines(dir, "default"), 30);
	folder_done(dir);
}

#ifdef NOROSHI_TEST_HOOKS
static void
run_until_killed(const char *dir, const char *point, int told)
{
	struct evidence_options opt = lines_options(dir, 200);
	struct evidence *e = NULL;
	struct diag why = {0};
	uint64_t stored;

	setenv("NOROSHI_CRASH", point, 1);
	if (evidence_open(&opt, &why, &e) < 0)
		_exit(3);
	stored = evidence_stored(e, 0);
	for (uint64_t i = 1; i <= stored + 200; i++) {
		lines_add(e, 0, i);
		if (i > stored && i % 20 == 0) {
			lines_wait(e, i);
			if (write(told, &i, sizeof(i)) != sizeof(i))
				_exit(5);
		}
	}
	evidence_close(e);
	_exit(0);
}

Test(evidence, is_whole_wherever_it_is_killed, .timeout = 120)
{
	static const char *const points[] = {"evidence.after-frame:1", "evidence.after-frame:9",
		"evidence.after-trailer:1", "evidence.after-trailer:9", "evidence.after-sync:2",
		"evidence.before-head:3", "evidence.before-head:5", "evidence.after-head:4",
		"evidence.rotate:1", "evidence.rotate:2", "evidence.after-cut:1",
		"evidence.after-frame:4", NULL};
	char *dir = folder_new();
	uint64_t promised = 0;
	int fired = 0;

	for (int round = 0; round < 2; round++)
		for (const char *const *p = points; *p; p++) {
			int told[2], status;
			struct evidence *e;
			struct verify_report rep;
			struct diag why = {0};
			uint64_t n;
			pid_t child;

			cr_assert_eq(pipe(told), 0);
			child = fork();
			if (child == 0)
				run_until_killed(dir, *p, told[1]);
			close(told[1]);
			while (read(told[0], &n, sizeof(n)) == sizeof(n))
				promised = n;
			close(told[0]);
			waitpid(child, &status, 0);
			cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "%s", *p);
			fired += WIFSIGNALED(status);
			if (strncmp(*p, "evidence.after-frame", 20) == 0)
				continue; /* the next round recovers by itself */
			e = must_open(dir, 200);
			n = evidence_stored(e, 0);
			cr_assert_geq(n, promised, "%s lost what was promised", *p);
			evidence_close(e);
			cr_assert_eq(check_lines(dir, "default"), n, "%s", *p);
			cr_assert_eq(verify_archive(dir, NULL, 0, NULL, &rep, &why), 0);
			cr_assert_eq(rep.findings, 0, "%s: %s", *p, diag_first(&why));
		}
	cr_expect_geq(fired, 20, "only %d of 24 rounds were killed", fired);
	folder_done(dir);
}
#endif
