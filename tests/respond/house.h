/*
 * house.h - a responder in a folder of its own, for tests: settings, alert log, counts, thread.
 */
#ifndef TESTS_RESPOND_HOUSE_H
#define TESTS_RESPOND_HOUSE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/alert.h"
#include "base/alertlog.h"
#include "respond/sink.h"

struct house {
	char dir[64], alerts[96], cases[96], spool[96], log[96], out[96];
	struct settings set;
	struct sink_settings sinks[4];
	struct counts *counts;
	_Atomic uint64_t taken;
	_Atomic uint32_t ready;
	struct respond_options opt;
	struct tuning tune;
	struct alertlog *writer;
	struct diag why;
	pthread_t thread;
	int rc;
};

void house_init(struct house *h);
/* A sink of that kind; the file kind writes h->out. */
struct sink_settings *house_sink(struct house *h, enum sink_kind kind, const char *name);
void house_start(struct house *h);
/* In this thread, till all that can be delivered is. */
int house_run_once(struct house *h);
void house_stop(struct house *h);
void house_done(struct house *h);

/* Alert number i (its id is made of i), as one line of JSON. */
struct alert_rule house_rule(void);
void house_alert(struct house *h, unsigned i);
void house_alert_with(struct house *h, unsigned i, const struct alert_rule *rule, struct str value,
	struct str record);
/* alerts first..last, one commit */
void house_alerts(struct house *h, unsigned first, unsigned last);
struct hash128 house_id(unsigned i);

/* Until the counter reaches n; fails the test after 20 s. */
void house_wait(struct house *h, enum count_id id, uint64_t n);
uint64_t house_count(const struct house *h, enum count_id id);
/* A number out of cases.db. */
long long house_sql(const struct house *h, const char *sql);
struct buf house_read(const char *path);
/* The ids of an NDJSON file must be those of first..last, once each, in order. */
void house_expect_lines(const char *path, unsigned first, unsigned last, const char *why);

struct peer {
	int pid, port, out;
};
/* Start a server of tests/servers that prints its port. */
struct peer peer_start(const char *const *argv);
void peer_stop(struct peer *p);

#endif
