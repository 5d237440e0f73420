#include "store/positions.h"

#include <criterion/criterion.h>

#include "base/err.h"

static void
learn(struct positions *p, uint64_t stream, uint64_t offset, uint64_t next, uint16_t flags)
{
	struct batch b = batch_new();

	batch_add(b,
		&(struct frame){.stream = stream, .offset = offset, .next = next, .flags = flags},
		STR("x"), STR(""));
	positions_learn(p, b);
	batch_free(b);
}

Test(positions, remember_where_each_stream_stands)
{
	struct positions *p = positions_new(), *q = positions_new();
	struct buf packed = {0}, again = {0};

	cr_expect_eq(positions_next(p, 7), 0, "an unknown stream begins at its beginning");
	learn(p, 7, 0, 100, FRAME_POSITION);
	learn(p, 7, 100, 250, FRAME_POSITION);
	learn(p, 8, 5, 6, FRAME_POSITION);
	learn(p, 9, 5, 6, 0);
	cr_expect_eq(positions_next(p, 7), 250);
	cr_expect(positions_has(p, 7, 249) && !positions_has(p, 7, 250));
	cr_expect_eq(positions_next(p, 9), 0, "a frame without position says nothing");
	learn(p, 7, 0, 100, FRAME_POSITION);
	cr_expect_eq(positions_next(p, 7), 250, "what is delivered again moves nothing back");
	for (uint64_t i = 1000; i < 2000; i++)
		learn(p, i << 32, 0, i, FRAME_POSITION);
	positions_pack(p, &packed);
	cr_assert_eq(positions_unpack(q, buf_str(&packed)), 0);
	for (uint64_t i = 1000; i < 2000; i++)
		cr_assert_eq(positions_next(q, i << 32), i);
	positions_pack(q, &again);
	cr_expect(str_eq(buf_str(&packed), buf_str(&again)), "equal knowledge, equal bytes");
	for (size_t n = 0; n < packed.n; n += n < 40 ? 1 : 997)
		cr_assert_eq(positions_unpack(q, (struct str){packed.p, n}), ERR_CORRUPT);
	positions_free(p);
	positions_free(q);
	buf_done(&packed);
	buf_done(&again);
}

Test(positions, forget_the_longest_silent_streams_at_the_bound)
{
	struct positions *p = positions_new();
	struct batch b = batch_new();
	uint64_t stream = 1;

	for (int round = 0; round < 80; round++) {
		batch_reset(b, 0);
		for (int i = 0; i < 1000; i++, stream++)
			batch_add(b,
				&(struct frame){
					.stream = stream, .next = stream, .flags = FRAME_POSITION},
				STR(""), STR(""));
		batch_add(b, &(struct frame){.stream = 0, .next = 5, .flags = FRAME_POSITION},
			STR(""), STR(""));
		positions_learn(p, b);
	}
	cr_expect_eq(positions_next(p, 0), 5, "a busy stream is never forgotten");
	cr_expect_eq(positions_next(p, stream - 1), stream - 1);
	cr_expect_eq(positions_next(p, 1), 0);
	batch_free(b);
	positions_free(p);
}
