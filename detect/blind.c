/* blind.c - rules that no source can feed. */
#include "detect/explain.h"
#include "detect/ruleset.h"
#include "detect/taxonomy.h"

struct rule_logs
ruleset_logs(const struct ruleset *rs, uint32_t rule)
{
	const struct attributes *a = &rs->rules[rule].source;

	return (struct rule_logs){a->product, a->category, a->service};
}

static bool
listed(struct str words, struct str want)
{
	struct str one;
	bool more = words.n > 0;

	while (more) {
		more = str_cut(&words, ',', &one);
		if (str_eq_nocase(one, want))
			return true;
	}
	return want.n == 0;
}

/* -1: they contradict; 1: they agree; 0: one of them does not say, as a definition that decides by
 * the message. */
static int
agreement(struct str has, struct str want)
{
	if (has.n == 0 || want.n == 0)
		return 0;
	return listed(has, want) ? 1 : -1;
}

static bool
row_feeds(const struct attributes *want)
{
	for (unsigned i = LOGSOURCE_LABEL + 1; i < LOGSOURCE_COUNT; i++) {
		const struct logsource_row *row = logsource_row((enum logsource)i);

		if (listed(row->product, want->product) && listed(row->category, want->category) &&
			listed(row->service, want->service))
			return true;
	}
	return false;
}

static bool
definition_feeds(const struct attributes *want, const struct rule_logs *more, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int product = agreement(more[i].product, want->product);
		int category = agreement(more[i].category, want->category);
		int service = agreement(more[i].service, want->service);

		if (product >= 0 && category >= 0 && service >= 0 &&
			product + category + service > 0)
			return true;
	}
	return false;
}

static bool
slot_is_filled(const struct ruleset *rs, const struct names *names, uint32_t slot)
{
	const struct field_ref *ref = &rs->slots[slot].ref;

	for (size_t i = 0; i < ref->n; i++)
		if (ref->fields[i] < FIELD_ECS_END || !rs->taxonomy ||
			taxonomy_is_open(rs->taxonomy, names_text(names, ref->fields[i])))
			return true;
	return slot == SLOT_EVERY;
}

/* The first slot of the expression that nothing fills, or NONE. */
static uint32_t
unfilled(const struct ruleset *rs, const struct names *names, const struct expr *e)
{
	uint32_t found = NONE;

	if (e->op == EXPR_ATOM) {
		const struct atom *a = &rs->atoms[e->atom];

		if (!slot_is_filled(rs, names, a->slot))
			return a->slot;
		return a->kind == ATOM_FIELDREF && !slot_is_filled(rs, names, a->other) ? a->other
											: NONE;
	}
	for (size_t i = 0; i < e->n && found == NONE; i++)
		found = unfilled(rs, names, e->kids[i]);
	return found;
}

bool
ruleset_blind(const struct ruleset *rs, const struct names *names, uint32_t rule,
	const struct rule_logs *more, size_t nmore, struct blindness *ret)
{
	const struct rule *r = &rs->rules[rule];
	uint32_t slot;

	*ret = (struct blindness){0};
	if (rs->taxonomy)
		ret->setting = taxonomy_needs(rs->taxonomy, &r->source);
	if (definition_feeds(&r->source, more, nmore))
		return false;
	if (!row_feeds(&r->source))
		return true;
	slot = unfilled(rs, names, r->expr);
	if (slot == NONE)
		return false;
	ret->field = names_text(names, rs->slots[slot].ref.fields[0]);
	return true;
}
