/* Opening the sockets: done by the parent, which may bind low ports and never reads from them. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "intake/intake.h"

#define RCVBUF_BYTES (32 << 20)
#define BACKLOG      1024

static void
explain(struct diag *why, const struct input_settings *in, struct str where, const char *step)
{
	int code = errno;
	const char *advice = "";

	if (code == EADDRINUSE)
		advice = "; another program has it: `ss -lntup` names it, or give this input "
			 "another "
			 "address";
	else if (code == EACCES || code == EPERM)
		advice = "; ports below 1024 need the service started as root or "
			 "CAP_NET_BIND_SERVICE";
	else if (code == ENOENT)
		advice = "; create its folder";
	else if (code == EADDRNOTAVAIL)
		advice = "; this machine has no such address: `ip addr` lists them";
	diag_add(why, DIAG_ERROR, NULL, 0, 0, "input `%.*s`: cannot %s %.*s: %s%s",
		STR_ARG(in->name), step, STR_ARG(where), strerror(code), advice);
}

/* "host:port" or "[v6]:port" into two NUL-terminated texts. */
static bool
split_address(struct str a, char host[256], char port[16])
{
	ptrdiff_t colon = str_rchr(a, ':');
	struct str h, p;

	if (colon < 0)
		return false;
	h = (struct str){a.p, (size_t)colon};
	p = (struct str){a.p + colon + 1, a.n - (size_t)colon - 1};
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct str){h.p + 1, h.n - 2};
	if (h.n >= 256 || p.n == 0 || p.n >= 16)
		return false;
	snprintf(host, 256, "%.*s", STR_ARG(h));
	snprintf(port, 16, "%.*s", STR_ARG(p));
	return true;
}

static int
inet_options(int fd, const struct addrinfo *ai)
{
	int one = 1, bytes = RCVBUF_BYTES;

	if (ai->ai_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0)
		return -1;
	if (ai->ai_socktype == SOCK_STREAM)
		return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* As much as we may: a burst waits in the kernel while the thread sleeps. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return 0;
}

static int
open_inet(const struct input_settings *in, struct diag *why)
{
	bool tcp = in->kind == INPUT_TCP;
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM};
	struct addrinfo *list = NULL;
	char host[256], port[16];
	int fd = -1, rc;

	if (!split_address(in->address, host, port)) {
		diag_set(why, NULL, 0, "input `%.*s`: `%.*s` is not host:port or [v6]:port",
			STR_ARG(in->name), STR_ARG(in->address));
		return -1;
	}
	rc = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
	if (rc != 0) {
		diag_set(why, NULL, 0, "input `%.*s`: cannot resolve %.*s: %s", STR_ARG(in->name),
			STR_ARG(in->address), gai_strerror(rc));
		return -1;
	}
	fd = socket(list->ai_family, list->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_options(fd, list) < 0 || bind(fd, list->ai_addr, list->ai_addrlen) < 0 ||
		(tcp && listen(fd, BACKLOG) < 0)) {
		explain(why, in, in->address, tcp ? "listen on TCP" : "bind UDP");
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd;
}

/* A socket file that nobody listens on is left over from a crash and may go. */
static void
remove_stale(const struct sockaddr_un *sun, int type)
{
	struct stat st;
	int fd;

	if (lstat(sun->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) < 0 && errno == ECONNREFUSED)
		unlink(sun->sun_path);
	close(fd);
}

static int
open_unix(const struct input_settings *in, struct diag *why)
{
	int type = in->kind == INPUT_UNIX_DGRAM ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, one = 1;

	if (in->path.n == 0 || in->path.n >= sizeof(sun.sun_path)) {
		diag_set(why, NULL, 0,
			"input `%.*s`: a socket's path has 1 to %zu bytes, this one %zu",
			STR_ARG(in->name), sizeof(sun.sun_path) - 1, in->path.n);
		return -1;
	}
	memcpy(sun.sun_path, in->path.p, in->path.n);
	remove_stale(&sun, type);
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* PASSCRED before bind: the first sender is already named by the kernel. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0 ||
		bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 ||
		chmod(sun.sun_path, 0666) < 0 || (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		explain(why, in, in->path, "listen on socket");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int
intake_listen(const struct settings *s, struct diag *why, struct intake_sockets *ret)
{
	struct intake_sockets socks = {.fds = mem_alloc(s->ninputs * sizeof(int)), .n = s->ninputs};
	bool bad = false;

	for (size_t i = 0; i < s->ninputs; i++) {
		const struct input_settings *in = &s->inputs[i];

		socks.fds[i] = -1;
		if (in->kind == INPUT_UDP || in->kind == INPUT_TCP)
			socks.fds[i] = open_inet(in, why);
		else if (in->kind == INPUT_UNIX_DGRAM || in->kind == INPUT_UNIX_STREAM)
			socks.fds[i] = open_unix(in, why);
		else
			continue;
		bad |= socks.fds[i] < 0; /* go on: one run shows all that is in the way */
	}
	if (bad) {
		intake_close(&socks);
		return ERR_IO;
	}
	*ret = socks;
	return 0;
}

void
intake_close(struct intake_sockets *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	mem_free(s->fds);
	*s = (struct intake_sockets){0};
}
