/*
 * reference.h - the plain reading of what a correlation is: every window is looked at anew for
 * every event. Slow, and shares nothing with the engine.
 */
#ifndef TESTS_CORRELATION_REFERENCE_H
#define TESTS_CORRELATION_REFERENCE_H

#include "base/buf.h"

#define REF_RULES  3 /* detection rules a, b, c */
#define REF_CORRS  4
#define REF_FEEDS  4
#define REF_EVENTS 400

enum ref_type {
	RT_COUNT,
	RT_VALUES,
	RT_SUM,
	RT_AVG,
	RT_MEDIAN,
	RT_PERCENTILE,
	RT_SHARE,
	RT_TEMPORAL,
	RT_ORDERED,
	RT_TYPES
};

/* A condition over names, as a tree in an array; the last one is the root. */
struct ref_expr {
	char kind; /* 'n' name, '!' not, '&' and, '|' or */
	int a, b;
};

struct ref_corr {
	enum ref_type type;
	int feeds[REF_FEEDS]; /* < REF_RULES: a rule; else correlation feeds - REF_RULES */
	int nfeeds;
	bool by_u, by_h, alias; /* alias: who = u of rule a, h of the others, u of correlations */
	bool generate, tuple;
	double percentile;
	int span; /* tenths of a second */
	struct {
		int op; /* gt gte lt lte eq neq */
		double than;
	} tests[2];
	int ntests;
	struct ref_expr expr[40];
	int nexpr;
};

struct ref_event {
	int64_t time; /* tenths of a second */
	bool rules[REF_RULES];
	const char *u, *h, *v; /* as text, NULL: no usable value */
};

struct reference;

struct reference *reference_new(const struct ref_corr *c, int n, bool every);
/* Appends what comes out to `out`, in world.h's form. */
void reference_event(struct reference *r, const struct ref_event *e, struct buf *out);
void reference_free(struct reference *r);

#endif
