/*
 * world.h - rules from text, events from values, and what came out: the bench of these tests.
 */
#ifndef TESTS_CORRELATION_WORLD_H
#define TESTS_CORRELATION_WORLD_H

#include "correlation/correlation.h"

#define S (INT64_C(1000000000))

struct world {
	struct names *names;
	struct rule_files *files;
	struct ruleset *rules;
	struct correlations *correlations;
	struct matcher *matcher;
	struct diag why;
	struct buf said; /* all messages about the rules */
	struct region *state;
	size_t limit;
	struct correlator_options opt;
	struct correlator *k;
	struct batch b;
	uint64_t line;
	struct buf matches; /* "id group first last count\n", group as a=1,b=2 or - */
	struct buf alerts;  /* one JSON object a line */
	size_t nalerts;
	size_t failed; /* documents that were rejected */
};

struct world_value {
	const char *name;
	enum value_kind kind;
	const char *text;
	unsigned flags;
};

struct world world_open(const char *yaml, const struct correlator_options *opt, size_t limit);
void world_close(struct world *w);
/* A record; arrival is its time unless given. */
void world_event(struct world *w, int64_t time, const struct world_value *v, size_t n);
/* "kind=a u=x v=3 n=null": digits become numbers, 'x' in quotes strings; u=[] empty array, u=[1,2]
 * arrays, u={} an object, u=true. */
void world_say(struct world *w, int64_t time, const char *text);
/* Save, throw all away, load. */
void world_restart(struct world *w);
/* The same events from here, with other rules over the same state. */
void world_rules(struct world *w, const char *yaml);

#endif
