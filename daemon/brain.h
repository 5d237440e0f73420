/*
 * brain.h - all that is read once and then only read: settings, rules, correlations, parsers,
 * names.
 *
 * Built by the parent before it forks (so the roles share the pages), by the command line, and by
 * tests. Threads: immutable after brain_load.
 */
#ifndef DAEMON_BRAIN_H
#define DAEMON_BRAIN_H

#include "config/lists.h"
#include "config/settings.h"
#include "correlation/correlation.h"
#include "detect/detect.h"
#include "parsers/parsers.h"

struct brain {
	struct settings *settings; /* may be NULL on the command line */
	struct rule_files *files;
	struct names *names;
	struct ruleset *rules;
	struct correlations *correlations;
	struct parsers *parsers;
	struct lists *lists;     /* as they were when this was loaded; never NULL */
	struct buf lists_packed; /* their text, for state/objects */
	int zone_offset_s;       /* in which the days of lists begin */
	char host[256];
	struct hash128 hash; /* of settings, rules and the definitions of sources */
	size_t rejected;     /* rule documents left out */
};

struct brain_options {
	struct settings *settings;          /* lent */
	const struct rules_settings *rules; /* which paths */
	size_t nrules;
	const struct input_context *contexts; /* lent; NULL: made of the settings' inputs */
	size_t ncontexts;
	struct ruleset_options ruleset;
	const char *sources; /* folder of definitions, for runs without settings; NULL: only ours */
	const char *watchlists; /* folder; NULL: the settings', else none */
	bool strict;            /* any rejected document is an error, whatever on_error says */
};

/* 0, or ERR_SYNTAX with why telling all that is wrong; on_error: skip documents are reported as
 * warnings. */
int brain_load(const struct brain_options *opt, struct diag *why, struct brain **ret);
void brain_free(struct brain *b);

/* What thinking needs of its own: one per thread. The matcher is lent and may be NULL. */
struct thinker {
	const struct brain *brain;
	struct matcher *matcher;
	struct pairs *room;
};

struct thinker thinker_new(const struct brain *b, struct matcher *m);
void thinker_done(struct thinker *t);
/* Parse and match frames [from, to) of one batch: what a worker does, and the command line too. */
void brain_think(const struct thinker *t, struct batch batch, uint32_t from, uint32_t to);

#endif
