#include "detect/condition.h"

#include "base/mem.h"

#define NESTED_MAX 64u

struct token {
	struct str text; /* empty at the end */
};

struct parser {
	struct arena *arena;
	struct str all, rest;
	struct token tok;
	const struct condition_names *names;
	struct buf *why;
	unsigned depth;
	bool failed;
};

struct list {
	struct expr **items;
	size_t n, cap;
};

static void fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
fail(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	va_start(ap, fmt);
	buf_vprintf(p->why, fmt, ap);
	va_end(ap);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
advance(struct parser *p)
{
	struct str s = p->rest;
	size_t n = 0;

	while (s.n > 0 && is_blank(s.p[0]))
		str_skip(&s, 1);
	if (s.n > 0 && strchr("()|", s.p[0]) && s.p[0])
		n = 1;
	else
		while (n < s.n && !is_blank(s.p[n]) && !(s.p[n] && strchr("()|", s.p[n])))
			n++;
	p->tok.text = str_make(s.p, n);
	str_skip(&s, n);
	p->rest = s;
}

static bool
word(const struct parser *p, const char *w)
{
	return str_eq_nocase(p->tok.text, str_of(w));
}

static void
push(struct list *l, struct expr *e)
{
	l->items = mem_grow(l->items, l->n, &l->cap, sizeof(struct expr *));
	l->items[l->n++] = e;
}

/* '*' in the pattern matches anywhere. */
static bool
fits(struct str pattern, struct str name)
{
	struct str head;
	bool star = str_cut(&pattern, '*', &head);

	if (!str_take(&name, head))
		return false;
	if (!star)
		return name.n == 0;
	for (;;) {
		ptrdiff_t at;

		star = str_cut(&pattern, '*', &head);
		if (!star)
			return str_ends(name, head);
		at = head.n ? str_find(name, head) : 0;
		if (at < 0)
			return false;
		str_skip(&name, (size_t)at + head.n);
	}
}

static struct expr *
selector(struct parser *p, bool all, uint64_t need)
{
	struct str pattern = p->tok.text;
	bool hidden = pattern.n > 0 && pattern.p[0] == '_';
	struct list found = {0};
	struct expr *e = NULL;

	if (pattern.n == 0 || word(p, "(") || word(p, ")") || word(p, "|")) {
		fail(p, "a name or pattern is missing behind \"of\"");
		return NULL;
	}
	if (word(p, "them"))
		pattern = STR("*");
	for (size_t i = 0; i < p->names->n; i++) {
		struct str name = p->names->names[i];

		if ((hidden || name.n == 0 || name.p[0] != '_') && fits(pattern, name))
			push(&found, p->names->exprs[i]);
	}
	if (found.n == 0)
		fail(p, "no search identifier matches \"%.*s\"", STR_ARG(p->tok.text));
	else if (all)
		e = expr_join(p->arena, EXPR_AND, found.items, found.n);
	else
		e = expr_at_least(p->arena, need, found.items, found.n);
	mem_free(found.items);
	if (e)
		advance(p);
	return e;
}

static struct expr *
identifier(struct parser *p)
{
	const char *guess;
	const char **names;
	struct expr *e = NULL;

	for (size_t i = 0; i < p->names->n; i++)
		if (str_eq(p->names->names[i], p->tok.text))
			e = p->names->exprs[i];
	if (e) {
		advance(p);
		return e;
	}
	names = mem_zero(p->names->n + 1, sizeof(*names));
	for (size_t i = 0; i < p->names->n; i++)
		names[i] = arena_z(p->arena, p->names->names[i]);
	guess = diag_did_you_mean(p->tok.text, names, p->names->n);
	fail(p, "the condition names \"%.*s\", which is no search identifier%s%s%s",
		STR_ARG(p->tok.text), guess ? "; did you mean \"" : "", guess ? guess : "",
		guess ? "\"?" : "");
	mem_free(names);
	return NULL;
}

static struct expr *either(struct parser *p);

static struct expr *
operand(struct parser *p)
{
	struct parser ahead = *p;
	struct expr *e;
	uint64_t need = 1;
	bool counts = str_u64(p->tok.text, &need);

	if (p->tok.text.n == 0) {
		fail(p, "the condition ends too early");
		return NULL;
	}
	if (word(p, "(")) {
		advance(p);
		e = either(p);
		if (!p->failed && !word(p, ")"))
			fail(p, "a closing parenthesis is missing");
		advance(p);
		return e;
	}
	if (word(p, "|")) {
		fail(p, "aggregations behind \"|\" are not Sigma 2; write a correlation rule");
		return NULL;
	}
	if (word(p, ")") || word(p, "and") || word(p, "or")) {
		fail(p, "\"%.*s\" stands where a name is expected", STR_ARG(p->tok.text));
		return NULL;
	}
	advance(&ahead);
	if (word(&ahead, "of") && (counts || word(p, "all") || word(p, "any"))) {
		bool all = word(p, "all");

		advance(p);
		advance(p);
		return selector(p, all, counts ? need : 1);
	}
	return identifier(p);
}

static struct expr *
negation(struct parser *p)
{
	struct expr *e;

	if (p->depth++ > NESTED_MAX) {
		fail(p, "the condition is nested too deep");
		return NULL;
	}
	if (word(p, "not")) {
		advance(p);
		e = negation(p);
		if (e && !p->failed)
			e = expr_not(p->arena, e);
	} else {
		e = operand(p);
	}
	p->depth--;
	return e;
}

/* operand (op operand)*, for both levels. */
static struct expr *
chain(struct parser *p, const char *op, enum expr_op join, struct expr *(*below)(struct parser *))
{
	struct list l = {0};
	struct expr *e = below(p);

	while (e && !p->failed) {
		push(&l, e);
		if (!word(p, op))
			break;
		advance(p);
		e = below(p);
	}
	e = p->failed || l.n == 0 ? NULL : expr_join(p->arena, join, l.items, l.n);
	mem_free(l.items);
	return e;
}

static struct expr *
both(struct parser *p)
{
	return chain(p, "and", EXPR_AND, negation);
}

static struct expr *
either(struct parser *p)
{
	return chain(p, "or", EXPR_OR, both);
}

struct expr *
condition_parse(struct arena *a, struct str text, const struct condition_names *names,
	struct buf *why, size_t *at)
{
	struct parser p = {.arena = a, .all = text, .rest = text, .names = names, .why = why};
	struct expr *e;

	advance(&p);
	e = either(&p);
	if (!p.failed && word(&p, "|"))
		fail(&p, "aggregations behind \"|\" are not Sigma 2; write a correlation rule");
	if (!p.failed && p.tok.text.n > 0)
		fail(&p, "\"%.*s\" stands where \"and\" or \"or\" is expected",
			STR_ARG(p.tok.text));
	*at = (size_t)(p.tok.text.p - text.p);
	return p.failed ? NULL : e;
}
