#include <arpa/inet.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/stamp.h"
#include "store/find.h"
#include "store/query_inside.h"

/* More than any record has; a line beyond is judged by what was read of it. */
static const struct json_limits limits = {.depth = 64, .keys = 2000, .name = 512};

struct match {
	const struct query *q;
	uint64_t bits[QUERY_LEAVES / 64];
	struct arena arena;
	struct buf scratch;
};

static bool
field_fits(const struct query_leaf *l, struct str name)
{
	if (l->field.n == 0)
		return true;
	if (l->nfparts) {
		/* As find_glob, but field names keep their case. */
		struct str rest = name;

		if (!str_take(&rest, l->fparts[0]))
			return false;
		for (size_t i = 1; i + 1 < l->nfparts; i++) {
			ptrdiff_t at = l->fparts[i].n ? str_find(rest, l->fparts[i]) : 0;

			if (at < 0)
				return false;
			str_skip(&rest, (size_t)at + l->fparts[i].n);
		}
		return str_ends(rest, l->fparts[l->nfparts - 1]);
	}
	return str_eq(l->field, name);
}

static bool
in_network(const struct query_leaf *l, struct str s)
{
	unsigned char a[16] = {0};
	char text[64];
	unsigned whole = l->bits / 8, rest = l->bits % 8;

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	if (inet_pton(AF_INET, text, a + 12) == 1)
		a[10] = a[11] = 0xff;
	else if (inet_pton(AF_INET6, text, a) != 1 || (l->must.n && !memchr(s.p, '.', s.n)))
		return false; /* v4 in v6's clothes counts in dotted form only, as the words looked
				 for */
	if (memcmp(a, l->net, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ l->net[whole]) >> (8 - rest)) == 0;
}

/* a < b: -1 … as strcmp; false when the two cannot be compared. */
static bool
compare(const struct query_leaf *l, struct str s, int *ret)
{
	int64_t whole, time;
	char text[64];
	double v;

	if (l->is_int && str_i64(s, &whole)) {
		*ret = whole < l->whole ? -1 : whole > l->whole;
		return true;
	}
	if (l->is_number && str_is_number(s) && s.n < sizeof(text)) {
		memcpy(text, s.p, s.n);
		text[s.n] = 0;
		v = strtod(text, NULL);
		*ret = v < l->number ? -1 : v > l->number;
		return true;
	}
	if (l->is_time && stamp_take_iso(&s, NULL, 0, &time) && s.n == 0) {
		*ret = time < l->time ? -1 : time > l->time;
		return true;
	}
	return false;
}

static bool
value_fits(struct match *m, const struct query_leaf *l, const struct json_value *v)
{
	int order;

	switch (l->test) {
	case LEAF_EXISTS:
		return v->kind != VALUE_NULL && v->kind != VALUE_OBJECT &&
		       v->kind != VALUE_EMPTY_ARRAY;
	case LEAF_EQUAL:
		if (l->is_number && v->kind == VALUE_NUMBER)
			return compare(l, v->text, &order) && order == 0;
		return find_equal(v->text, l->text);
	case LEAF_CONTAINS:
		return find_text(v->text, l->text, l->ascii, &m->scratch);
	case LEAF_GLOB:
		return find_glob(v->text, l->parts, l->nparts, &m->scratch);
	case LEAF_NETWORK:
		return in_network(l, v->text);
	case LEAF_LESS:
		return compare(l, v->text, &order) && order < 0;
	case LEAF_LESS_EQUAL:
		return compare(l, v->text, &order) && order <= 0;
	case LEAF_MORE:
		return compare(l, v->text, &order) && order > 0;
	case LEAF_MORE_EQUAL:
		return compare(l, v->text, &order) && order >= 0;
	}
	return false;
}

static bool
take_value(void *ctx, const struct json_value *v)
{
	struct match *m = ctx;
	struct json_value plain = *v;

	if (v->kind == VALUE_TRUE)
		plain.text = STR("true");
	else if (v->kind == VALUE_FALSE)
		plain.text = STR("false");
	else if (v->kind != VALUE_STRING && v->kind != VALUE_NUMBER)
		plain.text = STR("");
	for (unsigned i = 0; i < m->q->nleaves; i++) {
		const struct query_leaf *l = &m->q->leaves[i];

		if (!(m->bits[i / 64] >> (i % 64) & 1) && field_fits(l, plain.name) &&
			value_fits(m, l, &plain))
			m->bits[i / 64] |= UINT64_C(1) << (i % 64);
	}
	return true;
}

static char *
room(void *ctx, size_t n)
{
	struct match *m = ctx;

	return arena_alloc(&m->arena, n);
}

/* Depth is bounded by the parser for groups; long rows of and/or lean left, so walk them in a loop.
 */
static bool
holds(const struct query *q, unsigned n, const uint64_t *bits)
{
	for (;;) {
		const struct query_node *node = &q->nodes[n];

		switch (node->kind) {
		case QUERY_LEAF:
			return bits[node->a / 64] >> (node->a % 64) & 1;
		case QUERY_NOT:
			return !holds(q, node->a, bits);
		case QUERY_AND:
			if (!holds(q, node->b, bits))
				return false;
			break;
		case QUERY_OR:
			if (holds(q, node->b, bits))
				return true;
			break;
		}
		n = node->a;
	}
}

/* Can this line match at all? Looks for the leaves' words in the raw bytes. */
static bool
may_hold(const struct query *q, unsigned n, struct str line)
{
	for (;;) {
		const struct query_node *node = &q->nodes[n];

		switch (node->kind) {
		case QUERY_LEAF:
			return q->leaves[node->a].must.n == 0 ||
			       find_ascii(line, q->leaves[node->a].must);
		case QUERY_NOT:
			return true;
		case QUERY_AND:
			if (!may_hold(q, node->b, line))
				return false;
			break;
		case QUERY_OR:
			if (may_hold(q, node->b, line))
				return true;
			break;
		}
		n = node->a;
	}
}

bool
query_match(const struct query *q, struct str json)
{
	struct match m = {.q = q};
	struct json_sink sink = {take_value, room, &m};
	uint64_t flags = 0;
	bool yes;

	if (q->all)
		return true;
	if (!may_hold(q, q->root, json))
		return false;
	json_flatten(json, &limits, &sink, &flags);
	yes = holds(q, q->root, m.bits);
	arena_done(&m.arena);
	buf_done(&m.scratch);
	return yes;
}

/* Conditions on @timestamp that every match fulfils, joined by `and` from the top. */
static void
narrow(const struct query *q, unsigned n, int64_t *since, int64_t *until)
{
	for (;; n = q->nodes[n].a) {
		const struct query_node *node = &q->nodes[n];
		const struct query_leaf *l = &q->leaves[node->a];

		if (node->kind == QUERY_AND) {
			narrow(q, node->b, since, until);
			continue;
		}
		if (node->kind != QUERY_LEAF || !l->is_time || !str_eq(l->field, STR("@timestamp")))
			return;
		if ((l->test == LEAF_MORE || l->test == LEAF_MORE_EQUAL) && l->time > *since)
			*since = l->time;
		if ((l->test == LEAF_LESS || l->test == LEAF_LESS_EQUAL) && l->time < *until)
			*until = l->time;
		return;
	}
}

void
query_range(const struct query *q, int64_t *since, int64_t *until)
{
	if (!q->all)
		narrow(q, q->root, since, until);
}
