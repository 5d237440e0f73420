/* What a file says about its lines: headers that are in force, records over several lines, UTF-16.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "house.h"
#include "intake/files.h"

static void
put(const char *path, struct str text)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(text.p, 1, text.n, f), text.n);
	cr_assert_eq(fclose(f), 0);
}

static void
put_gz(const char *path, struct str text)
{
	gzFile f = gzopen(path, "wb");

	cr_assert_not_null(f);
	cr_assert_eq(gzwrite(f, text.p, (unsigned)text.n), (int)text.n);
	cr_assert_eq(gzclose(f), Z_OK);
}

/* "[text under header]" for each line from `offset` on, as a new life of intake reads it. */
static void
lines_from(const char *path, enum file_form form, uint64_t offset, bool fields, struct buf *out,
	uint64_t *ends)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct file_lines *l = file_lines_take(fd, 4096);
	struct file_line line;
	uint64_t stream;
	size_t n = 0;

	file_lines_form(l, form);
	cr_assert_eq(file_lines_stream(l, true, &stream), 0);
	cr_assert_eq(file_lines_seek(l, offset, fields), 0);
	while (file_lines_step(l, true, &line) == FILE_STEP_LINE) {
		buf_printf(out, "[%.*s", STR_ARG(line.bytes));
		if (line.lead.n)
			buf_printf(out, " under %.*s", STR_ARG(line.lead));
		buf_add_char(out, ']');
		if (ends && n < 32)
			ends[n++] = line.next;
	}
	if (ends)
		ends[n] = 0;
	file_lines_close(l);
}

static const struct {
	const char *why, *text, *want;
	enum file_form form;
} rows[] = {
	{"a #Fields line is in force until the next",
		"#Software: x\n#Fields: a b\n1 2\n#Fields: b a\n2 1\n3 1\n",
		"[#Software: x][#Fields: a b under #Fields: a b][1 2 under #Fields: a b][#Fields: "
		"b a under "
		"#Fields: b a][2 1 under #Fields: b a][3 1 under #Fields: b a]",
		FILE_AUTO},
	{"CR LF", "#Fields: a b\r\n1 2\r\n",
		"[#Fields: a b under #Fields: a b][1 2 under #Fields: a b]", FILE_AUTO},
	{"a CSV header that can be nothing else", "time,user,action\n1,b,c\n2,b,c\n",
		"[time,user,action under time,user,action][1,b,c under time,user,action][2,b,c "
		"under time,user,action]",
		FILE_AUTO},
	{"behind a byte order mark", "\xef\xbb\xbftime,user,action\n1,b,c\n",
		"[\xef\xbb\xbftime,user,action under time,user,action][1,b,c under "
		"time,user,action]",
		FILE_AUTO},
	{"a first line with values is none", "2026-11-22,b,c\n1,b,c\n", "[2026-11-22,b,c][1,b,c]",
		FILE_CSV},
	{"two columns only where CSV is promised", "a,b\n1,2\n", "[a,b][1,2]", FILE_AUTO},
	{"and then they are a header", "a,b\n1,2\n", "[a,b under a,b][1,2 under a,b]", FILE_CSV},
	{"a sentence is no header", "Hello, my friend, how, are you\nb\n",
		"[Hello, my friend, how, are you][b]", FILE_AUTO},
	{"cells with line ends are one record", "t,u,n\n1,\"a\nb\n\",2\n3,4,5\n",
		"[t,u,n under t,u,n][1,\"a\nb\n\",2 under t,u,n][3,4,5 under t,u,n]", FILE_AUTO},
	{"a doubled quote opens nothing", "t,u,n\n1,\"a\"\"b\",2\n3,4,5\n",
		"[t,u,n under t,u,n][1,\"a\"\"b\",2 under t,u,n][3,4,5 under t,u,n]", FILE_AUTO},
	{"a quote that never closes costs only its line", "t,u,n\n1,\"a,2\n3,4,5\n",
		"[t,u,n under t,u,n][1,\"a,2 under t,u,n][3,4,5 under t,u,n]", FILE_AUTO},
	{"columns by configuration: no header, but quotes", "1,\"a\nb\"\n2,c\n",
		"[1,\"a\nb\"][2,c]", FILE_COLUMNS},
	{"quotes of other logs wait for nothing", "it is 5\" long\nnext 1\n",
		"[it is 5\" long][next 1]", FILE_AUTO},
	{"an event of Windows over several lines",
		"<Events>\n<Event xmlns='x'>\r\n <System>\n  <EventID>1</EventID>\n "
		"</System>\n</Event>\n</Events>\n",
		"[<Events>][<Event xmlns='x'>\r\n <System>\n  <EventID>1</EventID>\n "
		"</System>\n</Event>][</Events>]",
		FILE_AUTO},
	{"an event that has no end", "<Event>\na\nb\n", "[<Event>][a][b]", FILE_AUTO},
	{"an event that was cut off leaves the next whole", "<Event>\na\n<Event>\nb\n</Event>\nc\n",
		"[<Event>][a][<Event>\nb\n</Event>][c]", FILE_AUTO},
	{"also on one line each", "<Event>a\n<Event>b</Event>\n", "[<Event>a][<Event>b</Event>]",
		FILE_AUTO},
	{"an event on one line", "<Event>a</Event>\nb\n", "[<Event>a</Event>][b]", FILE_AUTO},
	{NULL, NULL, NULL, FILE_AUTO},
};

Test(headers, every_line_says_its_header_and_so_does_every_later_life)
{
	struct house *h = house_new(2);
	const char *path = house_path(h, "f"), *packed = house_path(h, "f.gz");

	h->stop = 1;
	for (size_t i = 0; rows[i].why; i++) {
		struct buf all = {0}, rest = {0};
		uint64_t ends[33];

		put(path, str_of(rows[i].text));
		put_gz(packed, str_of(rows[i].text));
		lines_from(path, rows[i].form, 0, false, &all, ends);
		cr_expect_str_eq(buf_z(&all), rows[i].want, "%s", rows[i].why);
		lines_from(packed, rows[i].form, 0, false, &rest, NULL);
		cr_expect_str_eq(buf_z(&rest), rows[i].want, "%s, packed", rows[i].why);
		/* Killed behind any record: what is left reads the same. */
		for (size_t k = 0; ends[k]; k++) {
			buf_clear(&rest);
			lines_from(path, rows[i].form, ends[k], false, &rest, NULL);
			cr_expect(str_ends(buf_str(&all), buf_str(&rest)), "%s, from %llu: %s",
				rows[i].why, (unsigned long long)ends[k], buf_z(&rest));
			buf_clear(&rest);
			lines_from(packed, rows[i].form, ends[k], false, &rest, NULL);
			cr_expect(str_ends(buf_str(&all), buf_str(&rest)),
				"%s, packed, from %llu: %s", rows[i].why,
				(unsigned long long)ends[k], buf_z(&rest));
		}
		buf_done(&all);
		buf_done(&rest);
	}
	house_free(h);
}

Test(headers, a_header_megabytes_back_is_found)
{
	struct house *h = house_new(2);
	const char *path = house_path(h, "f");
	struct buf text = {0}, rest = {0};
	size_t offset;

	h->stop = 1;
	buf_printf(&text, "#Version: 1.0\n#Fields: old\n1\n");
	for (unsigned i = 0; i < 120000; i++) {
		if (i == 20000)
			buf_printf(&text, "#Fields: new x\n");
		buf_printf(&text, "%u not #Fields: y\n", i);
	}
	offset = text.n;
	buf_printf(&text, "last 1\n");
	put(path, buf_str(&text));
	lines_from(path, FILE_AUTO, offset, false, &rest, NULL);
	cr_expect_str_eq(buf_z(&rest), "[last 1 under #Fields: new x]");
	buf_done(&text);
	buf_done(&rest);
	house_free(h);
}

/* ASCII in UTF-16, either way round, with the mark. */
static void
wide(struct buf *out, const char *text, bool big)
{
	buf_add(out, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (; *text; text++) {
		buf_add_char(out, big ? 0 : *text);
		buf_add_char(out, big ? *text : 0);
	}
}

Test(headers, utf16_is_cut_at_its_own_line_ends)
{
	struct house *h = house_new(2);
	const char *path = house_path(h, "f");

	h->stop = 1;
	for (int big = 0; big < 2; big++) {
		struct file_lines *l = NULL;
		struct file_line line;
		struct buf text = {0};
		unsigned n = 0;

		wide(&text, "time,user,n\r\n1,a,2\r\n", big);
		/* U+0A0A and U+0A00 hold the byte of a line end. */
		buf_add(&text, "\x0a\x0a\x0a\x0a", 4);
		buf_add(&text, big ? "\x0a\x00\x00\n" : "\x00\x0a\n\x00", 4);
		put(path, buf_str(&text));
		cr_assert_eq(file_lines_open(path, 4096, &l), 0);
		while (file_lines_next(l, &line)) {
			static const size_t sizes[] = {24, 10, 6}, nexts[] = {28, 42, 50};

			cr_assert_lt(n, 3u);
			cr_expect_eq(line.bytes.n, sizes[n], "%d: line %u has %zu", big, n,
				line.bytes.n);
			cr_expect_eq(line.next, nexts[n], "%d: line %u", big, n);
			cr_expect_eq(line.unicode, big ? FILE_UTF16BE : FILE_UTF16LE);
			cr_expect_eq(line.lead.n, 24, "with its mark");
			n++;
		}
		cr_expect_eq(n, 3);
		file_lines_close(l);
		buf_done(&text);
	}
	house_free(h);
}

Test(headers, utf16_header_without_a_digit_below_it)
{
	struct house *h = house_new(2);
	const char *path = house_path(h, "f");
	struct file_lines *l = NULL;
	struct file_line line;
	struct buf text = {0};

	h->stop = 1;
	/* The first line holds the byte of a digit: it alone names the file. */
	wide(&text, "", false);
	buf_add(&text, "\x31\x30", 2);
	wide(&text, ",user,n\r\na,b,c\r\n", false);
	memmove(text.p + 4, text.p + 6, text.n - 6); /* without the second mark */
	text.n -= 2;
	put(path, buf_str(&text));
	cr_assert_eq(file_lines_open(path, 4096, &l), 0);
	file_lines_form(l, FILE_CSV);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(file_lines_next(l, &line));
		cr_expect_eq(line.lead.n, 2 + 2 + 14, "%zu", line.lead.n);
	}
	file_lines_close(l);
	buf_done(&text);
	house_free(h);
}

Test(headers, a_record_without_end_is_given_when_nothing_more_comes)
{
	struct house *h = house_new(2);
	const char *path = house_path(h, "f");
	struct file_lines *l;
	struct file_line line;
	uint64_t stream;

	h->stop = 1;
	put(path, STR("t,u,n\n1,\"a\n2,b,c\n"));
	l = file_lines_take(open(path, O_RDONLY | O_CLOEXEC), 4096);
	cr_assert_eq(file_lines_stream(l, false, &stream), 0);
	cr_assert_eq(file_lines_step(l, false, &line), FILE_STEP_LINE);
	cr_expect_eq(file_lines_step(l, false, &line), FILE_STEP_WAIT, "the cell may still close");
	file_lines_settle(l);
	cr_assert_eq(file_lines_step(l, false, &line), FILE_STEP_LINE);
	cr_expect(str_eq(line.bytes, STR("1,\"a")));
	cr_assert_eq(file_lines_step(l, false, &line), FILE_STEP_LINE);
	cr_expect(str_eq(line.bytes, STR("2,b,c")));
	cr_expect_eq(file_lines_step(l, false, &line), FILE_STEP_WAIT);
	file_lines_close(l);
	house_free(h);
}

Test(headers, a_header_in_the_middle_of_a_file_that_begins_otherwise)
{
	struct house *h = house_new(2);
	const char *path = house_path(h, "f");
	struct buf text = {0}, rest = {0};
	size_t offset;

	h->stop = 1;
	buf_printf(&text, "a file that another program began\n");
	for (unsigned i = 0; i < 30000; i++) {
		if (i == 1000 || i == 2000)
			buf_printf(&text, "#Fields: %s x\n", i == 1000 ? "old" : "new");
		buf_printf(&text, "%u words\n", i);
	}
	offset = text.n;
	buf_printf(&text, "last 1\n");
	put(path, buf_str(&text));
	lines_from(path, FILE_AUTO, offset, true, &rest, NULL);
	cr_expect_str_eq(buf_z(&rest), "[last 1 under #Fields: new x]");
	buf_clear(&rest);
	lines_from(path, FILE_AUTO, offset, false, &rest, NULL);
	cr_expect_str_eq(buf_z(&rest), "[last 1]", "nobody had one there: nothing is searched");
	buf_done(&text);
	buf_done(&rest);
	house_free(h);
}
