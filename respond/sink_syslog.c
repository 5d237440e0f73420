/*
 * sink_syslog.c - RFC 5424 over UDP (RFC 5426) or TCP with octet counting (RFC 6587 3.4.1).
 *
 * Syslog has no acknowledgement. Over TCP a message counts as delivered when the peer's kernel has
 * acknowledged its bytes; a peer that dies holding them loses them, and a connection that breaks
 * before brings the group again: at least once, told apart by the id in the structured data.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/notice.h"
#include "respond/sink.h"

#define SENTENCE_BYTES 4000
#define UDP_SENTENCE                                                                               \
	900 /* a datagram stays within what every path carries whole (RFC 5426 3.2)                \
	     */
#define PARAM_BYTES     200
#define FACILITY_LOCAL0 16

struct syslog_sink {
	char *host, *port;
	char self[256];
	int fd;
	bool ja;
	struct buf out;
};

static int
split_address(struct str address, const char *standard_port, char **host, char **port)
{
	struct str h = address, p = str_of(standard_port);
	ptrdiff_t colon = str_rchr(address, ':');

	if (address.n > 0 && address.p[0] == '[') {
		ptrdiff_t end = str_chr(address, ']');

		if (end < 0)
			return ERR_SYNTAX;
		h = (struct str){address.p + 1, (size_t)end - 1};
		if ((size_t)end + 1 < address.n)
			p = (struct str){address.p + end + 2, address.n - (size_t)end - 2};
	} else if (colon >= 0) {
		h = (struct str){address.p, (size_t)colon};
		p = (struct str){address.p + colon + 1, address.n - (size_t)colon - 1};
	}
	if (h.n == 0 || p.n == 0)
		return ERR_SYNTAX;
	*host = mem_copy_z(h.p, h.n);
	*port = mem_copy_z(p.p, p.n);
	return 0;
}

static int
syslog_open(struct sink *s, struct diag *why)
{
	struct syslog_sink *y = mem_zero(1, sizeof(*y));

	if (split_address(s->set->address, "514", &y->host, &y->port) < 0) {
		diag_set(why, NULL, 0, "%.*s: '%.*s' is not host:port", STR_ARG(s->set->name),
			STR_ARG(s->set->address));
		mem_free(y);
		return ERR_SYNTAX;
	}
	y->fd = -1;
	y->ja = str_eq(s->set->language, STR("ja"));
	if (gethostname(y->self, sizeof(y->self) - 1) < 0 || !y->self[0])
		snprintf(y->self, sizeof(y->self), "-");
	s->own = y;
	return 0;
}

/* ---- the message ---- */

/* RFC 5424 6.3.3: in a parameter's value " \ ] are escaped. */
static void
add_param(struct buf *out, const char *name, struct str value)
{
	struct buf shown = {0};

	show(&shown, value, PARAM_BYTES, false);
	buf_printf(out, " %s=\"", name);
	for (size_t i = 0; i < shown.n; i++) {
		if (strchr("\"\\]", shown.p[i]) && shown.p[i])
			buf_add_char(out, '\\');
		buf_add_char(out, shown.p[i]);
	}
	buf_add_char(out, '"');
	buf_done(&shown);
}

/* RFC 5424 6: printable ASCII without spaces, bounded. */
static void
add_token(struct buf *out, const char *text, size_t max)
{
	size_t n = 0;

	for (; *text && n < max; text++, n++)
		buf_add_char(out, *text > 32 && *text < 127 ? *text : '_');
}

static void
compose(const struct syslog_sink *y, const struct item *it, size_t sentence, struct buf *out)
{
	/* informational low medium high critical -> info notice warning error critical */
	static const int severity[] = {6, 5, 4, 3, 2};
	struct notice n;
	struct civil c;

	notice_init(&n, it->json);
	civil_of_ns(notice_time(&n), &c);
	buf_printf(out, "<%d>1 %04d-%02d-%02dT%02d:%02d:%02d.%03dZ ",
		FACILITY_LOCAL0 * 8 + severity[it->level], c.year, c.month, c.day, c.hour, c.minute,
		c.second, c.nano / 1000000);
	add_token(out, y->self, 255);
	buf_printf(out, " noroshi %d alert [noroshi@32473", (int)getpid());
	add_param(out, "id", str_of(it->id));
	add_param(out, "rule", notice_text_of(&n, "rule.id"));
	add_param(out, "level", str_of(level_word(it->level)));
	BUF_ADD_LIT(out, "] ");
	notice_sentence(&n, y->ja, sentence, out);
	notice_done(&n);
}

/* ---- the connection ---- */

static void
hang_up(struct syslog_sink *y)
{
	if (y->fd >= 0)
		close(y->fd);
	y->fd = -1;
}

static bool
wait_for(int fd, short events, int64_t ns)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, (int)(ns / NS_PER_MS)) > 0;
}

static int
try_connect(struct sink *s, const struct addrinfo *a)
{
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, sink_patience(s)) &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
		return fd;
	if (errno == EINPROGRESS)
		errno = error ? error : ETIMEDOUT;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
dial(struct sink *s, struct syslog_sink *y)
{
	struct addrinfo hints = {.ai_socktype = s->set->tcp ? SOCK_STREAM : SOCK_DGRAM},
			*list = NULL;
	int rc = getaddrinfo(y->host, y->port, &hints, &list);

	if (rc != 0) {
		sink_failed(s, "%s: %s", y->host, gai_strerror(rc));
		return ERR_IO;
	}
	for (const struct addrinfo *a = list; a && y->fd < 0; a = a->ai_next)
		y->fd = try_connect(s, a);
	if (y->fd < 0)
		sink_failed(
			s, "cannot connect to %s port %s: %s", y->host, y->port, strerror(errno));
	freeaddrinfo(list);
	return y->fd < 0 ? ERR_IO : 0;
}

/* The peer has closed: what would be written now is lost without an error. */
static bool
is_dead(const struct syslog_sink *y)
{
	char bin[512];
	ssize_t n;

	do
		n = recv(y->fd, bin, sizeof(bin), MSG_DONTWAIT);
	while (n > 0);
	return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static int
write_stream(struct sink *s, struct syslog_sink *y)
{
	struct str rest = buf_str(&y->out);

	while (rest.n > 0) {
		ssize_t n = send(y->fd, rest.p, rest.n, MSG_NOSIGNAL);

		if (n > 0) {
			str_skip(&rest, (size_t)n);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (!wait_for(y->fd, POLLOUT, sink_patience(s))) {
				errno = ETIMEDOUT;
				return ERR_IO;
			}
		} else if (errno != EINTR) {
			return ERR_IO;
		}
	}
	return 0;
}

/* Until the peer's kernel has acknowledged every byte. */
static int
wait_acked(struct sink *s, const struct syslog_sink *y)
{
	int64_t end = clock_mono(s->opt->clock) + sink_patience(s);
	struct timespec pause = {0, 200000};
	int left = 0;

	while (ioctl(y->fd, SIOCOUTQ, &left) == 0 && left > 0) {
		if (is_dead(y) || clock_mono(s->opt->clock) > end) {
			errno = ETIMEDOUT;
			return ERR_IO;
		}
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 10000000)
			pause.tv_nsec *= 2;
	}
	return left == 0 ? 0 : ERR_IO;
}

static void
send_stream(struct sink *s, struct syslog_sink *y, struct item *items, size_t n)
{
	struct buf one = {0};
	int rc;

	buf_clear(&y->out);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&one);
		compose(y, &items[i], SENTENCE_BYTES, &one);
		buf_printf(&y->out, "%zu ", one.n);
		buf_add_str(&y->out, buf_str(&one));
	}
	buf_done(&one);
	rc = write_stream(s, y);
	if (rc == 0)
		rc = wait_acked(s, y);
	if (rc < 0) {
		sink_failed(s, "%s port %s: %s", y->host, y->port, strerror(errno));
		hang_up(y);
	}
	for (size_t i = 0; i < n; i++)
		items[i].sent = rc == 0 ? SENT_DONE : SENT_AGAIN;
}

static void
send_datagrams(struct sink *s, struct syslog_sink *y, struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_clear(&y->out);
		compose(y, &items[i], UDP_SENTENCE, &y->out);
		if (!wait_for(y->fd, POLLOUT, sink_patience(s)) ||
			send(y->fd, y->out.p, y->out.n, MSG_NOSIGNAL) < 0) {
			/* ECONNREFUSED tells of a datagram before this one: it went nowhere too */
			sink_failed(s, "%s port %s: %s", y->host, y->port, strerror(errno));
			items[i].sent = SENT_AGAIN;
			hang_up(y);
			return;
		}
		items[i].sent = SENT_DONE;
	}
}

static void
syslog_send(struct sink *s, struct item *items, size_t n)
{
	struct syslog_sink *y = s->own;

	if (y->fd >= 0 && s->set->tcp && is_dead(y))
		hang_up(y);
	if (y->fd < 0 && dial(s, y) < 0)
		items[0].sent = SENT_AGAIN;
	else if (s->set->tcp)
		send_stream(s, y, items, n);
	else
		send_datagrams(s, y, items, n);
}

static void
syslog_close(struct sink *s)
{
	struct syslog_sink *y = s->own;

	hang_up(y);
	buf_done(&y->out);
	mem_free(y->host);
	mem_free(y->port);
	mem_free(y);
	s->own = NULL;
}

const struct sink_type sink_syslog = {.kind = SINK_SYSLOG,
	.name = "syslog",
	.open = syslog_open,
	.send = syslog_send,
	.close = syslog_close};
