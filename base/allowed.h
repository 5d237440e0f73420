/*
 * allowed.h - the values that ECS allows where it has a closed list: event.kind, event.category,
 * event.type, event.outcome (ECS 8.17, "Categorization Fields").
 *
 * Threads: pure functions.
 */
#ifndef BASE_ALLOWED_H
#define BASE_ALLOWED_H

#include "base/str.h"

/* True for fields that have no closed list, too. `field`: of base/ecs.def. */
bool ecs_allowed(unsigned field, struct str value);
/* The allowed words of a field, separated by blanks, for messages; NULL: anything is. */
const char *ecs_allowed_words(unsigned field);

#endif
