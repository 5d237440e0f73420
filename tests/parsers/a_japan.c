/*
 * a_japan.c - tests/japan/PRODUCT.log, in UTF-8 with BOM, CP932 and EUC-JP, gives the same
 * tests/japan/PRODUCT.ndjson, byte for byte but for the name of the encoding.
 *
 * Every line begins with the key of its source and a tab. Lines that begin with '#' are ours:
 * "#columns" is the header of the rows below (empty: none), and
 * "#source KEY HOW; WHERE; WHAT" says where the form of the lines with that key comes from:
 *   documented  the vendor's document WHERE shows or describes this form
 *   published   somebody published lines of such a device at WHERE
 *   kinds       the document WHERE names kinds of events and words, the names of columns are ours
 *   memory      no document was at hand
 * tests/support/products.py counts them into docs/products.md. The line after "#unicode" holds what
 * neither CP932 nor EUC-JP can say; it is read in UTF-8 only.
 * NOROSHI_GOLDEN=write writes the .ndjson anew; look at the difference before you keep it.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <iconv.h>
#include <stdlib.h>

#include "a_house.h"
#include "base/file.h"

#define FOLDER  "tests/japan"
#define LEAST   40u /* lines of a product that nobody has given us real ones of */
#define FILES   96u
#define SOURCES 16u

static const struct {
	const char *name, *iconv;
} encodings[] = {{"utf-8", "UTF-8"}, {"cp932", "CP932"}, {"euc-jp", "EUC-JP-MS"}};

#define ENCODINGS (sizeof(encodings) / sizeof(encodings[0]))

/* False: the encoding cannot say it. */
static bool
encode(size_t encoding, struct str text, struct buf *out)
{
	iconv_t cd = iconv_open(encodings[encoding].iconv, "UTF-8");
	char *from = (char *)(uintptr_t)text.p, *to;
	size_t left = text.n, room = text.n * 2 + 8, failed;

	cr_assert_neq(cd, (iconv_t)-1, "%s", encodings[encoding].iconv);
	buf_clear(out);
	to = buf_room(out, room);
	failed = iconv(cd, &from, &left, &to, &room);
	out->n = (size_t)(to - out->p);
	iconv_close(cd);
	return failed == 0;
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
	bool unicode; /* of the next line: no other encoding can say it */
	struct buf out;
};

static void
read_line(struct reading *r, struct str columns, struct str line)
{
	struct buf bytes = {0}, header = {0}, json = {0};
	size_t encoding = r->unicode ? 0 : r->encoding;

	r->lines++;
	cr_expect_neq(encode(r->encoding, line, &bytes), r->unicode && r->encoding > 0,
		"%s can%s say: %.*s", encodings[r->encoding].name, r->unicode ? "" : "not",
		STR_ARG(line));
	cr_assert(encode(encoding, line, &bytes) && encode(encoding, columns, &header));
	r->unicode = false;
	if (r->encoding == 0 && r->lines == 1) {
		struct buf marked = {0};

		BUF_ADD_LIT(&marked, "\xef\xbb\xbf");
		buf_add_str(&marked, buf_str(&bytes));
		buf_done(&bytes);
		bytes = marked;
	}
	house_read_row(r->h, (uint16_t)(encoding + 1), buf_str(&header), buf_str(&bytes));
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

/* The sources that a file declares, in the file's own text. */
struct sources {
	struct {
		struct str key;
		bool memory;
		size_t used;
	} rows[SOURCES];
	size_t n;
};

static void
declare(struct sources *s, struct str product, struct str line)
{
	static const char *const hows[] = {"documented", "published", "kinds", "memory"};
	struct str key, how, where;
	bool known = false;

	str_cut(&line, ' ', &key);
	str_cut(&line, ';', &how);
	str_cut(&line, ';', &where);
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		known |= str_eq(how, str_of(hows[i]));
	cr_expect(key.n > 0 && known && where.n > 1 && line.n > 1,
		"%.*s: a #source says KEY HOW; WHERE; WHAT", STR_ARG(product));
	cr_assert_lt(s->n, SOURCES);
	s->rows[s->n].key = key;
	s->rows[s->n].memory = str_eq(how, STR("memory"));
	s->rows[s->n++].used = 0;
}

/* A line's own source; the rest of *line is the product's. */
static void
take_source(struct sources *s, struct str product, struct str *line)
{
	struct str whole = *line, key;
	size_t i = 0;

	cr_expect_geq(str_find(whole, STR("\t")), 0, "%.*s: no source: %.*s", STR_ARG(product),
		STR_ARG(whole));
	str_cut(line, '\t', &key);
	while (i < s->n && !str_eq(s->rows[i].key, key))
		i++;
	cr_expect_lt(i, s->n, "%.*s: no #source '%.*s' for: %.*s", STR_ARG(product), STR_ARG(key),
		STR_ARG(*line));
	if (i < s->n)
		s->rows[i].used++;
}

/* Returns how many lines come from a document or a device, not from memory. */
static size_t
read_log(struct reading *r, struct str log)
{
	struct str line, columns = STR("");
	struct sources s = {0};
	size_t sourced = 0;

	r->lines = 0;
	while (log.n > 0) {
		str_cut(&log, '\n', &line);
		if (str_take(&line, STR("#columns"))) {
			columns = line;
			str_skip(&columns, line.n > 0);
		} else if (str_eq(line, STR("#unicode"))) {
			r->unicode = true;
		} else if (str_take(&line, STR("#source "))) {
			declare(&s, r->product, line);
		} else if (line.n > 0 && line.p[0] != '#') {
			take_source(&s, r->product, &line);
			read_line(r, columns, line);
		}
	}
	for (size_t i = 0; i < s.n; i++) {
		cr_expect_gt(s.rows[i].used, 0, "%.*s: no line of #source %.*s",
			STR_ARG(r->product), STR_ARG(s.rows[i].key));
		sourced += s.rows[i].memory ? 0 : s.rows[i].used;
	}
	return sourced;
}

static size_t
check_product(struct reading *r, struct str log)
{
	struct buf path = {0}, want = {0};
	size_t same, from, sourced = 0;

	buf_printf(&path, FOLDER "/%.*s.ndjson", STR_ARG(r->product));
	for (r->encoding = 0; r->encoding < ENCODINGS; r->encoding++) {
		buf_clear(&r->out);
		sourced = read_log(r, log);
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
	return sourced;
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

/* Tier 1 without real lines; how many lines must not be from memory. */
static const struct tier1_row {
	const char *name;
	size_t sourced;
} tier1[] = {
	{"yamaha_rtx", LEAST}, {"ifilter", LEAST}, {"mfilter", LEAST}, {"skysea", LEAST},
	{"lanscope", LEAST},
	{"mylogstar", 0}, /* its maker publishes no description of its exports */
};

static void
check_tier1(const struct reading *r, size_t sourced, size_t *found)
{
	for (size_t i = 0; i < sizeof(tier1) / sizeof(tier1[0]); i++) {
		if (!str_eq(r->product, str_of(tier1[i].name)))
			continue;
		++*found;
		cr_expect_geq(r->lines, LEAST, "%s has %zu lines", tier1[i].name, r->lines);
		cr_expect_geq(sourced, tier1[i].sourced, "%s: %zu lines are not from memory",
			tier1[i].name, sourced);
	}
}

Test(japan, every_product_in_every_encoding, .timeout = 300)
{
	const char *names[FILES];
	struct buf logs[FILES] = {0};
	size_t n = load(names, logs), found = 0;
	const char *inputs[ENCODINGS];
	struct house h = {.zone = "Asia/Tokyo", .encodings = inputs, .nencodings = ENCODINGS};
	struct reading r = {.h = &h};

	for (size_t i = 0; i < ENCODINGS; i++)
		inputs[i] = encodings[i].name;
	for (size_t i = 0; i < n; i++) {
		r.product = str_of(names[i]);
		check_tier1(&r, check_product(&r, buf_str(&logs[i])), &found);
		buf_done(&logs[i]);
		free((void *)(uintptr_t)names[i]);
	}
	cr_expect_eq(found, sizeof(tier1) / sizeof(tier1[0]));
	buf_done(&r.out);
	house_done(&h);
}
