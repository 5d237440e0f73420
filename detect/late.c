/* late.c - which rules wait for weave, and which kinds of logs each reads. */
#include "base/alert.h"
#include "detect/ruleset.h"

bool
woven_field(unsigned field)
{
	switch (field) {
	case FIELD_USER_ID:
	case FIELD_HOST_ID:
	case FIELD_CLIENT_IP: /* by X-Forwarded-For */
	case FIELD_NETWORK_FORWARDED_IP:
	case FIELD_NETWORK_DIRECTION:
	case FIELD_RELATED_IP:
	case FIELD_RELATED_USER:
	case FIELD_RELATED_HOSTS:
	case FIELD_SOURCE_NAT_IP:
	case FIELD_NOROSHI_IDENTITY_USER:
	case FIELD_NOROSHI_IDENTITY_HOST:
	case FIELD_NOROSHI_IDENTITY_VIA:
	case FIELD_NOROSHI_IDENTITY_SURE:
	case FIELD_NOROSHI_IDENTITY_SHARED:
	case FIELD_NOROSHI_DERIVED:
	case FIELD_NOROSHI_DERIVED_FROM:
		return true;
	default:
		return false;
	}
}

static bool
slot_is_woven(const struct ruleset *rs, uint32_t slot)
{
	for (size_t i = 0; slot < rs->nslots && i < rs->slots[slot].ref.n; i++)
		if (woven_field(rs->slots[slot].ref.fields[i]))
			return true;
	return false;
}

static bool
reads_woven(const struct ruleset *rs, const struct expr *e)
{
	if (!e)
		return false;
	if (e->op == EXPR_ATOM) {
		const struct atom *a = &rs->atoms[e->atom];

		return slot_is_woven(rs, a->slot) ||
		       (a->kind == ATOM_FIELDREF && slot_is_woven(rs, a->other));
	}
	for (size_t i = 0; i < e->n; i++)
		if (reads_woven(rs, e->kids[i]))
			return true;
	return false;
}

/* Which family each log source may be of: rows of logsource.def, then definitions of products. */
struct kinds {
	struct attributes *labels;
	uint8_t *families;
	size_t n;
};

static struct kinds
all_kinds(const struct ruleset *rs, struct arena *a)
{
	size_t max = LOGSOURCE_COUNT + rs->opt.nsources;
	struct kinds k = {
		.labels = arena_alloc(a, max * sizeof(*k.labels)), .families = arena_alloc(a, max)};

	for (unsigned i = LOGSOURCE_LABEL + 1; i < LOGSOURCE_COUNT; i++) {
		const struct logsource_row *row = logsource_row((enum logsource)i);

		k.labels[k.n] = route_label(a, row->product, row->category, row->service);
		k.families[k.n++] = (uint8_t)family_of_logsource(i);
	}
	for (size_t i = 0; i < rs->opt.nsources; i++) {
		const struct ruleset_source *s = &rs->opt.sources[i];

		k.labels[k.n] = route_label(a, s->product, s->category, s->service);
		k.families[k.n++] = (uint8_t)s->family;
	}
	return k;
}

/* Of a rule whose category does not say it: the one family of all logs that may feed it. A rule
 * that several kinds of logs may feed expects none of them in particular. */
static uint32_t
families(const struct ruleset *rs, const struct kinds *k, const struct attributes *source)
{
	uint32_t bits = 0;
	enum log_family named = family_of_category(source->category);

	if (named != FAMILY_OTHER)
		return 1u << named;
	for (size_t i = 0; i < k->n; i++)
		if (route_fits(rs, &k->labels[i], source))
			bits |= 1u << k->families[i];
	bits &= ~(1u << FAMILY_OTHER);
	return __builtin_popcount(bits) == 1 ? bits : 0;
}

void
late_rules(struct ruleset *rs)
{
	struct arena scratch = {0};
	struct kinds k = all_kinds(rs, &scratch);
	uint32_t *by_source = arena_alloc(&scratch, (rs->nsources + 1) * sizeof(*by_source));

	for (size_t i = 0; i < rs->nsources; i++)
		by_source[i] = rs->opt.ignore_logsource ? 0 : families(rs, &k, &rs->sources[i]);
	for (size_t i = 0; i < rs->nrules; i++) {
		struct rule *r = &rs->rules[i];

		r->info.late = reads_woven(rs, r->expr);
		rs->has_late |= r->info.late;
		if (r->info.words.families == 0)
			r->info.words.families = by_source[r->source_id];
		r->info.words.wider_families |= r->info.words.families;
	}
	arena_done(&scratch);
}

bool
ruleset_has(const struct ruleset *rs, enum matcher_part part)
{
	if (part == MATCH_LATE)
		return rs->has_late;
	return rs->nrules > 0;
}
