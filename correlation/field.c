#include "correlation/field.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* The one entry that stands for the field; NULL if there is none or more than one. */
static const struct entry *
only_entry(const struct entry *e, uint32_t n, unsigned field, bool *present)
{
	const struct entry *nested = NULL, *literal = NULL;
	uint32_t nnested = 0, nliteral = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (e[i].field != field)
			continue;
		if (e[i].flags & ENTRY_LITERAL) {
			literal = &e[i];
			nliteral++;
		} else {
			nested = &e[i];
			nnested++;
		}
	}
	*present = nliteral || nnested;
	if (nliteral)
		return nliteral == 1 ? literal : NULL;
	return nnested == 1 ? nested : NULL;
}

bool
field_text(struct batch b, const struct record *r, const struct field_ref *ref, struct str *ret)
{
	const struct entry *all = record_entries(b, r), *e = NULL;
	bool present = false;

	for (unsigned i = 0; i < ref->n && !present; i++)
		e = only_entry(all, r->nentries, ref->fields[i], &present);
	if (!e)
		return false;
	switch ((enum value_kind)e->kind) {
	case VALUE_STRING:
	case VALUE_NUMBER:
		*ret = entry_text(b, e);
		return true;
	case VALUE_TRUE:
		*ret = STR("true");
		return true;
	case VALUE_FALSE:
		*ret = STR("false");
		return true;
	case VALUE_NULL:
	case VALUE_EMPTY_ARRAY:
	case VALUE_OBJECT:
		break;
	}
	return false;
}

bool
field_number(struct str text, double *ret)
{
	char small[64], *z = small;
	uint64_t whole;

	if (text.n <= 15 && (text.n == 1 || (text.n && text.p[0] != '0')) &&
		str_u64(text, &whole)) {
		*ret = (double)whole;
		return true;
	}
	if (!str_is_number(text))
		return false;
	if (text.n >= sizeof(small))
		z = mem_alloc(text.n + 1);
	memcpy(z, text.p, text.n);
	z[text.n] = 0;
	*ret = strtod(z, NULL);
	if (z != small)
		mem_free(z);
	return isfinite(*ret);
}
