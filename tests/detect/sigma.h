/*
 * sigma.h - for tests: one rule text and events as JSON lines, read as --source sigma reads them.
 */
#ifndef TESTS_DETECT_SIGMA_H
#define TESTS_DETECT_SIGMA_H

#include "detect/detect.h"

struct sigma {
	struct rule_files *files;
	struct names *names;
	struct ruleset *rules;
	struct matcher *matcher;
	struct batch batch;
	struct diag why;
};

/* opt NULL: native fields, log source ignored. */
void sigma_open(struct sigma *s, const char *rules, const struct ruleset_options *opt);
/* Match one event; the ids of the rules that match, separated by blanks (valid until the next). */
const char *sigma_match(struct sigma *s, const char *event, struct buf *out);
/* The same with a product's label instead of one in the event; fields are as in the event. */
const char *sigma_match_as(struct sigma *s, unsigned logsource, const char *event, struct buf *out);
void sigma_close(struct sigma *s);

/* One sentence of what a match is. */
struct sigma_row {
	const char *item; /* in flow style, as the selection of a rule whose condition it is */
	const char *event;
	bool match;
	const char *why; /* NULL ends the rows */
};

/* Each item must load and match its event or not, as its row says. */
void sigma_check(const struct sigma_row *rows, const struct ruleset_options *opt);

#endif
