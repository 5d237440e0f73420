/*
 * rhythm.h - how often a source of logs is heard, and which silence is against its own habit.
 *
 * A span of whole hours is watched; per source a bit per minute in which something was heard, and
 * the number of records per hour. The usual rate of an hour is the median of the same hour of the
 * week; with fewer than three of them, of the same hour on the same kind of day (working day,
 * weekend), then on any day; else it is not known. A silence weighs as many records as the usual
 * rates promise in it: nights and weekends weigh nothing where they are quiet as a rule, and an
 * outage does not hide itself, for a median does not see it.
 * Nothing depends on the order of records. Threads: values of their owner.
 */
#ifndef RESPOND_RHYTHM_H
#define RESPOND_RHYTHM_H

#include "base/str.h"

struct rhythm_span {
	int64_t from;  /* ns, a whole hour */
	int hours;     /* of the span */
	int first_day; /* day of the week on which it begins, 0 = Monday, in the readers' zone */
	int first_hour;
};

struct rhythm; /* of one source */

enum rhythm_state {
	RHYTHM_USUAL,   /* no silence against its habit */
	RHYTHM_PAUSED,  /* there was one, it is heard again */
	RHYTHM_SILENT,  /* it is silent now, against its habit */
	RHYTHM_UNKNOWN, /* heard of too short a time to know its habit */
	RHYTHM_STATES
};

struct silence {
	enum rhythm_state state;
	int64_t from, until; /* the gravest silence: ns; until = end of the span: it lasts */
	double expected;     /* records that are usual in such a time */
};

struct rhythm *rhythm_new(const struct rhythm_span *span);
void rhythm_free(struct rhythm *r);
/* One record. Times outside the span are left alone. */
void rhythm_heard(struct rhythm *r, const struct rhythm_span *span, int64_t ns);
/* Of [since, until): both within the span. */
void rhythm_judge(const struct rhythm *r, const struct rhythm_span *span, int64_t since,
	int64_t until, struct silence *ret);

#endif
