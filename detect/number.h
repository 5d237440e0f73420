/*
 * number.h - numbers as rules compare them: integers exactly, others as doubles.
 */
#ifndef DETECT_NUMBER_H
#define DETECT_NUMBER_H

#include "base/str.h"

struct yaml_node;
struct buf;

struct number {
	bool whole; /* i holds it exactly */
	int64_t i;
	double d;
};

enum compare { COMPARE_EQ, COMPARE_GT, COMPARE_GTE, COMPARE_LT, COMPARE_LTE };

/* JSON's number grammar, the whole slice. */
bool number_of(struct str text, struct number *ret);
/* The same, but leading zeros do no harm: what a string spells. */
bool number_spelled(struct str text, struct number *ret);
struct number number_of_int(int64_t i);
struct number number_of_yaml(const struct yaml_node *n);
bool number_compare(struct number a, enum compare op, struct number b);
/* The text that a YAML number stands for: 0x17 is "23". */
void number_text(const struct yaml_node *n, struct buf *out);
/* One spelling for all equal numbers, for lookups; returns its length. */
#define NUMBER_CANON_MAX 40u
size_t number_canon(struct number n, char out[NUMBER_CANON_MAX]);

#endif
