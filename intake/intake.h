/*
 * intake.h - bytes in: sockets, files, Kafka; framing; frames into batches; nothing is looked at
 * beyond the framing.
 *
 * Runs a libevent loop in its own process (or thread). It takes free slots, fills them, hands them
 * over, and learns which batches are durable: only then are Kafka offsets committed. No free slot =
 * it stops reading (backpressure), except UDP, whose losses are counted.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/batch.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/queue.h"
#include "config/settings.h"

/* What the parent opened before privileges fell: one per input that listens (-1 for others), in the
 * order of inputs. */
struct intake_sockets {
	int *fds;
	size_t n;
};

/* Bind and listen for every listening input. On failure a clear line (address in use, permission
 * ...) and nothing is left open. */
int intake_listen(const struct settings *s, struct diag *why, struct intake_sockets *ret);
void intake_close(struct intake_sockets *s);

/* Where the streams of file and Kafka inputs resume. Asked once per stream when it is opened. */
struct intake_resume {
	/* The position behind the last journaled frame of the stream, with POSITION_FIELDS, or 0.
	 * Pure lookup; any thread of intake. */
	uint64_t (*next)(void *ctx, uint64_t stream);
	void *ctx;
};

struct intake_ports {
	struct queue free;    /* to intake: slot numbers that may be filled */
	struct queue filled;  /* from intake: slot numbers */
	struct queue durable; /* to intake: batch numbers (batch_head.number) up to which all is
				 durable */
	char *slots;          /* shared memory; slot i at slots + i * BATCH_SLOT_BYTES */
	unsigned nslots;
	struct counts *counts;
	int stop_fd; /* eventfd or pipe: readable = stop reading, hand over what is there, return */
	int log_fd;  /* lines for people, "N intake: text\n", N = 3 error, 4 warning, 6 info as in
			syslog; -1 = none */
	_Atomic uint32_t *ready; /* NULL, or where ready_bit is set once every input has started */
	uint32_t ready_bit;
};

/* Runs until stop_fd. One-shot files that are read to their end are told in a line to log_fd. What
 * has arrived by then is handed over; a Kafka group is left. Slots that it holds when it returns
 * are in no queue: who starts it again puts them into `free`. */
int intake_run(const struct settings *s, const struct intake_sockets *socks,
	const struct intake_ports *ports, const struct intake_resume *resume,
	const struct clock *clock, struct diag *why);

#endif
