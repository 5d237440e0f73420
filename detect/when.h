/*
 * when.h - parts of a time as it is written in a field: hour, week ...; no zone conversion.
 */
#ifndef DETECT_WHEN_H
#define DETECT_WHEN_H

#include "base/str.h"

enum when_part { WHEN_MINUTE, WHEN_HOUR, WHEN_DAY, WHEN_WEEK, WHEN_MONTH, WHEN_YEAR };

/*
 * `YYYY-MM-DD[T ]hh:mm:ss[.fraction][Z|+hh:mm|-hh:mm]`, or with `number` seconds since 1970
 * (milliseconds from 10^11 on). False if the text is no time.
 */
bool when_part(struct str text, bool number, enum when_part part, int64_t *ret);

#endif
