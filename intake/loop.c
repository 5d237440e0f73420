#include "intake/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#define STOP_WAIT_MS 3000 /* for the engine to give slots back, when stopping */

void
intake_say(struct intake *in, const char *level, const char *fmt, ...)
{
	struct buf line = {0};
	va_list ap;

	if (in->ports->log_fd < 0)
		return;
	va_start(ap, fmt);
	buf_printf(&line, "%c intake: ", level[0] == 'e' ? '3' : level[0] == 'w' ? '4' : '6');
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ')
			line.p[i] = '?'; /* names come from outside: one line stays one line */
	buf_add_char(&line, '\n');
	if (write(in->ports->log_fd, line.p, line.n) < 0)
		line.n = 0; /* the reader is gone or full; counters still tell */
	buf_done(&line);
}

bool
intake_seldom(struct intake *in, struct seldom *s)
{
	int64_t now = clock_mono(in->clock);

	if (s->next && now < s->next) {
		s->hidden++;
		return false;
	}
	s->next = now + 10 * NS_PER_S;
	return true;
}

bool
intake_may_add(struct intake *in)
{
	int64_t end;

	if (in->writer.batch.base || in->lossy || writer_ready(&in->writer))
		return true;
	if (!in->stopping) {
		in->starved = true;
		return false;
	}
	end = clock_mono(in->clock) + STOP_WAIT_MS * NS_PER_MS;
	while (!writer_ready(&in->writer)) {
		int64_t left = end - clock_mono(in->clock);

		if (left <= 0) {
			in->lossy = true;
			intake_say(in, "error",
				"the engine took no batch for %d s while stopping: what is "
				"still unread is lost (counted as overload)",
				STOP_WAIT_MS / 1000);
			break;
		}
		queue_wait(&in->writer.free, (int)(left / NS_PER_MS) + 1);
	}
	return true;
}

void
intake_add(struct intake *in, const struct frame *f, struct str bytes, struct str peer)
{
	intake_add_led(in, f, bytes, peer, (struct str){"", 0});
}

void
intake_add_led(struct intake *in, const struct frame *f, struct str bytes, struct str peer,
	struct str lead)
{
	if (writer_add(&in->writer, f, bytes, peer, lead) < 0)
		writer_reject(&in->writer, f->input, REASON_OVERLOAD);
	else if (f->flags & FRAME_TRUNCATED)
		count_bump(&in->ports->counts->flagged[REASON_OVERSIZE], 1);
}

static const struct driver *
driver_of(enum input_kind kind)
{
	switch (kind) {
	case INPUT_UDP:
		return &driver_udp;
	case INPUT_TCP:
	case INPUT_UNIX_STREAM:
		return &driver_stream;
	case INPUT_UNIX_DGRAM:
		return &driver_dgram;
	case INPUT_FILE:
		return &driver_file;
	case INPUT_KAFKA:
		return &driver_kafka;
	}
	return NULL;
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct intake *in = arg;

	(void)fd;
	(void)what;
	in->stopping = true;
}

static void
on_free(evutil_socket_t fd, short what, void *arg)
{
	struct intake *in = arg;

	(void)fd;
	(void)what;
	queue_woken(&in->writer.free); /* the round collects */
}

static void
on_durable(evutil_socket_t fd, short what, void *arg)
{
	struct intake *in = arg;

	(void)fd;
	(void)what;
	queue_woken(&in->durable); /* the round tells the inputs */
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg; /* the round hands over */
}

static void
tell_durable(struct intake *in)
{
	uint64_t number, last = 0;

	while (queue_pop(&in->durable, &number))
		last = number > last ? number : last;
	for (size_t i = 0; last && i < in->nrunning; i++)
		if (in->running[i].driver->durable)
			in->running[i].driver->durable(in->running[i].state, last);
}

static void
round_end(struct intake *in)
{
	int64_t due;

	tell_durable(in);
	due = writer_round(&in->writer);
	if (in->starved && writer_ready(&in->writer)) {
		in->starved = false;
		for (size_t i = 0; i < in->nrunning; i++)
			if (in->running[i].driver->resume)
				in->running[i].driver->resume(in->running[i].state);
		due = writer_round(&in->writer);
	}
	if (due >= 0) {
		/* Timers count in ms: round up, or the loop would spin. */
		int64_t us = due / 1000 + 999;
		struct timeval tv = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};

		evtimer_add(&in->flush_event, &tv);
	}
}

static int
run(struct intake *in, struct diag *why)
{
	while (!in->stopping) {
		bool sleep = queue_sleep(&in->writer.free);

		sleep &= queue_sleep(&in->durable);
		/* Always ONCE: by itself NONBLOCK goes on as long as anything is ready. */
		if (event_base_loop(in->base, sleep ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK) <
			0) {
			diag_set(
				why, NULL, 0, "intake: the event loop failed: %s", strerror(errno));
			return ERR_IO;
		}
		round_end(in);
	}
	return 0;
}

static void
stop_all(struct intake *in)
{
	for (size_t i = 0; i < in->nrunning; i++)
		if (in->running[i].driver->stop)
			in->running[i].driver->stop(in->running[i].state);
	writer_publish(&in->writer);
	writer_hand_over(&in->writer);
}

/* What was handed over becomes durable a little later; Kafka wants to know before we leave. */
static void
await_durable(struct intake *in)
{
	int64_t end = clock_mono(in->clock) + STOP_WAIT_MS * NS_PER_MS;
	bool kafka = false;

	for (size_t i = 0; i < in->nrunning; i++)
		kafka |= in->running[i].driver == &driver_kafka;
	while (kafka) {
		int64_t left = end - clock_mono(in->clock);

		tell_durable(in);
		writer_collect(&in->writer);
		if (left <= 0 ||
			in->writer.nspare + (in->writer.batch.base != NULL) >= in->ports->nslots)
			break;
		queue_wait(&in->durable, left > 50 * NS_PER_MS ? 50 : (int)(left / NS_PER_MS) + 1);
	}
}

static int
start_all(struct intake *in, struct diag *why)
{
	bool udp = false;

	for (size_t i = 0; i < in->settings->ninputs; i++) {
		enum input_kind kind = in->settings->inputs[i].kind;
		struct running r = {.driver = driver_of(kind)};
		int rc;

		if (kind == INPUT_UDP && udp)
			continue; /* one thread takes them all */
		udp |= kind == INPUT_UDP;
		rc = r.driver->start(in, (unsigned)i, why, &r.state);
		if (rc < 0)
			return rc;
		in->running[in->nrunning++] = r;
	}
	return 0;
}

static int
open_base(struct intake *in, struct diag *why)
{
	struct event_config *cfg = event_config_new();

	/* One thread: no locks. */
	if (cfg && event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) == 0)
		in->base = event_base_new_with_config(cfg);
	if (cfg)
		event_config_free(cfg);
	if (!in->base) {
		diag_set(why, NULL, 0, "intake: cannot make an event loop: %s", strerror(errno));
		return ERR_IO;
	}
	event_assign(
		&in->stop_event, in->base, in->ports->stop_fd, EV_READ | EV_PERSIST, on_stop, in);
	event_assign(
		&in->free_event, in->base, in->ports->free.fd, EV_READ | EV_PERSIST, on_free, in);
	event_assign(&in->durable_event, in->base, in->ports->durable.fd, EV_READ | EV_PERSIST,
		on_durable, in);
	evtimer_assign(&in->flush_event, in->base, on_flush, in);
	if (event_add(&in->stop_event, NULL) < 0 || event_add(&in->free_event, NULL) < 0 ||
		event_add(&in->durable_event, NULL) < 0) {
		diag_set(why, NULL, 0, "intake: cannot watch its queues: %s", strerror(errno));
		return ERR_IO;
	}
	return 0;
}

int
intake_run(const struct settings *s, const struct intake_sockets *socks,
	const struct intake_ports *ports, const struct intake_resume *resume,
	const struct clock *clock, struct diag *why)
{
	struct intake in = {.settings = s,
		.socks = socks,
		.ports = ports,
		.resume = resume,
		.clock = clock,
		.durable = ports->durable};
	int rc;

	signal(SIGPIPE, SIG_IGN);
	writer_init(&in.writer, ports, clock, &s->limits, (unsigned)s->ninputs);
	in.scratch = mem_alloc(SCRATCH_FRONT + SCRATCH_READ);
	in.running = mem_zero(s->ninputs + 1, sizeof(*in.running));
	rc = open_base(&in, why);
	if (rc == 0)
		rc = start_all(&in, why);
	if (rc == 0 && ports->ready)
		atomic_fetch_or(ports->ready, ports->ready_bit);
	if (rc == 0)
		rc = run(&in, why);
	stop_all(&in);
	await_durable(&in);
	for (size_t i = in.nrunning; i-- > 0;)
		if (in.running[i].driver->free)
			in.running[i].driver->free(in.running[i].state);
	if (in.base)
		event_base_free(in.base);
	mem_free(in.running);
	mem_free(in.scratch);
	return rc;
}
