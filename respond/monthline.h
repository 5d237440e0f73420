/*
 * monthline.h - what the monthly page needs of one line of the archive, in one pass over its bytes.
 *
 * Reads only lines as store writes them: one flat object, "@timestamp" first, names without
 * escapes. Threads: pure functions.
 */
#ifndef RESPOND_MONTHLINE_H
#define RESPOND_MONTHLINE_H

#include "base/str.h"

/* The kinds of logs of control 143, in the order of the page. */
enum month_kind {
	KIND_MAIL,
	KIND_FIREWALL,
	KIND_PROXY,
	KIND_REMOTE,
	KIND_AUTH,
	KIND_ENDPOINT,
	KIND_COUNT,
	KIND_NONE = KIND_COUNT
};

/* What the standard wants in a record. Bits. */
enum month_need {
	NEED_SENDER,
	NEED_RECIPIENT,
	NEED_SOURCE_IP,
	NEED_DESTINATION_IP,
	NEED_URL,
	NEED_USER,
	NEED_OUTCOME,
	NEED_HOST,
	NEED_IP,
	NEED_OPERATION,
	NEED_COUNT
};

/* Texts are as they stand in JSON, escapes included: into the line. */
struct month_line {
	int64_t time, ingested; /* ns; ingested 0 = not there */
	enum month_kind kind;
	unsigned has;                      /* bits by enum month_need */
	struct str input, sender, product; /* sender: device, host, or the peer without its port */
	struct str country;                /* of the source, else of the destination */
	bool derived;                      /* made of other lines */
};

extern const unsigned month_needs[KIND_COUNT];  /* bits that each kind must have */
const char *month_kind_name(enum month_kind k); /* "mail" ... as report_family knows them */

/* False: not such a line, or without a time. */
bool month_line(struct str json, struct month_line *ret);

#endif
