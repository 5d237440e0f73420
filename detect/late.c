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

static uint32_t
families(const struct ruleset *rs, const struct attributes *source)
{
	uint32_t bits = 0;
	enum log_family named = family_of_category(source->category);

	if (named != FAMILY_OTHER)
		return 1u << named;
	for (unsigned i = LOGSOURCE_LABEL + 1; i < LOGSOURCE_COUNT; i++) {
		const struct logsource_row *row = logsource_row((enum logsource)i);
		char text[3][256];
		struct str from[3] = {row->product, row->category, row->service}, to[3];
		struct attributes label;

		for (unsigned k = 0; k < 3; k++) {
			size_t n = from[k].n < 256 ? from[k].n : 256;

			for (size_t c = 0; c < n; c++)
				text[k][c] = from[k].p[c] == ',' ? ROUTE_SEPARATOR : from[k].p[c];
			to[k] = str_make(text[k], n);
		}
		label = (struct attributes){to[0], to[1], to[2]};
		if (route_fits(rs, &label, source))
			bits |= 1u << family_of_logsource(i);
	}
	return bits;
}

/* A rule that several kinds of logs may feed expects none of them in particular. */
static uint32_t
tell(uint32_t bits)
{
	bits &= ~(1u << FAMILY_OTHER);
	return __builtin_popcount(bits) == 1 ? bits : 0;
}

void
late_rules(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->nrules; i++) {
		struct rule *r = &rs->rules[i];

		r->info.late = reads_woven(rs, r->expr);
		rs->has_late |= r->info.late;
		if (r->info.words.families == 0 && !rs->opt.ignore_logsource)
			r->info.words.families = tell(families(rs, &r->source));
		r->info.words.wider_families |= r->info.words.families;
	}
}

bool
ruleset_has(const struct ruleset *rs, enum matcher_part part)
{
	if (part == MATCH_LATE)
		return rs->has_late;
	return rs->nrules > 0;
}
