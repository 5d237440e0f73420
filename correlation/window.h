/*
 * window.h - one group's sliding window (SEMANTICS 5.5, 5.6) and what is counted over it. Private
 * to this folder.
 *
 * Every figure is kept up with each item that comes and goes; nothing is counted again per event.
 * Two exceptions, both bounded by the window: a late item of an ordered correlation replays the
 * chain from the last kept state before it; numbers outside of the exact range are summed in
 * floating point.
 */
#ifndef CORRELATION_WINDOW_H
#define CORRELATION_WINDOW_H

#include "correlation/state.h"

enum window_result {
	WINDOW_ADDED,
	WINDOW_LATE,   /* older than the window: ignored */
	WINDOW_REFUSED /* the budget cannot take it */
};

/* Put one item in and drop what fell out. value: text for value_count and share; number for the
 * numeric kinds. it->x: the rules' bits, and after WINDOW_ADDED what the window keeps there. */
enum window_result window_add(struct state *s, uint32_t rule, roff group, struct item *it,
	struct str value, double number);
/* Empty it and free all its memory. */
void window_clear(struct state *s, uint32_t rule, struct group *g);

static inline struct item *
window_at(const struct state *s, const struct group *g, uint32_t i)
{
	uint32_t at = g->head + i;

	return (struct item *)region_at(s->region, g->ring) + (at >= g->cap ? at - g->cap : at);
}

/* The oldest time that is still inside. */
static inline int64_t
window_begin(const struct corr *c, const struct group *g)
{
	int64_t from;

	return __builtin_sub_overflow(g->newest, c->span, &from) ? INT64_MIN : from;
}

/* The smallest line in the window. */
uint64_t window_first(const struct state *s, const struct group *g);
/* Rules present in the window, a bit each. */
uint64_t window_present(const struct corr *c, const struct group *g);
/* Does the condition hold? value: the arriving item's x, for shares. *ret: the compared number. */
bool window_matches(const struct state *s, const struct corr *c, const struct group *g, roff value,
	double *ret);

/* values.c: both give 0 when there is no memory, and then nothing has changed. */
roff values_take(struct state *s, uint32_t rule, roff group, struct str text);
void values_drop(struct state *s, uint32_t rule, struct group *g, roff value);
bool numbers_reserve(struct state *s, uint32_t rule, roff group);
void numbers_add(struct state *s, uint32_t rule, struct group *g, double v);
void numbers_drop(struct state *s, uint32_t rule, struct group *g, double v);
double numbers_sum(const struct group *g);
double numbers_rank(const struct state *s, const struct group *g, double percent);
void values_clear(struct state *s, uint32_t rule, struct group *g);

/* chain.c: how far the rules of an ordered correlation were seen in order. */
size_t chain_bytes(const struct corr *c);
void chain_clear(const struct corr *c, struct group *g);
/* Item number `at` has just been put in. */
void chain_added(const struct state *s, const struct corr *c, struct group *g, uint32_t at);
/* The oldest item has gone. */
void chain_dropped(struct group *g);
uint32_t chain_longest(const struct corr *c, const struct group *g);
bool chain_expr(const struct corr *c, const struct group *g, uint64_t present);

#endif
