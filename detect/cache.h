/*
 * cache.h - literal databases kept from one start to the next: building them is the dearest part of
 * loading rules.
 *
 * One file, named by nothing but its folder; it says itself what it was made of: the literals, this
 * program's version, the scanner's version and the processor. A file that fits nothing here is
 * made anew, one that is damaged too, and that is told. It is taken only from its owner (root or
 * who runs this) and if nobody else may write it: the scanner runs what it holds.
 */
#ifndef DETECT_CACHE_H
#define DETECT_CACHE_H

#include "detect/ruleset.h"

/* Fill every shard's database from the folder. False: nothing there fits, all are still NULL. */
bool cache_read(struct ruleset *rs, const char *folder, struct diag *why);
/* Keep them for the next start. What fails is a warning. */
void cache_write(const struct ruleset *rs, const char *folder, struct diag *why);

#endif
