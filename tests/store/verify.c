#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "lines.h"
#include "store/archive.h"
#include "store/segment.h"
#include "store/store.h"

#define MAX_FILES 64

/* Two classes, several segments of several frames. */
static char *
small_archive(uint64_t lines)
{
	char *dir = folder_new();
	struct evidence_options opt = lines_options(dir, 150);
	struct evidence *e = NULL;
	struct diag why = {0};
	unsigned own;

	opt.segment_bytes = 700;
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	cr_assert_eq(evidence_class(e, STR("own"), &own), 0);
	for (uint64_t i = 1; i <= lines; i++)
		lines_add(e, i % 4 ? 0 : own, i);
	lines_wait(e, lines);
	evidence_close(e);
	return dir;
}

static uint64_t
verify(const char *dir, const char *anchors, struct diag *why)
{
	struct verify_report rep;
	int rc;

	diag_done(why);
	rc = verify_archive(dir, NULL, 0, anchors, &rep, why);
	cr_assert_eq(rc, 0);
	cr_assert_eq(rep.findings, why->errors);
	return rep.findings;
}

static uint64_t
findings(const char *dir)
{
	struct diag why = {0};
	uint64_t n = verify(dir, NULL, &why);

	diag_done(&why);
	return n;
}

Test(verify, a_clean_archive_has_no_finding_closed_or_live)
{
	char *dir = small_archive(30);
	struct verify_report rep;
	struct evidence_options opt = lines_options(dir, 150);
	struct evidence *e = NULL;
	struct diag why = {0};

	cr_assert_eq(verify_archive(dir, NULL, 0, NULL, &rep, &why), 0);
	cr_expect_eq(rep.findings, 0, "%s", diag_first(&why));
	cr_expect_eq(rep.records, 30);
	cr_expect_geq(rep.segments, 4);
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	for (uint64_t i = 31; i <= 60; i++) {
		lines_add(e, 0, i);
		if (i % 5 == 0)
			lines_wait(e, i);
		cr_assert_eq(verify(dir, NULL, &why), 0, "live: %s", diag_first(&why));
	}
	evidence_close(e);
	cr_expect_eq(verify(dir, NULL, &why), 0);
	diag_done(&why);
	folder_done(dir);
}

Test(verify, each_flipped_byte_is_found, .timeout = 120)
{
	char *dir = small_archive(20), *files[MAX_FILES];
	size_t n = folder_list(dir, SEGMENT_ENDING, files, MAX_FILES), flips = 0;

	n += folder_list(dir, "HEAD", files + n, MAX_FILES - n);
	cr_assert_geq(n, 5);
	for (size_t i = 0; i < n; i++) {
		struct buf bytes = {0};

		folder_read(files[i], &bytes);
		for (size_t at = 0; at < bytes.n; at++) {
			char old = bytes.p[at];

			bytes.p[at] ^= (char)(1 << (at * 5 % 8));
			folder_write(files[i], buf_str(&bytes));
			cr_assert_gt(findings(dir), 0, "byte %zu of %s", at, files[i]);
			bytes.p[at] = old;
			flips++;
		}
		folder_write(files[i], buf_str(&bytes));
		buf_done(&bytes);
		mem_free(files[i]);
	}
	cr_expect_geq(flips, 3000);
	cr_expect_eq(findings(dir), 0);
	folder_done(dir);
}

/* The same on a segment of usual frames, at places that a seeded walk picks. */
Test(verify, random_flips_in_a_large_segment_are_found, .timeout = 60)
{
	char *dir = folder_new(), *file;
	struct evidence_options opt = lines_options(dir, 1 << 20);
	struct evidence *e = NULL;
	struct verify_report rep;
	struct diag why = {0};
	struct buf bytes = {0};
	uint64_t walk = 20261122;

	opt.segment_bytes = 1 << 30;
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	for (uint64_t i = 1; i <= 20000; i++)
		lines_add(e, 0, i);
	evidence_close(e);
	file = folder_find(dir, SEGMENT_ENDING);
	folder_read(file, &bytes);
	for (int i = 0; i < 200; i++) {
		size_t at;
		FILE *f;

		walk = walk * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		at = (size_t)(walk >> 20) % bytes.n;
		for (int back = 0; back < 2; back++) {
			f = fopen(file, "r+b");
			cr_assert_not_null(f);
			fseek(f, (long)at, SEEK_SET);
			fputc(bytes.p[at] ^ (back ? 0 : 1 << (walk >> 60 & 7)), f);
			fclose(f);
			diag_done(&why);
			cr_assert_eq(verify_archive(dir, NULL, 0, NULL, &rep, &why), 0);
			cr_assert_eq(rep.findings > 0, !back, "byte %zu", at);
		}
	}
	mem_free(file);
	buf_done(&bytes);
	diag_done(&why);
	folder_done(dir);
}

Test(verify, each_cut_is_found, .timeout = 120)
{
	char *dir = small_archive(20), *files[MAX_FILES];
	size_t n = folder_list(dir, SEGMENT_ENDING, files, MAX_FILES);

	for (size_t i = 0; i < n; i++) {
		struct buf bytes = {0};

		folder_read(files[i], &bytes);
		for (size_t len = 0; len < bytes.n; len++) {
			cr_assert_eq(truncate(files[i], (off_t)len), 0);
			cr_assert_gt(findings(dir), 0, "%s cut to %zu", files[i], len);
			folder_write(files[i], buf_str(&bytes));
		}
		mem_free(files[i]);
		buf_done(&bytes);
	}
	folder_done(dir);
}

Test(verify, missing_exchanged_and_renamed_segments_are_found)
{
	char *dir = small_archive(40), *files[MAX_FILES];
	size_t n = folder_list(dir, SEGMENT_ENDING, files, MAX_FILES);
	struct diag why = {0};

	cr_assert_geq(n, 5);
	for (size_t i = 0; i < n; i++) {
		struct buf here = {0};
		char *away = folder_path(dir, "away");

		folder_read(files[i], &here);
		cr_assert_eq(rename(files[i], away), 0);
		cr_assert_gt(verify(dir, NULL, &why), 0, "%s deleted", files[i]);
		unlink(away);
		for (size_t k = 0; k < n; k++) {
			struct buf other = {0};

			if (k == i)
				continue;
			folder_read(files[k], &other);
			folder_write(files[i], buf_str(&other));
			cr_assert_gt(findings(dir), 0, "%s twice", files[k]);
			folder_write(files[k], buf_str(&here));
			cr_assert_gt(findings(dir), 0, "%s exchanged", files[k]);
			folder_write(files[k], buf_str(&other));
			buf_done(&other);
		}
		folder_write(files[i], buf_str(&here));
		/* Another number in the name. */
		{
			char *moved = mem_copy_z(files[i], strlen(files[i]));

			moved[strlen(moved) - sizeof(SEGMENT_ENDING)] ^= 1;
			if (access(moved, F_OK) != 0) {
				cr_assert_eq(rename(files[i], moved), 0);
				cr_assert_gt(findings(dir), 0, "%s renamed", files[i]);
				cr_assert_eq(rename(moved, files[i]), 0);
			}
			mem_free(moved);
		}
		buf_done(&here);
		mem_free(away);
	}
	cr_expect_eq(findings(dir), 0);
	for (size_t i = 0; i < n; i++)
		mem_free(files[i]);
	diag_done(&why);
	folder_done(dir);
}

Test(verify, a_finding_says_where)
{
	char *dir = small_archive(40), *files[MAX_FILES];
	size_t n = folder_list(dir, SEGMENT_ENDING, files, MAX_FILES);
	struct diag why = {0};
	struct buf bytes = {0};

	folder_read(files[1], &bytes);
	bytes.p[30] ^= 1;
	folder_write(files[1], buf_str(&bytes));
	cr_assert_eq(verify(dir, NULL, &why), 1, "one change, one finding");
	cr_expect_str_eq(why.items[0].path, files[1]);
	cr_expect(strstr(why.items[0].text, "frame 1 (bytes 0 to "), "%s", why.items[0].text);
	cr_expect(strstr(why.items[0].text, "time 2023-11-15T00:00:"), "%s", why.items[0].text);
	cr_expect(strstr(why.items[0].text, "was changed"), "%s", why.items[0].text);
	bytes.p[30] ^= 1;
	folder_write(files[1], buf_str(&bytes));
	unlink(files[1]);
	cr_assert_gt(verify(dir, NULL, &why), 0);
	cr_expect(strstr(why.items[0].text, "does not follow"), "%s", why.items[0].text);
	for (size_t i = 0; i < n; i++)
		mem_free(files[i]);
	buf_done(&bytes);
	diag_done(&why);
	folder_done(dir);
}

Test(verify, files_that_do_not_belong_are_found)
{
	char *dir = small_archive(10), *file = folder_path(dir, "own/2023/notes.txt");
	char *head = folder_path(dir, "own/HEAD");

	folder_write(file, STR("x"));
	cr_expect_eq(findings(dir), 1);
	unlink(file);
	unlink(head);
	cr_expect_eq(findings(dir), 1, "a missing HEAD");
	mem_free(file);
	mem_free(head);
	folder_done(dir);
}

/* The whole folder put back to an older state is sound in itself: only an anchor shows it. */
Test(verify, an_anchor_shows_a_rollback)
{
	char *dir = small_archive(20), *old = folder_copy(dir), *anchors = folder_path(dir, "../a");
	struct evidence_options opt = lines_options(dir, 150);
	struct evidence *e = NULL;
	struct diag why = {0};
	struct buf text = {0};
	struct head h;

	mem_free(anchors);
	anchors = folder_path(old, "anchors");
	cr_assert_eq(archive_head(dir, "own", &h), 0);
	buf_printf(&text, "# kept elsewhere\n\nown %llu %s\n", (unsigned long long)h.seq, h.hash);
	cr_assert_eq(evidence_open(&opt, &why, &e), 0);
	for (uint64_t i = 21; i <= 30; i++)
		lines_add(e, 0, i);
	evidence_close(e);
	cr_assert_eq(archive_head(dir, "default", &h), 0);
	buf_printf(&text, "default %llu %s\n", (unsigned long long)h.seq, h.hash);
	folder_write(anchors, buf_str(&text));
	cr_expect_eq(verify(dir, anchors, &why), 0, "%s", diag_first(&why));
	cr_assert_eq(verify(old, anchors, &why), 1);
	cr_expect(strstr(why.items[0].text, "line 4: class default has no frame"), "%s",
		why.items[0].text);
	folder_write(anchors, STR("own 12\n"));
	cr_assert_eq(verify(dir, anchors, &why), 1);
	cr_expect(strstr(why.items[0].text, "not an anchor"));
	buf_done(&text);
	mem_free(anchors);
	diag_done(&why);
	folder_done(old);
	folder_done(dir);
}

Test(verify, single_segments_can_be_checked_anywhere)
{
	char *dir = small_archive(40), *files[MAX_FILES], *apart = folder_path(dir, "x.ndjson.zst");
	size_t n = folder_list(dir, SEGMENT_ENDING, files, MAX_FILES);
	struct verify_report rep;
	struct diag why = {0};
	struct buf bytes = {0};
	const char *one[1] = {apart};

	cr_expect_eq(verify_archive(dir, (const char *const *)files, n, NULL, &rep, &why), 0);
	cr_expect_eq(rep.findings, 0, "%s", diag_first(&why));
	cr_expect_eq(rep.segments, n);
	folder_read(files[2], &bytes);
	folder_write(apart, buf_str(&bytes));
	cr_expect_eq(verify_archive(dir, one, 1, NULL, &rep, &why), 0);
	cr_expect_eq(rep.findings, 0, "%s", diag_first(&why));
	bytes.p[bytes.n - 5] ^= 1;
	folder_write(apart, buf_str(&bytes));
	cr_expect_eq(verify_archive(dir, one, 1, NULL, &rep, &why), 0);
	cr_expect_eq(rep.findings, 1);
	cr_expect_eq(verify_archive("/nonexistent", NULL, 0, NULL, &rep, &why), ERR_IO);
	for (size_t i = 0; i < n; i++)
		mem_free(files[i]);
	mem_free(apart);
	buf_done(&bytes);
	diag_done(&why);
	folder_done(dir);
}

/* ---- scanning ---- */

struct seen {
	uint64_t last, n, stop_at;
	bool wrong;
};

static bool
see(void *ctx, struct str json)
{
	struct seen *s = ctx;
	uint64_t number = 0;

	if (!str_take(&json, STR("{\"event.sequence\":")) || !str_take_u64(&json, &number) ||
		number <= s->last)
		s->wrong = true;
	s->last = number;
	return ++s->n != s->stop_at;
}

Test(scan, gives_lines_in_order_and_passes_over_damage)
{
	char *dir = small_archive(40), *files[MAX_FILES];
	struct scan_options opt = {dir, STR("default"), INT64_MIN, INT64_MAX};
	size_t n = folder_list(dir, SEGMENT_ENDING, files, MAX_FILES);
	struct seen s = {0};
	struct diag why = {0};
	struct buf bytes = {0};

	cr_assert_eq(store_scan(&opt, see, &s, &why), 0);
	cr_expect(!s.wrong && s.n == 30 && s.last == 39);
	s = (struct seen){.stop_at = 5};
	cr_assert_eq(store_scan(&opt, see, &s, &why), 0);
	cr_expect_eq(s.n, 5);
	s = (struct seen){0};
	opt.since = lines_time(10);
	opt.until = lines_time(20);
	cr_assert_eq(store_scan(&opt, see, &s, &why), 0);
	cr_expect(s.n >= 8 && s.n < 16, "only frames that touch the range: %llu",
		(unsigned long long)s.n);
	opt.since = INT64_MIN;
	opt.until = INT64_MAX;
	folder_read(files[0], &bytes);
	cr_assert(strstr(files[0], "/default/"));
	bytes.p[20] ^= 4;
	folder_write(files[0], buf_str(&bytes));
	s = (struct seen){0};
	cr_assert_eq(store_scan(&opt, see, &s, &why), 0);
	cr_expect_eq(why.errors, 1, "damage is said");
	cr_expect(!s.wrong && s.n < 30 && s.n > 20 && s.last == 39, "and passed over: %llu",
		(unsigned long long)s.n);
	bytes.p[20] ^= 4;
	bytes.n -= 7;
	folder_write(files[0], buf_str(&bytes));
	opt.cls = STR("");
	s = (struct seen){0};
	cr_assert_eq(store_scan(&opt, see, &s, &why), 0);
	cr_expect_gt(s.n, 35);
	opt.cls = STR("nosuch");
	cr_expect_eq(store_scan(&opt, see, &s, &why), ERR_NOT_FOUND);
	opt.cls = STR("audit");
	s = (struct seen){0};
	cr_expect_eq(store_scan(&opt, see, &s, &why), 0, "a class that waits for its first record");
	cr_expect_eq(s.n, 0);
	for (size_t i = 0; i < n; i++)
		mem_free(files[i]);
	buf_done(&bytes);
	diag_done(&why);
	folder_done(dir);
}
