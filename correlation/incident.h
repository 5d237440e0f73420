/*
 * incident.h - alerts folded into incidents by what they share, in stream time only.
 *
 * An alert joins the open incident that shares a person, a host, an address, a file hash or a
 * contributing event with it within the window; if it shares with several, they become one (the
 * oldest id stays). Hubs (entities of the configuration, shared addresses, entities of more than
 * `hub_degree` incidents or alerts of so many different persons) join nothing. All state lies in
 * one struct region; an incident's id is hash(first alert's id). Threads: one.
 */
#ifndef CORRELATION_INCIDENT_H
#define CORRELATION_INCIDENT_H

#include "base/alert.h"
#include "base/record.h"
#include "base/region.h"
#include "config/lists.h"

struct incidents;

struct incidents_options {
	int64_t window_ns;   /* an alert joins what was active within, 4 h */
	int64_t longest_ns;  /* an incident takes no more alerts after, 7 d */
	uint32_t hub_degree; /* 3; at most 12 */
	struct str least;    /* alerts below this level open no incident of their own: "medium" */
	const struct str *hubs; /* values that never join: configuration */
	size_t nhubs;
	uint64_t seed;
};

extern const struct incidents_options incidents_options_default;

/* The region is new or restored. NULL: too small. Lists (assets, networks) are lent. */
struct incidents *incidents_new(const struct incidents_options *opt, const struct names *names,
	const struct lists *lists, struct region *state);
void incidents_lists(struct incidents *k, const struct lists *lists);
/* A family of logs (base/alert.h) was heard of at that event time: for "which source was missing".
 */
void incidents_heard(struct incidents *k, unsigned family, int64_t time);
/*
 * Fold one alert; b/r are its deciding record (r NULL: none, a timer). Fills a->incident and
 * a->entities, whose slices live until the next call.
 */
void incidents_fold(struct incidents *k, struct alert *a, struct batch b, const struct record *r);

struct incidents_stats {
	uint64_t open; /* kept: not evicted, not part of another */
	uint64_t opened, merged, evicted, hubs;
	uint64_t unkept; /* entities that found no room in an alert or an incident */
};
void incidents_stats(const struct incidents *k, struct incidents_stats *ret);
void incidents_free(struct incidents *k);

#endif
