/*
 * find.h - text search without regard to case. Threads: values.
 *
 * Case: Unicode's simple lower-case mapping, but a letter outside ASCII never becomes one inside
 * (the Kelvin sign is no k), so that ASCII words can be looked for in raw bytes.
 */
#ifndef STORE_FIND_H
#define STORE_FIND_H

#include "base/buf.h"

/* Append s in lower case. */
void find_lower(struct str s, struct buf *out);
/* Does the lower-case ASCII `word` (not empty) stand in s, in either case? */
bool find_ascii(struct str s, struct str word);
/* Is s, in lower case, equal to `low`? */
bool find_equal(struct str s, struct str low);
/* Does `low` stand in s? An ASCII `low` is looked for in place, others in a copy. */
bool find_text(struct str s, struct str low, bool low_is_ascii, struct buf *scratch);
/*
 * Does s, in lower case, match the pattern: parts that stand in order; anchored where there is no
 * star at that end? parts are in lower case, empty ones at the ends mean a star there.
 */
bool find_glob(struct str s, const struct str *parts, size_t n, struct buf *scratch);

#endif
