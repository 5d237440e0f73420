/*
 * monthline.h - what the monthly page needs of one line of the archive, in one pass over its bytes.
 *
 * Reads only lines as store writes them: one flat object, "@timestamp" first, names without
 * escapes. Threads: pure functions.
 */
#ifndef RESPOND_MONTHLINE_H
#define RESPOND_MONTHLINE_H

#include "base/coverage.h"

/* Texts are as they stand in JSON, escapes included: into the line. */
struct month_line {
	int64_t time, ingested;            /* ns; ingested 0 = not there */
	enum log_kind kind;                /* as the parser declared it */
	unsigned has;                      /* bits by enum log_need */
	unsigned excused;                  /* those that may be empty, for a reason that it names */
	unsigned reasons;                  /* bits by enum log_excuse */
	struct str input, sender, product; /* sender: device, host, or the peer without its port */
	struct str country;                /* of the source, else of the destination */
	bool derived;                      /* made of other lines */
};

/* False: not such a line, or without a time. */
bool month_line(struct str json, struct month_line *ret);

#endif
