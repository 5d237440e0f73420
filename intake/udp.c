#include "intake/udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/mem.h"

#define BUFFER_BYTES ((size_t)65536) /* no datagram is longer */
#define DROPS_MS     250

struct udp {
	pthread_t thread;
	int stop_fd;
	size_t n, max;
	struct udp_socket *socks;
	struct pollfd *polls; /* one more than sockets: stop_fd */
	struct ring *ring;
	const struct clock *clock;
	struct counts *counts;
	char *buffers;
	struct mmsghdr msgs[UDP_GROUP];
	struct iovec iovs[UDP_GROUP];
	struct sockaddr_in6 names[UDP_GROUP];
};

static void
count_lost(struct udp *u, unsigned input, enum reason why, uint64_t n)
{
	struct counts *c = u->counts;

	if (n == 0)
		return;
	count_add(c, COUNT_RECEIVED, n);
	count_bump(&c->dropped[why], n);
	if (input >= COUNT_INPUTS)
		return;
	count_bump(&c->inputs[input].received, n);
	count_bump(&c->inputs[input].dropped, n);
	if (why == REASON_KERNEL)
		count_bump(&c->inputs[input].kernel_drops, n);
}

static bool
drops_of(int fd, uint32_t *ret)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ||
		len <= SK_MEMINFO_DROPS * sizeof(*info))
		return false;
	*ret = info[SK_MEMINFO_DROPS];
	return true;
}

static void
read_drops(struct udp *u, struct udp_socket *s)
{
	uint32_t drops;

	if (!drops_of(s->fd, &drops))
		return;
	/* The kernel's counter wraps; so does the difference. */
	count_lost(u, s->input, REASON_KERNEL, drops - s->kernel_drops);
	s->kernel_drops = drops;
}

/* The socket may be older than this process: go on from what was counted, but never backwards. */
static uint32_t
first_drops(const struct udp *u, const struct udp_socket *s)
{
	uint32_t drops = 0, counted = 0;

	drops_of(s->fd, &drops);
	if (s->input < COUNT_INPUTS)
		counted = (uint32_t)atomic_load(&u->counts->inputs[s->input].kernel_drops);
	return counted < drops ? counted : drops;
}

static void
set_address(struct datagram *d, const struct sockaddr_in6 *from)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;

	d->family = (uint8_t)from->sin6_family;
	if (from->sin6_family == AF_INET)
		memcpy(d->address, &v4->sin_addr, 4);
	else if (from->sin6_family == AF_INET6)
		memcpy(d->address, &from->sin6_addr, 16);
}

/* One group from one socket; how many there were. */
static unsigned
take_group(struct udp *u, struct udp_socket *s)
{
	int64_t arrival;
	int got;

	for (unsigned i = 0; i < UDP_GROUP; i++)
		u->msgs[i].msg_hdr.msg_namelen = sizeof(u->names[i]);
	do
		got = recvmmsg(s->fd, u->msgs, UDP_GROUP, MSG_DONTWAIT, NULL);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return 0;
	arrival = clock_wall(u->clock);
	for (unsigned i = 0; i < (unsigned)got; i++) {
		const struct msghdr *h = &u->msgs[i].msg_hdr;
		size_t len = u->msgs[i].msg_len;
		struct datagram d = {.arrival = arrival, .input = (uint16_t)s->input};

		/* Two bytes of grace for a line end, which the loop trims and then cuts. */
		if (len > u->max + 2 || (h->msg_flags & MSG_TRUNC))
			d.flags = FRAME_TRUNCATED;
		d.len = (uint32_t)(len > u->max + 2 ? u->max + 2 : len);
		set_address(&d, &u->names[i]);
		if (!ring_put(u->ring, &d, u->buffers + i * BUFFER_BYTES))
			count_lost(u, s->input, REASON_OVERLOAD, 1);
	}
	ring_wake(u->ring);
	return (unsigned)got;
}

static void *
run(void *arg)
{
	struct udp *u = arg;
	int64_t next_drops = 0;
	bool stop = false;

	while (!stop) {
		int64_t now;

		if (poll(u->polls, u->n + 1, DROPS_MS) < 0 && errno != EINTR)
			break;
		stop = (u->polls[u->n].revents & POLLIN) != 0;
		for (size_t i = 0; i < u->n; i++) {
			unsigned got = UDP_GROUP;

			/* At most a few groups each, so that one socket cannot starve the others;
			 * when stopping, what is there now but not what keeps coming. */
			for (unsigned k = 0; (u->polls[i].revents || stop) && got == UDP_GROUP &&
					     k < (stop ? 1024u : 16u);
				k++)
				got = take_group(u, &u->socks[i]);
		}
		now = clock_mono(u->clock);
		if (now >= next_drops || stop) {
			for (size_t i = 0; i < u->n; i++)
				read_drops(u, &u->socks[i]);
			next_drops = now + DROPS_MS * NS_PER_MS;
		}
	}
	return NULL;
}

struct udp *
udp_start(const struct udp_socket *socks, size_t n, size_t max, struct ring *ring,
	const struct clock *clock, struct counts *counts)
{
	struct udp *u = mem_zero(1, sizeof(*u));
	sigset_t all, old;
	int rc;

	*u = (struct udp){.n = n, .max = max, .ring = ring, .clock = clock, .counts = counts};
	u->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	u->socks = mem_zero(n, sizeof(*u->socks));
	u->polls = mem_zero(n + 1, sizeof(*u->polls));
	u->buffers = mem_alloc(UDP_GROUP * BUFFER_BYTES);
	for (size_t i = 0; i < n; i++) {
		u->socks[i] = socks[i];
		u->socks[i].kernel_drops = first_drops(u, &socks[i]);
		u->polls[i] = (struct pollfd){.fd = socks[i].fd, .events = POLLIN};
	}
	u->polls[n] = (struct pollfd){.fd = u->stop_fd, .events = POLLIN};
	for (unsigned i = 0; i < UDP_GROUP; i++) {
		u->iovs[i] = (struct iovec){u->buffers + i * BUFFER_BYTES, BUFFER_BYTES};
		u->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &u->names[i], .msg_iov = &u->iovs[i], .msg_iovlen = 1};
	}
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = u->stop_fd < 0 ? -1 : pthread_create(&u->thread, NULL, run, u);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return u;
	if (u->stop_fd >= 0)
		close(u->stop_fd);
	mem_free(u->socks);
	mem_free(u->polls);
	mem_free(u->buffers);
	mem_free(u);
	return NULL;
}

void
udp_stop(struct udp *u)
{
	uint64_t one = 1;

	if (!u)
		return;
	while (write(u->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
	pthread_join(u->thread, NULL);
	close(u->stop_fd);
	mem_free(u->socks);
	mem_free(u->polls);
	mem_free(u->buffers);
	mem_free(u);
}
