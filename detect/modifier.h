/*
 * modifier.h - a chain of Sigma modifiers, checked for sense, before it meets a value.
 */
#ifndef DETECT_MODIFIER_H
#define DETECT_MODIFIER_H

#include "detect/item.h"

enum modifier {
	MOD_CONTAINS,
	MOD_STARTSWITH,
	MOD_ENDSWITH,
	MOD_WIDE,
	MOD_UTF16BE,
	MOD_UTF16,
	MOD_BASE64,
	MOD_BASE64OFFSET,
	MOD_WINDASH,
	MOD_EXPAND
};

#define CHAIN_MAX 12u

struct chain {
	enum atom_kind kind;      /* TEXT when nothing else was named */
	uint8_t steps[CHAIN_MAX]; /* enum modifier, left to right; for TEXT and FIELDREF */
	size_t n;
	bool all, neq, cased, expands;
	bool compares; /* gt ... was named; TIME too */
	enum compare op;
	enum when_part part;
	uint32_t re_options;
};

/* `mods` is what stands behind the first '|' (p NULL: there is none). False: reported. */
bool chain_read(struct compile *c, const struct yaml_node *key, struct str mods, struct chain *ret);

#endif
