/*
 * loop.h - what the inputs share: the event loop, the writer, room to read into, a way to tell
 * people.
 *
 * Inside intake/ only. Threads: the loop thread.
 */
#ifndef INTAKE_LOOP_H
#define INTAKE_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "intake/writer.h"

#define SCRATCH_FRONT ((size_t)4 << 10)   /* what is left of the last read is put before the next */
#define SCRATCH_READ  ((size_t)192 << 10) /* one read */

struct driver;

struct intake {
	const struct settings *settings;
	const struct intake_sockets *socks;
	const struct intake_ports *ports;
	const struct intake_resume *resume;
	const struct clock *clock;
	struct event_base *base;
	struct writer writer;
	char *scratch; /* SCRATCH_FRONT + SCRATCH_READ */
	bool stopping;
	bool starved; /* an input found no free slot */
	bool lossy;   /* stopping, and the engine gives no slots back: count what is lost */
	struct running {
		const struct driver *driver;
		void *state;
	} * running; /* one per input; udp: one for all, at the first */
	size_t nrunning;
	struct queue durable;
	struct event stop_event, free_event, durable_event, flush_event;
};

/* A kind of input. Functions that a kind does not need are NULL. */
struct driver {
	/* ERR_* with words in why: intake does not start. */
	int (*start)(struct intake *in, unsigned input, struct diag *why, void **ret);
	/* Slots are free again. */
	void (*resume)(void *state);
	/* All batches up to this number are durable. */
	void (*durable)(void *state, uint64_t number);
	/* Read no more; add what is left (writer_ready may be false: then it is lost and counted).
	 */
	void (*stop)(void *state);
	void (*free)(void *state);
};

extern const struct driver driver_udp, driver_stream, driver_dgram, driver_file, driver_kafka;

/* One line for people: level is "info", "warning" or "error". */
void intake_say(struct intake *in, const char *level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* At most one line in ten seconds about the same thing; true = say it now. */
struct seldom {
	int64_t next;
	uint64_t hidden; /* how often it was not said since */
};
bool intake_seldom(struct intake *in, struct seldom *s);

/* Is there a slot for a frame? While stopping it waits for one; where none comes, it says yes and
 * intake_add counts what is lost. False: stop reading and set `starved`. */
bool intake_may_add(struct intake *in);
/* Add or count. Truncated frames are counted as oversize too. */
void intake_add(struct intake *in, const struct frame *f, struct str bytes, struct str peer);
/* With the header in force there. */
void intake_add_led(struct intake *in, const struct frame *f, struct str bytes, struct str peer,
	struct str lead);

static inline const struct input_settings *
intake_input(const struct intake *in, unsigned i)
{
	return &in->settings->inputs[i];
}

static inline uint16_t
intake_flags(const struct intake *in, unsigned i)
{
	return intake_input(in, i)->history ? FRAME_HISTORY : 0;
}

#endif
