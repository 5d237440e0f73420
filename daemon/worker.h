/*
 * worker.h - a worker: takes slots from its queue, parses and matches, answers. Pure; sandboxed as
 * a process.
 *
 * Threads: one worker per process or thread; they share nothing writable but their own slots.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "daemon/brain.h"
#include "daemon/shared.h"

static inline uint64_t
worker_message(unsigned slot, uint32_t from, uint32_t to)
{
	return (uint64_t)slot | (uint64_t)from << 16 | (uint64_t)to << 32;
}

/* Runs until *stop is nonzero (threads) or the process is killed. */
void worker_loop(struct house *h, const struct thinker *t, unsigned index, _Atomic int *stop);
/* A process of its own: no new privileges, seccomp. Does not return. */
_Noreturn void worker_process(struct house *h, const struct brain *b, unsigned index);

#endif
