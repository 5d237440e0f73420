#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "house.h"
#include "intake/files.h"

#define WAIT 15000

static void
put(const char *path, const char *text, const char *mode)
{
	FILE *f = fopen(path, mode);

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	cr_assert_eq(fclose(f), 0);
}

static void
put_gz(const char *path, const char *text, const char *mode)
{
	gzFile f = gzopen(path, mode);

	cr_assert_not_null(f);
	cr_assert_eq(gzwrite(f, text, (unsigned)strlen(text)), (int)strlen(text));
	cr_assert_eq(gzclose(f), Z_OK);
}

/* "[text@offset-next]" for each line. */
static const char *
lines_of(struct house *h, const char *path, size_t max, uint64_t *stream)
{
	struct file_lines *l = NULL;
	struct file_line line;
	struct buf out = {0};
	const char *z;

	cr_assert_eq(file_lines_open(path, max, &l), 0);
	while (file_lines_next(l, &line)) {
		buf_printf(&out, "[%.*s%s@%llu-%llu]", STR_ARG(line.bytes),
			line.truncated ? "!" : "", (unsigned long long)line.offset,
			(unsigned long long)line.next);
		if (stream)
			*stream = line.stream;
	}
	if (file_lines_why(l))
		buf_printf(&out, " %s", file_lines_why(l));
	file_lines_close(l);
	z = arena_z(&h->arena, buf_str(&out));
	buf_done(&out);
	return z;
}

static struct house *
no_threads(void)
{
	struct house *h = house_new(2);

	h->stop = 1;
	return h;
}

Test(files, lines_have_positions)
{
	static const struct {
		const char *text, *want, *why;
	} rows[] = {
		{"one\ntwo\r\nlast", "[one@0-4][two@4-9][last@9-13]", "LF, CR LF, and no end"},
		{"\n\na\n", "[@0-1][@1-2][a@2-4]", "empty lines are lines"},
		{"", "", "an empty file has none"},
		{"01234567\nx\n", "[01234567@0-9][x@9-11]", "exactly the limit"},
		{"01234567\r\nx\n", "[01234567@0-10][x@10-12]", "the same with CR LF"},
		{"012345678\nx\n", "[01234567!@0-10][x@10-12]", "one more is cut"},
		{"0123456789abcdefghi\nx\n", "[01234567!@0-20][x@20-22]", "a long one is cut"},
		{"0123456789abcdefghi", "[01234567!@0-19]", "a long one without end"},
	};
	struct house *h = no_threads();
	const char *path = house_path(h, "f"), *packed = house_path(h, "f.gz");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put(path, rows[i].text, "w");
		cr_expect_str_eq(lines_of(h, path, 8, NULL), rows[i].want, "%s", rows[i].why);
		if (rows[i].text[0]) {
			put_gz(packed, rows[i].text, "wb");
			cr_expect_str_eq(lines_of(h, packed, 8, NULL), rows[i].want, "%s, packed",
				rows[i].why);
		}
	}
	house_free(h);
}

Test(files, a_line_of_megabytes_is_cut_once)
{
	struct house *h = no_threads();
	const char *path = house_path(h, "f"), *got;
	char *big = malloc(3000001);

	memset(big, 'x', 3000000);
	big[3000000] = 0;
	put(path, big, "w");
	put(path, "\nnext\n", "a");
	got = lines_of(h, path, 10, NULL);
	cr_expect_str_eq(got, "[xxxxxxxxxx!@0-3000001][next@3000001-3000006]");
	free(big);
	house_free(h);
}

/* The same text is the same stream whatever it is called, packed or grown; other text is another.
 */
Test(files, a_stream_is_known_by_its_beginning)
{
	static const struct {
		const char *a, *b;
		bool same;
		const char *why;
	} rows[] = {
		{"Jan 1 a\n", "Jan 1 a\nJan 2 b\n", true, "it grew"},
		{"Jan 1 a\n", "Jan 2 a\n", false, "another first line"},
		{"#Fields: a\n#Date: x\n1 a\n", "#Fields: a\n#Date: x\n2 a\n", false,
			"the same W3C header above other lines"},
		{"time,user\n1,a\n", "time,user\n2,a\n", false, "the same CSV header"},
		{"time,user\n1,a\n", "time,user\n1,a\n2,b\n", true, "a CSV that grew"},
	};
	struct house *h = no_threads();
	const char *path = house_path(h, "f"), *packed = house_path(h, "f.gz");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t a = 0, b = 0, c = 0;

		put(path, rows[i].a, "w");
		lines_of(h, path, 100, &a);
		put(path, rows[i].b, "w");
		lines_of(h, path, 100, &b);
		put_gz(packed, rows[i].b, "wb");
		lines_of(h, packed, 100, &c);
		cr_expect_eq(a == b, rows[i].same, "%s", rows[i].why);
		cr_expect_eq(b, c, "packed: %s", rows[i].why);
		cr_expect_neq(a, 0u);
	}
	house_free(h);
}

Test(files, damaged_gzip_says_so_and_keeps_what_came_before)
{
	struct house *h = no_threads();
	const char *path = house_path(h, "f.gz"), *got;
	struct stat st;
	struct buf text = {0};

	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "%d %d\n", i, i * 7919 % 10007);
	put_gz(path, buf_z(&text), "wb");
	put_gz(path, "second member\n", "ab");
	got = lines_of(h, path, 100, NULL);
	cr_expect_not_null(strstr(got, "[second member@"), "members follow each other");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(truncate(path, st.st_size / 2), 0);
	got = lines_of(h, path, 100, NULL);
	cr_expect_not_null(strstr(got, "[1 7919@4-11]"));
	cr_expect_not_null(strstr(got, "gzip data ends early"));
	buf_done(&text);
	house_free(h);
}

static uint64_t
from_table(void *ctx, uint64_t stream)
{
	const uint64_t *pair = ctx;

	return pair[0] == stream ? pair[1] : 0;
}

Test(files, once_through_and_resumed)
{
	struct house *h = house_new(4);
	const char *path = house_path(h, "old.log");
	uint64_t pair[2] = {0, 9};

	put(path, "line 1 a\nline 2 b\n\nlast 3", "w");
	lines_of(h, path, 100, &pair[0]);
	house_input(h, INPUT_FILE, path)->history = true;
	house_start(h);
	cr_assert_eq(house_until(h, 3, WAIT), 3u);
	cr_expect(house_rejected(h, REASON_EMPTY, 1, WAIT));
	cr_expect(str_eq(house_text(h, 2), STR("last 3")), "the last line needs no LF");
	cr_expect_eq(h->frames[1].meta.offset, 9u);
	cr_expect_eq(h->frames[1].meta.next, 18u);
	cr_expect_eq(h->frames[1].meta.stream, pair[0], "as the command line sees it");
	cr_expect_eq(h->frames[1].meta.flags, FRAME_POSITION | FRAME_LATE_READ | FRAME_HISTORY);
	cr_expect(str_eq(h->frames[1].peer, str_of(path)));
	house_stop(h);
	house_balance(h);
	h->resume = (struct intake_resume){from_table, pair};
	house_again(h);
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	cr_expect(str_eq(house_text(h, 0), STR("line 2 b")), "behind what was journaled");
	house_stop(h);
	house_free(h);
}

Test(files, follows_growth_rotation_and_truncation, .timeout = 60)
{
	struct house *h = house_new(4);
	const char *path = house_path(h, "app.log"), *old = house_path(h, "app.log.1");
	uint64_t first;

	house_input(h, INPUT_FILE, path)->follow = true;
	house_start(h);
	put(path, "1 first\n2 half", "w");
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	put(path, " and whole\n", "a");
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	cr_expect(str_eq(house_text(h, 1), STR("2 half and whole")), "taken when its LF is there");
	first = h->frames[0].meta.stream;
	cr_assert_eq(rename(path, old), 0);
	put(old, "3 into the renamed file\n4 without end", "a");
	put(path, "5 new file\n", "w");
	cr_assert_eq(house_until(h, 5, WAIT), 5u);
	cr_expect_neq(h->frames[4].meta.stream, 0u);
	for (size_t i = 2; i < 5; i++) {
		bool new_file = str_eq(house_text(h, i), STR("5 new file"));

		cr_expect_eq(h->frames[i].meta.stream == first, !new_file);
	}
	put(path, "6 cut and written again\n", "w");
	cr_assert_eq(house_until(h, 6, WAIT), 6u);
	cr_expect(str_eq(house_text(h, 5), STR("6 cut and written again")));
	cr_expect_eq(h->frames[5].meta.offset, 0u);
	cr_expect_not_null(strstr(house_log(h), "was truncated"));
	house_stop(h);
	house_balance(h);
	house_free(h);
}

/* A copy that the pattern finds too is the same stream: nothing comes twice. */
Test(files, a_pattern_finds_copies_and_packed_ones, .timeout = 60)
{
	struct house *h = house_new(4);
	const char *path = house_path(h, "a.log");

	put(path, "1 one\n2 two\n", "w");
	house_input(h, INPUT_FILE, house_path(h, "a.log*"))->follow = true;
	house_start(h);
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	put(house_path(h, "a.log.1"), "1 one\n2 two\n3 three\n", "w");
	cr_assert_eq(house_until(h, 3, WAIT), 3u);
	cr_expect(str_eq(house_text(h, 2), STR("3 three")));
	put_gz(house_path(h, "a.log.2.gz"), "1 one\n2 two\n3 three\n4 four\n", "wb");
	cr_assert_eq(house_until(h, 4, WAIT), 4u);
	cr_expect(str_eq(house_text(h, 3), STR("4 four")));
	cr_expect_eq(h->frames[3].meta.stream, h->frames[0].meta.stream);
	house_stop(h);
	house_balance(h);
	house_free(h);
}

/* Slots run out in the middle of a file: nothing is lost, nothing comes twice. */
Test(files, waits_for_slots)
{
	enum { LINES = 50000 };
	struct house *h = house_new(2);
	const char *path = house_path(h, "big.log");
	struct buf text = {0};
	char want[40];

	for (int i = 0; i < LINES; i++)
		buf_printf(&text, "line %d of the file\n", i);
	put(path, buf_z(&text), "w");
	house_input(h, INPUT_FILE, path);
	h->keep = 2;
	house_start(h);
	while (h->nkept < 2)
		house_until(h, LINES, 20);
	house_release(h);
	cr_assert_eq(house_until(h, LINES, WAIT), (size_t)LINES);
	for (int i = 0; i < LINES; i++) {
		snprintf(want, sizeof(want), "line %d of the file", i);
		cr_assert(str_eq(house_text(h, (size_t)i), str_of(want)));
	}
	house_stop(h);
	house_balance(h);
	buf_done(&text);
	house_free(h);
}
