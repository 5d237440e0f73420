#include "a_house.h"

#include <criterion/criterion.h>

#include "base/allowed.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/stamp.h"

static void
open_house(struct house *h)
{
	struct diag why = {0};
	struct input_context *all = mem_zero(h->nencodings + 1, sizeof(*all));

	cr_assert_eq(zone_load(str_of(h->zone ? h->zone : "UTC"), &why, &h->tz), 0, "%s",
		diag_first(&why));
	h->in.name = STR("test");
	h->in.zone = h->tz;
	if (h->in.skew_ns == 0)
		h->in.skew_ns = 3600 * NS_PER_S;
	for (size_t i = 0; i <= h->nencodings; i++) {
		all[i] = h->in;
		if (i > 0)
			all[i].encoding = str_of(h->encodings[i - 1]);
	}
	cr_assert_eq(
		parsers_new(all, h->nencodings + 1, &why, &h->parsers), 0, "%s", diag_first(&why));
	mem_free(all);
	diag_done(&why);
	h->names = names_new();
	names_freeze(h->names);
	h->batch = batch_new();
}

/* ECS has closed lists for what kind of event it is; whatever a test reads keeps to them. */
static void
check_words(const struct house *h)
{
	for (uint32_t n = 0; n < batch_results(h->batch)->nrecords; n++) {
		const struct record *r = &batch_records(h->batch)[n];
		const struct entry *e = record_entries(h->batch, r);

		for (uint32_t i = 0; i < r->nentries; i++)
			cr_expect(ecs_allowed(e[i].field, entry_text(h->batch, &e[i])),
				"%.*s: '%.*s' is no value of ECS",
				STR_ARG(names_text(h->names, e[i].field)),
				STR_ARG(entry_text(h->batch, &e[i])));
	}
}

void
house_read(struct house *h, struct str bytes)
{
	house_read_row(h, 0, STR(""), bytes);
}

void
house_read_row(struct house *h, uint16_t input, struct str header, struct str bytes)
{
	struct frame meta = {.arrival = h->arrival ? h->arrival : HOUSE_NOW,
		.flags = (uint16_t)h->frame_flags,
		.input = input};

	if (!h->parsers)
		open_house(h);
	batch_reset(h->batch, 1);
	cr_assert_eq(batch_add_led(h->batch, &meta, bytes, STR("192.0.2.1:514"), header), 0);
	parsers_run(h->parsers, h->batch, h->names, 0, 1);
	cr_assert_eq(batch_results(h->batch)->done, 1);
	check_words(h);
}

void
house_done(struct house *h)
{
	batch_free(h->batch);
	names_free(h->names);
	parsers_free(h->parsers);
	zone_free(h->tz);
}

static void
flag(struct buf *out, const struct record *r, unsigned bit)
{
	if (r->flags & bit)
		BUF_ADD_LIT(out, "yes");
}

void
house_field(const struct house *h, uint32_t n, struct str name, struct buf *out)
{
	const struct record *r = &batch_records(h->batch)[n];
	const struct entry *e = record_entries(h->batch, r);
	bool first = true;

	buf_clear(out);
	if (str_eq(name, STR("@time"))) {
		stamp_add(out, r->time);
	} else if (str_eq(name, STR("@flags"))) {
		for (unsigned i = 1; i < REASON_COUNT; i++)
			if (r->reasons >> i & 1) {
				buf_printf(
					out, "%s%s", first ? "" : ",", reason_word((enum reason)i));
				first = false;
			}
	} else if (str_eq(name, STR("@unparsed"))) {
		flag(out, r, RECORD_UNPARSED);
	} else if (str_eq(name, STR("@joins"))) {
		flag(out, r, RECORD_JOINS);
	} else if (str_eq(name, STR("@binds"))) {
		flag(out, r, RECORD_BINDS);
	} else if (str_eq(name, STR("@weave"))) {
		buf_add_str(out, r->flags & RECORD_BINDS ? STR("binds") : STR(""));
	} else if (str_eq(name, STR("@arrival"))) {
		flag(out, r, RECORD_TIME_ARRIVAL);
	} else if (str_eq(name, STR("@kind"))) {
		buf_add_str(out, log_kind_name(record_kind(r)));
	} else if (str_eq(name, STR("@excused"))) {
		for (unsigned i = 0; i < EXCUSE_COUNT; i++)
			if (r->excused >> i & 1)
				buf_printf(out, "%s%.*s", out->n ? "," : "",
					STR_ARG(log_excuse((enum log_excuse)i)->word));
	} else if (str_eq(name, STR("@product"))) {
		buf_add_str(out, parsers_product(h->parsers, r->product));
	} else if (str_eq(name, STR("@original"))) {
		buf_add_str(out, batch_bytes(h->batch, r->original_off, r->original_len));
	}
	for (uint32_t i = 0; i < r->nentries; i++) {
		if (!str_eq(entry_name(h->batch, h->names, &e[i]), name))
			continue;
		if (!first)
			buf_add_char(out, ',');
		buf_add_str(out, entry_text(h->batch, &e[i]));
		first = false;
	}
}

static void
check_row(const struct house *h, const struct line_row *row)
{
	struct str want = str_of(row->want), pair, name;
	struct buf got = {0};

	cr_expect_eq(batch_results(h->batch)->nrecords, 1, "%s: one record", row->why);
	while (want.n > 0) {
		str_cut(&want, '|', &pair);
		cr_assert(str_cut(&pair, '=', &name), "%s: row is wrong", row->why);
		house_field(h, 0, name, &got);
		cr_expect(str_eq(buf_str(&got), pair), "%s: %.*s is '%.*s', not '%.*s'", row->why,
			STR_ARG(name), STR_ARG(buf_str(&got)), STR_ARG(pair));
	}
	buf_done(&got);
}

void
house_rows(struct house base, const struct line_row *rows)
{
	for (const struct line_row *row = rows; row->why; row++) {
		house_read(&base, str_of(row->line));
		check_row(&base, row);
	}
	house_done(&base);
}
