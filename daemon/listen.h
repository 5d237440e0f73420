/*
 * listen.h - the listening sockets of console and control, opened by the parent.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "base/diag.h"

/* "host:port" or "[v6]:port"; a clear line when it cannot be had. */
int listen_tcp(struct str address, const char *what, struct diag *why, int *ret);
/* A stream socket for the control commands; mode 0660. A stale socket file is replaced, a live one
 * is not. */
int listen_unix(struct str path, struct diag *why, int *ret);
void listen_unlink(struct str path);
/* Connect to a control socket; -1 with errno. */
int control_connect(const char *path);

/* The responder's socket: cases.sock beside the control socket. */
void desk_path(struct str control, struct buf *ret);

#endif
