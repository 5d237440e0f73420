/* engine.c - the engine's loop. */
#include "daemon/engine.h"

#include <poll.h>
#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/worker.h"

#define IDLE_TICK_NS NS_PER_S
#define TICK_AT_MOST (2 * NS_PER_S)

/* workers: threads - the same loop on the same queues, for debugging and the thread sanitizer. */
struct thread_worker {
	struct engine *e;
	struct thinker thinker;
	unsigned index;
	_Atomic int stop;
	pthread_t id;
};

static void *
thread_main(void *arg)
{
	struct thread_worker *t = arg;

	worker_loop(t->e->h, &t->thinker, t->index, &t->stop);
	return NULL;
}

static struct thread_worker *
start_threads(struct engine *e)
{
	struct thread_worker *t = mem_zero(e->h->nworkers, sizeof(*t));

	for (unsigned i = 0; i < e->h->nworkers; i++) {
		t[i].e = e;
		t[i].index = i;
		t[i].thinker = thinker_new(e->brain, matcher_new(e->brain->rules, MATCH_EARLY));
		atomic_fetch_add(&e->h->s->workers[i].generation, 1);
		if (pthread_create(&t[i].id, NULL, thread_main, &t[i]) != 0) {
			log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
				"cannot start worker thread %u", i);
			_exit(1);
		}
	}
	return t;
}

static void
stop_threads(struct engine *e, struct thread_worker *t)
{
	for (unsigned i = 0; t && i < e->h->nworkers; i++) {
		atomic_store(&t[i].stop, 1);
		fd_signal(e->h->work[i].fd);
		pthread_join(t[i].id, NULL);
		matcher_free(t[i].thinker.matcher);
		thinker_done(&t[i].thinker);
	}
	mem_free(t);
}

/* Sleep until a queue, the journal or the parent has something; at most `ms`. */
static void
engine_sleep(struct engine *e, int ms)
{
	struct pollfd p[SHARED_WORKERS + 3];
	unsigned n = 0;
	bool something = !queue_sleep(&e->h->filled);

	p[n++] = (struct pollfd){.fd = e->h->filled.fd, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = e->h->engine_fd, .events = POLLIN};
	p[n++] = (struct pollfd){
		.fd = e->h->stop_fd[ROLE_ENGINE], .events = e->stopping ? 0 : POLLIN};
	for (unsigned i = 0; i < e->h->nworkers; i++) {
		something |= !queue_sleep(&e->h->done[i]);
		p[n++] = (struct pollfd){.fd = e->h->done[i].fd, .events = POLLIN};
	}
	/* A slot that waits for room in the journal must not make us spin. */
	if (!something || e->held_slot != UINT32_MAX)
		poll(p, n, e->held_slot != UINT32_MAX && ms > 20 ? 20 : ms);
	if (p[0].revents)
		queue_woken(&e->h->filled);
	if (p[1].revents)
		fd_drain(e->h->engine_fd);
	if (p[2].revents & POLLIN)
		e->stopping = true;
	for (unsigned i = 0; i < e->h->nworkers; i++)
		if (p[3 + i].revents)
			queue_woken(&e->h->done[i]);
}

/* After a second without records stream time goes on by a journaled tick, at most 2 s at once. */
static void
idle_tick(struct engine *e, int64_t now)
{
	int64_t s = mind_time(e->live), by = now - e->last_tick;

	if (e->nflights > 0 || s <= 0 || now - e->last_work < IDLE_TICK_NS || by < IDLE_TICK_NS)
		return;
	e->last_tick = now;
	flow_tick(e, s + (by > TICK_AT_MOST ? TICK_AT_MOST : by));
}

static void
housekeeping(struct engine *e, int64_t now)
{
	struct mind_stats stats;
	struct diag why = {0};
	bool between = e->nprocessed == e->nflights || flow_at(e, e->nprocessed)->next == 0;

	state_reap(e);
	if (between && (now - e->checkpoint_at > e->set->limits.checkpoint_ns ||
			       e->checkpoint_bytes > e->set->limits.checkpoint_bytes ||
			       e->held_slot != UINT32_MAX))
		state_checkpoint(e, false);
	if (now - e->last_flush > e->set->limits.evidence_flush_ns) {
		evidence_flush(e->evidence);
		e->last_flush = now;
		alertlog_release(e->alerts, atomic_load(&e->h->s->alert_taken));
		if (evidence_error(e->evidence, &why) < 0)
			log_diag(e->h->log_fd, "engine", &why);
		diag_done(&why);
	}
	mind_stats(e->live, &stats);
	count_set(&e->h->s->counts, COUNT_SUPPRESSED, stats.correlator.suppressed);
	count_set(&e->h->s->counts, COUNT_EVICTED, stats.correlator.evicted);
	count_set(&e->h->s->counts, COUNT_DERIVED, stats.weave.derived);
	count_set(&e->h->s->counts, COUNT_WOVEN, stats.weave.woven);
	count_set(&e->h->s->counts, COUNT_BINDINGS, stats.weave.bindings);
	count_set(&e->h->s->counts, COUNT_JOINS_OPEN, stats.weave.joins);
	count_set(&e->h->s->counts, COUNT_WEAVE_EVICTED, stats.weave.evicted);
	count_set(&e->h->s->counts, COUNT_JOINS_UNFINISHED, stats.weave.unfinished);
	count_set(&e->h->s->counts, COUNT_WEAVE_NO_ROOM, stats.weave.no_room);
	count_set(&e->h->s->counts, COUNT_UNHELD, stats.unheld);
	count_set(&e->h->s->counts, COUNT_INCIDENTS_OPEN, stats.incidents.open);
	count_set(&e->h->s->counts, COUNT_INCIDENTS_OPENED, stats.incidents.opened);
	count_set(&e->h->s->counts, COUNT_INCIDENTS_MERGED, stats.incidents.merged);
	count_set(&e->h->s->counts, COUNT_INCIDENTS_EVICTED, stats.incidents.evicted);
	count_set(&e->h->s->counts, COUNT_JOURNAL_BYTES, journal_bytes(e->journal));
	count_set(&e->h->s->counts, COUNT_EVIDENCE_BYTES, evidence_bytes(e->evidence));
	count_set(&e->h->s->counts, COUNT_IN_FLIGHT_BATCHES, e->nflights);
	count_set(&e->h->s->counts, COUNT_DURABLE_SEQ, e->next_seq - 1);
}

static bool
nothing_waits(const struct engine *e)
{
	return queue_is_empty(&e->h->filled) && e->held_slot == UINT32_MAX;
}

static void
loop(struct engine *e)
{
	while (e->rc == 0) {
		bool moved = false;
		int64_t now;

		flow_workers(e);
		moved |= flow_results(e);
		moved |= flow_process(e);
		moved |= flow_durable(e);
		moved |= flow_take(e);
		now = clock_mono(e->clock);
		if (moved)
			e->last_work = now;
		if (now - e->last_house > 50 * NS_PER_MS || e->held_slot != UINT32_MAX) {
			housekeeping(e, now);
			flow_lists(e);
			idle_tick(e, now);
			e->last_house = now;
		}
		if (e->stopping && !moved && e->nflights == 0 &&
			(atomic_load(&e->h->s->reloading) || nothing_waits(e)))
			break;
		if (!moved)
			engine_sleep(e, 100);
	}
}

int
engine_run(struct house *h, const struct brain *b, const struct clock *clock)
{
	struct engine *e = mem_zero(1, sizeof(*e));
	struct thread_worker *threads = NULL;
	int rc;

	e->h = h;
	e->brain = b;
	e->set = b->settings;
	e->clock = clock;
	e->sources = mem_zero(COUNT_SOURCES * 2, sizeof(*e->sources));
	if (getrandom(&e->seed, sizeof(e->seed), 0) < 0)
		e->seed = (uint64_t)clock_mono(clock);
	e->last_work = e->last_tick = e->last_flush = e->checkpoint_at = clock_mono(clock);
	if (e->set->worker_threads)
		threads = start_threads(e);
	rc = state_open(e);
	if (rc == 0) {
		atomic_fetch_or(&h->s->ready, 1u << ROLE_ENGINE);
		loop(e);
		rc = e->rc;
	}
	if (rc < 0 && e->why.n == 0)
		diag_set(&e->why, NULL, 0,
			"the journal or the alert log can no longer be written; nothing more is "
			"acknowledged: check the disk");
	log_diag(h->log_fd, "engine", &e->why);
	if (rc == 0)
		state_close(e);
	stop_threads(e, threads);
	mem_free(e->sources);
	buf_done(&e->json);
	diag_done(&e->why);
	mem_free(e);
	return rc;
}
