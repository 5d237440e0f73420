#include "detect/modifier.h"

enum class {
	CLASS_ALL,
	CLASS_NEQ,
	CLASS_CASED,
	CLASS_TEXT,
	CLASS_RE,
	CLASS_FLAG,
	CLASS_CIDR,
	CLASS_EXISTS,
	CLASS_COMPARE,
	CLASS_TIME,
	CLASS_FIELDREF
};

static const struct modifier_row {
	const char *name;
	enum class class;
	uint32_t value;
} rows[] = {
	{"all", CLASS_ALL, 0},
	{"neq", CLASS_NEQ, 0},
	{"cased", CLASS_CASED, 0},
	{"contains", CLASS_TEXT, MOD_CONTAINS},
	{"startswith", CLASS_TEXT, MOD_STARTSWITH},
	{"endswith", CLASS_TEXT, MOD_ENDSWITH},
	{"wide", CLASS_TEXT, MOD_WIDE},
	{"utf16le", CLASS_TEXT, MOD_WIDE},
	{"utf16be", CLASS_TEXT, MOD_UTF16BE},
	{"utf16", CLASS_TEXT, MOD_UTF16},
	{"base64", CLASS_TEXT, MOD_BASE64},
	{"base64offset", CLASS_TEXT, MOD_BASE64OFFSET},
	{"windash", CLASS_TEXT, MOD_WINDASH},
	{"expand", CLASS_TEXT, MOD_EXPAND},
	{"re", CLASS_RE, 0},
	{"i", CLASS_FLAG, PCRE2_CASELESS},
	{"m", CLASS_FLAG, PCRE2_MULTILINE},
	{"s", CLASS_FLAG, PCRE2_DOTALL},
	{"cidr", CLASS_CIDR, 0},
	{"exists", CLASS_EXISTS, 0},
	{"gt", CLASS_COMPARE, COMPARE_GT},
	{"gte", CLASS_COMPARE, COMPARE_GTE},
	{"lt", CLASS_COMPARE, COMPARE_LT},
	{"lte", CLASS_COMPARE, COMPARE_LTE},
	{"minute", CLASS_TIME, WHEN_MINUTE},
	{"hour", CLASS_TIME, WHEN_HOUR},
	{"day", CLASS_TIME, WHEN_DAY},
	{"week", CLASS_TIME, WHEN_WEEK},
	{"month", CLASS_TIME, WHEN_MONTH},
	{"year", CLASS_TIME, WHEN_YEAR},
	{"fieldref", CLASS_FIELDREF, 0},
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static const struct modifier_row *
find(struct str name)
{
	for (size_t i = 0; i < NROWS; i++)
		if (str_eq(name, str_of(rows[i].name)))
			return &rows[i];
	return NULL;
}

static const char *
guess(struct str name)
{
	const char *names[NROWS];

	for (size_t i = 0; i < NROWS; i++)
		names[i] = rows[i].name;
	return diag_did_you_mean(name, names, NROWS);
}

/* The chain names its one kind; a second one, or text modifiers before it, make no sense. */
static const char *
set_kind(struct chain *ch, enum atom_kind kind)
{
	if (ch->kind != ATOM_TEXT)
		return "cannot stand together with the modifier before it";
	if (ch->n > 0)
		return "must come before contains, startswith, endswith and the encodings";
	ch->kind = kind;
	return NULL;
}

static const char *
add_text(struct chain *ch, uint32_t step)
{
	if (ch->kind == ATOM_FIELDREF) {
		if (step > MOD_ENDSWITH)
			return "cannot stand behind fieldref; only contains, startswith and "
			       "endswith "
			       "can";
	} else if (ch->kind != ATOM_TEXT) {
		return "needs text and cannot stand behind that modifier";
	}
	if (ch->n == CHAIN_MAX)
		return "is one modifier too many";
	ch->steps[ch->n++] = (uint8_t)step;
	ch->expands = ch->expands || step == MOD_EXPAND;
	return NULL;
}

/* NULL if the modifier fits behind what was read, else why not. */
static const char *
apply(struct chain *ch, const struct modifier_row *row)
{
	switch (row->class) {
	case CLASS_ALL:
		ch->all = true;
		return NULL;
	case CLASS_NEQ:
		ch->neq = true;
		return NULL;
	case CLASS_CASED:
		ch->cased = true;
		return NULL;
	case CLASS_TEXT:
		return add_text(ch, row->value);
	case CLASS_RE:
		return set_kind(ch, ATOM_REGEX);
	case CLASS_FLAG:
		if (ch->kind != ATOM_REGEX)
			return "is a flag of re and must stand behind it";
		ch->re_options |= row->value;
		return NULL;
	case CLASS_CIDR:
		return set_kind(ch, ATOM_CIDR);
	case CLASS_EXISTS:
		return set_kind(ch, ATOM_EXISTS);
	case CLASS_FIELDREF:
		return set_kind(ch, ATOM_FIELDREF);
	case CLASS_COMPARE:
		ch->op = (enum compare)row->value;
		if (ch->kind == ATOM_TIME && !ch->compares) {
			ch->compares = true;
			return NULL;
		}
		ch->compares = true;
		return set_kind(ch, ATOM_COMPARE);
	case CLASS_TIME:
		ch->part = (enum when_part)row->value;
		return set_kind(ch, ATOM_TIME);
	}
	return NULL;
}

bool
chain_read(struct compile *c, const struct yaml_node *key, struct str mods, struct chain *ret)
{
	bool more = mods.p != NULL;

	*ret = (struct chain){.kind = ATOM_TEXT};
	while (more) {
		struct str name;
		const struct modifier_row *row;
		const char *why;

		more = str_cut(&mods, '|', &name);
		row = find(name);
		if (!row) {
			const char *near = guess(name);

			compile_fail(c, key, "unknown modifier \"%.*s\"%s%s%s", STR_ARG(name),
				near ? "; did you mean \"" : "", near ? near : "",
				near ? "\"?" : "");
			return false;
		}
		why = apply(ret, row);
		if (why) {
			compile_fail(c, key, "the modifier \"%s\" %s", row->name, why);
			return false;
		}
	}
	return true;
}
