/*
 * a_original.c - whatever comes in, the archive's line gives its bytes back, exactly.
 *
 * A property: over the golden logs, damaged ones, and bytes by chance, under every encoding and
 * format. The line is read as any reader of the archive would: noroshi.raw (base64) where it is
 * there, else event.original.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <openssl/evp.h>

#include "a_house.h"
#include "base/file.h"
#include "base/json.h"

#define FOLDER "tests/golden"
#define ROUNDS 400

static const char *const encodings[] = {"", "cp932", "euc-jp", "iso-2022-jp"};
static const char *const formats[] = {"", "json", "cef", "leef", "csv", "kv"};

/* What the line says the frame's bytes were. */
struct said {
	struct buf raw, original, room;
	bool has_raw, has_original;
};

static char *
room(void *ctx, size_t n)
{
	struct said *s = ctx;

	/* The one escaped value of the moment: it is copied before the next. */
	buf_clear(&s->room);
	return buf_room(&s->room, n);
}

static bool
take(void *ctx, const struct json_value *v)
{
	struct said *s = ctx;

	if (!v->literal || v->kind != VALUE_STRING)
		return true;
	if (str_eq(v->name, STR("event.original"))) {
		s->has_original = true;
		buf_add(&s->original, v->text.p, v->text.n);
	} else if (str_eq(v->name, STR("noroshi.raw"))) {
		int n, padding = 0;

		s->has_raw = true;
		n = EVP_DecodeBlock((unsigned char *)buf_room(&s->raw, v->text.n + 4),
			(const unsigned char *)v->text.p, (int)v->text.n);
		cr_assert_geq(n, 0, "noroshi.raw is base64");
		while (padding < 2 && v->text.n &&
			v->text.p[v->text.n - 1 - (size_t)padding] == '=')
			padding++;
		s->raw.n += (size_t)(n - padding);
	}
	return true;
}

static void
check_line(struct str line, struct str bytes, const char *where)
{
	static const struct json_limits limits = {
		.depth = 4, .keys = 2 * RECORD_ENTRIES_MAX, .name = RECORD_NAME_MAX + 64};
	struct said s = {0};
	struct json_sink sink = {take, room, &s};
	uint64_t flags = 0;
	struct str said;

	cr_assert_eq(json_flatten(line, &limits, &sink, &flags), REASON_NONE, "%s: %.*s", where,
		STR_ARG(line));
	cr_assert(s.has_original, "%s: every line has the text", where);
	said = buf_str(s.has_raw ? &s.raw : &s.original);
	cr_expect(str_eq(said, bytes), "%s: %zu bytes came, the line gives %zu: %.*s", where,
		bytes.n, said.n, STR_ARG(line));
	buf_done(&s.raw);
	buf_done(&s.original);
	buf_done(&s.room);
}

/* A house for each way of reading. */
#define HOUSES (sizeof(encodings) / sizeof(*encodings) + sizeof(formats) / sizeof(*formats))

static void
houses_init(struct house h[HOUSES])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(encodings) / sizeof(*encodings); i++)
		h[n++] = (struct house){.in = {.encoding = str_of(encodings[i])}};
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		h[n++] = (struct house){.in = {.format = str_of(formats[i])}};
}

static void
check_bytes(struct house *h, struct str bytes, const char *where)
{
	struct buf line = {0};

	house_read(h, bytes);
	cr_assert_gt(batch_results(h->batch)->nrecords, 0, "%s: no record", where);
	for (uint32_t i = 0; i < batch_results(h->batch)->nrecords; i++) {
		struct record_out how = {.names = h->names, .facts = true};

		buf_clear(&line);
		record_json(h->batch, &batch_records(h->batch)[i], &how, &line);
		check_line(buf_str(&line), bytes, where);
	}
	buf_done(&line);
}

static uint64_t
chance(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Up to four bytes become others; sometimes the end is lost. */
static void
damage(struct buf *b, uint64_t *state)
{
	for (unsigned i = 0; b->n > 0 && i < chance(state) % 5; i++)
		b->p[chance(state) % b->n] = (char)chance(state);
	if (b->n > 0 && chance(state) % 4 == 0)
		b->n = chance(state) % b->n + 1;
}

Test(original, golden_lines_whole_and_damaged_come_back)
{
	struct house h[HOUSES];
	DIR *d = opendir(FOLDER);
	struct dirent *e;
	uint64_t state = 0x6e6f726f736869;
	unsigned n = 0;

	houses_init(h);
	cr_assert_not_null(d, "run the tests in the project's folder");
	while ((e = readdir(d))) {
		struct buf path = {0}, log = {0}, one = {0};
		struct str rest, line;

		if (!str_ends(str_of(e->d_name), STR(".log")))
			continue;
		buf_printf(&path, FOLDER "/%s", e->d_name);
		cr_assert_eq(file_read(buf_z(&path), 1 << 20, &log), 0, "%s", e->d_name);
		for (rest = buf_str(&log); rest.n > 0; n++) {
			str_cut(&rest, '\n', &line);
			check_bytes(&h[0], line, e->d_name);
			buf_clear(&one);
			buf_add(&one, line.p, line.n);
			damage(&one, &state);
			check_bytes(&h[n % HOUSES], buf_str(&one), e->d_name);
		}
		buf_done(&path);
		buf_done(&log);
		buf_done(&one);
	}
	closedir(d);
	for (size_t i = 0; i < HOUSES; i++)
		house_done(&h[i]);
	cr_expect_gt(n, 100, "golden lines were there");
}

Test(original, bytes_by_chance_come_back)
{
	/* Beginnings that lead the reader into each envelope. */
	static const char *const starts[] = {"", "<13>", "<13>1 - - - - - [a b=\"", "CEF:0|a|b|",
		"LEEF:2.0|a|b|c|d|^|", "{\"a\":\"", "a=\"", "\"", "\x1b$B", "<Event xmlns='",
		"<13>Nov 22 09:59:58 h t[1]: "};
	struct house h[HOUSES];
	uint64_t state = 0x68796f;

	houses_init(h);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct buf b = {0};
		size_t n = chance(&state) % 300;
		bool text = round % 3 == 0; /* bytes that readers look at */

		buf_add(&b, starts[round % 11], strlen(starts[round % 11]));
		for (size_t i = 0; i < n; i++)
			buf_add_char(&b, text ? "\"\\=|,;[]{}<> \t\r\n\0\xef\xbb\xbf\x83\x5c"
						"ab01:"[chance(&state) % 27]
					      : (char)chance(&state));
		check_bytes(&h[round % HOUSES], buf_str(&b), "by chance");
		buf_done(&b);
	}
	for (size_t i = 0; i < HOUSES; i++)
		house_done(&h[i]);
}
