/*
 * or := and ("or" and)*      and := unary ("and"? unary)*      unary := "not" unary | atom
 * atom := "(" or ")" | FIELD ":" value | FIELD (">" | ">=" | "<" | "<=") WORD | WORD | QUOTED
 * value := WORD | QUOTED | "(" values with or, and, not ")" | (">" …) WORD
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "base/utf8.h"
#include "store/find.h"
#include "store/query_inside.h"

struct parser {
	struct query *q;
	struct str text;
	size_t at;
	struct diag *why;
	struct str field; /* inside FIELD:( … ) */
	bool in_field;
	unsigned depth;
	bool failed;
};

/* A piece of the text; stars that were not escaped are marked by the byte 0, which text cannot
 * hold. */
struct word {
	struct str text;
	bool quoted, star;
	size_t at;
};

static const unsigned NONE = ~0u;

static unsigned parse_or(struct parser *p);

static unsigned
fail(struct parser *p, size_t at, const char *what)
{
	if (!p->failed)
		diag_add(p->why, DIAG_ERROR, NULL, 1, (unsigned)at + 1, "%s", what);
	p->failed = true;
	return NONE;
}

static void
blanks(struct parser *p)
{
	while (p->at < p->text.n && strchr(" \t\r\n", p->text.p[p->at]) && p->text.p[p->at])
		p->at++;
}

static char
peek(const struct parser *p)
{
	return p->at < p->text.n ? p->text.p[p->at] : 0;
}

static unsigned
node(struct parser *p, enum query_kind kind, unsigned a, unsigned b)
{
	struct query *q = p->q;

	if (p->failed)
		return NONE;
	q->nodes = mem_grow(q->nodes, q->nnodes, &q->capnodes, sizeof(*q->nodes));
	q->nodes[q->nnodes] = (struct query_node){kind, a, b};
	return (unsigned)q->nnodes++;
}

/* ---- words ---- */

static bool
ends_word(char c, bool colon_ends)
{
	return c == 0 || strchr(" \t\r\n()\"<>", c) || (colon_ends && c == ':');
}

static bool
take_quoted(struct parser *p, struct word *ret)
{
	char *out = arena_alloc(&p->q->arena, p->text.n);
	size_t n = 0;

	*ret = (struct word){.quoted = true, .at = p->at};
	for (p->at++; p->at < p->text.n; p->at++) {
		char c = p->text.p[p->at];

		if (c == '"') {
			p->at++;
			ret->text = (struct str){out, n};
			return true;
		}
		if (c == '\\' && p->at + 1 < p->text.n)
			c = p->text.p[++p->at];
		out[n++] = c;
	}
	fail(p, ret->at, "this quote is not closed");
	return false;
}

static void
take_word(struct parser *p, bool colon_ends, struct word *ret)
{
	char *out = arena_alloc(&p->q->arena, p->text.n);
	size_t n = 0;

	*ret = (struct word){.at = p->at};
	while (!ends_word(peek(p), colon_ends)) {
		char c = p->text.p[p->at++];

		if (c == '*') {
			ret->star = true;
			c = 0;
		} else if (c == '\\' && p->at < p->text.n) {
			c = p->text.p[p->at++];
		}
		out[n++] = c;
	}
	ret->text = (struct str){out, n};
}

/* The stars of a pattern cut it into parts. */
static void
cut_stars(struct parser *p, struct str s, struct str **parts, size_t *n)
{
	struct str part;
	size_t count = 1;

	for (size_t i = 0; i < s.n; i++)
		count += s.p[i] == 0;
	*parts = arena_alloc(&p->q->arena, count * sizeof(**parts));
	*n = 0;
	while (str_cut(&s, 0, &part))
		(*parts)[(*n)++] = part;
	(*parts)[(*n)++] = part;
}

static struct str
lowered(struct parser *p, struct str s)
{
	struct buf b = {0};
	struct str low;

	find_lower(s, &b);
	low = arena_str(&p->q->arena, buf_str(&b));
	buf_done(&b);
	return low;
}

/* ---- leaves ---- */

/* Running text, in which a word is looked for, as against keywords that are compared whole. */
static bool
is_text_field(struct str field)
{
	static const struct {
		const char *name;
		enum field_kind kind;
	} rows[] = {
#define F(id, name, kind) {name, FIELD_##kind},
#include "base/ecs.def"
#undef F
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].kind == FIELD_T && str_eq(field, str_of(rows[i].name)))
			return true;
	return str_eq(field, STR("event.original"));
}

/* The longest run of bytes that a JSON line shows as they are. */
static struct str
plain_run(struct str s)
{
	struct str best = {s.p, 0};

	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && (is_digit(s.p[i]) || (s.p[i] >= 'a' && s.p[i] <= 'z') ||
					  (s.p[i] && strchr(" ._:,=@-", s.p[i]))))
			i++;
		if (i - from > best.n)
			best = (struct str){s.p + from, i - from};
		if (i == from)
			i++;
	}
	return best;
}

/* "10.0.0.0/8", "2001:db8::/32", or one address. */
static bool
read_network(struct str s, struct query_leaf *l)
{
	char text[64];
	struct str addr;
	uint64_t bits = 128, width = 128;
	bool slash = str_cut(&s, '/', &addr);

	if (addr.n == 0 || addr.n >= sizeof(text))
		return false;
	memcpy(text, addr.p, addr.n);
	text[addr.n] = 0;
	memset(l->net, 0, sizeof(l->net));
	if (inet_pton(AF_INET, text, l->net + 12) == 1) {
		l->net[10] = l->net[11] = 0xff;
		width = 32;
	} else if (inet_pton(AF_INET6, text, l->net) != 1) {
		return false;
	}
	bits = width;
	if (slash && (!str_u64(s, &bits) || bits > width))
		return false;
	l->bits = (unsigned)(bits + 128 - width);
	return true;
}

/* What each address of the network begins with, as far as it is known to the last dot. */
static struct str
network_must(struct parser *p, const struct query_leaf *l)
{
	static const unsigned char v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct buf b = {0};
	struct str s;

	if (memcmp(l->net, v4, sizeof(v4)) != 0)
		return STR("");
	for (unsigned i = 0; l->bits >= 104 && i < (l->bits - 96) / 8; i++)
		buf_printf(&b, "%u%s", (unsigned)l->net[12 + i], i < 3 ? "." : "");
	s = arena_str(&p->q->arena, buf_str(&b));
	buf_done(&b);
	return s;
}

static void
read_number(struct query_leaf *l, struct str s)
{
	char text[64];

	if (!str_is_number(s) || s.n >= sizeof(text))
		return;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	l->is_number = true;
	l->number = strtod(text, NULL);
	l->is_int = str_i64(s, &l->whole);
}

/* A date alone is its first moment. */
static void
read_time(struct query_leaf *l, struct str s)
{
	char text[64];

	if (s.n == 10 && s.p[4] == '-' && s.p[7] == '-') {
		memcpy(text, s.p, 10);
		memcpy(text + 10, "T00:00:00Z", 10);
		s = (struct str){text, 20};
	} else if (s.n == 16 && s.p[4] == '-' && s.p[13] == ':') {
		memcpy(text, s.p, 16);
		memcpy(text + 16, ":00Z", 4);
		s = (struct str){text, 20};
	}
	l->is_time = stamp_take_iso(&s, NULL, 0, &l->time) && s.n == 0;
}

static struct query_leaf *
new_leaf(struct parser *p, size_t at)
{
	if (p->q->nleaves == QUERY_LEAVES) {
		fail(p, at, "too many conditions in one expression (256)");
		return NULL;
	}
	return &p->q->leaves[p->q->nleaves];
}

static unsigned
leaf_done(struct parser *p)
{
	return node(p, QUERY_LEAF, p->q->nleaves++, 0);
}

static void
set_field(struct parser *p, struct query_leaf *l, struct str field)
{
	l->field = field;
	if (field.n && memchr(field.p, 0, field.n))
		cut_stars(p, field, &l->fparts, &l->nfparts);
}

/* field:word, or a bare word when field is empty. */
static unsigned
value_leaf(struct parser *p, struct str field, const struct word *w)
{
	struct query_leaf *l = new_leaf(p, w->at);
	bool text = field.n == 0 || is_text_field(field);

	if (!l)
		return NONE;
	set_field(p, l, field);
	l->text = lowered(p, w->text);
	l->ascii = utf8_is_ascii(l->text);
	if (!w->quoted && w->star && w->text.n == 1) {
		l->test = LEAF_EXISTS;
	} else if (!w->quoted && w->star) {
		l->test = LEAF_GLOB;
		cut_stars(p, l->text, &l->parts, &l->nparts);
		/* In running text a pattern may stand anywhere: as if with stars around it. */
		if (text) {
			struct str *all = arena_alloc(&p->q->arena, (l->nparts + 2) * sizeof(*all));

			memcpy(all + 1, l->parts, l->nparts * sizeof(*all));
			all[0] = all[l->nparts + 1] = STR("");
			l->parts = all;
			l->nparts += 2;
		}
	} else if (text) {
		l->test = LEAF_CONTAINS;
	} else if (read_network(w->text, l) &&
		   (str_chr(w->text, '/') >= 0 || str_chr(w->text, ':') >= 0)) {
		l->test = LEAF_NETWORK;
	} else {
		l->test = LEAF_EQUAL;
		read_number(l, w->text);
	}
	if (l->test == LEAF_NETWORK)
		l->must = network_must(p, l);
	else if (l->test != LEAF_EXISTS && !l->is_number)
		l->must = plain_run(l->text);
	return leaf_done(p);
}

/* One of < <= > >= at the cursor. */
static bool
take_comparison(struct parser *p, enum leaf_test *ret)
{
	char c = peek(p);
	bool equal;

	if (c != '<' && c != '>')
		return false;
	p->at++;
	equal = peek(p) == '=';
	p->at += equal;
	*ret = c == '<' ? (equal ? LEAF_LESS_EQUAL : LEAF_LESS)
			: (equal ? LEAF_MORE_EQUAL : LEAF_MORE);
	return true;
}

static unsigned
comparison_leaf(struct parser *p, struct str field, enum leaf_test test)
{
	struct query_leaf *l;
	struct word w;

	blanks(p);
	if (peek(p) == '"') {
		if (!take_quoted(p, &w))
			return NONE;
	} else {
		take_word(p, false, &w);
	}
	l = new_leaf(p, w.at);
	if (!l)
		return NONE;
	set_field(p, l, field);
	l->test = test;
	read_number(l, w.text);
	read_time(l, w.text);
	if (!l->is_number && !l->is_time)
		return fail(p, w.at,
			"expected a number or a time such as 2026-11-22 or 2026-11-22T09:30:00Z");
	return leaf_done(p);
}

/* ---- structure ---- */

static bool
take_keyword(struct parser *p, const char *keyword)
{
	size_t n = strlen(keyword);
	struct str here = {p->text.p + p->at, p->text.n - p->at};

	if (here.n < n || !str_eq_nocase((struct str){here.p, n}, str_of(keyword)))
		return false;
	if (here.n > n && !ends_word(here.p[n], false))
		return false;
	p->at += n;
	return true;
}

static unsigned
parse_group(struct parser *p)
{
	size_t open = p->at++;
	unsigned n;

	if (++p->depth > QUERY_DEPTH_MAX)
		return fail(p, open, "nested too deeply (64)");
	n = parse_or(p);
	p->depth--;
	blanks(p);
	if (p->failed)
		return NONE;
	if (peek(p) != ')')
		return fail(p, open, "this parenthesis is not closed");
	p->at++;
	return n;
}

/* Behind FIELD: */
static unsigned
parse_value(struct parser *p, struct str field)
{
	enum leaf_test test;
	struct word w;
	unsigned n;

	blanks(p);
	if (peek(p) == '(') {
		struct str outer = p->field;
		bool was_in = p->in_field;

		p->field = field;
		p->in_field = true;
		n = parse_group(p);
		p->field = outer;
		p->in_field = was_in;
		return n;
	}
	if (take_comparison(p, &test))
		return comparison_leaf(p, field, test);
	if (peek(p) == '"') {
		if (!take_quoted(p, &w))
			return NONE;
	} else {
		take_word(p, false, &w);
		if (w.text.n == 0)
			return fail(p, w.at, "expected a value behind the colon");
	}
	return value_leaf(p, field, &w);
}

static unsigned
parse_atom(struct parser *p)
{
	enum leaf_test test;
	struct word w;
	size_t after;

	blanks(p);
	if (peek(p) == 0)
		return fail(p, p->at, "the expression ends where a condition should stand");
	if (peek(p) == '(')
		return parse_group(p);
	if (peek(p) == ')')
		return fail(p, p->at, "expected a condition before this parenthesis");
	if (p->in_field)
		return parse_value(p, p->field);
	if (peek(p) == '"') {
		if (!take_quoted(p, &w))
			return NONE;
		return value_leaf(p, STR(""), &w);
	}
	take_word(p, true, &w);
	after = p->at;
	blanks(p);
	if (w.text.n && peek(p) == ':') {
		p->at++;
		return parse_value(p, w.text);
	}
	if (w.text.n && take_comparison(p, &test))
		return comparison_leaf(p, w.text, test);
	p->at = after;
	if (w.text.n == 0)
		return fail(p, w.at,
			peek(p) == ':' ? "expected a field name before the colon"
				       : "expected a field name before the comparison");
	if (w.text.p[0] == '=')
		return fail(p, w.at, "write field:value instead of field = value");
	return value_leaf(p, STR(""), &w);
}

static unsigned
parse_unary(struct parser *p)
{
	unsigned n;

	blanks(p);
	if (!take_keyword(p, "not"))
		return parse_atom(p);
	if (++p->depth > QUERY_DEPTH_MAX)
		return fail(p, p->at, "nested too deeply (64)");
	n = parse_unary(p);
	p->depth--;
	return node(p, QUERY_NOT, n, 0);
}

static bool
at_or(struct parser *p)
{
	size_t at = p->at;
	bool yes = take_keyword(p, "or");

	p->at = at;
	return yes;
}

static unsigned
parse_and(struct parser *p)
{
	unsigned n = parse_unary(p);

	for (;;) {
		blanks(p);
		if (p->failed || peek(p) == 0 || peek(p) == ')' || at_or(p))
			return n;
		take_keyword(p, "and");
		n = node(p, QUERY_AND, n, parse_unary(p));
	}
}

static unsigned
parse_or(struct parser *p)
{
	unsigned n = parse_and(p);

	for (;;) {
		blanks(p);
		if (p->failed || !take_keyword(p, "or"))
			return n;
		n = node(p, QUERY_OR, n, parse_and(p));
	}
}

int
query_parse(struct str text, struct diag *why, struct query **ret)
{
	struct query *q = mem_zero(1, sizeof(*q));
	struct parser p = {.q = q, .text = text, .why = why};

	if (text.n > QUERY_TEXT_MAX)
		fail(&p, 0, "the expression is longer than 8,192 bytes");
	else if (text.n && memchr(text.p, 0, text.n))
		fail(&p, 0, "the expression holds a NUL byte");
	blanks(&p);
	if (!p.failed && p.at == text.n) {
		q->all = true;
	} else if (!p.failed) {
		q->root = parse_or(&p);
		blanks(&p);
		if (!p.failed && p.at < text.n)
			fail(&p, p.at, "this parenthesis was never opened");
	}
	if (p.failed) {
		query_free(q);
		return ERR_SYNTAX;
	}
	*ret = q;
	return 0;
}

void
query_free(struct query *q)
{
	if (!q)
		return;
	mem_free(q->nodes);
	arena_done(&q->arena);
	mem_free(q);
}
