#include "correlation/expr.h"

#include "base/err.h"

struct reader {
	struct str rest;
	const struct expr_reader *how;
	struct expr nodes[512];
	uint32_t n;
	unsigned depth;
	bool failed;
};

static void
skip_blank(struct reader *r)
{
	while (r->rest.n && (r->rest.p[0] == ' ' || r->rest.p[0] == '\t' || r->rest.p[0] == '\n' ||
				    r->rest.p[0] == '\r'))
		str_skip(&r->rest, 1);
}

static struct str
word(const struct reader *r)
{
	size_t n = 0;

	if (r->rest.n && (r->rest.p[0] == '(' || r->rest.p[0] == ')'))
		return str_make(r->rest.p, 1);
	while (n < r->rest.n && !strchr(" \t\r\n()", r->rest.p[n]))
		n++;
	return str_make(r->rest.p, n);
}

static bool
take(struct reader *r, struct str want)
{
	struct str w;

	skip_blank(r);
	w = word(r);
	if (!str_eq_nocase(w, want))
		return false;
	str_skip(&r->rest, w.n);
	return true;
}

static uint32_t
complain(struct reader *r, const char *what)
{
	if (!r->failed)
		diag_add(r->how->why, DIAG_ERROR, r->how->path, r->how->line, r->how->column,
			"correlation condition: %s", what);
	r->failed = true;
	return 0;
}

static uint32_t
node(struct reader *r, enum expr_kind kind, uint32_t a, uint32_t b)
{
	if (r->n == sizeof(r->nodes) / sizeof(r->nodes[0]))
		return complain(r, "too long; split the correlation");
	r->nodes[r->n] = (struct expr){kind, a, b};
	return r->n++;
}

static uint32_t read_or(struct reader *r);

static uint32_t
read_factor(struct reader *r)
{
	struct str w;
	uint32_t in;
	int bit;

	if (r->failed)
		return 0;
	if (++r->depth > CORR_DEPTH)
		return complain(r, "nested too deeply");
	if (take(r, STR("not"))) {
		in = read_factor(r);
		in = node(r, EXPR_NOT, in, 0);
	} else if (take(r, STR("("))) {
		in = read_or(r);
		if (!take(r, STR(")")))
			return complain(r, "a ')' is missing");
	} else {
		skip_blank(r);
		w = word(r);
		if (w.n == 0 || w.p[0] == ')' || str_eq_nocase(w, STR("and")) ||
			str_eq_nocase(w, STR("or")))
			return complain(r, "a rule name is expected");
		str_skip(&r->rest, w.n);
		bit = r->how->name(r->how->ctx, w);
		if (bit < 0) {
			r->failed = true;
			return 0;
		}
		in = node(r, EXPR_NAME, (uint32_t)bit, 0);
	}
	r->depth--;
	return in;
}

static uint32_t
read_and(struct reader *r)
{
	uint32_t a = read_factor(r);

	while (!r->failed && take(r, STR("and")))
		a = node(r, EXPR_AND, a, read_factor(r));
	return a;
}

static uint32_t
read_or(struct reader *r)
{
	uint32_t a = read_and(r);

	while (!r->failed && take(r, STR("or")))
		a = node(r, EXPR_OR, a, read_and(r));
	return a;
}

int
expr_parse(struct str text, const struct expr_reader *how, struct arena *a, struct corr *c)
{
	struct reader r = {.rest = text, .how = how};

	read_or(&r);
	skip_blank(&r);
	if (!r.failed && r.rest.n)
		complain(&r, "'and', 'or' or the end is expected behind a name");
	if (r.failed)
		return ERR_SYNTAX;
	c->expr = arena_alloc(a, r.n * sizeof(*c->expr));
	memcpy(c->expr, r.nodes, r.n * sizeof(*c->expr));
	c->nexpr = r.n;
	return 0;
}

bool
expr_holds(const struct corr *c, uint32_t at, uint64_t present)
{
	const struct expr *e = &c->expr[at];

	switch (e->kind) {
	case EXPR_NAME:
		return present >> e->a & 1;
	case EXPR_NOT:
		return !expr_holds(c, e->a, present);
	case EXPR_AND:
		return expr_holds(c, e->a, present) && expr_holds(c, e->b, present);
	case EXPR_OR:
		return expr_holds(c, e->a, present) || expr_holds(c, e->b, present);
	}
	return false;
}

/* A set of terms while it is being multiplied out. */
struct term {
	uint64_t names;
	uint32_t nots[CORR_TERMS];
	uint32_t nnots;
};

struct terms {
	struct term *at;
	uint32_t n;
};

static bool
term_join(struct term *t, const struct term *more)
{
	t->names |= more->names;
	for (uint32_t i = 0; i < more->nnots; i++) {
		uint32_t j = 0;

		while (j < t->nnots && t->nots[j] != more->nots[i])
			j++;
		if (j < t->nnots)
			continue;
		if (t->nnots == CORR_TERMS)
			return false;
		t->nots[t->nnots++] = more->nots[i];
	}
	return true;
}

/* Does a ask for no more than b? Then b adds nothing. */
static bool
term_covers(const struct term *a, const struct term *b)
{
	if (a->names & ~b->names)
		return false;
	for (uint32_t i = 0; i < a->nnots; i++) {
		uint32_t j = 0;

		while (j < b->nnots && b->nots[j] != a->nots[i])
			j++;
		if (j == b->nnots)
			return false;
	}
	return true;
}

static int
terms_add(struct terms *s, const struct term *t)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->n; i++)
		if (term_covers(&s->at[i], t))
			return 0;
	for (uint32_t i = 0; i < s->n; i++)
		if (!term_covers(t, &s->at[i]))
			s->at[kept++] = s->at[i];
	s->n = kept;
	if (s->n == CORR_TERMS)
		return ERR_LIMIT;
	s->at[s->n++] = *t;
	return 0;
}

static int
multiply(const struct corr *c, uint32_t at, struct arena *a, struct terms *ret)
{
	const struct expr *e = &c->expr[at];
	struct terms left = {0}, right = {0};
	struct term t = {0};
	int rc = 0;

	ret->at = arena_alloc(a, CORR_TERMS * sizeof(*ret->at));
	ret->n = 0;
	if (e->kind == EXPR_NAME || e->kind == EXPR_NOT) {
		if (e->kind == EXPR_NAME)
			t.names = UINT64_C(1) << e->a;
		else
			t.nots[t.nnots++] = at;
		return terms_add(ret, &t);
	}
	rc = multiply(c, e->a, a, &left);
	if (rc == 0)
		rc = multiply(c, e->b, a, &right);
	if (rc == 0 && e->kind == EXPR_OR) {
		for (uint32_t i = 0; i < left.n && rc == 0; i++)
			rc = terms_add(ret, &left.at[i]);
		for (uint32_t i = 0; i < right.n && rc == 0; i++)
			rc = terms_add(ret, &right.at[i]);
		return rc;
	}
	for (uint32_t i = 0; i < left.n && rc == 0; i++)
		for (uint32_t j = 0; j < right.n && rc == 0; j++) {
			t = left.at[i];
			rc = term_join(&t, &right.at[j]) ? terms_add(ret, &t) : ERR_LIMIT;
		}
	return rc;
}

int
expr_terms(struct corr *c, struct arena *a)
{
	struct arena scratch = {0};
	struct terms all = {0};
	int rc = multiply(c, c->nexpr - 1, &scratch, &all);

	if (rc == 0) {
		c->terms = arena_alloc(a, all.n * sizeof(*c->terms));
		c->nterms = all.n;
	}
	for (uint32_t i = 0; rc == 0 && i < all.n; i++) {
		struct corr_term *t = &c->terms[i];
		uint64_t names = all.at[i].names;

		t->steps = arena_alloc(a, CORR_REFS_MASK);
		for (; names; names &= names - 1)
			t->steps[t->nsteps++] = (uint8_t)__builtin_ctzl(names);
		t->nnots = all.at[i].nnots;
		t->nots = arena_alloc(a, (t->nnots + 1) * sizeof(*t->nots));
		memcpy(t->nots, all.at[i].nots, t->nnots * sizeof(*t->nots));
	}
	arena_done(&scratch);
	return rc;
}
