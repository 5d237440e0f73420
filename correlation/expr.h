/*
 * expr.h - conditions over rule names: `a and (b or not c)`.
 *
 * or < and < not < parentheses, words in any letter case. Threads: none; results live in the
 * caller's arena.
 */
#ifndef CORRELATION_EXPR_H
#define CORRELATION_EXPR_H

#include "correlation/model.h"

/* Called for each name: its bit (0 .. CORR_REFS_MASK-1), or negative after a message to why. */
typedef int expr_name(void *ctx, struct str name);

struct expr_reader {
	expr_name *name;
	void *ctx;
	const char *path;
	unsigned line, column;
	struct diag *why;
};

int expr_parse(struct str text, const struct expr_reader *how, struct arena *a, struct corr *c);
/* Over the rules that are present in the window. */
bool expr_holds(const struct corr *c, uint32_t node, uint64_t present);
/* The ways to make an ordered expression true. ERR_LIMIT when there are more than CORR_TERMS. */
int expr_terms(struct corr *c, struct arena *a);

#endif
