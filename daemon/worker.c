#include "daemon/worker.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/cost.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"

/* The engine cleans this worker's queues before anything may be taken from them. */
static void
wait_for_adoption(struct house *h, unsigned index, const _Atomic int *stop)
{
	struct worker_cell *cell = &h->s->workers[index];

	fd_signal(h->engine_fd);
	while (atomic_load(&cell->acknowledged) != atomic_load(&cell->generation) &&
		!atomic_load(stop))
		poll(NULL, 0, 5);
}

#ifdef NOROSHI_TEST_HOOKS
/* Test builds only: NOROSHI_POISON=word makes a worker fall over a frame that holds the word. */
static void
stumble(const char *word, struct batch b, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; word && i < to && i < batch_head(b)->nframes; i++)
		if (str_find(batch_raw(b, &batch_frames(b)[i]), str_of(word)) >= 0)
			__builtin_trap();
}
#define STUMBLE(word, b, from, to) stumble(word, b, from, to)
#else
#define STUMBLE(word, b, from, to) (void)(word)
#endif

void
worker_loop(struct house *h, const struct thinker *t, unsigned index, _Atomic int *stop)
{
	const char *poison = getenv("NOROSHI_POISON");

	wait_for_adoption(h, index, stop);
	while (!atomic_load(stop)) {
		uint64_t message;
		unsigned slot;
		struct batch batch;

		if (!queue_pop(&h->work[index], &message)) {
			queue_wait(&h->work[index], 1000);
			continue;
		}
		slot = (unsigned)(message & 0xffff);
		if (slot >= h->nslots + SHARED_RECOVERY)
			continue;
		batch = house_slot(h, slot);
		STUMBLE(poison, batch, (uint32_t)(message >> 16 & 0xffff),
			(uint32_t)(message >> 32 & 0xffff));
		brain_think(t, batch, (uint32_t)(message >> 16 & 0xffff),
			(uint32_t)(message >> 32 & 0xffff));
		cost_take(t->brain->costs, t->matcher);
		count_add(&h->s->counts, COUNT_RULE_LIMIT, matcher_take_limits(t->matcher));
		queue_push(&h->done[index], slot);
	}
}

/*
 * Heads, frames and raw bytes of all slots become read-only for this process, and the filter then
 * forbids mprotect: a parser that was taken over can lie about fields, never about evidence.
 */
static void
protect_evidence(struct house *h)
{
	for (unsigned i = 0; i < h->nslots + SHARED_RECOVERY; i++)
		if (mprotect(house_slot(h, i).base, BATCH_OFF_RESULTS, PROT_READ) < 0) {
			log_line(h->log_fd, LOG_LINE_ERROR, "worker",
				"cannot protect the frames from itself");
			_exit(78);
		}
}

_Noreturn void
worker_process(struct house *h, const struct brain *b, unsigned index)
{
	_Atomic int never = 0;
	struct diag why = {0};
	/* Scratch memory and compiled code come before the filter closes. */
	struct thinker t = thinker_new(b, matcher_new(b->rules, MATCH_EARLY));

	protect_evidence(h);
	if (sandbox_enter_worker(&why) < 0) {
		log_diag(h->log_fd, "worker", &why);
		_exit(78);
	}
	worker_loop(h, &t, index, &never);
	_exit(0);
}
