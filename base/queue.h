/*
 * queue.h - a bounded queue of 64-bit messages in shared memory, one producer and one consumer.
 *
 * The consumer sleeps on an eventfd; the producer writes it only when the consumer said that it
 * sleeps. Threads: exactly one on each side; the sides may be different processes that inherited
 * memory and fd.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define QUEUE_CAP                                                                                  \
	256u /* a power of two; more than there are slots, so a push of a slot never fails */

struct queue_shared {
	_Alignas(64) _Atomic uint32_t head;     /* next to read; written by the consumer */
	_Alignas(64) _Atomic uint32_t tail;     /* next to write; written by the producer */
	_Alignas(64) _Atomic uint32_t sleeping; /* the consumer wants a wake */
	uint64_t cells[QUEUE_CAP];
};

struct queue {
	struct queue_shared *q;
	int fd; /* eventfd, nonblocking */
};

/* Place a queue into `mem` (zeroed, shared, aligned to 64) and make its eventfd. */
int queue_init(struct queue *ret, void *mem);
/* Forget all messages (both sides stopped). */
void queue_reset(struct queue *q);
/* ERR_FULL when full. Wakes the consumer if it sleeps. */
int queue_push(struct queue *q, uint64_t message);
/* False when empty. A hostile producer can at worst give wrong messages: the receiver checks them.
 */
bool queue_pop(struct queue *q, uint64_t *ret);
bool queue_is_empty(const struct queue *q);
/* Before sleeping: announce it; true = still empty, sleep on fd. On waking call queue_woken. */
bool queue_sleep(struct queue *q);
void queue_woken(struct queue *q);
/*
 * Sleep in poll() until a message is there or `ms` passed (-1 = for ever); true = something to pop.
 * A wake that the producer sent for what was taken already may end the sleep early with false: ask
 * again.
 */
bool queue_wait(struct queue *q, int ms);

#endif
