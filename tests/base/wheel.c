#include "base/wheel.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/mem.h"

#define MS INT64_C(1000000)

struct seen {
	uint64_t id[64];
	int64_t due[64];
	size_t n;
	struct wheel *w;
};

static void
note(void *ctx, uint64_t id, int64_t due)
{
	struct seen *s = ctx;

	s->id[s->n] = id;
	s->due[s->n++] = due;
}

Test(wheel, fires_by_due_then_id)
{
	struct wheel *w = wheel_new(5 * MS);
	struct seen s = {0};

	wheel_add(w, 9, 7 * MS);
	wheel_add(w, 3, 7 * MS);
	wheel_add(w, 1, 7 * MS + 5);
	wheel_add(w, 2, 900000000 * MS);
	wheel_add(w, 4, 6 * MS);
	cr_expect_eq(wheel_next(w), 6 * MS, "a sleeper would oversleep");
	wheel_advance(w, 7 * MS, note, &s);
	cr_assert_eq(s.n, 3, "what is due within the millisecond must wait for its nanosecond");
	cr_expect(s.id[0] == 4 && s.id[1] == 3 && s.id[2] == 9, "order decides what replay gives");
	wheel_advance(w, 7 * MS + 5, note, &s);
	cr_expect(s.n == 4 && s.id[3] == 1, "the rest of a millisecond must not be lost");
	cr_expect_eq(wheel_next(w), 900000000 * MS, "a far timer must be seen from afar");
	cr_expect_eq(wheel_count(w), 1);
	wheel_advance(w, INT64_MAX, note, &s);
	cr_expect(s.n == 5 && s.due[4] == 900000000 * MS);
	cr_expect_eq(wheel_next(w), INT64_MAX);
	wheel_free(w);
}

Test(wheel, adding_again_moves)
{
	struct wheel *w = wheel_new(0);
	struct seen s = {0};

	wheel_add(w, 1, 10 * MS);
	wheel_add(w, 1, 5000 * MS);
	wheel_advance(w, 100 * MS, note, &s);
	cr_expect_eq(s.n, 0, "the old time must be forgotten");
	cr_expect(wheel_cancel(w, 1));
	cr_expect_not(wheel_cancel(w, 1), "cancelled twice is told");
	wheel_advance(w, 9000 * MS, note, &s);
	cr_expect_eq(s.n, 0);
	wheel_free(w);
}

static void
chain(void *ctx, uint64_t id, int64_t due)
{
	struct seen *s = ctx;

	note(ctx, id, due);
	if (id == 1)
		wheel_cancel(s->w, 2);
	if (id == 3)
		wheel_add(s->w, 4, due);
}

Test(wheel, callbacks_may_change_it)
{
	struct wheel *w = wheel_new(0);
	struct seen s = {.w = w};

	wheel_add(w, 1, 5 * MS);
	wheel_add(w, 2, 5 * MS);
	wheel_add(w, 3, 5 * MS);
	wheel_advance(w, 6 * MS, chain, &s);
	cr_assert_eq(s.n, 3, "2 was cancelled, 4 was due at once");
	cr_expect(s.id[0] == 1 && s.id[1] == 3 && s.id[2] == 4);
	wheel_free(w);
}

Test(wheel, overdue_and_negative)
{
	struct wheel *w = wheel_new(1000 * MS);
	struct seen s = {0};

	wheel_add(w, 1, -5);
	wheel_add(w, 2, 3 * MS);
	wheel_advance(w, 0, note, &s);
	cr_expect(s.n == 2 && s.id[0] == 1 && s.id[1] == 2,
		"time does not go back, what is late fires");
	wheel_free(w);
}

struct model {
	int64_t due[200];
	int64_t last_due;
	uint64_t last_id;
	int64_t now;
	size_t fired;
};

static void
against_model(void *ctx, uint64_t id, int64_t due)
{
	struct model *m = ctx;

	cr_assert_eq(m->due[id], due, "fires once, by its newest time");
	cr_assert(due <= m->now);
	cr_assert(due > m->last_due || (due == m->last_due && id > m->last_id), "in order");
	m->last_due = due;
	m->last_id = id;
	m->due[id] = INT64_MAX;
	m->fired++;
}

Test(wheel, agrees_with_a_list)
{
	struct wheel *w = wheel_new(0);
	struct model m = {0};
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < 200; i++)
		m.due[i] = INT64_MAX;
	for (int step = 0; step < 20000; step++) {
		uint64_t id;
		int64_t least = INT64_MAX;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		id = x % 200;
		if (x >> 40 & 1) {
			m.due[id] =
				m.now + 1 + (int64_t)((x >> 20) % (UINT64_C(1) << (8 + x % 40)));
			wheel_add(w, id, m.due[id]);
		} else if (x >> 41 & 1) {
			cr_assert_eq(wheel_cancel(w, id), m.due[id] != INT64_MAX);
			m.due[id] = INT64_MAX;
		}
		for (size_t i = 0; i < 200; i++)
			least = m.due[i] < least ? m.due[i] : least;
		cr_assert_eq(wheel_next(w), least);
		m.now += (int64_t)((x >> 30) % (UINT64_C(1) << (x >> 8) % 36));
		m.last_due = INT64_MIN;
		wheel_advance(w, m.now, against_model, &m);
		for (size_t i = 0; i < 200; i++)
			cr_assert(m.due[i] > m.now, "nothing due may stay");
	}
	cr_expect_gt(m.fired, 3000);
	wheel_free(w);
}
