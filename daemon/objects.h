/*
 * objects.h - state/objects/HASH: the configuration, rules and definitions of sources that were in
 * force, as they stood, by content hash.
 *
 * The journal names the hash (JOURNAL_CONFIG), so what a past outcome depended on can be read
 * again.
 */
#ifndef DAEMON_OBJECTS_H
#define DAEMON_OBJECTS_H

#include "daemon/brain.h"

/* Write the files that `b` was loaded from, once per hash. */
int objects_keep_lists(struct str data, struct str packed, struct hash128 hash, struct diag *why);
int objects_read_lists(struct str data, struct hash128 hash, struct buf *ret);
int objects_keep(const struct brain *b, const char *config, struct diag *why);

#endif
