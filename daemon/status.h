/*
 * status.h - the counters as JSON (control socket), Prometheus text (/metrics), and a table for
 * people.
 */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include "base/buf.h"
#include "config/settings.h"
#include "daemon/shared.h"

void status_json(const struct house *h, const struct settings *s, struct buf *out);
void status_metrics(const struct house *h, const struct settings *s, struct buf *out);
/* Are all roles running? */
bool status_ready(const struct house *h);

#endif
