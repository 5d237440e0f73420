/*
 * a_japan.c - tests/japan/PRODUCT.log, in UTF-8 with BOM, CP932 and EUC-JP, gives the same
 * tests/japan/PRODUCT.ndjson, byte for byte but for the name of the encoding.
 *
 * Lines that begin with '#' are ours: "#source" names the document that the lines below were typed
 * from, "#columns" the header of the rows below, "#encodings" those that the product writes.
 * NOROSHI_GOLDEN=write writes the .ndjson anew; look at the difference before you keep it.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <iconv.h>
#include <stdlib.h>

#include "a_house.h"
#include "base/file.h"

#define FOLDER "tests/japan"
#define LEAST  40u /* lines of a product that nobody has given us real ones of */
#define FILES  96u

static const struct {
	const char *name, *iconv;
} encodings[] = {{"utf-8", "UTF-8"}, {"cp932", "CP932"}, {"euc-jp", "EUC-JP-MS"}};

#define ENCODINGS (sizeof(encodings) / sizeof(encodings[0]))

static void
encode(size_t encoding, struct str text, struct buf *out)
{
	iconv_t cd = iconv_open(encodings[encoding].iconv, "UTF-8");
	char *from = (char *)(uintptr_t)text.p, *to;
	size_t left = text.n, room = text.n * 2 + 8;

	cr_assert_neq(cd, (iconv_t)-1, "%s", encodings[encoding].iconv);
	buf_clear(out);
	to = buf_room(out, room);
	cr_assert_eq(iconv(cd, &from, &left, &to, &room), 0, "%s cannot say: %.*s",
		encodings[encoding].name, STR_ARG(text));
	out->n = (size_t)(to - out->p);
	iconv_close(cd);
}

/* Which encoding it was, and its bytes, are what may differ. */
static void
drop(struct buf *json, const char *key)
{
	ptrdiff_t at = str_find(buf_str(json), str_of(key));
	size_t end;

	if (at < 0)
		return;
	end = (size_t)at + strlen(key);
	while (json->p[end] != '"' || json->p[end - 1] == '\\')
		end++;
	end++;
	if (json->p[end] == ',')
		end++;
	else
		at--; /* the last one: the comma in front goes */
	memmove(json->p + at, json->p + end, json->n - end);
	json->n -= end - (size_t)at;
}

struct reading {
	struct house *h;
	struct str product;
	size_t encoding, lines;
	struct buf out;
};

static void
read_line(struct reading *r, struct str columns, struct str line)
{
	struct buf bytes = {0}, header = {0}, json = {0};

	r->lines++;
	encode(r->encoding, line, &bytes);
	encode(r->encoding, columns, &header);
	if (r->encoding == 0 && r->lines == 1) {
		struct buf marked = {0};

		BUF_ADD_LIT(&marked, "\xef\xbb\xbf");
		buf_add_str(&marked, buf_str(&bytes));
		buf_done(&bytes);
		bytes = marked;
	}
	house_read_row(r->h, (uint16_t)(r->encoding + 1), buf_str(&header), buf_str(&bytes));
	cr_assert_eq(batch_results(r->h->batch)->nrecords, 1, "one record for each line");
	{
		const struct record *rec = &batch_records(r->h->batch)[0];
		struct record_out how = {.names = r->h->names,
			.source_name = parsers_product(r->h->parsers, rec->product)};

		cr_expect(str_eq(how.source_name, r->product),
			"%.*s in %s is taken for '%.*s': %.*s", STR_ARG(r->product),
			encodings[r->encoding].name, STR_ARG(how.source_name), STR_ARG(line));
		record_json(r->h->batch, rec, &how, &json);
	}
	drop(&json, "\"noroshi.charset\":\"");
	drop(&json, "\"noroshi.raw\":\"");
	buf_add_str(&r->out, buf_str(&json));
	buf_add_char(&r->out, '\n');
	buf_done(&json);
	buf_done(&header);
	buf_done(&bytes);
}

static void
read_log(struct reading *r, struct str log)
{
	struct str line, columns = STR("");
	bool sourced = false;

	r->lines = 0;
	while (log.n > 0) {
		str_cut(&log, '\n', &line);
		if (str_take(&line, STR("#columns "))) {
			columns = line;
		} else if (str_starts(line, STR("#source "))) {
			sourced = true;
			columns = STR("");
		} else if (line.n > 0 && line.p[0] != '#') {
			cr_expect(sourced, "%.*s: no #source above: %.*s", STR_ARG(r->product),
				STR_ARG(line));
			read_line(r, columns, line);
		}
	}
}

static void
check_product(struct reading *r, struct str log)
{
	struct buf path = {0}, want = {0};
	size_t same, from;

	buf_printf(&path, FOLDER "/%.*s.ndjson", STR_ARG(r->product));
	for (r->encoding = 0; r->encoding < ENCODINGS; r->encoding++) {
		buf_clear(&r->out);
		read_log(r, log);
		if (r->encoding == 0 && getenv("NOROSHI_GOLDEN"))
			cr_assert_eq(file_replace(buf_z(&path), buf_str(&r->out), 0644), 0);
		buf_clear(&want);
		cr_assert_eq(file_read(buf_z(&path), 4 << 20, &want), 0, "no %s", buf_z(&path));
		for (same = 0; same < want.n && same < r->out.n && want.p[same] == r->out.p[same];)
			same++;
		from = same > 40 ? same - 40 : 0;
		cr_expect(str_eq(buf_str(&want), buf_str(&r->out)),
			"%.*s is read differently in %s: '%.160s', not '%.160s'",
			STR_ARG(r->product), encodings[r->encoding].name, buf_z(&r->out) + from,
			buf_z(&want) + from);
	}
	buf_done(&want);
	buf_done(&path);
}

static size_t
load(const char **names, struct buf *logs)
{
	DIR *d = opendir(FOLDER);
	struct dirent *e;
	size_t n = 0;

	cr_assert_not_null(d, "run the tests in the project's folder");
	while ((e = readdir(d))) {
		struct buf path = {0};

		if (!str_ends(str_of(e->d_name), STR(".log")))
			continue;
		cr_assert_lt(n, FILES);
		buf_printf(&path, FOLDER "/%s", e->d_name);
		cr_assert_eq(file_read(buf_z(&path), 1 << 20, &logs[n]), 0);
		names[n++] = strndup(e->d_name, strlen(e->d_name) - strlen(".log"));
		buf_done(&path);
	}
	closedir(d);
	return n;
}

Test(japan, every_product_in_every_encoding, .timeout = 300)
{
	static const char first[] =
		"yamaha_rtx ifilter mfilter skysea lanscope mylogstar"; /* tier 1 without real lines
									 */
	const char *names[FILES];
	struct buf logs[FILES] = {0};
	size_t n = load(names, logs);
	const char *inputs[ENCODINGS];
	struct house h = {.zone = "Asia/Tokyo", .encodings = inputs, .nencodings = ENCODINGS};
	struct reading r = {.h = &h};

	for (size_t i = 0; i < ENCODINGS; i++)
		inputs[i] = encodings[i].name;
	for (size_t i = 0; i < n; i++) {
		r.product = str_of(names[i]);
		check_product(&r, buf_str(&logs[i]));
		if (strstr(first, names[i]))
			cr_expect_geq(r.lines, LEAST, "%s has %zu lines", names[i], r.lines);
		buf_done(&logs[i]);
		free((void *)(uintptr_t)names[i]);
	}
	cr_expect_gt(n, 0);
	buf_done(&r.out);
	house_done(&h);
}
