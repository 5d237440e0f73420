/*
 * cost.h - what each rule costs and how often it matches, over all roles: `noroshi top`.
 *
 * One table per rule set, in memory shared by the roles that fork from its maker. Workers and
 * engine add, the console reads. Only numbers: what a hostile worker writes here can mislead, not
 * harm.
 */
#ifndef DAEMON_COST_H
#define DAEMON_COST_H

#include "base/buf.h"
#include "detect/detect.h"

struct cost_table;

/* NULL when there is no memory for it: then nothing is counted. */
struct cost_table *cost_table_new(size_t rules);
void cost_table_free(struct cost_table *t);
/* Move what the matcher counted since the last call into the table. NULL-safe in both. */
void cost_take(struct cost_table *t, struct matcher *m);
/* {"records":N,"scan_us":N,"rules":[{"id":...,"title":...,"looked":N,"hits":N,"us":N},...]}, rules
 * that were looked at only, and a newline. */
void cost_json(const struct cost_table *t, const struct ruleset *rs, struct buf *out);

#endif
