/* A disk that is really full: a small tmpfs in a mount namespace of its own. Needs root. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "folder.h"
#include "lines.h"
#include "store/journal.h"
#include "store/store.h"

#define CANNOT 77

static bool
small_disk(const char *dir)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", dir, "tmpfs", 0, "size=600k") == 0;
}

/* Leaves about `left` bytes. */
static char *
ballast(const char *dir, size_t left)
{
	char *path = folder_path(dir, "ballast");
	FILE *f = fopen(path, "wb");

	while (fputc(0, f) != EOF)
		;
	fclose(f);
	if (truncate(path, (off_t)(600 * 1024 - left)) < 0)
		_exit(9);
	return path;
}

static int
in_child(void (*run)(const char *dir))
{
	char *dir = folder_new();
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (!small_disk(dir))
			_exit(CANNOT);
		run(dir);
		_exit(0);
	}
	waitpid(child, &status, 0);
	folder_done(dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

static void
must(bool ok, int code)
{
	if (!ok)
		_exit(code);
}

static void
journal_on_it(const char *dir)
{
	char *in = folder_path(dir, "journal"), *heavy = ballast(dir, 300 << 10);
	struct journal_options opt = {.dir = in,
		.file_bytes = 64 << 10,
		.max_bytes = 1 << 30,
		.commit_ns = 10000000,
		.commit_bytes = 1 << 20,
		.wake_fd = -1};
	struct journal *j = NULL;
	struct diag why = {0};
	uint64_t n = 0, full;
	int rc;

	must(journal_open(&opt, &why, &j) == 0, 10);
	while ((rc = journal_append(j, JOURNAL_TICK, STR("12345678"), &n)) == 0)
		;
	must(rc == ERR_FULL, 11);
	full = n;
	must(journal_error(j, &why) == ERR_FULL, 12);
	must(strstr(diag_first(&why), "No space left") != NULL, 13);
	must(journal_sync(j, full) == 0, 14); /* what was taken is safe */
	unlink(heavy);
	while ((rc = journal_append(j, JOURNAL_TICK, STR("12345678"), &n)) == ERR_FULL)
		usleep(10000); /* looked for each second */
	must(rc == 0 && n == full + 1 && journal_error(j, NULL) == 0, 15);
	journal_close(j);
	mem_free(in);
	mem_free(heavy);
}

static void
evidence_on_it(const char *dir)
{
	char *in = folder_path(dir, "archive"), *heavy = ballast(dir, 60 << 10);
	struct evidence_options opt = lines_options(in, 20000);
	struct evidence *e = NULL;
	struct verify_report rep;
	struct diag why = {0};
	size_t n = 0;

	opt.segment_bytes = 1 << 30;
	must(evidence_open(&opt, &why, &e) == 0, 20);
	for (uint64_t i = 1; i <= 9000 && evidence_error(e, NULL) == 0; i++, n++) {
		lines_add(e, 0, i);
		if (i % 100 == 0)
			evidence_flush(e);
	}
	while (evidence_error(e, NULL) == 0)
		usleep(1000);
	must(evidence_error(e, &why) == ERR_FULL, 21);
	must(strstr(diag_first(&why), "No space left") != NULL, 22);
	unlink(heavy);
	lines_wait(e, n);
	must(evidence_error(e, NULL) == 0, 23);
	evidence_close(e);
	diag_done(&why);
	must(verify_archive(in, NULL, 0, NULL, &rep, &why) == 0 && rep.findings == 0, 24);
	must(rep.records == n, 25);
	mem_free(in);
	mem_free(heavy);
}

Test(full, the_journal_waits_for_room, .timeout = 30)
{
	int code = in_child(journal_on_it);

	if (code == CANNOT)
		cr_skip_test("needs root for a mount namespace");
	cr_assert_eq(code, 0, "step %d", code);
}

Test(full, evidence_waits_for_room, .timeout = 30)
{
	int code = in_child(evidence_on_it);

	if (code == CANNOT)
		cr_skip_test("needs root for a mount namespace");
	cr_assert_eq(code, 0, "step %d", code);
}
