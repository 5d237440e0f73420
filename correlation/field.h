/*
 * field.h - what correlations read out of a record: one text, or one number. Private to this
 * folder.
 */
#ifndef CORRELATION_FIELD_H
#define CORRELATION_FIELD_H

#include "detect/detect.h"

/* The text of a field (SEMANTICS 5.3). False if it is missing, null, an object, or an array other
 * than of one scalar. */
bool field_text(
	struct batch b, const struct record *r, const struct field_ref *ref, struct str *ret);
/* A string that spells a JSON number, or a number's literal text. False for others and for what
 * exceeds a double. */
bool field_number(struct str text, double *ret);

#endif
