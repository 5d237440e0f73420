#include "daemon/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

static bool
split_address(struct str address, char *host, size_t hn, char *port, size_t pn)
{
	ptrdiff_t colon = str_rchr(address, ':');
	struct str h, p;

	if (colon < 0)
		return false;
	h = str_make(address.p, (size_t)colon);
	p = str_make(address.p + colon + 1, address.n - (size_t)colon - 1);
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = str_make(h.p + 1, h.n - 2);
	if (h.n >= hn || p.n >= pn)
		return false;
	snprintf(host, hn, "%.*s", STR_ARG(h));
	snprintf(port, pn, "%.*s", STR_ARG(p));
	return true;
}

int
listen_tcp(struct str address, const char *what, struct diag *why, int *ret)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
	char host[256], port[16];
	int fd = -1, on = 1;

	if (!split_address(address, host, sizeof(host), port, sizeof(port)) ||
		getaddrinfo(*host ? host : NULL, port, &hints, &list) != 0) {
		diag_set(why, NULL, 0, "%s: address %.*s is not host:port", what, STR_ARG(address));
		return ERR_SYNTAX;
	}
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, 128) < 0) {
		diag_set(why, NULL, 0,
			"%s: cannot listen on %.*s: %s; stop the other program or choose another "
			"port",
			what, STR_ARG(address), strerror(errno));
		if (fd >= 0)
			close(fd);
		freeaddrinfo(list);
		return ERR_IO;
	}
	freeaddrinfo(list);
	*ret = fd;
	return 0;
}

int
control_connect(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int keep = errno;

		close(fd);
		errno = keep;
		return -1;
	}
	return fd;
}

/* /run is empty after a boot: without a service manager nobody else makes our folder there. */
static void
make_folder(struct str path)
{
	ptrdiff_t slash = str_rchr(path, '/');
	struct buf b = {0};

	if (slash <= 0)
		return;
	buf_add(&b, path.p, (size_t)slash);
	file_make_dirs(buf_z(&b), 0755); /* what does not work out, bind says */
	buf_done(&b);
}

int
listen_unix(struct str path, struct diag *why, int *ret)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, live;

	if (path.n >= sizeof(a.sun_path)) {
		diag_set(why, NULL, 0,
			"control: the path %.*s is longer than a socket path may be (107 bytes)",
			STR_ARG(path));
		return ERR_LIMIT;
	}
	memcpy(a.sun_path, path.p, path.n);
	make_folder(path);
	live = control_connect(a.sun_path);
	if (live >= 0) {
		close(live);
		diag_set(why, NULL, 0,
			"control: another noroshid answers at %s; stop it or choose another path",
			a.sun_path);
		return ERR_EXISTS;
	}
	if (errno == ECONNREFUSED)
		unlink(a.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		chmod(a.sun_path, 0660) < 0 || listen(fd, 64) < 0) {
		diag_set(why, NULL, 0, "control: cannot listen at %s: %s; choose another path",
			a.sun_path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	*ret = fd;
	return 0;
}

void
listen_unlink(struct str path)
{
	struct buf b = {0};

	buf_add_str(&b, path);
	unlink(buf_z(&b));
	buf_done(&b);
}

void
desk_path(struct str control, struct buf *ret)
{
	ptrdiff_t slash = str_rchr(control, '/');

	buf_add_str(ret, str_make(control.p, slash < 0 ? 0 : (size_t)slash + 1));
	BUF_ADD_LIT(ret, "cases.sock");
	buf_z(ret);
}
