/*
 * zone.h - time zones, read from the system's TZif files (RFC 8536) at start, then immutable.
 *
 * Threads: read-only after zone_load.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

#include "base/str.h"

struct diag;
struct zone;

/* "UTC", "+09:00", or a name such as "Asia/Tokyo". */
int zone_load(struct str name, struct diag *why, struct zone **ret);
void zone_free(struct zone *z);
const char *zone_name(const struct zone *z);
/*
 * Local ns (civil time taken as if UTC) to UTC ns. A time that exists twice: the one nearest to
 * `near` (UTC ns); one that the clock skipped: as if the change had not come yet. NULL zone = UTC.
 */
int64_t zone_to_utc(const struct zone *z, int64_t local, int64_t near);
/* Seconds east of UTC at that moment. */
int32_t zone_offset(const struct zone *z, int64_t utc);

#endif
