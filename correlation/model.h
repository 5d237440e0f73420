/*
 * model.h - a compiled correlation, as build.c leaves it and the correlator runs it. Private to
 * this folder and its tests.
 *
 * Threads: immutable after correlations_build.
 */
#ifndef CORRELATION_MODEL_H
#define CORRELATION_MODEL_H

#include "base/alert.h"
#include "detect/detect.h"

#define CORR_REFS_MASK 64u /* rules of a temporal correlation: one bit each */
#define CORR_FIELDS    8u  /* fields of a value_count tuple */
#define CORR_OPS       12u
#define CORR_TERMS     64u /* in-order chains that an ordered expression may ask for */
#define CORR_DEPTH     32u /* nesting of an expression */

enum corr_kind {
	CORR_EVENT_COUNT,
	CORR_VALUE_COUNT,
	CORR_VALUE_SUM,
	CORR_VALUE_AVG,
	CORR_VALUE_MEDIAN,
	CORR_VALUE_PERCENTILE, /* with `percentile` */
	CORR_VALUE_SHARE,      /* value_percentile without it (SEMANTICS 5.6) */
	CORR_TEMPORAL,
	CORR_TEMPORAL_ORDERED,
	CORR_KINDS
};

enum corr_op { OP_GT, OP_GTE, OP_LT, OP_LTE, OP_EQ, OP_NEQ, OP_COUNT };

struct corr_test {
	enum corr_op op;
	double than;
};

/* Where a group-by or value field comes from for one referenced rule. */
struct corr_source {
	struct field_ref event;
	int inner; /* place in the inner correlation's group, or -1: read the event */
};

struct corr_ref {
	uint32_t target; /* rule number, or place among the correlations */
	bool inner;
	struct corr_source *group;  /* ngroup */
	struct corr_source *values; /* nfields */
};

enum expr_kind { EXPR_NAME, EXPR_NOT, EXPR_AND, EXPR_OR };

/* Expressions stand in one array, children before parents; the last one is the root. */
struct expr {
	enum expr_kind kind;
	uint32_t a, b; /* EXPR_NAME: a = bit of the rule */
};

/* One way to make an ordered expression true: these rules in order, and these `not` parts. */
struct corr_term {
	uint8_t *steps; /* bits, ascending */
	uint32_t nsteps;
	uint32_t *nots; /* EXPR_NOT nodes that must hold over all present rules */
	uint32_t nnots;
};

struct corr {
	struct alert_rule words;
	struct str name;
	const char *path;
	unsigned line;
	enum corr_kind kind;
	int64_t span;
	struct str *group; /* names as written in group-by */
	uint32_t ngroup;
	struct corr_ref *refs; /* in the order of `rules` */
	uint32_t nrefs;
	uint32_t nfields;
	struct str counted; /* the first field, as written */
	double percentile;
	struct corr_test tests[CORR_OPS];
	uint32_t ntests; /* 0 for temporal kinds: all rules, or the expression */
	struct expr *expr;
	uint32_t nexpr;
	struct corr_term *terms;
	uint32_t nterms;
	uint32_t aux; /* bytes of per-group arrays (presence counts, chain states) */
	bool generate, referenced, off, shadow;
	bool chained; /* some reference is a correlation */
	struct hash128 content;
};

/* Who is fed by a rule or a correlation. */
struct corr_feed {
	uint32_t corr, ref;
};

struct corr_feeds {
	struct corr_feed *at;
	size_t n, cap;
};

/* A detection rule seen as an alert of its own. */
struct corr_entity {
	const struct rule_info *info;
	struct str *names;
	struct field_ref *fields;
	uint32_t n;
};

struct correlations {
	struct arena arena;
	struct corr **at; /* inner before outer */
	size_t n;
	struct corr_feeds *by_rule;   /* nrules */
	struct corr_feeds *by_corr;   /* n */
	struct corr_entity *entities; /* nrules */
	size_t nrules;
};

/* After refs, kind, expr and tests are set: terms, aux. */
int corr_finish(struct corr *c, struct arena *a, struct diag *why);
/* After `at` is complete: by_rule, by_corr. */
void correlations_link(struct correlations *c, size_t nrules);

#endif
