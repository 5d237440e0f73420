/*
 * field.h - field names as small numbers.
 *
 * Numbers 1 .. FIELD_ECS_END-1 are the rows of ecs.def. A struct names adds the names that rules,
 * taxonomies and mappings mention; it is built once, then frozen and read by all threads.
 * Number 0 (FIELD_NAMED) means: not interned, the record carries the name as text.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include "base/str.h"

enum field {
	FIELD_NAMED = 0,
#define F(id, name, kind) FIELD_##id,
#include "base/ecs.def"
#undef F
	FIELD_ECS_END
};

/* What the field's values are when a parser has a choice, and how they are written. */
enum field_kind {
	FIELD_K = 'K',
	FIELD_N = 'N',
	FIELD_I = 'I',
	FIELD_B = 'B',
	FIELD_T = 'T',
	FIELD_A = 'A'
};

#define FIELD_MAX 16384 /* interned names in all; rules beyond this bound are refused */

struct names;

/* A table that holds ecs.def and nothing else. */
struct names *names_new(void);
/* Intern one more; the same name gives the same number. ERR_LIMIT at FIELD_MAX, ERR_STATE when
 * frozen. */
int names_add(struct names *n, struct str name, unsigned *ret);
void names_freeze(struct names *n);
/* FIELD_NAMED when it is not in the table. */
unsigned names_find(const struct names *n, struct str name);
struct str names_text(const struct names *n, unsigned field);
/* FIELD_K for names outside ecs.def. */
enum field_kind names_kind(const struct names *n, unsigned field);
unsigned names_count(const struct names *n);
void names_free(struct names *n);

#endif
