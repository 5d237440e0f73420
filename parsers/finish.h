/*
 * finish.h - what follows from a record's fields, whatever product wrote them: event.kind, the
 * parts of domains, related.*.
 *
 * Threads: pure functions on the caller's struct recs; `domains` is the worker's.
 */
#ifndef PARSERS_FINISH_H
#define PARSERS_FINISH_H

#include "parsers/domain.h"

/* So many values of each related.* at most: a record that names more is a list of its own. */
#define RELATED_MAX 16u

/* The open record, when its parser is done with it. What stands there already stays. */
void finish_record(struct recs *w, struct domains *domains);

#endif
