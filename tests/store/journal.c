#include "store/journal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "folder.h"
#include "store/journal_file.h"

static atomic_int sync_gate; /* 0: works, 1: waits, 2: fails */
static atomic_int sync_calls;

static int
gated_sync(int fd)
{
	atomic_fetch_add(&sync_calls, 1);
	while (atomic_load(&sync_gate) == 1)
		usleep(1000);
	if (atomic_load(&sync_gate) == 2) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

static struct journal_options
options(const char *dir)
{
	return (struct journal_options){.dir = dir,
		.file_bytes = JOURNAL_FILE_MIN,
		.max_bytes = JOURNAL_FILE_MIN * 8,
		.commit_ns = 10000000,
		.commit_bytes = 1 << 20,
		.wake_fd = -1,
		.sync = gated_sync};
}

static struct journal *
must_open(const char *dir)
{
	struct journal_options opt = options(dir);
	struct journal *j = NULL;
	struct diag why = {0};

	cr_assert_eq(journal_open(&opt, &why, &j), 0, "%s", diag_first(&why));
	diag_done(&why);
	return j;
}

static int
open_only(const char *dir, uint64_t *last, struct diag *why)
{
	struct journal_options opt = options(dir);
	struct journal *j = NULL;
	int rc = journal_open(&opt, why, &j);

	if (rc == 0)
		*last = journal_last(j);
	journal_close(j);
	return rc;
}

/* Entry n holds its number and then n % 97 bytes; so that each is recognised. */
static struct str
text_of(uint64_t n, struct buf *b)
{
	buf_clear(b);
	buf_printf(b, "%llu:", (unsigned long long)n);
	for (uint64_t i = 0; i < n % 97; i++)
		buf_add_char(b, (char)('a' + (n + i) % 26));
	return buf_str(b);
}

static int
add(struct journal *j, uint64_t *n)
{
	struct buf b = {0};
	int rc = journal_append(j, JOURNAL_COMMAND, text_of(journal_last(j) + 1, &b), n);

	buf_done(&b);
	return rc;
}

static void
add_many(struct journal *j, unsigned count)
{
	uint64_t n;

	while (count--) {
		cr_assert_eq(add(j, &n), 0);
		cr_assert_eq(journal_sync(j, n), 0);
	}
}

/* Reads all from `from`; checks numbers and bytes; returns the last number or the error. */
static int64_t
read_all(const char *dir, uint64_t from)
{
	struct journal_reader *r = NULL;
	struct journal_entry e;
	struct diag why = {0};
	struct buf b = {0};
	uint64_t want = from, last = 0;
	int rc = journal_reader_open(dir, from, &why, &r);

	if (rc == 0) {
		while ((rc = journal_reader_next(r, &e)) == 0) {
			if (want == 0)
				want = e.pos;
			cr_assert_eq(e.pos, want++);
			cr_assert(str_eq(e.payload, text_of(e.pos, &b)), "entry %llu",
				(unsigned long long)e.pos);
			last = e.pos;
		}
		journal_reader_close(r);
	}
	diag_done(&why);
	buf_done(&b);
	return rc == ERR_NOT_FOUND ? (int64_t)last : rc;
}

Test(journal, keeps_what_it_was_given)
{
	char *dir = folder_new();
	struct journal *j = must_open(dir);
	struct batch b = batch_new(), again = batch_new();
	struct journal_reader *r = NULL;
	struct journal_entry e;
	struct buf packed = {0};
	struct diag why = {0};
	uint64_t n;

	cr_expect_eq(journal_last(j), 0);
	batch_add(b, &(struct frame){.arrival = 5, .flags = FRAME_POSITION, .next = 9}, STR("one"),
		STR("peer"));
	batch_add(b, &(struct frame){.arrival = 6}, STR(""), STR("peer"));
	batch_head(b)->first_seq = 77;
	cr_assert_eq(journal_append_batch(j, b, &n), 0);
	cr_expect_eq(n, 1);
	cr_assert_eq(journal_append(j, JOURNAL_TICK, STR("12345678"), &n), 0);
	cr_assert_eq(journal_append(j, JOURNAL_GAP, STR(""), &n), 0);
	cr_expect_eq(n, 3);
	cr_expect_eq(journal_sync(j, 3), 0);
	cr_expect_eq(journal_durable(j), 3);
	journal_close(j);
	cr_assert_eq(journal_reader_open(dir, 0, &why, &r), 0);
	cr_assert_eq(journal_reader_next(r, &e), 0);
	cr_expect_eq(e.type, JOURNAL_FRAMES);
	buf_room(&packed, batch_pack_size(b));
	batch_pack(b, packed.p);
	cr_expect(str_eq(e.payload, (struct str){packed.p, batch_pack_size(b)}),
		"the pieces that were written are the packed form");
	cr_expect_eq(batch_unpack(again, e.payload), 0);
	cr_expect_eq(batch_head(again)->first_seq, 77);
	cr_assert_eq(journal_reader_next(r, &e), 0);
	cr_expect(e.type == JOURNAL_TICK && str_eq(e.payload, STR("12345678")));
	cr_assert_eq(journal_reader_next(r, &e), 0);
	cr_expect(e.type == JOURNAL_GAP && e.payload.n == 0);
	cr_expect_eq(journal_reader_next(r, &e), ERR_NOT_FOUND);
	journal_reader_close(r);
	buf_done(&packed);
	batch_free(b);
	batch_free(again);
	folder_done(dir);
}

Test(journal, goes_on_after_reopening_and_over_files)
{
	char *dir = folder_new();
	uint64_t n = 0;

	for (int round = 0; round < 6; round++) {
		struct journal *j = must_open(dir);

		cr_assert_eq(journal_last(j), n);
		cr_assert_eq(journal_durable(j), n);
		for (int i = 0; i < 700; i++)
			cr_assert_eq(add(j, &n), 0, "entry %d of round %d", i, round);
		journal_close(j);
	}
	cr_expect_eq(n, 4200);
	cr_expect_eq(read_all(dir, 0), 4200);
	cr_expect_eq(read_all(dir, 1), 4200);
	cr_expect_eq(read_all(dir, 3999), 4200);
	cr_expect_eq(read_all(dir, 4200), 4200);
	cr_expect_eq(read_all(dir, 4201), 0, "nothing there yet is no error");
	folder_done(dir);
}

Test(journal, is_full_at_its_limit_and_recovers_by_release)
{
	char *dir = folder_new();
	struct journal *j = must_open(dir);
	struct diag why = {0};
	char *files[32];
	uint64_t n = 0, full;
	size_t nfiles;
	int rc;

	while ((rc = add(j, &n)) == 0)
		;
	cr_expect_eq(rc, ERR_FULL);
	full = n;
	cr_expect_geq(journal_bytes(j), JOURNAL_FILE_MIN * 7);
	cr_expect_eq(add(j, &n), ERR_FULL, "and stays so");
	cr_expect_eq(journal_error(j, &why), ERR_FULL);
	cr_expect(strstr(diag_first(&why), "journal.max"));
	cr_expect_eq(journal_sync(j, full), 0);
	journal_release(j, full / 2);
	cr_expect_eq(add(j, &n), 0, "room was made");
	cr_expect_eq(n, full + 1);
	/* Old entries lie behind the new ones in a recycled file: they must not be taken. */
	for (int i = 0; i < 3000; i++) {
		cr_assert_eq(add(j, &n), 0);
		if (n % 50 == 0) {
			cr_assert_eq(journal_sync(j, n), 0);
			journal_release(j, n - 40);
		}
	}
	journal_close(j);
	nfiles = folder_list(dir, ".journal", files, 32);
	cr_expect_leq(nfiles, 8);
	for (size_t i = 0; i < nfiles; i++)
		mem_free(files[i]);
	cr_expect_eq(read_all(dir, n - 100), (int64_t)n);
	cr_expect_eq(read_all(dir, 2), ERR_CORRUPT, "entry 2 is gone, and that is said");
	j = must_open(dir);
	cr_expect_eq(journal_last(j), n);
	journal_close(j);
	diag_done(&why);
	folder_done(dir);
}

Test(journal, a_tail_torn_at_any_byte_is_cut)
{
	char *dir = folder_new(), *file;
	struct journal *j = must_open(dir);
	struct buf whole = {0};
	uint64_t ends[6] = {JOURNAL_HEAD};

	for (uint64_t i = 1; i <= 5; i++) {
		struct buf b = {0};

		ends[i] = ends[i - 1] + journal_entry_bytes(text_of(i, &b).n);
		buf_done(&b);
	}
	add_many(j, 5);
	journal_close(j);
	file = folder_find(dir, ".journal");
	folder_read(file, &whole);
	for (uint64_t cut = ends[3]; cut < ends[5]; cut++) {
		struct diag why = {0};
		uint64_t want = cut < ends[4] ? 3 : 4, last = 0;
		size_t n = whole.n;
		struct buf torn = {0};

		buf_add(&torn, whole.p, n);
		memset(torn.p + cut, 0, n - cut);
		/* The last bytes may be padding: then the entry is whole. */
		if (memcmp(torn.p + ends[want], whole.p + ends[want],
			    ends[want + 1] - ends[want]) == 0)
			want++;
		folder_write(file, buf_str(&torn));
		cr_assert_eq(open_only(dir, &last, &why), 0, "cut at %llu: %s",
			(unsigned long long)cut, diag_first(&why));
		cr_assert_eq(last, want, "cut at %llu gives %llu", (unsigned long long)cut,
			(unsigned long long)last);
		j = must_open(dir);
		add_many(j, 1);
		journal_close(j);
		cr_assert_eq(read_all(dir, 0), (int64_t)want + 1);
		buf_done(&torn);
		diag_done(&why);
	}
	buf_done(&whole);
	mem_free(file);
	folder_done(dir);
}

Test(journal, damage_before_the_end_is_refused_with_words)
{
	char *dir = folder_new(), *file;
	struct journal *j = must_open(dir);
	struct buf whole = {0};
	uint64_t from, to;

	add_many(j, 6);
	journal_close(j);
	file = folder_find(dir, ".journal");
	folder_read(file, &whole);
	from = JOURNAL_HEAD + journal_entry_bytes(3);
	to = from + sizeof(struct journal_entry_head) + 4; /* entry 2: "2:" and two letters */
	for (uint64_t at = from; at < to; at++) {
		struct diag why = {0};
		uint64_t last;

		whole.p[at] ^= 0x20;
		folder_write(file, buf_str(&whole));
		cr_assert_eq(open_only(dir, &last, &why), ERR_CORRUPT, "byte %llu",
			(unsigned long long)at);
		cr_expect(strstr(diag_first(&why), "journal entry 2 at byte"), "%s",
			diag_first(&why));
		cr_assert_eq(read_all(dir, 0), ERR_CORRUPT);
		whole.p[at] ^= 0x20;
		diag_done(&why);
	}
	folder_write(file, buf_str(&whole));
	cr_expect_eq(read_all(dir, 0), 6);
	buf_done(&whole);
	mem_free(file);
	folder_done(dir);
}

/* Power loss may leave a later unsynced entry on disk without the one before it. */
Test(journal, an_unpromised_hole_is_a_tear_and_its_ghost_stays_dead)
{
	char *dir = folder_new(), *lost, *file;
	struct journal *j = must_open(dir);
	struct buf bytes = {0};
	uint64_t n, last = 0, at = JOURNAL_HEAD;
	struct diag why = {0};

	add_many(j, 2);
	atomic_store(&sync_gate, 1);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(add(j, &n), 0);
	cr_expect_eq(journal_durable(j), 2, "nothing is promised while the disk is at it");
	lost = folder_copy(dir);
	atomic_store(&sync_gate, 0);
	journal_close(j);
	file = folder_find(lost, ".journal");
	folder_read(file, &bytes);
	for (uint64_t i = 1; i < 3; i++) {
		struct buf b = {0};

		at += journal_entry_bytes(text_of(i, &b).n);
		buf_done(&b);
	}
	bytes.p[at + 34] ^= 1; /* entry 3; entries 4 to 6 are whole */
	folder_write(file, buf_str(&bytes));
	cr_assert_eq(open_only(lost, &last, &why), 0, "%s", diag_first(&why));
	cr_expect_eq(last, 2);
	j = must_open(lost);
	add_many(j, 1);
	journal_close(j);
	cr_expect_eq(read_all(lost, 0), 3, "entry 4 of before must not follow the new entry 3");
	buf_done(&bytes);
	mem_free(file);
	folder_done(lost);
	folder_done(dir);
}

Test(journal, a_failed_fsync_is_the_end)
{
	char *dir = folder_new();
	struct journal *j = must_open(dir);
	struct diag why = {0};
	uint64_t n;
	int calls;

	add_many(j, 3);
	atomic_store(&sync_gate, 2);
	cr_expect_eq(add(j, &n), 0);
	cr_expect_eq(journal_sync(j, n), ERR_IO);
	calls = atomic_load(&sync_calls);
	atomic_store(&sync_gate, 0);
	cr_expect_eq(add(j, &n), ERR_IO, "nothing more is taken");
	cr_expect_eq(journal_sync(j, 4), ERR_IO);
	cr_expect_eq(journal_durable(j), 3, "nothing more is promised");
	cr_expect_eq(journal_error(j, &why), ERR_IO);
	cr_expect(strstr(diag_first(&why), "syncing the journal failed"));
	journal_close(j);
	cr_expect_eq(atomic_load(&sync_calls), calls, "and the same pages are not tried again");
	diag_done(&why);
	folder_done(dir);
}

Test(journal, damaged_or_missing_files_are_named)
{
	char *dir = folder_new(), *files[32], *spoilt;
	struct journal *j = must_open(dir);
	struct buf bytes = {0};
	struct diag why = {0};
	uint64_t n = 0, last;
	size_t nfiles;

	while (n < 2500)
		cr_assert_eq(add(j, &n), 0);
	journal_close(j);
	nfiles = folder_list(dir, ".journal", files, 32);
	cr_assert_geq(nfiles, 3);
	folder_read(files[1], &bytes);
	bytes.p[9] ^= 1;
	folder_write(files[1], buf_str(&bytes));
	cr_expect_eq(open_only(dir, &last, &why), 0, "one whole copy of the head is enough");
	cr_expect_eq(last, 2500);
	bytes.p[JOURNAL_HEAD_COPY + 9] ^= 1;
	folder_write(files[1], buf_str(&bytes));
	cr_expect_eq(open_only(dir, &last, &why), ERR_CORRUPT);
	cr_expect(strstr(diag_first(&why), "damaged in both copies"));
	diag_done(&why);
	unlink(files[1]);
	cr_expect_eq(open_only(dir, &last, &why), ERR_CORRUPT);
	cr_expect(strstr(diag_first(&why), "generation 2 is missing"), "%s", diag_first(&why));
	diag_done(&why);
	bytes.p[9] ^= 1;
	folder_write(files[1], buf_str(&bytes));
	spoilt = folder_path(dir, "copy.journal");
	folder_write(spoilt, buf_str(&bytes));
	cr_expect_eq(open_only(dir, &last, &why), ERR_CORRUPT);
	cr_expect(strstr(diag_first(&why), "two journal files"));
	diag_done(&why);
	unlink(spoilt);
	bytes.n = 5000;
	folder_write(files[1], buf_str(&bytes));
	cr_expect_eq(open_only(dir, &last, &why), ERR_CORRUPT, "a cut file is not a torn tail");
	diag_done(&why);
	for (size_t i = 0; i < nfiles; i++)
		mem_free(files[i]);
	mem_free(spoilt);
	buf_done(&bytes);
	folder_done(dir);
}

/* What may be archived long since must not keep the journal from opening; who reads it is told. */
Test(journal, damage_in_an_older_file_is_told_by_the_reader)
{
	char *dir = folder_new(), *files[32];
	struct journal *j = must_open(dir);
	struct buf bytes = {0};
	struct diag why = {0};
	uint64_t n = 0, last = 0;
	size_t nfiles;

	while (n < 2500) {
		cr_assert_eq(add(j, &n), 0);
		if (n % 100 == 0)
			cr_assert_eq(journal_sync(j, n), 0);
	}
	journal_close(j);
	nfiles = folder_list(dir, ".journal", files, 32);
	cr_assert_geq(nfiles, 3);
	folder_read(files[0], &bytes);
	bytes.p[JOURNAL_HEAD + journal_entry_bytes(3) + sizeof(struct journal_entry_head)] ^= 1;
	folder_write(files[0], buf_str(&bytes));
	cr_expect_eq(open_only(dir, &last, &why), 0, "%s", diag_first(&why));
	cr_expect_eq(last, 2500);
	cr_expect_eq(read_all(dir, 0), ERR_CORRUPT, "entry 2 is not taken for the end");
	cr_expect_eq(read_all(dir, 2400), 2500, "behind it all is there");
	/* Without its first entry a file has no place in the row: of the first file as of any. */
	bytes.p[JOURNAL_HEAD + sizeof(struct journal_entry_head)] ^= 1;
	folder_write(files[0], buf_str(&bytes));
	cr_expect_eq(open_only(dir, &last, &why), ERR_CORRUPT);
	cr_expect(strstr(diag_first(&why), "journal entry 1 at byte"), "%s", diag_first(&why));
	cr_expect_eq(read_all(dir, 2400), ERR_CORRUPT);
	for (size_t i = 0; i < nfiles; i++)
		mem_free(files[i]);
	diag_done(&why);
	buf_done(&bytes);
	folder_done(dir);
}

Test(journal, has_one_owner)
{
	char *dir = folder_new();
	struct journal *j = must_open(dir);
	struct diag why = {0};
	uint64_t last;

	cr_expect_eq(open_only(dir, &last, &why), ERR_STATE);
	cr_expect(strstr(diag_first(&why), "in use"));
	journal_close(j);
	diag_done(&why);
	folder_done(dir);
}

Test(journal, wakes_its_reader_and_can_be_read_while_it_grows)
{
	char *dir = folder_new();
	struct journal_options opt = options(dir);
	struct journal *j = NULL;
	struct journal_reader *r = NULL;
	struct journal_entry e;
	struct diag why = {0};
	uint64_t n, woken = 0;

	opt.wake_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(journal_open(&opt, &why, &j), 0);
	cr_assert_eq(journal_reader_open(dir, 1, &why, &r), 0);
	cr_expect_eq(journal_reader_next(r, &e), ERR_NOT_FOUND);
	for (uint64_t i = 1; i <= 2000; i++) {
		cr_assert_eq(add(j, &n), 0);
		cr_assert_eq(journal_reader_next(r, &e), 0, "entry %llu", (unsigned long long)i);
		cr_assert_eq(e.pos, i);
	}
	cr_expect_eq(journal_sync(j, n), 0);
	cr_expect_eq(read(opt.wake_fd, &woken, 8), 8);
	cr_expect_gt(woken, 0);
	journal_reader_close(r);
	journal_close(j);
	close(opt.wake_fd);
	folder_done(dir);
}

/* A disk without room for the file: said at the start, nothing half made. */
Test(journal, a_full_disk_at_the_start_is_said)
{
	char *dir = folder_new();
	struct journal_options opt = options(dir);
	struct rlimit small = {40000, 40000};
	struct journal *j = NULL;
	struct diag why = {0};
	pid_t child = fork();
	int status;

	if (child == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(journal_open(&opt, &why, &j) == ERR_IO &&
					strstr(diag_first(&why), "cannot prepare a journal file")
				? 0
				: 1);
	}
	waitpid(child, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_null(folder_find(dir, ".journal"));
	cr_expect_null(folder_find(dir, ".tmp"));
	folder_done(dir);
}

#ifdef NOROSHI_TEST_HOOKS
/* Write until killed; the parent is told each number that was promised. */
static void
run_until_killed(const char *dir, const char *point, int told)
{
	struct journal_options opt = options(dir);
	struct journal *j = NULL;
	struct diag why = {0};
	uint64_t n;

	setenv("NOROSHI_CRASH", point, 1);
	if (journal_open(&opt, &why, &j) < 0)
		_exit(3);
	for (int i = 0; i < 4000; i++) {
		if (add(j, &n) < 0)
			_exit(4);
		if (i % 20 == 19) {
			if (journal_sync(j, n) < 0 || write(told, &n, sizeof(n)) != sizeof(n))
				_exit(5);
			journal_release(j, n > 300 ? n - 300 : 0);
		}
	}
	_exit(0);
}

Test(journal, loses_nothing_wherever_it_is_killed, .timeout = 120)
{
	static const char *const points[] = {"journal.before-write:33", "journal.before-write:2999",
		"journal.after-write:1", "journal.after-write:1777", "journal.after-sync:1",
		"journal.after-sync:60", "journal.before-recycle:1", "journal.before-recycle:2",
		"journal.after-recycle:1", "journal.after-recycle:2", "journal.before-create:1",
		"journal.before-create:3", "journal.after-switch:1", "journal.after-switch:4",
		"journal.recovered", NULL};
	char *dir = folder_new();
	uint64_t promised = 0;
	int fired = 0;

	for (int round = 0; round < 2; round++)
		for (const char *const *p = points; *p; p++) {
			int told[2], status;
			uint64_t n;
			pid_t child;
			struct journal *j;

			cr_assert_eq(pipe(told), 0);
			child = fork();
			if (child == 0)
				run_until_killed(dir, *p, told[1]);
			close(told[1]);
			while (read(told[0], &n, sizeof(n)) == sizeof(n))
				promised = n;
			close(told[0]);
			waitpid(child, &status, 0);
			cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0,
				"%s ended with %d", *p, status);
			fired += WIFSIGNALED(status);
			j = must_open(dir);
			cr_assert_geq(journal_last(j), promised, "%s lost a promised entry", *p);
			n = journal_last(j);
			journal_close(j);
			if (n)
				cr_assert_eq(
					read_all(dir, n > 200 ? n - 200 : 1), (int64_t)n, "%s", *p);
		}
	folder_done(dir);
}
#endif
