#include "base/record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"

static struct batch
one_frame(const char *text)
{
	struct batch b = batch_new();
	struct frame f = {.arrival = INT64_C(1772438400000000000)};

	cr_assert_eq(batch_add(b, &f, str_of(text), STR("192.0.2.1:514")), 0);
	return b;
}

Test(batch, peers_are_stored_once_and_limits_refuse)
{
	struct batch b = batch_new();
	struct frame f = {0};
	char big[70000];
	unsigned n = 0;

	memset(big, 'x', sizeof(big));
	while (batch_add(b, &f, str_make(big, sizeof(big)), STR("peer")) == 0)
		n++;
	cr_expect_eq(n, BATCH_RAW_CAP / sizeof(big));
	cr_expect_eq(batch_frames(b)[0].peer_off, batch_frames(b)[n - 1].peer_off);
	cr_expect_eq(batch_check(b), 0);
	batch_frames(b)[1].off = UINT32_MAX - 4;
	cr_expect_eq(batch_check(b), ERR_CORRUPT, "an offset outside is seen");
	batch_free(b);
}

Test(batch, packs_and_unpacks)
{
	struct batch a = one_frame("hello"), b = batch_new();
	struct buf packed = {0};

	batch_head(a)->first_seq = 77;
	buf_room(&packed, batch_pack_size(a));
	batch_pack(a, packed.p);
	packed.n = batch_pack_size(a);
	cr_assert_eq(batch_unpack(b, buf_str(&packed)), 0);
	cr_expect_eq(batch_head(b)->first_seq, 77);
	cr_expect(str_eq(batch_raw(b, batch_frames(b)), STR("hello")));
	for (size_t cut = 0; cut < packed.n; cut++)
		cr_assert_eq(
			batch_unpack(b, str_make(packed.p, cut)), ERR_CORRUPT, "cut at %zu", cut);
	buf_done(&packed);
	batch_free(a);
	batch_free(b);
}

static void
as_json(struct batch b, const struct record *r, const struct names *names, bool facts,
	struct buf *out)
{
	struct record_out how = {.names = names,
		.input_name = STR("net"),
		.source_name = STR("sshd"),
		.facts = facts};

	buf_clear(out);
	record_json(b, r, &how, out);
}

Test(record, order_is_that_of_the_table_and_arrays_come_together)
{
	struct names *names = names_new();
	struct batch b = one_frame("raw");
	struct recs w;
	struct buf out = {0};

	recs_begin(&w, b, names, 0);
	recs_frame(&w, 0);
	recs_open(&w)->time = INT64_C(1772438400123000000);
	rec_put_named(&w, STR("zeta"), VALUE_STRING, STR("last"), 0);
	rec_put(&w, FIELD_EVENT_CATEGORY, STR("authentication"));
	rec_put(&w, FIELD_USER_NAME, STR("sa\"to"));
	rec_put(&w, FIELD_EVENT_CATEGORY, STR("session"));
	rec_put_u64(&w, FIELD_SOURCE_PORT, 22);
	cr_expect(rec_put_ip(&w, FIELD_SOURCE_IP, STR("::ffff:192.0.2.7")));
	cr_expect(!rec_put_ip(&w, FIELD_DESTINATION_IP, STR("192.0.2.300")));
	cr_assert_eq(recs_close(&w), 0);
	recs_end(&w, 1);
	cr_assert_eq(batch_check_results(b), 0);
	as_json(b, batch_records(b), names, false, &out);
	cr_expect_str_eq(buf_z(&out), "{\"@timestamp\":\"2026-03-02T08:00:00.123Z\",\"event."
				      "category\":[\"authentication\",\"session\"],"
				      "\"source.ip\":\"192.0.2.7\",\"source.port\":22,\"user."
				      "name\":\"sa\\\"to\",\"zeta\":\"last\"}");
	buf_done(&out);
	batch_free(b);
	names_free(names);
}

Test(record, server_owned_fields_are_not_believed)
{
	struct names *names = names_new();
	struct batch b = one_frame("\xff raw");
	struct recs w;
	struct buf out = {0};

	recs_begin(&w, b, names, 0);
	recs_frame(&w, 0);
	recs_open(&w)->time = 0;
	rec_put(&w, FIELD_EVENT_ID, STR("forged"));
	rec_put(&w, FIELD_EVENT_ORIGINAL, STR("forged"));
	rec_flag(&w, REASON_ENCODING);
	recs_close(&w);
	recs_end(&w, 1);
	as_json(b, batch_records(b), names, true, &out);
	cr_expect(str_find(buf_str(&out), STR("forged")) < 0, "%s", buf_z(&out));
	cr_expect(str_find(buf_str(&out), STR("\"noroshi.raw\":\"/yByYXc=\"")) > 0,
		"bytes that are no text are kept in base64");
	cr_expect(str_find(buf_str(&out), STR("\"noroshi.flags\":[\"encoding\"]")) > 0);
	cr_expect(str_find(buf_str(&out), STR("\"noroshi.peer\":\"192.0.2.1:514\"")) > 0);
	buf_done(&out);
	batch_free(b);
	names_free(names);
}

Test(record, too_many_entries_are_flagged_not_lost_silently)
{
	struct names *names = names_new();
	struct batch b = one_frame("raw");
	struct recs w;
	char name[32];

	recs_begin(&w, b, names, 0);
	recs_frame(&w, 0);
	recs_open(&w);
	for (unsigned i = 0; i < RECORD_ENTRIES_MAX + 10; i++) {
		int n = snprintf(name, sizeof(name), "k%u", i);

		rec_put_named(&w, str_make(name, (size_t)n), VALUE_STRING, STR("v"), 0);
	}
	cr_expect_eq(recs_close(&w), 0);
	recs_end(&w, 1);
	cr_expect_eq(batch_records(b)[0].nentries, RECORD_ENTRIES_MAX);
	cr_expect(batch_records(b)[0].reasons >> REASON_JSON_KEYS & 1);
	batch_free(b);
	names_free(names);
}

Test(record, a_full_region_undoes_the_record)
{
	struct names *names = names_new();
	struct batch b = one_frame("raw");
	struct recs w;
	char *big = calloc(1, RECORD_VALUE_MAX);
	unsigned closed = 0;

	memset(big, 'x', RECORD_VALUE_MAX);
	recs_begin(&w, b, names, 0);
	recs_frame(&w, 0);
	for (;;) {
		recs_open(&w);
		rec_put(&w, FIELD_MESSAGE, str_make(big, RECORD_VALUE_MAX));
		if (recs_close(&w) == ERR_FULL)
			break;
		closed++;
	}
	cr_expect_eq(closed, BATCH_TEXT_CAP / RECORD_VALUE_MAX);
	cr_expect_eq(batch_results(b)->nrecords, closed);
	recs_undo_frame(&w);
	cr_expect_eq(batch_results(b)->nrecords, 0);
	free(big);
	batch_free(b);
	names_free(names);
}

Test(record, ids_are_positions_where_there_is_one)
{
	struct batch b = one_frame("raw");
	struct record r = {0};
	struct hash128 first = record_id(b, &r, STR("net")), second;

	batch_head(b)->first_seq = 9;
	second = record_id(b, &r, STR("net"));
	cr_expect(first.lo != second.lo, "without a position the journal's sequence counts");
	batch_frames(b)[0].flags = FRAME_POSITION;
	batch_frames(b)[0].stream = 5;
	first = record_id(b, &r, STR("net"));
	batch_head(b)->first_seq = 10;
	batch_frames(b)[0].arrival++;
	second = record_id(b, &r, STR("other"));
	cr_expect(first.lo == second.lo && first.hi == second.hi,
		"a position names the record wherever it is read");
	batch_free(b);
}
