/*
 * desk.h - where people ask: a unix socket, one JSON object a line in, one out.
 *
 * Who asks is the kernel's word (SO_PEERCRED): the account's name stands in the history. Requests
 * are those of incident_act, and {"do":"drill"}. Threads: the responder's loop; bounded in clients,
 * bytes and time.
 */
#ifndef RESPOND_DESK_H
#define RESPOND_DESK_H

#include <poll.h>

#include "respond/duty.h"

#define DESK_CLIENTS 8u
#define DESK_FDS     (DESK_CLIENTS + 1)

struct desk;

/* asked: rows for mail may have been added. */
struct desk *desk_new(
	const struct respond_options *opt, struct duty *duty, void (*asked)(void *ctx), void *ctx);
/* Fill fds (DESK_FDS of room); returns how many. */
size_t desk_poll(struct desk *d, struct pollfd *fds);
void desk_serve(struct desk *d, const struct pollfd *fds, size_t n);
void desk_free(struct desk *d);

#endif
