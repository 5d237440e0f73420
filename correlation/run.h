/*
 * run.h - a running correlator: what the files that move it share. Private to this folder.
 */
#ifndef CORRELATION_RUN_H
#define CORRELATION_RUN_H

#include "base/logsource.h"
#include "correlation/correlation.h"
#include "correlation/window.h"

/* An inner correlation that matched on the record at hand. */
struct inner_match {
	uint32_t families;
	struct str *values; /* of its group, in order */
	uint64_t first;
};

/* Something that wants to enter a correlation: its reference number, and for inner ones the match.
 */
struct feed {
	uint32_t ref;
	const struct inner_match *inner;
};

struct feed_list {
	struct feed *at;
	size_t n, cap;
};

/* One item to be, for one group. Offsets into the scratch text. */
struct pending {
	size_t key, key_n, value, value_n;
	double number;
	uint64_t bits, first;
	uint32_t families;
};

/* The record at hand. */
struct moment {
	struct batch b;
	const struct record *r;
	uint64_t seq;
	struct hash128 id;
};

struct correlator {
	const struct correlations *c;
	struct correlator_options opt;
	struct correlator_sink sink;
	struct state s;
	struct feed_list *feeds; /* per correlation */
	uint64_t *waiting;       /* a bit per correlation that has feeds */
	size_t nwaiting;         /* words */
	struct pending *pending;
	size_t npending, pending_cap;
	struct buf text; /* keys and values of pending ones */
	struct buf json;
	struct arena inner; /* matches on this record */
	struct alert alert;
};

/* report.c: a correlation matched. */
void report_match(struct correlator *k, const struct moment *m, uint32_t corr, roff group,
	const struct item *it, double number);
/* A detection rule matched: an alert of its own, folded by entity. */
void report_rule(struct correlator *k, const struct moment *m, uint32_t rule);

/* A key is its texts, each behind its length. */
void key_add(struct buf *b, struct str text);
struct str key_next(struct str *key);

#endif
