/* a_frames.c - the loop over frames: purity, bounds, configuration. */
#include <criterion/criterion.h>

#include "a_house.h"
#include "base/diag.h"

static const char *const lines[] = {
	"<38>Nov 22 09:59:58 web01 sshd[311]: Failed password for root from 192.0.2.7 port 4022 "
	"ssh2",
	"<38>1 2026-11-22T09:59:58Z web01 app - - [a@1 b=\"c\\\"d\"] x",
	"<22>Nov 22 09:59:58 mx1 postfix/qmgr[42]: 4A3B2C1D0: removed",
	"CEF:0|Ex|FW|1.0|100|deny|5|src=192.0.2.1 msg=a\\=b",
	"<13>\xff\xfe broken",
	"",
	"<13>app: unknown to all",
	"{\"a\":1,\"b\":[1,2]}",
};

#define LINES (sizeof(lines) / sizeof(lines[0]))

struct bench {
	struct input_context in;
	struct parsers *parsers;
	struct names *names;
};

static void
bench_open(struct bench *b)
{
	struct diag why = {0};

	*b = (struct bench){.in = {.name = STR("t")}};
	cr_assert_eq(parsers_new(&b->in, 1, &why, &b->parsers), 0);
	b->names = names_new();
	names_freeze(b->names);
}

static void
bench_close(struct bench *b)
{
	parsers_free(b->parsers);
	names_free(b->names);
}

static void
add(struct batch batch, struct str line, unsigned input)
{
	struct frame meta = {.arrival = HOUSE_NOW, .input = (uint16_t)input};

	cr_assert_eq(batch_add(batch, &meta, line, STR("192.0.2.1:514")), 0);
}

/* Every record of the batch as JSON, one line each. */
static void
print(const struct bench *b, struct batch batch, struct buf *out)
{
	struct record_out how = {.names = b->names};

	for (uint32_t i = 0; i < batch_results(batch)->nrecords; i++) {
		record_json(batch, &batch_records(batch)[i], &how, out);
		buf_add_char(out, '\n');
	}
}

Test(frames, any_split_gives_the_same_records)
{
	struct bench b;
	struct buf whole = {0}, single = {0};
	struct batch batch = batch_new();

	bench_open(&b);
	batch_reset(batch, 1);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < LINES; i++)
			add(batch, str_of(lines[i]), 0);
	parsers_run(b.parsers, batch, b.names, 0, batch_head(batch)->nframes);
	cr_assert_eq(batch_results(batch)->done, 3 * LINES);
	cr_expect_eq(batch_results(batch)->nrecords, 3 * LINES, "no frame is lost");
	print(&b, batch, &whole);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < LINES; i++) {
			batch_reset(batch, 1);
			add(batch, str_of(lines[i]), 0);
			parsers_run(b.parsers, batch, b.names, 0, 1);
			print(&b, batch, &single);
		}
	cr_expect(str_eq(buf_str(&whole), buf_str(&single)));
	cr_expect_eq(batch_check_results(batch), 0);
	batch_free(batch);
	buf_done(&whole);
	buf_done(&single);
	bench_close(&b);
}

Test(frames, a_full_region_stops_before_a_frame_and_goes_on)
{
	struct bench b;
	struct batch batch = batch_new();
	struct buf line = {0};
	uint32_t from = 0, seen = 0, runs = 0;

	bench_open(&b);
	batch_reset(batch, 1);
	/* 250 KiB of bytes that each become three: four frames fill the text area. */
	buf_printf(&line, "<13>app: ");
	memset(buf_room(&line, 250 << 10), 0xff, 250 << 10);
	line.n += 250 << 10;
	for (int i = 0; i < 5; i++)
		add(batch, buf_str(&line), 0);
	while (from < 5) {
		parsers_run(b.parsers, batch, b.names, from, 5);
		cr_assert_gt(batch_results(batch)->done, from, "it must get on");
		cr_assert_leq(++runs, 5);
		for (uint32_t i = 0; i < batch_results(batch)->nrecords; i++) {
			const struct record *r = &batch_records(batch)[i];

			cr_expect_eq(r->frame, seen++);
			cr_expect(r->flags & RECORD_RAW, "decoded");
			cr_expect(r->reasons >> REASON_ENCODING & 1);
		}
		from = batch_results(batch)->done;
	}
	cr_expect_eq(seen, 5);
	cr_expect_gt(runs, 1, "the test must reach the bound");
	buf_done(&line);
	batch_free(batch);
	bench_close(&b);
}

Test(frames, what_never_fits_is_kept_bare)
{
	struct bench b;
	struct batch batch = batch_new();
	struct buf line = {0};

	bench_open(&b);
	batch_reset(batch, 1);
	/* One byte more than a third of the text area. */
	memset(buf_room(&line, BATCH_TEXT_CAP / 3 + 1), 0xff, BATCH_TEXT_CAP / 3 + 1);
	line.n = BATCH_TEXT_CAP / 3 + 1;
	add(batch, buf_str(&line), 0);
	add(batch, str_of(lines[0]), 0);
	parsers_run(b.parsers, batch, b.names, 0, 2);
	cr_assert_eq(batch_results(batch)->done, 2);
	cr_assert_eq(batch_results(batch)->nrecords, 2);
	cr_expect(batch_records(batch)[0].flags & RECORD_UNPARSED);
	cr_expect(batch_records(batch)[0].reasons >> REASON_OVERSIZE & 1);
	cr_expect(!(batch_records(batch)[1].flags & RECORD_UNPARSED), "the next one is whole");
	buf_done(&line);
	batch_free(batch);
	bench_close(&b);
}

Test(frames, an_input_nobody_knows_is_kept_bare)
{
	struct bench b;
	struct batch batch = batch_new();

	bench_open(&b);
	batch_reset(batch, 1);
	add(batch, str_of(lines[0]), 7);
	parsers_run(b.parsers, batch, b.names, 0, 1);
	cr_expect_eq(batch_results(batch)->nrecords, 1);
	cr_expect(batch_records(batch)[0].reasons >> REASON_FORMAT & 1);
	batch_free(batch);
	bench_close(&b);
}

static const struct line_row cut[] = {
	{"intake cut it", "<13>app: x", "@flags=oversize,truncated"},
	{0},
};

Test(frames, what_intake_saw_is_flagged)
{
	house_rows((struct house){.frame_flags = FRAME_TRUNCATED | FRAME_CUT_OFF}, cut);
}

static const struct line_row fixed[] = {
	{"the configured row reads without being asked", "Invalid user x from 192.0.2.7",
		"event.action=ssh_invalid_user|@product=sshd"},
	{"and no other row", "<13>Nov 22 09:59:58 h postfix/qmgr[1]: 4A3B2C1D0: removed",
		"@unparsed=yes|@product=sshd|process.name=postfix/qmgr"},
	{0},
};

Test(frames, a_configured_source_wins)
{
	house_rows((struct house){.in = {.source = STR("openssh")}}, fixed);
}

Test(frames, a_source_that_is_none_gets_a_hint)
{
	struct input_context in = {.name = STR("fw"), .source = STR("posfix")};
	struct parsers *p = NULL;
	struct diag why = {0};

	cr_expect_lt(parsers_new(&in, 1, &why, &p), 0);
	cr_expect_null(p);
	cr_expect_not_null(
		strstr(diag_first(&why), "did you mean 'postfix'"), "%s", diag_first(&why));
	diag_done(&why);
}

Test(frames, rows_have_names_of_their_own)
{
	struct parsers *p = NULL;
	struct diag why = {0};

	cr_assert_eq(parsers_new(NULL, 0, &why, &p), 0, "%s", diag_first(&why));
	for (unsigned i = 1; i < parsers_product_count(p); i++) {
		cr_expect_gt(parsers_product(p, i).n, 0);
		for (unsigned k = 1; k < i; k++)
			cr_expect(!str_eq(parsers_product(p, i), parsers_product(p, k)), "%.*s",
				STR_ARG(parsers_product(p, i)));
	}
	cr_expect_eq(parsers_product(p, 0).n, 0);
	cr_expect_eq(parsers_product(p, 9999).n, 0);
	parsers_free(p);
	diag_done(&why);
}
