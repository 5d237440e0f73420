/* console.c - /healthz, /readyz and /metrics on loopback, and the control socket's one-line
 * commands. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/cost.h"
#include "daemon/log.h"
#include "daemon/roles.h"
#include "daemon/status.h"

#define COMMAND_MAX  4096u
#define IDLE_SECONDS 10

static void
reply(struct evhttp_request *req, int code, const char *type, struct buf *text)
{
	struct evbuffer *body = evbuffer_new();

	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
	evhttp_add_header(
		evhttp_request_get_output_headers(req), "X-Content-Type-Options", "nosniff");
	evbuffer_add(body, text->p, text->n);
	evhttp_send_reply(req, code, NULL, body);
	evbuffer_free(body);
	buf_done(text);
}

static void
on_health(struct evhttp_request *req, void *arg)
{
	const struct role_context *c = arg;
	bool good = status_ready(c->house);
	struct buf b = {0};

	buf_add_str(
		&b, good ? STR("ok\n") : STR("not ready: a role is not running; see the log\n"));
	reply(req, good ? 200 : 503, "text/plain; charset=utf-8", &b);
}

static void
on_metrics(struct evhttp_request *req, void *arg)
{
	const struct role_context *c = arg;
	struct buf b = {0};

	status_metrics(c->house, c->brain->settings, &b);
	reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
}

static void
on_control_read(struct bufferevent *bev, void *arg)
{
	const struct role_context *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF);
	struct buf b = {0};

	if (!line) {
		if (evbuffer_get_length(in) > COMMAND_MAX)
			bufferevent_free(bev);
		return;
	}
	if (str_eq(str_of(line), STR("status")))
		status_json(c->house, c->brain->settings, &b);
	else if (str_eq(str_of(line), STR("top")))
		cost_json(c->brain->costs, c->brain->rules, &b);
	else
		BUF_ADD_LIT(&b, "{\"error\":\"unknown command; known: status, top\"}\n");
	free(line);
	bufferevent_write(bev, b.p, b.n);
	buf_done(&b);
}

static void
on_control_event(struct bufferevent *bev, short what, void *arg)
{
	(void)arg;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		bufferevent_free(bev);
}

static void
on_control(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *addr, int len, void *arg)
{
	struct timeval idle = {IDLE_SECONDS, 0};
	struct bufferevent *bev =
		bufferevent_socket_new(evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);

	(void)addr;
	(void)len;
	if (!bev) {
		close(fd);
		return;
	}
	bufferevent_setcb(bev, on_control_read, NULL, on_control_event, arg);
	bufferevent_set_timeouts(bev, &idle, &idle);
	bufferevent_setwatermark(bev, EV_READ, 0, COMMAND_MAX * 2);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static int
open_http(struct event_base *base, const struct role_context *c, void *arg)
{
	struct evhttp *http = evhttp_new(base);

	if (!http)
		return -1;
	evhttp_set_max_headers_size(http, 8192);
	evhttp_set_max_body_size(http, 65536);
	evhttp_set_timeout(http, IDLE_SECONDS);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_cb(http, "/healthz", on_health, arg);
	evhttp_set_cb(http, "/readyz", on_health, arg);
	evhttp_set_cb(http, "/metrics", on_metrics, arg);
	return evhttp_accept_socket(http, c->console_fd);
}

_Noreturn void
role_console(const struct role_context *ctx)
{
	struct role_context own = *ctx;
	struct event_base *base;
	struct event *stop;

	role_begin(ctx, ROLE_CONSOLE);
	base = event_base_new();
	if (!base || (own.console_fd >= 0 && open_http(base, &own, &own) < 0) ||
		(own.control_fd >= 0 && !evconnlistener_new(base, on_control, &own,
						LEV_OPT_CLOSE_ON_EXEC, 0, own.control_fd))) {
		log_line(ctx->house->log_fd, LOG_LINE_ERROR, "console",
			"cannot serve console and control socket");
		_exit(ROLE_EXIT_CONFIG);
	}
	stop = event_new(base, ctx->house->stop_fd[ROLE_CONSOLE], EV_READ, on_stop, base);
	event_add(stop, NULL);
	atomic_fetch_or(&ctx->house->s->ready, 1u << ROLE_CONSOLE);
	event_base_dispatch(base);
	_exit(0);
}
