#include "respond/desk.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"

#define ASK_MAX ((size_t)64 << 10)
#define IDLE_NS (30 * NS_PER_S)

struct client {
	int fd; /* -1 = free */
	int64_t since;
	struct buf in;
};

struct desk {
	const struct respond_options *opt;
	struct duty *duty;
	void (*asked)(void *ctx);
	void *ctx;
	struct client clients[DESK_CLIENTS];
};

struct desk *
desk_new(const struct respond_options *opt, struct duty *duty, void (*asked)(void *ctx), void *ctx)
{
	struct desk *d = mem_zero(1, sizeof(*d));

	d->opt = opt;
	d->duty = duty;
	d->asked = asked;
	d->ctx = ctx;
	for (unsigned i = 0; i < DESK_CLIENTS; i++)
		d->clients[i].fd = -1;
	return d;
}

static void
leave(struct client *c)
{
	close(c->fd);
	c->fd = -1;
	buf_done(&c->in);
}

void
desk_free(struct desk *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < DESK_CLIENTS; i++)
		if (d->clients[i].fd >= 0)
			leave(&d->clients[i]);
	mem_free(d);
}

size_t
desk_poll(struct desk *d, struct pollfd *fds)
{
	size_t n = 0;
	bool room = false;

	for (unsigned i = 0; i < DESK_CLIENTS; i++) {
		room |= d->clients[i].fd < 0;
		if (d->clients[i].fd >= 0)
			fds[n++] = (struct pollfd){.fd = d->clients[i].fd, .events = POLLIN};
	}
	if (d->opt->desk_fd >= 0 && room)
		fds[n++] = (struct pollfd){.fd = d->opt->desk_fd, .events = POLLIN};
	return n;
}

/* The asker's account by the kernel's word; what he calls himself stands beside it. */
static void
who_asks(int fd, const json_t *ask, struct buf *ret)
{
	struct ucred u = {0};
	socklen_t n = sizeof(u);
	const struct passwd *pw;
	const char *own = json_string_value(json_object_get(ask, "name"));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) < 0)
		return;
	pw = getpwuid(u.uid);
	if (pw)
		buf_printf(ret, "%s", pw->pw_name);
	else
		buf_printf(ret, "uid %u", (unsigned)u.uid);
	if (own && *own && strlen(own) <= 100) {
		/* his own words: nothing that a terminal obeys */
		BUF_ADD_LIT(ret, " (");
		term_show(ret, str_of(own));
		buf_add_char(ret, ')');
	}
	buf_z(ret);
}

static json_t *
answer(struct desk *d, json_t *ask, const char *by)
{
	int64_t wall = clock_wall(d->opt->clock);
	const char *what = json_string_value(json_object_get(ask, "do"));
	json_t *ret;

	if (what && !strcmp(what, "drill")) {
		const char *name = json_string_value(json_object_get(ask, "text"));
		char number[40] = "";
		const char *bad = duty_drill(d->duty, name ? name : "", by, wall, number);

		return bad ? json_pack("{s:s}", "error", bad)
			   : json_pack("{s:s,s:s,s:s}", "ok", "the drill runs", "ok_ja",
				     "訓練を開始しました", "incident", number);
	}
	if (what && !strcmp(what, "route")) {
		json_int_t level = json_integer_value(json_object_get(ask, "level"));
		size_t n = 0;
		const char *bad = duty_route(
			d->duty, level > 0 && level < 5 ? (unsigned)level : 0, by, wall, &n);

		return bad ? json_pack("{s:s}", "error", bad)
			   : json_pack("{s:o,s:o}", "ok",
				     json_sprintf("mailed to %zu addresses", n), "ok_ja",
				     json_sprintf("%zu件の宛先にテストを送ります", n));
	}
	json_object_set_new(ask, "by", json_string(by));
	if (cases_begin(d->duty->cases) < 0)
		return json_pack("{s:s}", "error", "cases.db is busy; try again");
	ret = incident_act(cases_db(d->duty->cases), ask, wall);
	if (json_object_get(ret, "failed"))
		cases_abandon(d->duty->cases);
	else if (cases_commit(d->duty->cases, cases_taken(d->duty->cases)) < 0) {
		json_decref(ret);
		return json_pack("{s:s}", "error", "cases.db does not take it; is the disk full?");
	}
	return ret;
}

static void
serve_line(struct desk *d, struct client *c, struct str line)
{
	json_t *ask = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL), *ret;
	struct buf by = {0};
	char *text;

	who_asks(c->fd, ask, &by);
	ret = json_is_object(ask) && by.n
		      ? answer(d, ask, by.p)
		      : json_pack("{s:s}", "error", "one JSON object a line, please");
	text = json_dumps(ret, JSON_COMPACT);
	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		send(c->fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(text);
	json_decref(ret);
	json_decref(ask);
	buf_done(&by);
	d->asked(d->ctx);
}

static void
serve_client(struct desk *d, struct client *c)
{
	ssize_t got = recv(c->fd, buf_room(&c->in, 4096), 4096, MSG_DONTWAIT);
	ptrdiff_t end;

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		leave(c);
		return;
	}
	c->in.n += got > 0 ? (size_t)got : 0;
	end = str_chr(buf_str(&c->in), '\n');
	if (end >= 0) {
		serve_line(d, c, str_make(c->in.p, (size_t)end));
		leave(c); /* one question a connection */
	} else if (c->in.n > ASK_MAX) {
		leave(c);
	}
}

static void
take_in(struct desk *d)
{
	int fd = accept4(d->opt->desk_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	for (unsigned i = 0; fd >= 0 && i < DESK_CLIENTS; i++)
		if (d->clients[i].fd < 0) {
			d->clients[i] =
				(struct client){.fd = fd, .since = clock_mono(d->opt->clock)};
			return;
		}
	if (fd >= 0)
		close(fd);
}

void
desk_serve(struct desk *d, const struct pollfd *fds, size_t n)
{
	int64_t now = clock_mono(d->opt->clock);

	for (size_t i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		if (fds[i].fd == d->opt->desk_fd) {
			take_in(d);
			continue;
		}
		for (unsigned k = 0; k < DESK_CLIENTS; k++)
			if (d->clients[k].fd == fds[i].fd) {
				serve_client(d, &d->clients[k]);
				break;
			}
	}
	for (unsigned k = 0; k < DESK_CLIENTS; k++)
		if (d->clients[k].fd >= 0 && now - d->clients[k].since > IDLE_NS)
			leave(&d->clients[k]);
}
