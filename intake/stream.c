/* TCP and unix stream sockets: limits first, then read in large pieces and frame in place. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "intake/framing.h"
#include "intake/loop.h"

#define ACCEPTS    64   /* in one turn */
#define STOP_READS 16   /* of each connection, when stopping */
#define BUCKETS    1024 /* peers by address */
#define SPARE      64   /* bytes behind a message's limit that framing wants to see */
#define PEER_MAX   56   /* "[v6]:port" */

struct listener;

struct conn {
	struct conn *next, *prev; /* all of the listener */
	struct conn *same;        /* the next in its bucket */
	struct conn *waiting;     /* the next of those that found no slot */
	struct listener *owner;
	struct event event;
	struct framing framing;
	char *buf; /* unframed bytes between two reads; NULL = none */
	size_t n, cap;
	int fd;
	uint32_t pid;
	unsigned char address[16];
	bool stalled;
	uint8_t peer_len;
	char peer[PEER_MAX];
};

struct listener {
	struct intake *in;
	unsigned input;
	int fd;
	int reserve; /* given up for a moment when descriptors run out */
	struct event event;
	struct conn *conns;
	size_t nconns, max, max_per_peer;
	struct conn *buckets[BUCKETS];
	uint64_t seed;
	struct conn *waiting, **waiting_end;
	struct timeval idle;
	struct seldom full;
};

static void on_readable(evutil_socket_t fd, short what, void *arg);

static void
gauge(struct listener *l, int change)
{
	atomic_fetch_add_explicit(&l->in->ports->counts->value[COUNT_CONNECTIONS], (uint64_t)change,
		memory_order_relaxed);
}

static struct conn **
bucket(struct listener *l, const unsigned char address[16])
{
	struct str key = {(const char *)address, 16};

	return &l->buckets[hash_seeded(key, l->seed) % BUCKETS];
}

static void
conn_close(struct conn *c)
{
	struct listener *l = c->owner;
	struct conn **at;

	event_del(&c->event);
	close(c->fd);
	for (at = bucket(l, c->address); *at != c; at = &(*at)->same)
		continue;
	*at = c->same;
	if (c->prev)
		c->prev->next = c->next;
	else
		l->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (c->stalled) {
		for (at = &l->waiting; *at != c; at = &(*at)->waiting)
			continue;
		*at = c->waiting;
		if (!c->waiting)
			l->waiting_end = at;
	}
	l->nconns--;
	gauge(l, -1);
	mem_free(c->buf);
	mem_free(c);
}

/* What all messages of one read have in common. */
static struct frame
conn_meta(const struct conn *c)
{
	struct intake *in = c->owner->in;
	struct frame f = {.input = (uint16_t)c->owner->input,
		.arrival = clock_wall(in->clock),
		.peer_pid = c->pid,
		.flags = intake_flags(in, c->owner->input)};

	if (c->pid)
		f.flags |= FRAME_PEER_PID;
	return f;
}

static void
conn_add(struct conn *c, const struct frame *meta, const struct framed *msg)
{
	struct intake *in = c->owner->in;
	struct str peer = {c->peer, c->peer_len};
	struct frame f;

	if (!msg->truncated && !msg->cut_off && !msg->adrift) {
		intake_add(in, meta, msg->bytes, peer);
		return;
	}
	f = *meta;
	f.flags = (uint16_t)(f.flags | (msg->truncated ? FRAME_TRUNCATED : 0) |
			     (msg->cut_off ? FRAME_CUT_OFF : 0) | (msg->adrift ? FRAME_ADRIFT : 0));
	intake_add(in, &f, msg->bytes, peer);
}

/* Frame what is there; ERR_FULL = no slot, the rest stays in *bytes; ERR_SYNTAX = close. */
static int
conn_frame(struct conn *c, struct str *bytes)
{
	struct intake *in = c->owner->in;
	struct frame meta = conn_meta(c);
	struct framed msg;

	for (;;) {
		if (!intake_may_add(in))
			return ERR_FULL;
		switch (framing_next(&c->framing, bytes, &msg)) {
		case FRAMING_MESSAGE:
			conn_add(c, &meta, &msg);
			break;
		case FRAMING_EMPTY:
			writer_reject(&in->writer, c->owner->input, REASON_EMPTY);
			break;
		case FRAMING_BAD_LENGTH:
			writer_reject(&in->writer, c->owner->input, REASON_FRAME_LEN);
			return ERR_SYNTAX;
		case FRAMING_MORE:
			return 0;
		}
	}
}

/* Nothing more will come. `why`: what a message is counted as that ends inside its count. */
static void
conn_finish(struct conn *c, enum reason why)
{
	struct str rest = {c->buf, c->n};
	struct frame meta = conn_meta(c);
	struct framed msg;

	switch (framing_finish(&c->framing, rest, &msg)) {
	case FRAMING_END_MESSAGE:
		/* At the limits of time a message cut short is still evidence. */
		msg.cut_off |= why != REASON_TRUNCATED;
		conn_add(c, &meta, &msg);
		break;
	case FRAMING_END_CUT:
		writer_reject(&c->owner->in->writer, c->owner->input, why);
		break;
	case FRAMING_END_CLEAN:
		break;
	}
	conn_close(c);
}

static void
conn_stall(struct conn *c)
{
	struct listener *l = c->owner;

	l->in->starved = true;
	if (c->stalled)
		return;
	event_del(&c->event);
	c->stalled = true;
	c->waiting = NULL;
	*l->waiting_end = c;
	l->waiting_end = &c->waiting;
}

static void
conn_watch(struct conn *c)
{
	event_add(&c->event,
		c->owner->idle.tv_sec || c->owner->idle.tv_usec ? &c->owner->idle : NULL);
}

/* Keep the unframed rest; `rest` may lie in our own buffer or in the scratch. */
static void
conn_keep(struct conn *c, struct str rest)
{
	if (rest.n == 0) {
		mem_free(c->buf);
		c->buf = NULL;
		c->n = c->cap = 0;
		return;
	}
	if (c->cap < rest.n) {
		/* Only scratch bytes can be more than the buffer that they did not come from. */
		c->buf = mem_resize(c->buf, rest.n);
		c->cap = rest.n;
	}
	memmove(c->buf, rest.p, rest.n);
	c->n = rest.n;
}

/* Where the next bytes go: behind a small rest in the common scratch, behind a large one in the
 * connection's own buffer, so that bytes that drip in do not move it each time. */
static char *
conn_room(struct conn *c, struct str *pending, size_t *room)
{
	struct intake *in = c->owner->in;
	size_t most = c->framing.max + SPARE;

	if (c->n <= SCRATCH_FRONT) {
		char *front = in->scratch + SCRATCH_FRONT - c->n;

		if (c->n)
			memcpy(front, c->buf, c->n);
		*pending = (struct str){front, c->n};
		*room = SCRATCH_READ;
		return in->scratch + SCRATCH_FRONT;
	}
	if (c->cap - c->n < SPARE) {
		size_t least = c->n + SPARE, cap = c->cap * 2 < most ? c->cap * 2 : most;

		c->cap = cap < least ? least : cap;
		c->buf = mem_resize(c->buf, c->cap);
	}
	*pending = (struct str){c->buf, c->n};
	*room = c->cap - c->n;
	return c->buf + c->n;
}

/* One read and its framing. False: the connection is gone, waits, or has nothing more for now. */
static bool
conn_read(struct conn *c)
{
	struct str bytes;
	size_t room;
	char *to = conn_room(c, &bytes, &room);
	ssize_t got;
	int rc;

	do
		got = read(c->fd, to, room);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (got <= 0) {
		conn_finish(c, REASON_TRUNCATED);
		return false;
	}
	bytes.n += (size_t)got;
	rc = conn_frame(c, &bytes);
	if (rc == ERR_SYNTAX) {
		conn_close(c);
		return false;
	}
	conn_keep(c, bytes);
	if (rc == ERR_FULL) {
		conn_stall(c);
		return false;
	}
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (!(what & EV_READ))
		conn_finish(c, REASON_IDLE);
	else if (!intake_may_add(c->owner->in))
		conn_stall(c);
	else
		conn_read(c);
}

static void
stream_resume(void *state)
{
	struct listener *l = state;

	while (l->waiting) {
		struct conn *c = l->waiting;
		struct str bytes = {c->buf, c->n};
		int rc;

		rc = conn_frame(c, &bytes);
		if (rc == ERR_SYNTAX) {
			conn_close(c);
			continue;
		}
		conn_keep(c, bytes);
		if (rc == ERR_FULL) {
			l->in->starved = true;
			return;
		}
		l->waiting = c->waiting;
		if (!l->waiting)
			l->waiting_end = &l->waiting;
		c->stalled = false;
		conn_watch(c);
	}
}

/* The peer's address as text and as 16 bytes (all zero for unix sockets). */
static void
name_peer(struct conn *c, const struct sockaddr_storage *from, socklen_t len)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
	char text[INET6_ADDRSTRLEN] = "";
	int n;

	if (from->ss_family == AF_INET && len >= sizeof(*v4)) {
		memcpy(c->address, &v4->sin_addr, 4);
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		n = snprintf(c->peer, sizeof(c->peer), "%s:%u", text, ntohs(v4->sin_port));
	} else if (from->ss_family == AF_INET6 && len >= sizeof(*v6)) {
		memcpy(c->address, &v6->sin6_addr, 16);
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		n = snprintf(c->peer, sizeof(c->peer), "[%s]:%u", text, ntohs(v6->sin6_port));
	} else {
		struct ucred cred;
		socklen_t size = sizeof(cred);

		if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 && cred.pid > 0)
			c->pid = (uint32_t)cred.pid;
		n = c->pid ? snprintf(c->peer, sizeof(c->peer), "pid:%u", c->pid)
			   : snprintf(c->peer, sizeof(c->peer), "unix");
	}
	c->peer_len = (uint8_t)(n < 0 ? 0 : n);
}

static bool
over_limit(struct listener *l, const struct conn *c)
{
	size_t same = 0;

	if (l->nconns >= l->max)
		return true;
	if (intake_input(l->in, l->input)->kind == INPUT_UNIX_STREAM)
		return false; /* all local programs are one peer */
	for (const struct conn *at = *bucket(l, c->address); at; at = at->same)
		same += memcmp(at->address, c->address, sizeof(c->address)) == 0;
	return same >= l->max_per_peer;
}

static void
refuse(struct listener *l, const char *peer)
{
	writer_reject(&l->in->writer, l->input, REASON_CONN_LIMIT);
	if (intake_seldom(l->in, &l->full)) {
		intake_say(l->in, "warning",
			"input %.*s: connection from %s refused: limit reached (%zu open; %llu "
			"more "
			"refused unsaid); see limits.tcp_connections and "
			"limits.tcp_connections_per_peer",
			STR_ARG(intake_input(l->in, l->input)->name), peer, l->nconns,
			(unsigned long long)l->full.hidden);
		l->full.hidden = 0;
	}
}

static void
admit(struct listener *l, int fd, const struct sockaddr_storage *from, socklen_t len)
{
	struct conn *c = mem_zero(1, sizeof(*c)), **at;
	int one = 1;

	c->fd = fd;
	c->owner = l;
	name_peer(c, from, len);
	if (over_limit(l, c)) {
		refuse(l, c->peer);
		close(fd);
		mem_free(c);
		return;
	}
	if (from->ss_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	c->framing.max = l->in->settings->limits.frame_max;
	c->framing.nul_only = str_eq(intake_input(l->in, l->input)->format, STR("gelf"));
	at = bucket(l, c->address);
	c->same = *at;
	*at = c;
	c->next = l->conns;
	if (c->next)
		c->next->prev = c;
	l->conns = c;
	l->nconns++;
	gauge(l, 1);
	event_assign(&c->event, l->in->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	conn_watch(c);
}

/* No descriptor left: give up the reserve to take one connection and close it, so that the peer
 * learns it and the listener does not spin. */
static void
refuse_by_reserve(struct listener *l)
{
	int fd;

	if (l->reserve >= 0)
		close(l->reserve);
	fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		refuse(l, "a peer, as no descriptor is left (LimitNOFILE)");
		close(fd);
	}
	l->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage from = {0};
		socklen_t len = sizeof(from);
		int got = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (got >= 0) {
			admit(l, got, &from, len);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			refuse_by_reserve(l);
		else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static int
stream_start(struct intake *in, unsigned input, struct diag *why, void **ret)
{
	const struct limit_settings *lim = &in->settings->limits;
	int64_t idle = intake_input(in, input)->kind == INPUT_TCP ? lim->tcp_idle_ns : 0;
	const struct timeval *common;
	struct listener *l = mem_zero(1, sizeof(*l));

	l->in = in;
	l->input = input;
	l->fd = in->socks->fds[input];
	l->max = lim->tcp_connections;
	l->max_per_peer = lim->tcp_connections_per_peer;
	if (getrandom(&l->seed, sizeof(l->seed), 0) < 0)
		l->seed = (uint64_t)clock_mono(in->clock);
	l->waiting_end = &l->waiting;
	l->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	l->idle = (struct timeval){.tv_sec = idle / NS_PER_S, .tv_usec = idle % NS_PER_S / 1000};
	/* Thousands of equal timeouts: a queue instead of a heap. */
	common = idle ? event_base_init_common_timeout(in->base, &l->idle) : NULL;
	if (common)
		l->idle = *common;
	event_assign(&l->event, in->base, l->fd, EV_READ | EV_PERSIST, on_connect, l);
	if (event_add(&l->event, NULL) < 0) {
		diag_set(why, NULL, 0, "input `%.*s`: cannot watch its socket",
			STR_ARG(intake_input(in, input)->name));
		mem_free(l);
		return ERR_IO;
	}
	*ret = l;
	return 0;
}

/* What has already arrived is taken, as far as slots come back in time. */
static void
stream_stop(void *state)
{
	struct listener *l = state;

	event_del(&l->event);
	while (l->conns) {
		struct conn *c = l->conns;
		struct str bytes = {c->buf, c->n};
		size_t before = l->nconns;

		if (conn_frame(c, &bytes) == ERR_SYNTAX) {
			conn_close(c);
			continue;
		}
		conn_keep(c, bytes);
		for (int i = 0; i < STOP_READS && conn_read(c); i++)
			continue;
		if (l->nconns == before)
			conn_finish(c, REASON_TRUNCATED);
	}
}

static void
stream_free(void *state)
{
	struct listener *l = state;

	if (l->reserve >= 0)
		close(l->reserve);
	mem_free(l);
}

const struct driver driver_stream = {
	.start = stream_start, .resume = stream_resume, .stop = stream_stop, .free = stream_free};
