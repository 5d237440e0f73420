/*
 * regexlit.h - what must stand in a text for a regular expression to match: one of these literals.
 */
#ifndef DETECT_REGEXLIT_H
#define DETECT_REGEXLIT_H

#include "base/arena.h"

#define REGEXLIT_MAX 32u

struct regexlit {
	struct str items[REGEXLIT_MAX]; /* lower case */
	size_t n;                       /* 0: nothing is known */
	bool folds;                     /* letter case is ignored somewhere */
};

/* `re` is a pattern that PCRE2 accepts. */
void regex_literals(struct str re, bool caseless, struct arena *a, struct regexlit *ret);
/* How much a literal costs as a witness: the rarer in real logs, the less. */
double literal_cost(struct str text);

#endif
