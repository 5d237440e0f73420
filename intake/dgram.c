/* Datagrams: UDP through the ring of its thread, unix sockets directly. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "intake/framing.h"
#include "intake/gelf.h"
#include "intake/loop.h"
#include "intake/udp.h"

#define RING_BYTES   ((size_t)16 << 20)
#define SMALL_BUFFER (1 << 20)
#define PEERS        256   /* texts of recent peers; a power of two */
#define TURN         16384 /* datagrams before others get their turn */
#define SWEEP_MS     500   /* unfinished GELF messages also go when nothing more comes */

/* Trim, cut, and refuse what is empty. */
static void
take(struct intake *in, struct frame *f, struct str bytes, struct str peer)
{
	size_t max = in->settings->limits.frame_max;

	if (!(f->flags & FRAME_TRUNCATED))
		bytes = framing_trim(bytes);
	if (bytes.n > max) {
		bytes.n = max;
		f->flags |= FRAME_TRUNCATED;
	}
	if (bytes.n == 0)
		writer_reject(&in->writer, f->input, REASON_EMPTY);
	else
		intake_add(in, f, bytes, peer);
}

struct peer_text {
	uint8_t address[16];
	uint8_t family, len;
	char text[INET6_ADDRSTRLEN];
};

struct udp_driver {
	struct intake *in;
	struct udp *udp;
	struct ring ring;
	struct event event;
	struct gelf *gelf; /* NULL: no input speaks it */
	struct event sweep;
	struct peer_text peers[PEERS];
};

static struct str
peer_text(struct udp_driver *u, const struct datagram *d)
{
	uint64_t lo, hi;
	struct peer_text *p;

	memcpy(&lo, d->address, 8);
	memcpy(&hi, d->address + 8, 8);
	p = &u->peers[((lo ^ hi) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (PEERS - 1)];
	if (p->family != d->family || memcmp(p->address, d->address, 16) != 0) {
		p->family = d->family;
		memcpy(p->address, d->address, 16);
		if (!inet_ntop(d->family, d->address, p->text, sizeof(p->text)))
			p->text[0] = 0;
		p->len = (uint8_t)strlen(p->text);
	}
	return (struct str){p->text, p->len};
}

static bool
speaks_gelf(const struct intake *in, unsigned input)
{
	return intake_input(in, input)->kind == INPUT_UDP &&
	       str_eq(intake_input(in, input)->format, STR("gelf"));
}

/* Messages whose chunks did not all come are lost: they came in, and they are told. */
static void
count_lost(struct udp_driver *u)
{
	struct counts *c = u->in->ports->counts;
	char sender[GELF_SENDER];
	uint16_t input;
	bool timeout;

	while (gelf_lost(u->gelf, sender, &timeout)) {
		memcpy(&input, sender + GELF_SENDER - sizeof(input), sizeof(input));
		count_add(c, COUNT_RECEIVED, 1);
		count_bump(&c->dropped[timeout ? REASON_CHUNK_TIMEOUT : REASON_CHUNK_LIMIT], 1);
		if (input < COUNT_INPUTS) {
			count_bump(&c->inputs[input].received, 1);
			count_bump(&c->inputs[input].dropped, 1);
		}
	}
	count_set(c, COUNT_CHUNKS_WAITING, gelf_pending(u->gelf));
}

static void
take_gelf(struct udp_driver *u, struct frame *f, const struct datagram *d, struct str bytes)
{
	char sender[GELF_SENDER] = {0};
	struct gelf_message m;

	memcpy(sender, d->address, sizeof(d->address));
	sender[16] = (char)d->family;
	memcpy(sender + GELF_SENDER - sizeof(d->input), &d->input, sizeof(d->input));
	switch (gelf_take(u->gelf, sender, d->arrival, bytes, &m)) {
	case GELF_MESSAGE:
		f->arrival = m.arrival;
		if (m.truncated)
			f->flags |= FRAME_TRUNCATED;
		if (m.damaged)
			f->flags |= FRAME_ADRIFT;
		take(u->in, f, m.bytes, peer_text(u, d));
		break;
	case GELF_BAD:
		writer_reject(&u->in->writer, d->input, REASON_CHUNK);
		break;
	case GELF_PART:
	case GELF_AGAIN:
		break;
	}
	count_lost(u);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct udp_driver *u = arg;

	(void)fd;
	(void)what;
	gelf_expire(u->gelf, clock_wall(u->in->clock));
	count_lost(u);
}

static void
gelf_start(struct udp_driver *u)
{
	const struct limit_settings *l = &u->in->settings->limits;
	struct gelf_limits limits = {
		l->frame_max, (size_t)l->gelf_pending, (size_t)l->gelf_bytes, l->gelf_wait_ns};
	struct timeval every = {.tv_usec = SWEEP_MS * 1000};

	for (unsigned i = 0; i < u->in->settings->ninputs && !u->gelf; i++)
		if (speaks_gelf(u->in, i))
			u->gelf = gelf_new(&limits);
	if (!u->gelf)
		return;
	event_assign(&u->sweep, u->in->base, -1, EV_PERSIST, on_sweep, u);
	event_add(&u->sweep, &every);
}

/* Empty the ring as far as there are slots. True: it is empty. */
static bool
drain(struct udp_driver *u, unsigned most)
{
	struct datagram d;
	struct str bytes;

	for (; most > 0 && ring_peek(&u->ring, &d, &bytes); most--) {
		struct frame f = {.arrival = d.arrival,
			.input = d.input,
			.flags = (uint16_t)(d.flags | intake_flags(u->in, d.input))};

		if (!intake_may_add(u->in))
			return false;
		if (u->gelf && speaks_gelf(u->in, d.input))
			take_gelf(u, &f, &d, bytes);
		else
			take(u->in, &f, bytes, peer_text(u, &d));
		ring_drop(&u->ring, &d);
	}
	if (most > 0 && ring_sleep(&u->ring))
		return true;
	event_active(&u->event, EV_READ, 0);
	return false;
}

static void
on_ring(evutil_socket_t fd, short what, void *arg)
{
	struct udp_driver *u = arg;

	(void)fd;
	(void)what;
	ring_woken(&u->ring);
	drain(u, TURN);
}

static void
udp_resume(void *state)
{
	drain(state, TURN);
}

/* A burst waits in the kernel's buffer: say so when the system keeps it small. */
static void
check_buffer(struct intake *in, unsigned input)
{
	int bytes = 0;
	socklen_t len = sizeof(bytes);

	if (getsockopt(in->socks->fds[input], SOL_SOCKET, SO_RCVBUF, &bytes, &len) == 0 &&
		bytes < SMALL_BUFFER)
		intake_say(in, "warning",
			"input %.*s: the system gives %d KiB of receive buffer only; bursts may be "
			"lost; raise net.core.rmem_max or start with CAP_NET_ADMIN",
			STR_ARG(intake_input(in, input)->name), bytes / 1024);
}

static int
udp_driver_start(struct intake *in, unsigned input, struct diag *why, void **ret)
{
	size_t n = 0, total = in->settings->ninputs;
	struct udp_socket *socks = mem_zero(total, sizeof(*socks));
	struct udp_driver *u = mem_zero(1, sizeof(*u));
	int rc = 0;

	(void)input; /* the first of its kind: all of them */
	for (unsigned i = 0; i < total; i++)
		if (intake_input(in, i)->kind == INPUT_UDP)
			socks[n++] = (struct udp_socket){.fd = in->socks->fds[i], .input = i};
	for (size_t i = 0; i < n; i++)
		check_buffer(in, socks[i].input);
	u->in = in;
	rc = ring_init(&u->ring, RING_BYTES);
	if (rc == 0) {
		event_assign(&u->event, in->base, u->ring.fd, EV_READ | EV_PERSIST, on_ring, u);
		if (event_add(&u->event, NULL) < 0)
			rc = ERR_IO;
	}
	ring_sleep(&u->ring);
	if (rc == 0)
		u->udp = udp_start(socks, n, in->settings->limits.frame_max, &u->ring, in->clock,
			in->ports->counts);
	mem_free(socks);
	if (!u->udp) {
		diag_set(why, NULL, 0, "intake: cannot start the UDP thread: %s", strerror(errno));
		ring_done(&u->ring);
		mem_free(u);
		return ERR_IO;
	}
	gelf_start(u);
	*ret = u;
	return 0;
}

static void
udp_driver_stop(void *state)
{
	struct udp_driver *u = state;

	udp_stop(u->udp);
	u->udp = NULL;
	while (!drain(u, TURN))
		continue;
	if (u->gelf) { /* what is not whole now never will be */
		gelf_expire(u->gelf, INT64_MAX);
		count_lost(u);
	}
}

static void
udp_driver_free(void *state)
{
	struct udp_driver *u = state;

	event_del(&u->event);
	if (u->gelf)
		event_del(&u->sweep);
	gelf_free(u->gelf);
	ring_done(&u->ring);
	mem_free(u);
}

const struct driver driver_udp = {.start = udp_driver_start,
	.resume = udp_resume,
	.stop = udp_driver_stop,
	.free = udp_driver_free};

/* Unix datagram sockets. A sender waits while we do not read: nothing is lost, so no thread. */
struct unix_driver {
	struct intake *in;
	unsigned input;
	int fd;
	struct event event;
	bool stalled;
};

/* One datagram; false when there is none. */
static bool
unix_read(struct unix_driver *u)
{
	char *buf = u->in->scratch;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = {buf, SCRATCH_READ};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct frame f = {.input = (uint16_t)u->input, .flags = intake_flags(u->in, u->input)};
	char peer[24] = "unix";
	ssize_t got;

	do
		got = recvmsg(u->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return false;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h; h = CMSG_NXTHDR(&msg, h)) {
		struct ucred cred;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_CREDENTIALS ||
			h->cmsg_len < CMSG_LEN(sizeof(cred)))
			continue;
		memcpy(&cred, CMSG_DATA(h), sizeof(cred));
		if (cred.pid > 0) {
			f.peer_pid = (uint32_t)cred.pid;
			f.flags |= FRAME_PEER_PID;
			snprintf(peer, sizeof(peer), "pid:%u", f.peer_pid);
		}
	}
	if (msg.msg_flags & MSG_TRUNC)
		f.flags |= FRAME_TRUNCATED;
	f.arrival = clock_wall(u->in->clock);
	take(u->in, &f, (struct str){buf, (size_t)got}, str_of(peer));
	return true;
}

static void
on_unix(evutil_socket_t fd, short what, void *arg)
{
	struct unix_driver *u = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < 256; i++) {
		if (!intake_may_add(u->in)) {
			event_del(&u->event);
			u->stalled = true;
			return;
		}
		if (!unix_read(u))
			return;
	}
}

static int
unix_start(struct intake *in, unsigned input, struct diag *why, void **ret)
{
	struct unix_driver *u = mem_zero(1, sizeof(*u));

	*u = (struct unix_driver){.in = in, .input = input, .fd = in->socks->fds[input]};
	event_assign(&u->event, in->base, u->fd, EV_READ | EV_PERSIST, on_unix, u);
	if (event_add(&u->event, NULL) < 0) {
		diag_set(why, NULL, 0, "input `%.*s`: cannot watch its socket",
			STR_ARG(intake_input(in, input)->name));
		mem_free(u);
		return ERR_IO;
	}
	*ret = u;
	return 0;
}

static void
unix_resume(void *state)
{
	struct unix_driver *u = state;

	if (u->stalled) {
		u->stalled = false;
		event_add(&u->event, NULL);
	}
}

static void
unix_stop(void *state)
{
	struct unix_driver *u = state;

	event_del(&u->event);
	for (int i = 0; i < TURN && intake_may_add(u->in) && unix_read(u); i++)
		continue;
}

const struct driver driver_dgram = {
	.start = unix_start, .resume = unix_resume, .stop = unix_stop, .free = mem_free};
