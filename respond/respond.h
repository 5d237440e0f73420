/*
 * respond.h - from the alert log to people: cases.db, then each sink with a spool of its own.
 *
 * The number of the last alert taken is stored in the same SQLite transaction as the
 * insert-or-ignore, so each alert is taken exactly once, whatever dies when. The only code that
 * opens cases.db for writing. Threads: the responder's loop; each sink has a thread that may wait
 * for its peer.
 */
#ifndef RESPOND_RESPOND_H
#define RESPOND_RESPOND_H

#include "base/clock.h"
#include "base/count.h"
#include "base/diag.h"
#include "config/settings.h"

struct lists;

struct respond_options {
	const struct settings *settings;
	const char *alert_log_dir; /* data/alerts: numbered files, see base alert log */
	const char *cases;         /* data/cases.db */
	const char *spool_dir;     /* data/spool */
	_Atomic uint64_t
		*taken; /* where to tell the number of the last alert that is in cases.db */
	_Atomic uint32_t *ready; /* set ready_bit here when running */
	uint32_t ready_bit;
	int wake_fd; /* eventfd: something was appended to the alert log */
	int stop_fd;
	struct counts *counts;
	const struct clock *clock;
	int log_fd;
	int desk_fd;               /* listening socket for what people ask (desk.h); -1 = none */
	const struct lists *lists; /* for names in reports; lent */
	uint32_t ready_all; /* bits of *ready with which all is well: the heartbeat's condition */
	const char *archive, *reports_dir, *host, *version;
	/* Records of the archive by sequence (ascending), between two event times. */
	int (*records)(void *ctx, const uint64_t *seqs, size_t n, int64_t since, int64_t until,
		bool (*line)(void *arg, struct str json), void *arg);
	void *records_ctx;
};

int respond_run(const struct respond_options *opt, struct diag *why);

#endif
