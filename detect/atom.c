#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "detect/ruleset.h"

uint32_t
slot_intern(struct ruleset *rs, const struct field_ref *ref)
{
	bool fresh;
	uint64_t *id = map_put(&rs->slot_ids,
		str_make((const char *)ref->fields, ref->n * sizeof(ref->fields[0])), &fresh);

	if (fresh) {
		*id = rs->nslots;
		rs->slots = mem_grow(rs->slots, rs->nslots, &rs->cap_slots, sizeof(*rs->slots));
		rs->slots[rs->nslots++].ref = *ref;
	}
	return (uint32_t)*id;
}

static void
add_number(struct buf *key, struct number n)
{
	char text[NUMBER_CANON_MAX];

	buf_add(key, text, number_canon(n, text));
	buf_add_char(key, 0);
	buf_add_i64(key, n.whole ? n.i : 0);
}

uint32_t
atom_intern(struct ruleset *rs, struct atom *a)
{
	struct buf key = {0};
	uint64_t *id;
	bool fresh;

	buf_printf(&key, "%u %u %u %u %d %d %u %u %u ", a->kind, a->shape, a->op, a->part, a->cased,
		a->truth, a->slot, a->other, a->re_options);
	if (a->kind == ATOM_NUMBER || a->kind == ATOM_COMPARE || a->kind == ATOM_TIME)
		add_number(&key, a->number);
	if (a->kind == ATOM_CIDR)
		buf_add(&key, &a->cidr, sizeof(a->cidr));
	buf_add_str(&key, a->text);
	id = map_put(&rs->atom_ids, buf_str(&key), &fresh);
	buf_done(&key);
	if (fresh) {
		*id = rs->natoms;
		a->exact = NONE;
		a->text = arena_str(&rs->arena, a->text);
		rs->atoms = mem_grow(rs->atoms, rs->natoms, &rs->cap_atoms, sizeof(*rs->atoms));
		rs->atoms[rs->natoms++] = *a;
	} else if (a->re) {
		pcre2_code_free(a->re);
	}
	a->re = NULL;
	return (uint32_t)*id;
}

void
atom_set_glob(struct ruleset *rs, struct atom *a, struct str glob)
{
	bool before = glob.n > 0 && glob.p[0] == GLOB_STAR;
	bool behind = glob.n > before && glob.p[glob.n - 1] == GLOB_STAR;
	struct str inside = str_make(glob.p + before, glob.n - before - behind);

	(void)rs;
	a->kind = ATOM_TEXT;
	a->text = glob;
	a->shape = TEXT_GLOB;
	if (str_chr(inside, GLOB_STAR) >= 0 || str_chr(inside, GLOB_ONE) >= 0)
		return;
	a->text = inside;
	if (before && inside.n == 0)
		a->shape = TEXT_ANY;
	else if (before && behind)
		a->shape = TEXT_CONTAINS;
	else
		a->shape = before ? TEXT_ENDS : behind ? TEXT_STARTS : TEXT_EQUALS;
}

const char *
atom_set_regex(struct ruleset *rs, struct atom *a, struct str source, char *text)
{
	PCRE2_SIZE at = 0;
	int code = 0;

	if (!rs->re_context) {
		rs->re_context = pcre2_compile_context_create(NULL);
		pcre2_set_newline(rs->re_context, PCRE2_NEWLINE_LF);
		pcre2_set_parens_nest_limit(rs->re_context, 100);
	}
	a->kind = ATOM_REGEX;
	a->text = source;
	a->re = pcre2_compile((PCRE2_SPTR)source.p, source.n,
		a->re_options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, rs->re_context);
	if (!a->re) {
		char words[160] = "";

		pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof(words));
		snprintf(text, 256, "%s at character %zu", words, (size_t)at + 1);
		return text;
	}
	/* Where the machine has no JIT the interpreter does the same, slower. */
	(void)pcre2_jit_compile(a->re, PCRE2_JIT_COMPLETE);
	return NULL;
}

void
atoms_done(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->natoms; i++)
		if (rs->atoms[i].re)
			pcre2_code_free(rs->atoms[i].re);
	if (rs->re_context)
		pcre2_compile_context_free(rs->re_context);
	mem_free(rs->atoms);
	mem_free(rs->slots);
	map_done(&rs->atom_ids);
	map_done(&rs->slot_ids);
}
