/*
 * program.c - each rule's condition as steps: test one atom, go on at one of two places.
 *
 * What a tree decides by calls and returns, the steps decide by one jump per atom that is looked
 * at. Each atom of the tree is one step, for both ways out of it are known when it is written:
 * the last part first, then what leads to it.
 */
#include "base/mem.h"
#include "detect/ruleset.h"

static uint32_t write_expr(struct ruleset *rs, const struct expr *e, uint32_t yes, uint32_t no);

static uint32_t
write_step(struct ruleset *rs, struct step s)
{
	rs->steps = mem_grow(rs->steps, rs->nsteps, &rs->cap_steps, sizeof(*rs->steps));
	rs->steps[rs->nsteps] = s;
	return (uint32_t)rs->nsteps++;
}

/* All of them, or (`any`) one of them. */
static uint32_t
write_list(struct ruleset *rs, const struct expr *e, bool any, uint32_t yes, uint32_t no)
{
	uint32_t at = any ? no : yes;

	for (size_t i = e->n; i-- > 0;)
		at = any ? write_expr(rs, e->kids[i], yes, at) : write_expr(rs, e->kids[i], at, no);
	return at;
}

static uint32_t
write_expr(struct ruleset *rs, const struct expr *e, uint32_t yes, uint32_t no)
{
	switch (e->op) {
	case EXPR_FALSE:
		return no;
	case EXPR_TRUE:
		return yes;
	case EXPR_ATOM:
		return write_step(rs, (struct step){.atom = e->atom, .yes = yes, .no = no});
	case EXPR_NOT:
		return write_expr(rs, e->kids[0], no, yes);
	case EXPR_AND:
		return write_list(rs, e, false, yes, no);
	case EXPR_OR:
		return write_list(rs, e, true, yes, no);
	case EXPR_ATLEAST:
		if (e->need <= 1 || e->need >= e->n)
			break;
		return write_step(rs, (struct step){.atom = NONE, .tree = e, .yes = yes, .no = no});
	}
	/* ATLEAST of none, one or all. */
	if (e->need > e->n)
		return no;
	return e->need == 0 ? yes : write_list(rs, e, e->need == 1, yes, no);
}

void
program_build(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->nrules; i++)
		rs->rules[i].program = write_expr(rs, rs->rules[i].expr, STEP_YES, STEP_NO);
}
