/* Atoms and expressions over one record; each atom at most once per record. */
#include "detect/matcher.h"

static inline bool
text_fits(struct str want, enum text_shape shape, struct str text)
{
	switch (shape) {
	case TEXT_ANY:
		return true;
	case TEXT_EQUALS:
		return str_eq(text, want);
	case TEXT_STARTS:
		return str_starts(text, want);
	case TEXT_ENDS:
		return text.n >= want.n &&
		       (want.n == 0 || text.p[text.n - 1] == want.p[want.n - 1]) &&
		       str_ends(text, want);
	case TEXT_CONTAINS:
		return want.n == 0 || str_find(text, want) >= 0;
	case TEXT_GLOB:
		return glob_match(want, text);
	}
	return false;
}

static struct str
compared(struct matcher *m, uint32_t i, bool cased)
{
	return cased ? value_sound(m, i) : value_lower(m, i);
}

static bool
text_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	return value_has_text(m, i) &&
	       text_fits(a->text, (enum text_shape)a->shape, compared(m, i, a->cased));
}

static bool
number_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	struct number n;

	switch (value_kind(m, i)) {
	case VALUE_NUMBER:
		return number_of(value_raw(m, i), &n) && number_compare(n, COMPARE_EQ, a->number);
	case VALUE_STRING:
		return str_eq(value_raw(m, i), a->text);
	default:
		return false;
	}
}

static bool
bool_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	switch (value_kind(m, i)) {
	case VALUE_TRUE:
		return a->truth;
	case VALUE_FALSE:
		return !a->truth;
	case VALUE_STRING:
		return str_eq(value_lower(m, i), a->truth ? STR("true") : STR("false"));
	default:
		return false;
	}
}

static bool
regex_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	struct str s;
	int rc;

	if (!value_has_text(m, i))
		return false;
	s = value_sound(m, i);
	rc = pcre2_match(a->re, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0, PCRE2_NO_UTF_CHECK,
		m->re_data, m->re_context);
	/* What a limit stopped has not matched; it is counted, so that it can be shown. */
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		m->limits++;
	return rc >= 0;
}

static bool
compare_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	enum value_kind k = value_kind(m, i);
	struct number n;

	return (k == VALUE_NUMBER || k == VALUE_STRING) && number_spelled(value_raw(m, i), &n) &&
	       number_compare(n, (enum compare)a->op, a->number);
}

static bool
time_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	enum value_kind k = value_kind(m, i);
	int64_t part;

	return (k == VALUE_NUMBER || k == VALUE_STRING) &&
	       when_part(value_raw(m, i), k == VALUE_NUMBER, (enum when_part)a->part, &part) &&
	       number_compare(number_of_int(part), (enum compare)a->op, a->number);
}

static bool
fieldref_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	uint32_t at = 0, k;

	if (!value_has_text(m, i))
		return false;
	while ((k = slot_next(m, a->other, &at)) != NONE)
		if (value_has_text(m, k) &&
			text_fits(compared(m, k, a->cased), (enum text_shape)a->shape,
				compared(m, i, a->cased)))
			return true;
	return false;
}

static bool
one_value(struct matcher *m, const struct atom *a, uint32_t i)
{
	switch ((enum atom_kind)a->kind) {
	case ATOM_TEXT:
		return text_value(m, a, i);
	case ATOM_NUMBER:
		return number_value(m, a, i);
	case ATOM_BOOL:
		return bool_value(m, a, i);
	case ATOM_NULL:
		return value_kind(m, i) == VALUE_NULL;
	case ATOM_EXISTS:
		return true;
	case ATOM_REGEX:
		return regex_value(m, a, i);
	case ATOM_CIDR:
		return value_has_text(m, i) && cidr_has(&a->cidr, value_raw(m, i));
	case ATOM_COMPARE:
		return compare_value(m, a, i);
	case ATOM_TIME:
		return time_value(m, a, i);
	case ATOM_FIELDREF:
		return fieldref_value(m, a, i);
	}
	return false;
}

/* Has the scan of this record answered for the witness, seen or not? */
static bool
was_scanned(const struct matcher *m, const struct witness *w)
{
	if (w->nrules == 0 || m->scan_stamp[w->slot] != m->stamp)
		return false;
	if (w->kind != WITNESS_LITERAL)
		return true;
	for (size_t i = 0; i < w->nshards; i++)
		if (m->shard_stamp[w->shards[i]] == m->stamp)
			return true;
	return false;
}

static bool
atom_test(struct matcher *m, const struct atom *a)
{
	uint32_t at = 0, i;

	if (a->exact != NONE && was_scanned(m, &m->rs->witnesses[a->exact]))
		return m->hit_stamp[a->exact] == m->stamp;
	if (a->kind == ATOM_NULL && slot_field(m, a->slot) == 0)
		return true;
	if (a->kind == ATOM_TEXT) { /* nine of ten */
		while ((i = slot_next(m, a->slot, &at)) != NONE)
			if (text_value(m, a, i))
				return true;
		return false;
	}
	while ((i = slot_next(m, a->slot, &at)) != NONE)
		if (one_value(m, a, i))
			return true;
	return false;
}

static inline bool
eval_atom(struct matcher *m, uint32_t id)
{
	uint32_t *known = &m->atom_stamp[id];

	if (*known / 2 != m->stamp)
		*known = m->stamp * 2 + atom_test(m, &m->rs->atoms[id]);
	return *known & 1;
}

bool
eval_expr(struct matcher *m, const struct expr *e)
{
	uint64_t have = 0;

	switch (e->op) {
	case EXPR_FALSE:
		return false;
	case EXPR_TRUE:
		return true;
	case EXPR_ATOM:
		return eval_atom(m, e->atom);
	case EXPR_NOT:
		return !eval_expr(m, e->kids[0]);
	case EXPR_AND:
		for (size_t i = 0; i < e->n; i++)
			if (!eval_expr(m, e->kids[i]))
				return false;
		return true;
	case EXPR_OR:
		for (size_t i = 0; i < e->n; i++)
			if (eval_expr(m, e->kids[i]))
				return true;
		return false;
	case EXPR_ATLEAST:
		for (size_t i = 0; i < e->n && have < e->need; i++)
			have += eval_expr(m, e->kids[i]);
		return have >= e->need;
	}
	return false;
}

bool
eval_rule(struct matcher *m, uint32_t rule)
{
	const struct step *steps = m->rs->steps;
	uint32_t at = m->rs->rules[rule].program;

	while (at < STEP_NO) {
		const struct step *s = &steps[at];
		bool holds = s->atom != NONE ? eval_atom(m, s->atom) : eval_expr(m, s->tree);

		at = holds ? s->yes : s->no;
	}
	return at == STEP_YES;
}
