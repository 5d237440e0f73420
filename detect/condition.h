/*
 * condition.h - Sigma's condition language: or, and, not, N of pattern, parentheses.
 */
#ifndef DETECT_CONDITION_H
#define DETECT_CONDITION_H

#include "detect/ruleset.h"

struct condition_names {
	struct str *names;
	struct expr **exprs;
	size_t n;
};

/* Read `text`. On failure NULL and one sentence in `why`; *at is the byte where it went wrong. */
struct expr *condition_parse(struct arena *a, struct str text, const struct condition_names *names,
	struct buf *why, size_t *at);

#endif
