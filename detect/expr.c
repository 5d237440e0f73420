#include "detect/ruleset.h"

static struct expr *
node(struct arena *a, enum expr_op op, struct expr **kids, size_t n)
{
	struct expr *e = arena_alloc(a, sizeof(*e));

	e->op = op;
	e->n = n;
	e->kids = arena_alloc(a, (n + 1) * sizeof(struct expr *));
	if (n)
		memcpy(e->kids, kids, n * sizeof(struct expr *));
	return e;
}

struct expr *
expr_atom(struct arena *a, uint32_t atom)
{
	struct expr *e = node(a, EXPR_ATOM, NULL, 0);

	e->atom = atom;
	return e;
}

struct expr *
expr_const(struct arena *a, bool truth)
{
	return node(a, truth ? EXPR_TRUE : EXPR_FALSE, NULL, 0);
}

struct expr *
expr_not(struct arena *a, struct expr *e)
{
	if (e->op == EXPR_NOT)
		return e->kids[0];
	return node(a, EXPR_NOT, &e, 1);
}

/* What is cheap and likely to decide comes first; the order changes no outcome. */
static int
weight(const struct expr *e)
{
	return e->op == EXPR_ATOM ? 0 : e->n <= 8 ? 1 : 2;
}

struct expr *
expr_join(struct arena *a, enum expr_op op, struct expr **kids, size_t n)
{
	struct expr *e;
	size_t at = 0;

	if (n == 1)
		return kids[0];
	e = node(a, op, kids, n);
	for (int w = 0; w <= 2; w++)
		for (size_t i = 0; i < n; i++)
			if (weight(kids[i]) == w)
				e->kids[at++] = kids[i];
	return e;
}

struct expr *
expr_at_least(struct arena *a, uint64_t need, struct expr **kids, size_t n)
{
	struct expr *e;

	if (need == 0 || need > n)
		return expr_const(a, need == 0);
	if (need == 1 || need == n)
		return expr_join(a, need == n ? EXPR_AND : EXPR_OR, kids, n);
	e = node(a, EXPR_ATLEAST, kids, n);
	e->need = need;
	return e;
}
