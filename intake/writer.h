/*
 * writer.h - frames into batches, batches into slots, slots to the engine; and the counting of what
 * came in.
 *
 * A slot is handed over when it is full, `batch_delay` after its first frame, or at once when
 * nothing is in flight: so batches grow with the engine's latency and a lone message does not wait.
 * Threads: the loop thread alone takes from `free` and puts into `filled`.
 */
#ifndef INTAKE_WRITER_H
#define INTAKE_WRITER_H

#include "base/reason.h"
#include "intake/intake.h"

struct writer {
	const struct intake_ports *ports;
	struct queue free, filled; /* our ends */
	const struct clock *clock;
	int64_t delay_ns;
	uint64_t batch_frames;
	struct batch batch; /* the open slot; base NULL = none */
	unsigned slot;
	int64_t opened;  /* mono time of the open slot's first frame */
	uint64_t number; /* of the open or next slot; from 1 */
	uint64_t spare[QUEUE_CAP];
	unsigned nspare;
	bool mine[QUEUE_CAP]; /* slots that we hold: a slot that is given twice is refused */
	/* Not yet in the shared counters. */
	struct {
		uint64_t received, framed, bytes;
	} tally[COUNT_INPUTS];
	unsigned ninputs;
};

void writer_init(struct writer *w, const struct intake_ports *ports, const struct clock *clock,
	const struct limit_settings *limits, unsigned ninputs);
/* Take back what the engine is done with. */
void writer_collect(struct writer *w);
/* A frame can be added now. */
bool writer_ready(struct writer *w);
/* `meta`, `lead` as for batch_add_led, arrival included. ERR_FULL: no slot is free; nothing was
 * counted. */
int writer_add(struct writer *w, const struct frame *meta, struct str bytes, struct str peer,
	struct str lead);
/* A message came in and is not kept. */
void writer_reject(struct writer *w, unsigned input, enum reason why);
void writer_hand_over(struct writer *w);
/* The number that the next handed-over batch will carry: what is added now becomes durable with it.
 */
uint64_t writer_number(const struct writer *w);
/* After each round: hand over if it is time. Returns ns until the open slot is due, -1 = none. */
int64_t writer_round(struct writer *w);
/* Put the tally into the shared counters. */
void writer_publish(struct writer *w);

#endif
