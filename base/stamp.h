/*
 * stamp.h - timestamps: text to nanoseconds since 1970-01-01T00:00:00Z and back.
 *
 * Pure functions of (text, arrival, zone): the year that is missing is the one nearest to arrival.
 * Proleptic Gregorian calendar; years 1970 to 2261 (int64 ns). Leap second 60 is taken as the next
 * second. A date that exists but lies in another year is taken as STAMP_BEYOND: a timestamp was
 * there, it cannot be used.
 */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include "base/buf.h"
#include "base/clock.h"

struct zone; /* zone.h */

#define STAMP_BEYOND INT64_MAX

struct civil {
	int year, month, day, hour, minute, second, nano; /* month and day from 1 */
};

/* Is it a date and time of the calendar, whatever the year? */
bool civil_exists(const struct civil *c);
/* And in a year that int64 ns can hold? */
bool civil_valid(const struct civil *c);
/* As UTC. The caller made sure that it is valid. */
int64_t civil_to_ns(const struct civil *c);
void civil_of_ns(int64_t ns, struct civil *ret);

/*
 * Each stamp_take_* reads a timestamp at the front of *s, moves *s behind it, and puts ns into
 * *ret. False: no timestamp of that form; *s unchanged. `zone` (NULL = UTC) counts where the text
 * has none.
 */
/* RFC 3339 / ISO 8601: YYYY-MM-DD[T ]hh:mm:ss[.,fraction][ ]?[Z|+hh:mm|+hhmm|+hh]; no zone in text:
 * `zone`. */
bool stamp_take_iso(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret);
/* RFC 3164 and its kin: "Mmm dd hh:mm:ss", day padded or not, optional leading '*' or '.', optional
 * fraction, "Mmm dd yyyy hh:mm:ss", "yyyy Mmm dd hh:mm:ss", "dd Mmm
 * yyyy hh:mm:ss", optional trailing zone name ("UTC",
 * "JST", "+09:00"). */
bool stamp_take_bsd(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret);
/* "dd/Mmm/yyyy:hh:mm:ss +hhmm" (Common Log Format; without zone: `zone`). */
bool stamp_take_clf(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret);
/* Seconds since 1970, with optional fraction; 13/16/19 digits are ms/us/ns; 18 are .NET ticks (100
 * ns since year 1) or FILETIME (100 ns since 1601), which never look alike in our years. */
bool stamp_take_epoch(struct str *s, int64_t *ret);
/* "Www Mmm dd hh:mm:ss yyyy" (ctime). */
bool stamp_take_ctime(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret);
/* Z, +09:00, +0900, +09, or an abbreviation that means one offset all over the world, one blank in
 * front allowed. */
bool stamp_take_zone(struct str *s, int *seconds);
/*
 * The whole text as people, spreadsheets and Japanese products write it (stampwords.c):
 * 2026/9/6 8:05, 26/09/06, 20260906080503, 2026年9月6日(日) 午後8時5分, 令和8年9月6日, R8.9.6,
 * full-width digits, 9/6/2026 8:05:03 PM (month first, only with AM or PM), 46271.3368 (Excel's
 * serial day), /Date(1795341598000)/, 0x01DC... (FILETIME). A date alone is no time.
 */
bool stamp_words(struct str text, const struct zone *zone, int64_t arrival, int64_t *ret);
/* The month's number for its three English letters, letter case ignored; 0 if none. */
int stamp_month(const char *three);

/* "2026-11-22T09:59:58.000Z": milliseconds, or nanoseconds where the value has them. Returns the
 * length (24 or 30). */
size_t stamp_format(int64_t ns, char out[32]);
void stamp_add(struct buf *b, int64_t ns);

#endif
