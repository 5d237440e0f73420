/*
 * notify.h - the service manager's notification protocol (systemd.service(5), sd_notify(3)):
 * datagrams to $NOTIFY_SOCKET.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* Send lines such as "READY=1"; nothing happens without $NOTIFY_SOCKET. */
void notify_send(const char *state);
/* RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload asks and Type=notify tolerates. */
void notify_reloading(void);

#endif
