/* engineflow.c - batches on their way: journal, worker, back in order, acknowledged when durable.
 */
#include <stdio.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/mem.h"
#include "daemon/engine.h"
#include "daemon/log.h"
#include "daemon/worker.h"

struct flight *
flow_at(struct engine *e, unsigned i)
{
	return &e->flights[(e->first + i) % ENGINE_FLIGHTS];
}

struct flight *
flow_add(struct engine *e)
{
	struct flight *f = flow_at(e, e->nflights++);

	*f = (struct flight){0};
	return f;
}

/* Give the oldest-waiting least-loaded worker the frames from f->next on. */
void
flow_dispatch(struct engine *e, struct flight *f)
{
	unsigned best = 0;

	for (unsigned i = 1; i < e->h->nworkers; i++)
		if (e->outstanding[i] < e->outstanding[best])
			best = i;
	f->worker = best;
	f->ready = false;
	f->sent = clock_mono(e->clock);
	e->outstanding[best]++;
	queue_push(&e->h->work[best], worker_message(f->slot, f->next, f->to));
}

/* Drop frames that the journal already holds: a restarted input read them again. */
static void
drop_known(struct engine *e, struct batch b)
{
	struct batch_head *head = batch_head(b);
	struct frame *f = batch_frames(b);
	uint64_t stream = 0, next = 0, known = 0;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < head->nframes; i++) {
		if (f[i].flags & FRAME_POSITION) {
			if (f[i].stream != stream) {
				stream = f[i].stream;
				next = house_position(e->h, stream) & ~POSITION_FIELDS;
			}
			if (f[i].offset < next) {
				known++;
				count_bump(
					&e->h->s->counts.inputs[f[i].input % COUNT_INPUTS].dropped,
					1);
				continue;
			}
			next = f[i].next;
		}
		if (kept != i)
			f[kept] = f[i];
		kept++;
	}
	head->nframes = kept;
	if (known) {
		count_add(&e->h->s->counts, COUNT_RESUMED_DUPLICATES, known);
		count_bump(&e->h->s->counts.rejected[REASON_DUPLICATE], known);
	}
}

static void
give_back(struct engine *e, unsigned slot)
{
	queue_push(&e->h->free, slot);
	atomic_store(&e->h->s->engine_has[slot], 0);
}

/*
 * Positions count as known as soon as they are in the journal's order: a frame that comes twice
 * before the first copy is durable must not be stored twice either. What inputs may acknowledge is
 * told apart (flow_durable).
 */
static void
learn_positions(struct engine *e, struct batch b)
{
	const struct frame *f = batch_frames(b);
	uint32_t n = batch_head(b)->nframes;

	for (uint32_t i = 0; i < n; i++) {
		bool last = i + 1 == n || f[i + 1].stream != f[i].stream;

		if ((f[i].flags & FRAME_POSITION) && last &&
			!house_learn(e->h, f[i].stream, batch_position(b, &f[i])))
			log_line(e->h->log_fd, LOG_LINE_WARNING, "engine",
				"more than %u streams are open: the positions of further ones are "
				"not kept",
				SHARED_STREAMS);
	}
}

/* Journal one slot. False: the journal is full and the slot is held back. */
static bool
journal_slot(struct engine *e, unsigned slot)
{
	struct batch b = house_slot(e->h, slot);
	struct batch_head *head = batch_head(b);
	struct flight *f;
	jpos pos;
	int rc;

	if (batch_check(b) < 0) {
		log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
			"intake handed over a damaged batch; it was refused");
		count_bump(&e->h->s->counts.dropped[REASON_FRAME],
			head->nframes <= BATCH_FRAMES ? head->nframes : 0);
		give_back(e, slot);
		return true;
	}
	drop_known(e, b);
	if (head->nframes == 0) {
		give_back(e, slot);
		return true;
	}
	head->first_seq = e->next_seq;
	CRASH_POINT("engine.before-journal");
	rc = journal_append_batch(e->journal, b, &pos);
	atomic_store(&e->h->s->journal_full, rc == ERR_FULL);
	if (rc == ERR_FULL) {
		head->first_seq = 0;
		return false;
	}
	if (rc < 0) {
		e->rc = rc;
		return false;
	}
	CRASH_POINT("engine.after-journal");
	learn_positions(e, b);
	e->next_seq += head->nframes;
	e->checkpoint_bytes += batch_pack_size(b);
	f = flow_add(e);
	f->slot = slot;
	f->pos = pos;
	f->number = head->number;
	f->to = head->nframes;
	flow_dispatch(e, f);
	return true;
}

void
flow_adopt(struct engine *e, unsigned slot)
{
	while (!journal_slot(e, slot) && e->rc == 0)
		state_checkpoint(e, true);
}

bool
flow_take(struct engine *e)
{
	uint64_t message;
	bool moved = false;

	for (unsigned i = 0; i < e->h->nslots; i++)
		if (atomic_load_explicit(&e->h->s->lost_slot[i], memory_order_relaxed) &&
			atomic_exchange(&e->h->s->lost_slot[i], 0))
			queue_push(&e->h->free, i);
	if (atomic_load(&e->h->s->reloading))
		return false;
	while (e->nflights + 1 < ENGINE_FLIGHTS) {
		unsigned slot = e->held_slot;

		if (slot == UINT32_MAX) {
			struct queue_shared *q = e->h->filled.q;
			uint32_t head = atomic_load(&q->head);

			/* Mark before popping, so that a slot is never nowhere (see shared.h). */
			if (head == atomic_load(&q->tail))
				break;
			slot = (unsigned)(q->cells[head % QUEUE_CAP] % SHARED_SLOTS);
			if (slot < e->h->nslots)
				atomic_store(&e->h->s->engine_has[slot], 1);
			queue_pop(&e->h->filled, &message);
			if (slot >= e->h->nslots)
				continue;
		}
		e->held_slot = UINT32_MAX;
		if (!journal_slot(e, slot)) {
			e->held_slot = slot;
			break;
		}
		moved = true;
	}
	return moved;
}

bool
flow_tick(struct engine *e, int64_t stream_time)
{
	struct journal_tick tick = {stream_time, e->next_seq};
	struct str payload = {(const char *)&tick, sizeof(tick)};
	struct flight *f;
	jpos pos;

	if (e->nflights + 1 >= ENGINE_FLIGHTS ||
		journal_append(e->journal, JOURNAL_TICK, payload, &pos) < 0)
		return false;
	e->next_seq++;
	f = flow_add(e);
	f->tick_seq = tick.seq;
	f->kind = FLIGHT_TICK;
	f->pos = pos;
	f->tick = stream_time;
	f->ready = true;
	return true;
}

/* Lists that the parent has put into state/objects come into force at a place in the journal. */
void
flow_lists(struct engine *e)
{
	struct hash128 want = house_lists(e->h);
	struct lists *lists = NULL;
	struct flight *f;
	jpos pos;

	if (hash128_eq(want, e->lists_asked) || hash128_is_zero(want) ||
		e->nflights + 1 >= ENGINE_FLIGHTS)
		return;
	if (state_read_lists(e, want, &lists) < 0)
		return;
	if (journal_append(e->journal, JOURNAL_LISTS, str_make((const char *)&want, sizeof(want)),
		    &pos) < 0) {
		lists_free(lists);
		return;
	}
	e->lists_asked = want;
	f = flow_add(e);
	f->kind = FLIGHT_LISTS;
	f->pos = pos;
	f->lists = lists;
	f->ready = true;
}

static struct flight *
find_flight(struct engine *e, unsigned slot, unsigned worker)
{
	for (unsigned i = 0; i < e->nflights; i++) {
		struct flight *f = flow_at(e, i);

		if (f->kind == FLIGHT_FRAMES && f->slot == slot && f->worker == worker && !f->ready)
			return f;
	}
	return NULL;
}

/*
 * Check an answer and keep its counts: the worker can still write to the results, so nothing in
 * them is believed twice. (Frames and raw bytes it cannot write; see worker_process.)
 */
static bool
take_results(struct engine *e, struct flight *f)
{
	struct batch b = house_slot(e->h, f->slot);
	struct batch_results res = *batch_results(b);

	if (batch_check_results(b) < 0 || res.from != f->next || res.done <= f->next ||
		res.done > f->to || res.nrecords > BATCH_RECORDS)
		return false;
	f->done = res.done;
	f->nrecords = res.nrecords;
	return true;
}

/* A private copy of record i, or false if what it says now is out of bounds or of another frame. */
static bool
copy_record(struct batch b, uint32_t i, uint32_t frame, struct record *ret)
{
	*ret = batch_records(b)[i];
	return ret->frame == frame && ret->nentries <= RECORD_ENTRIES_MAX &&
	       ret->first_entry <= BATCH_ENTRIES &&
	       ret->nentries <= BATCH_ENTRIES - ret->first_entry &&
	       ret->first_match <= BATCH_MATCHES &&
	       ret->nmatches <= BATCH_MATCHES - ret->first_match;
}

bool
flow_results(struct engine *e)
{
	bool moved = false;

	for (unsigned i = 0; i < e->h->nworkers; i++) {
		uint64_t message;

		while (queue_pop(&e->h->done[i], &message)) {
			struct flight *f = find_flight(e, (unsigned)(message & 0xffff), i);

			if (!f)
				continue; /* a worker that lies, or one that was given up */
			if (!take_results(e, f)) {
				log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
					"worker %u answered nonsense; it is replaced", i);
				atomic_store(&e->h->s->workers[i].kill, 1);
				continue;
			}
			e->outstanding[i]--;
			f->ready = true;
			moved = true;
		}
	}
	return moved;
}

static void
process_frames(struct engine *e, struct flight *f)
{
	struct batch b = house_slot(e->h, f->slot);
	uint32_t done = f->done, i = 0;

	e->now_pos = f->pos;
	for (uint32_t frame = f->next; frame < done; frame++) {
		uint32_t from = i;
		struct record r;

		for (; i < f->nrecords && copy_record(b, i, frame, &r); i++)
			engine_record(e, b, &r);
		if (i == from)
			engine_bare_frame(e, b, frame, f->poison ? REASON_POISON : REASON_FORMAT);
		if (f->poison)
			engine_poison_alert(e, b, frame);
		evidence_boundary(e->evidence, e->class_default);
		evidence_boundary(e->evidence, e->class_alerts);
		count_add(&e->h->s->counts, COUNT_STORED, 1);
	}
	f->next = done;
	f->poison = false;
}

static void
process_tick(struct engine *e, struct flight *f)
{
	e->now_pos = f->pos;
	e->now_seq = f->tick_seq;
	mind_tick(e->live, f->tick, f->tick_seq);
	evidence_boundary(e->evidence, e->class_default);
	evidence_boundary(e->evidence, e->class_alerts);
}

static void
process_lists(struct engine *e, struct flight *f)
{
	mind_lists(e->live, f->lists);
	mind_lists(e->history, f->lists);
	lists_free(e->lists);
	e->lists = f->lists;
	f->lists = NULL;
}

static void
mark_processed(struct engine *e, const struct flight *f)
{
	const struct batch_head *head = batch_head(house_slot(e->h, f->slot));

	e->processed = f->pos;
	if (f->kind == FLIGHT_FRAMES)
		e->next_processed = head->first_seq + head->nframes;
	else if (f->kind == FLIGHT_TICK)
		e->next_processed = f->tick_seq + 1;
}

bool
flow_process(struct engine *e)
{
	bool moved = false;

	while (e->nprocessed < e->nflights && flow_at(e, e->nprocessed)->ready) {
		struct flight *f = flow_at(e, e->nprocessed);

		if (f->kind == FLIGHT_TICK) {
			process_tick(e, f);
		} else if (f->kind == FLIGHT_LISTS) {
			process_lists(e, f);
		} else {
			uint32_t all = batch_head(house_slot(e->h, f->slot))->nframes;

			process_frames(e, f);
			if (f->next < all) {
				f->to = f->next < f->suspect_to
						? f->next + (f->suspect_to - f->next + 1) / 2
						: all;
				flow_dispatch(e, f);
				return true;
			}
		}
		mark_processed(e, f);
		e->nprocessed++;
		moved = true;
	}
	return moved;
}

static void
alerts_out(struct engine *e, jpos durable)
{
	size_t n = 0;

	while (n < e->npending && e->pending[n].pos <= durable) {
		struct pending_alert *a = &e->pending[n++];
		uint64_t number;

		CRASH_POINT("engine.before-alert");
		if (alertlog_append(e->alerts, buf_str(&a->json), &number) < 0)
			e->rc = ERR_IO;
		else
			count_add(&e->h->s->counts, COUNT_ALERTS, 1);
		buf_done(&a->json);
	}
	if (n == 0)
		return;
	if (alertlog_sync(e->alerts) < 0)
		e->rc = ERR_IO;
	CRASH_POINT("engine.after-alert");
	e->npending -= n;
	memmove(e->pending, e->pending + n, e->npending * sizeof(*e->pending));
	fd_signal(e->h->alert_fd);
}

/* What is durable and processed leaves: alerts to the responder, the slot to intake, and word to
 * acknowledge it. */
bool
flow_durable(struct engine *e)
{
	jpos durable = journal_durable(e->journal);
	bool moved = false;

	alerts_out(e, durable < e->processed ? durable : e->processed);
	while (e->nprocessed > 0 && flow_at(e, 0)->pos <= durable) {
		struct flight *f = flow_at(e, 0);

		if (f->kind == FLIGHT_FRAMES && !f->recovery) {
			count_add(&e->h->s->counts, COUNT_JOURNALED,
				batch_head(house_slot(e->h, f->slot))->nframes);
			queue_push(&e->h->durable, f->number);
			give_back(e, f->slot);
		} else if (f->kind == FLIGHT_FRAMES) {
			e->recovery_used &= ~(1u << (f->slot - e->h->nslots));
		}
		e->first = (e->first + 1) % ENGINE_FLIGHTS;
		e->nflights--;
		e->nprocessed--;
		moved = true;
	}
	return moved;
}

/* A batch at which a worker died: ask for half of it, and a single frame that kills is set aside as
 * poison. */
static void
suspect(struct engine *e, struct flight *f)
{
	struct batch b = house_slot(e->h, f->slot);

	count_add(&e->h->s->counts, COUNT_WORKER_RESTARTS, 1);
	/* The killer is in [next, to): ask for the first half of it, and, if that half is well, for
	 * half of the rest. */
	if (f->to - f->next > 1) {
		f->suspect_to = f->to;
		f->to = f->next + (f->to - f->next) / 2;
		flow_dispatch(e, f);
		return;
	}
	f->suspect_to = 0;
	/* The worker's results are void: an empty result for this one frame, which
	 * engine_bare_frame turns into a record. */
	f->done = f->next + 1;
	f->nrecords = 0;
	f->poison = true;
	f->ready = true;
	log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
		"one message (sequence %llu) ends the parser; it is kept unparsed with reason "
		"poison: please report it",
		(unsigned long long)(batch_head(b)->first_seq + f->next));
}

static void
adopt_generation(struct engine *e, unsigned i, uint32_t generation)
{
	bool first = true;

	queue_reset(&e->h->work[i]);
	queue_reset(&e->h->done[i]);
	e->outstanding[i] = 0;
	for (unsigned k = e->nprocessed; k < e->nflights; k++) {
		struct flight *f = flow_at(e, k);

		if (f->kind != FLIGHT_FRAMES || f->ready || f->worker != i)
			continue;
		/* Workers take their queue in order: the oldest unanswered batch is the one it died
		 * at. */
		if (first && e->generation[i] != 0)
			suspect(e, f);
		else
			flow_dispatch(e, f);
		first = false;
	}
	e->generation[i] = generation;
	atomic_store(&e->h->s->workers[i].acknowledged, generation);
}

void
flow_workers(struct engine *e)
{
	int64_t now = clock_mono(e->clock);

	for (unsigned i = 0; i < e->h->nworkers; i++) {
		uint32_t generation = atomic_load(&e->h->s->workers[i].generation);

		if (generation != e->generation[i])
			adopt_generation(e, i, generation);
	}
	for (unsigned k = e->nprocessed; k < e->nflights; k++) {
		struct flight *f = flow_at(e, k);

		if (f->kind == FLIGHT_FRAMES && !f->ready &&
			now - f->sent > e->set->limits.worker_timeout_ns) {
			atomic_store(&e->h->s->workers[f->worker].kill, 1);
			break;
		}
	}
}
