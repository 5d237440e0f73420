#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "house.h"

#define WAIT 10000 /* ms until a test gives up; never waited for when all is well */

static struct house *
one_port(enum input_kind kind, unsigned nslots, unsigned *port)
{
	struct house *h = house_new(nslots);
	char where[32];

	*port = house_port();
	snprintf(where, sizeof(where), "127.0.0.1:%u", *port);
	house_input(h, kind, where);
	return h;
}

static bool
closed_by_peer(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, WAIT) == 1 && recv(fd, &c, 1, 0) <= 0;
}

static int
unix_client(const char *path, int type)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0, "%s", strerror(errno));
	return fd;
}

Test(sockets, udp_datagrams_become_frames)
{
	unsigned port;
	struct house *h = one_port(INPUT_UDP, 4, &port);
	int fd;

	house_start(h);
	fd = house_udp(port);
	house_send(fd, "<13>one\n", 8);
	house_send(fd, "", 0);
	house_send(fd, "\r\n", 2);
	house_send(fd, "two\nlines", 9);
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	cr_expect(house_rejected(h, REASON_EMPTY, 2, WAIT));
	cr_expect(str_eq(house_text(h, 0), STR("<13>one")));
	cr_expect(str_eq(house_text(h, 1), STR("two\nlines")));
	cr_expect(str_eq(h->frames[0].peer, STR("127.0.0.1")), "UDP peers go without a port");
	cr_expect_gt(h->frames[0].meta.arrival, INT64_C(1700000000) * NS_PER_S);
	cr_expect_eq(h->frames[0].meta.flags, 0);
	house_stop(h);
	house_balance(h);
	close(fd);
	house_free(h);
}

Test(sockets, udp_above_the_limit_is_cut)
{
	unsigned port;
	struct house *h = one_port(INPUT_UDP, 4, &port);
	char big[2000];
	int fd;

	memset(big, 'x', sizeof(big));
	h->settings.limits.frame_max = 1024;
	house_start(h);
	fd = house_udp(port);
	house_send(fd, big, sizeof(big));
	big[1024] = '\n';
	house_send(fd, big, 1025);
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	cr_expect_eq(h->frames[0].bytes.n, 1024u);
	cr_expect_eq(h->frames[0].meta.flags, FRAME_TRUNCATED);
	cr_expect_eq(h->frames[1].bytes.n, 1024u);
	cr_expect_eq(h->frames[1].meta.flags, 0, "exactly the limit and a line end is whole");
	cr_expect_eq(h->counts->flagged[REASON_OVERSIZE], 1u);
	house_stop(h);
	house_balance(h);
	close(fd);
	house_free(h);
}

/* The engine takes nothing: the ring and the kernel's buffer fill up, and every loss is counted. */
Test(sockets, udp_losses_are_counted, .timeout = 60)
{
	enum { SENT = 120000 };
	unsigned port;
	struct house *h = one_port(INPUT_UDP, 2, &port);
	char text[700];
	uint64_t lost;
	int fd;

	memset(text, 'u', sizeof(text));
	h->deaf = true;
	house_start(h);
	fd = house_udp(port);
	for (int i = 0; i < SENT; i++)
		house_send(fd, text, sizeof(text));
	h->deaf = false;
	house_until(h, SENT, 500);
	house_stop(h);
	house_balance(h);
	lost = h->counts->dropped[REASON_OVERLOAD] + h->counts->dropped[REASON_KERNEL];
	cr_expect_gt(h->counts->dropped[REASON_OVERLOAD], 0u, "the ring is bounded");
	cr_expect_eq(h->n + lost, (uint64_t)SENT, "%zu framed + %llu lost", h->n,
		(unsigned long long)lost);
	close(fd);
	house_free(h);
}

Test(sockets, tcp_messages_become_frames)
{
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 4, &port);
	char want[40];
	int fd;

	house_start(h);
	fd = house_tcp(port);
	house_send(fd, "<13>one\n3 two\n\n5 th", 19);
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	house_send(fd, "reelast", 7);
	shutdown(fd, SHUT_WR);
	cr_assert_eq(house_until(h, 4, WAIT), 4u);
	cr_expect(str_eq(house_text(h, 0), STR("<13>one")));
	cr_expect(str_eq(house_text(h, 1), STR("two")));
	cr_expect(str_eq(house_text(h, 2), STR("three")));
	cr_expect(str_eq(house_text(h, 3), STR("last")));
	cr_expect_eq(h->frames[2].meta.flags, 0);
	cr_expect_eq(h->frames[3].meta.flags, FRAME_ADRIFT, "a bare line behind a counted message");
	snprintf(want, sizeof(want), "127.0.0.1:");
	cr_expect(str_starts(h->frames[0].peer, str_of(want)), "stream peers have a port");
	cr_expect(closed_by_peer(fd));
	cr_expect_eq(count_get(h->counts, COUNT_CONNECTIONS), 0u);
	house_stop(h);
	house_balance(h);
	cr_expect_eq(h->counts->rejected[REASON_EMPTY], 1u);
	close(fd);
	house_free(h);
}

static const struct bad_end {
	const char *bytes;
	enum reason rejected;
	size_t frames;
	unsigned flags;
	bool shut;
	const char *why;
} bad_ends[] = {
	{"111111111111111111111111 x", REASON_FRAME_LEN, 0, 0, false, "a count without end"},
	{"99999999 x", REASON_FRAME_LEN, 0, 0, false, "a count above the limit"},
	{"50", REASON_TRUNCATED, 0, 0, true, "closed inside the count"},
	{"50 abc", REASON_NONE, 1, FRAME_CUT_OFF | FRAME_ADRIFT, true, "closed inside the message"},
	{"8", REASON_IDLE, 0, 0, false, "stalls inside the count"},
	{"abc", REASON_NONE, 1, FRAME_CUT_OFF, false, "stalls inside a line"},
};

Test(sockets, tcp_bad_ends)
{
	for (size_t i = 0; i < sizeof(bad_ends) / sizeof(*bad_ends); i++) {
		const struct bad_end *row = &bad_ends[i];
		unsigned port;
		struct house *h = one_port(INPUT_TCP, 4, &port);
		int fd;

		h->settings.limits.tcp_idle_ns = 100 * NS_PER_MS;
		house_start(h);
		fd = house_tcp(port);
		house_send(fd, row->bytes, strlen(row->bytes));
		if (row->shut)
			shutdown(fd, SHUT_WR);
		cr_expect(closed_by_peer(fd), "%s: the connection is closed", row->why);
		house_stop(h);
		cr_expect_eq(h->n, row->frames, "%s", row->why);
		if (row->rejected != REASON_NONE)
			cr_expect_eq(h->counts->rejected[row->rejected], 1u, "%s", row->why);
		if (row->frames)
			cr_expect_eq(h->frames[0].meta.flags, row->flags, "%s", row->why);
		house_balance(h);
		close(fd);
		house_free(h);
	}
}

Test(sockets, tcp_long_lines_are_cut_and_the_next_is_whole)
{
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 4, &port);
	size_t n = 300000;
	char *big = mem_alloc(n);
	int fd;

	memset(big, 'B', n);
	big[n - 1] = '\n';
	house_start(h);
	fd = house_tcp(port);
	house_send(fd, big, n);
	house_send(fd, "next\n", 5);
	house_send(fd, "300000 ", 7);
	house_send(fd, big, n);
	house_send(fd, "4 last", 6);
	cr_assert_eq(house_until(h, 4, WAIT), 4u);
	cr_expect_eq(h->frames[0].bytes.n, 65536u);
	cr_expect_eq(h->frames[0].meta.flags, FRAME_TRUNCATED);
	cr_expect(str_eq(house_text(h, 1), STR("next")));
	cr_expect_eq(h->frames[2].bytes.n, 65536u);
	cr_expect_eq(h->frames[2].meta.flags, FRAME_TRUNCATED);
	cr_expect(str_eq(house_text(h, 3), STR("last")));
	cr_expect_eq(h->counts->flagged[REASON_OVERSIZE], 2u);
	house_stop(h);
	house_balance(h);
	close(fd);
	mem_free(big);
	house_free(h);
}

Test(sockets, tcp_limits_per_peer_and_in_all)
{
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 4, &port);
	int fds[6];

	h->settings.limits.tcp_connections_per_peer = 3;
	house_start(h);
	for (int i = 0; i < 6; i++)
		fds[i] = house_tcp(port);
	cr_expect(house_rejected(h, REASON_CONN_LIMIT, 3, WAIT));
	for (int i = 3; i < 6; i++)
		cr_expect(closed_by_peer(fds[i]), "the fourth and later ones are refused");
	house_send(fds[0], "still served\n", 13);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	close(fds[0]);
	close(fds[1]);
	while (count_get(h->counts, COUNT_CONNECTIONS) > 1)
		house_until(h, 2, 20);
	fds[0] = house_tcp(port);
	house_send(fds[0], "room again\n", 11);
	cr_assert_eq(house_until(h, 2, WAIT), 2u);
	cr_expect_not_null(strstr(house_log(h), "limit reached"));
	house_stop(h);
	house_balance(h);
	close(fds[0]);
	for (int i = 2; i < 6; i++)
		close(fds[i]);
	house_free(h);
}

/* No descriptor left: those who come are refused and counted, those who are in are served. */
Test(sockets, tcp_without_descriptors_refuses)
{
	enum { CLIENTS = 8, FREE = 2 };
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 4, &port);
	struct sockaddr_in sin = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct rlimit lim;
	int fds[CLIENTS], probe[2];

	house_start(h);
	/* One round through the loop: all that it needs is open. */
	fds[0] = house_tcp(port);
	house_send(fds[0], "x\n", 2);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	close(fds[0]);
	while (count_get(h->counts, COUNT_CONNECTIONS) > 0)
		house_until(h, 2, 5);
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(pipe(probe), 0);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = (rlim_t)probe[1] + 1;
	close(probe[0]);
	close(probe[1]);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
	for (int i = 0; i < CLIENTS; i++)
		cr_assert_eq(connect(fds[i], (struct sockaddr *)&sin, sizeof(sin)), 0);
	cr_expect(house_rejected(h, REASON_CONN_LIMIT, CLIENTS - FREE, WAIT));
	cr_expect_eq(count_get(h->counts, COUNT_CONNECTIONS), (uint64_t)FREE);
	for (int i = 0; i < FREE; i++)
		house_send(fds[i], "y\n", 2);
	cr_expect_eq(house_until(h, 1 + FREE, WAIT), 1u + FREE);
	for (int i = FREE; i < CLIENTS; i++)
		cr_expect(closed_by_peer(fds[i]));
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	house_stop(h);
	house_balance(h);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	house_free(h);
}

/* No slot: the sender is held back, nothing is lost, order stays. */
Test(sockets, tcp_waits_for_slots, .timeout = 60)
{
	enum { LINES = 60000 };
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 2, &port);
	char line[64];
	size_t sent = 0;
	int fd;

	h->keep = 2;
	house_start(h);
	fd = house_tcp(port);
	for (int i = 0; i < LINES; i++) {
		int n = snprintf(line, sizeof(line), "line %d of many that wait\n", i);

		while (send(fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n)
			house_until(h, LINES, 5), sent++, house_release(h);
	}
	house_release(h);
	cr_assert_eq(house_until(h, LINES, WAIT), (size_t)LINES);
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %d of many that wait", i);
		cr_assert(str_eq(house_text(h, (size_t)i), str_of(line)), "line %d", i);
	}
	cr_expect_gt(h->batches, 10u);
	house_stop(h);
	house_balance(h);
	close(fd);
	house_free(h);
}

/* At a stop, what has arrived is handed over, even when no slot is free at that moment. */
Test(sockets, a_stop_loses_nothing_that_arrived)
{
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 2, &port);
	int fd;

	h->keep = 2;
	house_start(h);
	fd = house_tcp(port);
	for (int i = 0; i < 1200; i++)
		house_send(fd, "a line of some length, for the count\n", 37);
	house_send(fd, "without an end", 14);
	while (h->nkept < 2)
		house_until(h, h->n + 1, 20);
	house_release(h);
	house_stop(h);
	cr_expect_eq(h->n, 1201u);
	cr_expect(str_eq(house_text(h, 1200), STR("without an end")));
	house_balance(h);
	close(fd);
	house_free(h);
}

Test(sockets, unix_datagrams_name_their_sender)
{
	struct house *h = house_new(4);
	const char *path = house_path(h, "log");
	char want[32];
	int fd;

	house_input(h, INPUT_UNIX_DGRAM, path)->history = true;
	house_start(h);
	fd = unix_client(path, SOCK_DGRAM);
	house_send(fd, "<13>app: x\0", 11);
	house_send(fd, "", 0);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	cr_expect(house_rejected(h, REASON_EMPTY, 1, WAIT));
	cr_expect(str_eq(house_text(h, 0), STR("<13>app: x")));
	cr_expect_eq(h->frames[0].meta.peer_pid, (uint32_t)getpid());
	cr_expect_eq(h->frames[0].meta.flags, FRAME_PEER_PID | FRAME_HISTORY);
	snprintf(want, sizeof(want), "pid:%d", getpid());
	cr_expect(str_eq(h->frames[0].peer, str_of(want)));
	house_stop(h);
	house_balance(h);
	close(fd);
	house_free(h);
}

Test(sockets, unix_streams_end_messages_by_nul)
{
	struct house *h = house_new(4);
	const char *path = house_path(h, "log");
	int fd;

	house_input(h, INPUT_UNIX_STREAM, path);
	house_start(h);
	fd = unix_client(path, SOCK_STREAM);
	house_send(fd, "<13>a: x\0<13>b: y\0", 18);
	cr_assert_eq(house_until(h, 2, WAIT), 2u, "without waiting for the close");
	cr_expect(str_eq(house_text(h, 1), STR("<13>b: y")));
	cr_expect_eq(h->frames[0].meta.peer_pid, (uint32_t)getpid());
	house_stop(h);
	house_balance(h);
	close(fd);
	house_free(h);
}

Test(sockets, an_address_in_use_is_one_clear_line)
{
	unsigned port;
	struct house *h = one_port(INPUT_TCP, 4, &port), *g;
	struct intake_sockets socks = {0};
	char where[32];

	house_start(h);
	g = house_new(4);
	snprintf(where, sizeof(where), "127.0.0.1:%u", port);
	house_input(g, INPUT_TCP, where);
	house_input(g, INPUT_UDP, "192.0.2.77:5514");
	cr_assert_eq(intake_listen(&g->settings, &g->why, &socks), ERR_IO);
	cr_assert_eq(g->why.errors, 2u, "both are told in one run");
	cr_expect_not_null(strstr(g->why.items[0].text, "input `input1`"));
	cr_expect_not_null(strstr(g->why.items[0].text, "Address already in use; another program"));
	cr_expect_not_null(strstr(g->why.items[1].text, "no such address"));
	cr_expect_eq(socks.n, 0u);
	g->stop = 1;
	house_free(g);
	house_free(h);
}

Test(sockets, a_socket_file_left_over_is_replaced_and_a_living_one_is_not)
{
	struct house *h = house_new(4);
	const char *path = house_path(h, "log");
	struct intake_sockets socks = {0};

	house_input(h, INPUT_UNIX_STREAM, path);
	cr_assert_eq(intake_listen(&h->settings, &h->why, &socks), 0);
	intake_close(&socks); /* as after a crash: the file stays */
	cr_assert_eq(intake_listen(&h->settings, &h->why, &socks), 0, "%s", diag_first(&h->why));
	cr_expect_eq(intake_listen(&h->settings, &h->why, &h->socks), ERR_IO);
	intake_close(&socks);
	h->stop = 1;
	house_free(h);
}
