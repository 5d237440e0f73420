#include "detect/item.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "detect/modifier.h"
#include "detect/regexlit.h"
#include "detect/taxonomy.h"

struct list {
	struct expr **items;
	size_t n, cap;
};

void
compile_fail(struct compile *c, const struct yaml_node *at, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_add(c->why, DIAG_ERROR, c->path, at ? at->line : 0, at ? at->column : 0, "%s",
		buf_z(&text));
	buf_done(&text);
	c->failed = true;
}

static void
push(struct list *l, struct expr *e)
{
	l->items = mem_grow(l->items, l->n, &l->cap, sizeof(struct expr *));
	l->items[l->n++] = e;
}

uint32_t
item_slot(struct compile *c, const struct yaml_node *at, struct str name)
{
	struct str targets[TAXONOMY_TARGETS] = {name};
	struct field_ref ref = {0};
	size_t n = 1;

	if (name.n == 0)
		return SLOT_EVERY;
	if (!c->rs->opt.native_fields)
		n = taxonomy_resolve(c->rs->taxonomy, &c->source, name, &c->scratch, targets);
	else
		targets[0] = native_name(&c->scratch, name);
	for (size_t i = 0; i < n; i++) {
		unsigned field;

		if (names_add(c->names, targets[i], &field) < 0) {
			compile_fail(c, at,
				"the rules name more than %d different fields; use fewer",
				FIELD_MAX);
			return SLOT_EVERY;
		}
		ref.fields[ref.n++] = (uint16_t)field;
	}
	return slot_intern(c->rs, &ref);
}

static bool
is_scalar(const struct yaml_node *n)
{
	return n->kind != YAML_LIST && n->kind != YAML_MAP;
}

/* A scalar's text as a string modifier sees it. */
static struct str
text_of(struct compile *c, const struct yaml_node *v)
{
	struct buf text = {0};
	struct str s = v->text;

	if (v->kind == YAML_INT || v->kind == YAML_FLOAT) {
		number_text(v, &text);
		s = arena_str(&c->scratch, buf_str(&text));
		buf_done(&text);
	} else if (v->kind == YAML_BOOL) {
		s = v->truth ? STR("true") : STR("false");
	}
	return s;
}

static struct expr *
finish(struct compile *c, struct atom *a)
{
	return expr_atom(&c->rs->arena, atom_intern(c->rs, a));
}

static const char *
one_step(struct compile *c, struct patterns *ps, uint8_t step, struct str *name)
{
	switch (step) {
	case MOD_CONTAINS:
		pattern_star(ps, true, true);
		return NULL;
	case MOD_STARTSWITH:
		pattern_star(ps, false, true);
		return NULL;
	case MOD_ENDSWITH:
		pattern_star(ps, true, false);
		return NULL;
	case MOD_WIDE:
		return pattern_widen(ps, WIDE_LE);
	case MOD_UTF16BE:
		return pattern_widen(ps, WIDE_BE);
	case MOD_UTF16:
		return pattern_widen(ps, WIDE_BOM);
	case MOD_BASE64:
	case MOD_BASE64OFFSET:
		return pattern_base64(ps, step == MOD_BASE64OFFSET);
	case MOD_WINDASH:
		return pattern_windash(ps);
	case MOD_EXPAND:
		return pattern_expand(ps, c->rs->placeholders, name);
	default:
		return NULL;
	}
}

/* Keywords look anywhere in a value unless the chain says where. */
static bool
says_where(const struct chain *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->steps[i] <= MOD_ENDSWITH)
			return true;
	return false;
}

static struct expr *
text_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	struct patterns ps = {.arena = &c->scratch};
	struct list l = {0};
	struct expr *e = NULL;
	struct str name = {0};
	const char *why = NULL;

	pattern_read(&ps, text_of(c, v), ch->expands);
	for (size_t i = 0; i < ch->n && !why; i++)
		why = one_step(c, &ps, ch->steps[i], &name);
	if (!why && slot == SLOT_EVERY && !says_where(ch))
		pattern_star(&ps, true, true);
	if (!why)
		why = pattern_finish(&ps);
	if (why) {
		compile_fail(c, v, "the value \"%.*s\" %s%s%.*s", STR_ARG(v->text), why,
			name.n ? ": " : "", STR_ARG(name));
		goto done;
	}
	for (size_t i = 0; i < ps.n; i++) {
		struct atom a = {.slot = slot, .cased = ch->cased};
		struct buf glob = {0};

		pattern_glob(&ps.items[i], !ch->cased, &glob);
		atom_set_glob(c->rs, &a, buf_str(&glob));
		push(&l, finish(c, &a));
		buf_done(&glob);
	}
	e = expr_join(&c->rs->arena, EXPR_OR, l.items, l.n);
done:
	mem_free(l.items);
	patterns_done(&ps);
	return e;
}

static struct expr *
plain_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	struct atom a = {.slot = slot};
	struct buf text = {0};
	struct expr *e;

	/* Without a string modifier numbers, booleans and null are themselves. */
	if (ch->n > 0 || ch->cased || slot == SLOT_EVERY || v->kind == YAML_STRING)
		return text_value(c, ch, slot, v);
	if (v->kind == YAML_BOOL) {
		a.kind = ATOM_BOOL;
		a.truth = v->truth;
		return finish(c, &a);
	}
	a.kind = ATOM_NUMBER;
	a.number = number_of_yaml(v);
	number_text(v, &text);
	a.text = buf_str(&text);
	e = finish(c, &a);
	buf_done(&text);
	return e;
}

static struct expr *
regex_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	struct atom a = {.slot = slot, .re_options = ch->re_options};
	char words[256];
	const char *why = atom_set_regex(c->rs, &a, text_of(c, v), words);

	if (why) {
		compile_fail(c, v, "not a regular expression: %s", why);
		return NULL;
	}
	return finish(c, &a);
}

static struct expr *
cidr_value(struct compile *c, uint32_t slot, const struct yaml_node *v)
{
	struct atom a = {.kind = ATOM_CIDR, .slot = slot};
	const char *why = cidr_read(v->text, &a.cidr);

	if (why) {
		compile_fail(c, v, "\"%.*s\" is no network: %s", STR_ARG(v->text), why);
		return NULL;
	}
	return finish(c, &a);
}

static struct expr *
exists_value(struct compile *c, uint32_t slot, const struct yaml_node *v)
{
	struct atom a = {.kind = ATOM_EXISTS, .slot = slot};
	struct expr *e;

	if (v->kind != YAML_BOOL) {
		compile_fail(c, v, "exists needs true or false, without quotes");
		return NULL;
	}
	e = finish(c, &a);
	return v->truth ? e : expr_not(&c->rs->arena, e);
}

static struct expr *
number_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	struct atom a = {.kind = (uint8_t)ch->kind,
		.slot = slot,
		.op = (uint8_t)(ch->compares ? ch->op : COMPARE_EQ),
		.part = (uint8_t)ch->part};

	if (v->kind != YAML_INT && v->kind != YAML_FLOAT) {
		compile_fail(c, v, "this modifier compares numbers; write a number without quotes");
		return NULL;
	}
	a.number = number_of_yaml(v);
	return finish(c, &a);
}

static struct expr *
fieldref_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	static const uint8_t shapes[] = {TEXT_CONTAINS, TEXT_STARTS, TEXT_ENDS};
	struct atom a = {.kind = ATOM_FIELDREF, .slot = slot, .cased = ch->cased};

	if (v->kind != YAML_STRING || v->text.n == 0) {
		compile_fail(c, v, "fieldref needs the name of another field");
		return NULL;
	}
	if (ch->n > 1) {
		compile_fail(c, v,
			"behind fieldref only one of contains, startswith, endswith can "
			"stand");
		return NULL;
	}
	a.shape = ch->n ? shapes[ch->steps[0]] : TEXT_EQUALS;
	a.other = item_slot(c, v, v->text);
	return finish(c, &a);
}

static struct expr *
null_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	struct atom a = {.kind = ATOM_NULL, .slot = slot};

	if (ch->kind != ATOM_TEXT || ch->n > 0 || ch->cased || slot == SLOT_EVERY) {
		compile_fail(c, v,
			"this needs a value; write null (without modifiers) for a missing "
			"field, '' for an empty one");
		return NULL;
	}
	return finish(c, &a);
}

static struct expr *
one_value(struct compile *c, const struct chain *ch, uint32_t slot, const struct yaml_node *v)
{
	if (!is_scalar(v)) {
		compile_fail(c, v, "a list holds single values, not lists or maps");
		return NULL;
	}
	if (v->kind == YAML_NULL)
		return null_value(c, ch, slot, v);
	switch (ch->kind) {
	case ATOM_REGEX:
		return regex_value(c, ch, slot, v);
	case ATOM_CIDR:
		return cidr_value(c, slot, v);
	case ATOM_EXISTS:
		return exists_value(c, slot, v);
	case ATOM_COMPARE:
	case ATOM_TIME:
		return number_value(c, ch, slot, v);
	case ATOM_FIELDREF:
		return fieldref_value(c, ch, slot, v);
	default:
		return plain_value(c, ch, slot, v);
	}
}

struct expr *
item_compile(struct compile *c, const struct yaml_node *key, const struct yaml_node *values)
{
	struct str field = key ? key->text : (struct str){0}, mods = {0};
	struct chain ch;
	struct list l = {0};
	struct expr *e = NULL;
	size_t n = values->kind == YAML_LIST ? values->n : 1;
	uint32_t slot;
	bool ok = true;

	if (str_chr(field, '|') >= 0) {
		mods = field;
		str_cut(&mods, '|', &field);
	}
	if (!chain_read(c, key ? key : values, mods, &ch))
		return NULL;
	slot = item_slot(c, key ? key : values, field);
	if (slot == SLOT_EVERY && ch.kind != ATOM_TEXT && ch.kind != ATOM_REGEX) {
		compile_fail(c, key, "this modifier needs a field name in front of it");
		return NULL;
	}
	if (values->kind == YAML_MAP) {
		compile_fail(c, values, "an item's value is one value or a list, not a map");
		return NULL;
	}
	if (n == 0) {
		struct yaml_node null = {.line = values->line, .column = values->column};

		return null_value(c, &ch, slot, &null);
	}
	for (size_t i = 0; i < n; i++) {
		e = one_value(c, &ch, slot, values->kind == YAML_LIST ? values->items[i] : values);
		if (e)
			push(&l, e);
		else
			ok = false;
	}
	e = NULL;
	if (ok) {
		e = expr_join(&c->rs->arena, ch.all ? EXPR_AND : EXPR_OR, l.items, l.n);
		if (ch.neq)
			e = expr_not(&c->rs->arena, e);
	}
	mem_free(l.items);
	return e;
}
