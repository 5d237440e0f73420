#include "intake/writer.h"

#include "base/err.h"

void
writer_init(struct writer *w, const struct intake_ports *ports, const struct clock *clock,
	const struct limit_settings *limits, unsigned ninputs)
{
	*w = (struct writer){.ports = ports,
		.free = ports->free,
		.filled = ports->filled,
		.clock = clock,
		.delay_ns = limits->batch_delay_ns,
		.batch_frames = limits->batch_frames ? limits->batch_frames : BATCH_FRAMES,
		.number = 1,
		.ninputs = ninputs < COUNT_INPUTS ? ninputs : COUNT_INPUTS};
}

void
writer_collect(struct writer *w)
{
	uint64_t slot;

	while (queue_pop(&w->free, &slot)) {
		if (slot >= w->ports->nslots || slot >= QUEUE_CAP || w->mine[slot])
			continue; /* not a number that a sound engine sends */
		w->mine[slot] = true;
		w->spare[w->nspare++] = slot;
	}
}

bool
writer_ready(struct writer *w)
{
	if (w->batch.base)
		return true;
	if (w->nspare == 0)
		writer_collect(w);
	if (w->nspare == 0)
		return false;
	w->slot = (unsigned)w->spare[--w->nspare];
	w->batch = (struct batch){
		w->ports->slots + (size_t)w->slot * BATCH_SLOT_BYTES, BATCH_SLOT_BYTES};
	batch_reset(w->batch, w->number);
	return true;
}

int
writer_add(struct writer *w, const struct frame *meta, struct str bytes, struct str peer,
	struct str lead)
{
	unsigned i = meta->input;

	if (!writer_ready(w))
		return ERR_FULL;
	if (batch_head(w->batch)->nframes == 0)
		w->opened = clock_mono(w->clock);
	if (batch_add_led(w->batch, meta, bytes, peer, lead) < 0) {
		/* Only a frame beyond what a fill leaves free: limits keep them away. */
		writer_reject(w, i, REASON_OVERSIZE);
		return 0;
	}
	if (i < w->ninputs) {
		w->tally[i].received++;
		w->tally[i].framed++;
		w->tally[i].bytes += bytes.n;
	}
	if (batch_is_full(w->batch) || batch_head(w->batch)->nframes >= w->batch_frames)
		writer_hand_over(w);
	return 0;
}

void
writer_reject(struct writer *w, unsigned input, enum reason why)
{
	struct counts *c = w->ports->counts;

	count_add(c, COUNT_RECEIVED, 1);
	count_bump(&c->rejected[why], 1);
	if (input < w->ninputs) {
		count_bump(&c->inputs[input].received, 1);
		count_bump(&c->inputs[input].rejected, 1);
	}
}

void
writer_publish(struct writer *w)
{
	struct counts *c = w->ports->counts;

	for (unsigned i = 0; i < w->ninputs; i++) {
		uint64_t received = w->tally[i].received, framed = w->tally[i].framed;

		if (received == 0)
			continue;
		count_add(c, COUNT_RECEIVED, received);
		count_add(c, COUNT_FRAMED, framed);
		count_add(c, COUNT_BYTES_IN, w->tally[i].bytes);
		count_bump(&c->inputs[i].received, received);
		count_bump(&c->inputs[i].framed, framed);
		count_bump(&c->inputs[i].bytes, w->tally[i].bytes);
		w->tally[i].received = w->tally[i].framed = w->tally[i].bytes = 0;
	}
}

void
writer_hand_over(struct writer *w)
{
	if (!w->batch.base || batch_head(w->batch)->nframes == 0)
		return;
	writer_publish(w); /* before: nobody shall see more stored than received */
	w->mine[w->slot] = false;
	w->batch.base = NULL;
	w->number++;
	/* Cannot be full: it holds more than there are slots. */
	queue_push(&w->filled, w->slot);
}

uint64_t
writer_number(const struct writer *w)
{
	return w->number;
}

int64_t
writer_round(struct writer *w)
{
	int64_t age;

	writer_publish(w);
	writer_collect(w);
	if (!w->batch.base || batch_head(w->batch)->nframes == 0)
		return -1;
	age = clock_mono(w->clock) - w->opened;
	if (w->nspare + 1 >= w->ports->nslots || age >= w->delay_ns) {
		writer_hand_over(w);
		return -1;
	}
	return w->delay_ns - age;
}
