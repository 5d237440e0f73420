/* lines.h - numbered lines into evidence, and the check that each came back once, in order. */
#ifndef TESTS_STORE_LINES_H
#define TESTS_STORE_LINES_H

#include "store/evidence.h"

struct evidence_options lines_options(const char *dir, uint64_t frame_text);
/* Line number i: sequence i, time and arrival i seconds into a day in 2023. */
void lines_add(struct evidence *e, unsigned cls, uint64_t i);
/* Flush and wait. */
void lines_wait(struct evidence *e, uint64_t upto);
int64_t lines_time(uint64_t i);
/* NULL when all segments of the class chain, unpack and hold rising line numbers; else what is
 * wrong. *n = lines. */
const char *lines_check(const char *dir, const char *cls, size_t *n);

#endif
