#include "base/queue.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

static struct queue
fresh(void)
{
	struct queue q;

	cr_assert_eq(queue_init(&q, aligned_alloc(64, sizeof(struct queue_shared))), 0);
	memset(q.q, 0, sizeof(*q.q));
	return q;
}

Test(queue, first_in_first_out_and_bounded)
{
	struct queue q = fresh();
	uint64_t v;

	for (uint64_t i = 0; i < QUEUE_CAP; i++)
		cr_assert_eq(queue_push(&q, i), 0);
	cr_expect_eq(queue_push(&q, 1), ERR_FULL, "a full queue refuses instead of overwriting");
	for (uint64_t i = 0; i < QUEUE_CAP; i++)
		cr_assert(queue_pop(&q, &v) && v == i);
	cr_expect(!queue_pop(&q, &v));
	free(q.q);
}

#define MESSAGES 200000u

static void *
produce(void *arg)
{
	struct queue *q = arg;

	for (uint64_t i = 0; i < MESSAGES;)
		if (queue_push(q, i) == 0)
			i++;
	return NULL;
}

/*
 * Run under the thread sanitizer too: the sleeping consumer must never miss the last message. A
 * wake that got lost shows as a sleep of the whole time with a message at its end.
 */
Test(queue, two_threads_meet_and_no_wake_is_lost, .timeout = 60)
{
	struct queue q = fresh();
	pthread_t id;
	uint64_t v, want = 0;

	pthread_create(&id, NULL, produce, &q);
	while (want < MESSAGES) {
		int64_t before = clock_mono(&clock_system);

		queue_wait(&q, 20000);
		cr_assert_lt(clock_mono(&clock_system) - before, 20 * NS_PER_S,
			"woken at message %lu", (unsigned long)want);
		while (queue_pop(&q, &v))
			cr_assert_eq(v, want++);
	}
	pthread_join(id, NULL);
	free(q.q);
}
