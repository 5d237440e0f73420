#include "base/queue.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

int
queue_init(struct queue *ret, void *mem)
{
	ret->q = mem;
	ret->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return ret->fd < 0 ? ERR_IO : 0;
}

void
queue_reset(struct queue *q)
{
	atomic_store(&q->q->head, 0);
	atomic_store(&q->q->tail, 0);
	atomic_store(&q->q->sleeping, 0);
	queue_woken(q);
}

int
queue_push(struct queue *q, uint64_t message)
{
	struct queue_shared *s = q->q;
	uint32_t tail = atomic_load_explicit(&s->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&s->head, memory_order_acquire);

	if (tail - head >= QUEUE_CAP)
		return ERR_FULL;
	s->cells[tail % QUEUE_CAP] = message;
	/* Sequentially consistent: either the consumer sees the new tail, or we see that it sleeps.
	 */
	atomic_store(&s->tail, tail + 1);
	if (atomic_exchange(&s->sleeping, 0)) {
		uint64_t one = 1;

		if (write(q->fd, &one, sizeof(one)) < 0)
			return 0; /* the counter is already up: it will wake */
	}
	return 0;
}

bool
queue_pop(struct queue *q, uint64_t *ret)
{
	struct queue_shared *s = q->q;
	uint32_t head = atomic_load_explicit(&s->head, memory_order_relaxed);

	if (head == atomic_load_explicit(&s->tail, memory_order_acquire))
		return false;
	*ret = s->cells[head % QUEUE_CAP];
	atomic_store_explicit(&s->head, head + 1, memory_order_release);
	return true;
}

bool
queue_is_empty(const struct queue *q)
{
	return atomic_load(&q->q->head) == atomic_load(&q->q->tail);
}

bool
queue_sleep(struct queue *q)
{
	atomic_store(&q->q->sleeping, 1);
	if (queue_is_empty(q))
		return true;
	atomic_store(&q->q->sleeping, 0);
	return false;
}

void
queue_woken(struct queue *q)
{
	uint64_t count;

	atomic_store(&q->q->sleeping, 0);
	if (read(q->fd, &count, sizeof(count)) < 0)
		return; /* nothing pending: the eventfd is nonblocking */
}

bool
queue_wait(struct queue *q, int ms)
{
	struct pollfd p = {.fd = q->fd, .events = POLLIN};

	if (!queue_sleep(q))
		return true;
	poll(&p, 1, ms);
	queue_woken(q);
	return !queue_is_empty(q);
}
