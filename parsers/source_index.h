/*
 * source_index.h - which definitions could know a message, by one look instead of by asking each.
 * For parsers/source*.c and their tests only.
 *
 * Every way of a definition to recognise a message has an anchor: something without which it cannot
 * hold (a literal, a beginning, a program's name, a key, a key's value). What a message has of them
 * gives the candidates, a superset of those that know it; they are then asked one by one, the
 * stricter first, so that the index changes no outcome. Threads: read-only once built; the scratch
 * is the asking thread's own. Nothing is allocated while asking.
 */
#ifndef PARSERS_SOURCE_INDEX_H
#define PARSERS_SOURCE_INDEX_H

#include "parsers/source_inside.h"

struct source_index;
struct hs_scratch;

/* One bit for each definition, by its number. */
struct candidates {
	uint64_t bits[SOURCES_MAX / 64];
};

/* For all definitions of s, which are in order and stay. On errors a message in why and *ret keeps
 * its value. */
int index_new(const struct sources *s, struct diag *why, struct source_index **ret);
void index_free(struct source_index *x);

/* What a thread needs to ask; NULL if there is no memory for it. */
struct hs_scratch *index_scratch(const struct source_index *x);
void index_scratch_free(struct hs_scratch *scratch);

/* By what stands in the message, or in the whole text around it. */
void index_by_content(const struct source_index *x, struct hs_scratch *scratch, struct str message,
	struct str text, struct candidates *ret);
void index_by_program(const struct source_index *x, struct str program, struct candidates *ret);
/* Does a definition name this program? One of any program's messages does not. */
bool index_knows_program(const struct source_index *x, struct str program);
/* Of one shape, by the values that were collected from the message. */
void index_by_values(const struct source_index *x, const struct pairs *p, enum source_shape shape,
	struct str message, struct candidates *ret);
void index_everybody(struct candidates *ret);

/* The first candidate from number `from` on; SOURCES_MAX if there is none. */
size_t candidates_next(const struct candidates *c, size_t from);

#endif
