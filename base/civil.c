/* civil.c - calendar dates, and times as text. The promises stand in stamp.h. */
#include "base/stamp.h"

#define DAY_NS     (INT64_C(86400) * NS_PER_S)
#define YEAR_FIRST 1970
#define YEAR_LAST  2261

static const uint8_t month_days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool
civil_exists(const struct civil *c)
{
	if (c->month < 1 || c->month > 12 || c->day < 1)
		return false;
	if (c->day > month_days[c->month] && !(c->month == 2 && c->day == 29 && is_leap(c->year)))
		return false;
	return c->hour >= 0 && c->hour < 24 && c->minute >= 0 && c->minute < 60 && c->second >= 0 &&
	       c->second <= 60 && c->nano >= 0 && c->nano < NS_PER_S;
}

bool
civil_valid(const struct civil *c)
{
	return c->year >= YEAR_FIRST && c->year <= YEAR_LAST && civil_exists(c);
}

/* Days since 1970-01-01. Counting years from March puts the leap day last, so that month lengths
 * follow one formula. */
static int64_t
days_of(int year, int month, int day)
{
	unsigned y = (unsigned)(month <= 2 ? year - 1 : year);
	unsigned era = y / 400, yoe = y % 400;
	unsigned doy =
		(153 * (unsigned)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (unsigned)day - 1;

	return (int64_t)era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

int64_t
civil_to_ns(const struct civil *c)
{
	int64_t s = days_of(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 +
		    c->second;

	return s * NS_PER_S + c->nano;
}

static void
date_of(int64_t days, struct civil *ret)
{
	uint32_t z = (uint32_t)(days + 719468);
	uint32_t era = z / 146097, doe = z % 146097;
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t mp = (5 * doy + 2) / 153;

	ret->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	ret->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	ret->year = (int)(yoe + era * 400) + (ret->month <= 2);
}

void
civil_of_ns(int64_t ns, struct civil *ret)
{
	int64_t days = ns / DAY_NS - (ns % DAY_NS < 0);
	int64_t rest = ns - days * DAY_NS;
	uint32_t s = (uint32_t)(rest / NS_PER_S);

	date_of(days, ret);
	ret->hour = (int)(s / 3600);
	ret->minute = (int)(s / 60 % 60);
	ret->second = (int)(s % 60);
	ret->nano = (int)(rest % NS_PER_S);
}

/* ---- back to text ---- */

/* 0 to 99. */
static inline char *
two(char *p, unsigned v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
	return p + 2;
}

static inline char *
three(char *p, unsigned v)
{
	*p++ = (char)('0' + v / 100);
	return two(p, v % 100);
}

size_t
stamp_format(int64_t ns, char out[32])
{
	struct civil c;
	char *p = out;
	unsigned nano;

	civil_of_ns(ns, &c);
	nano = (unsigned)c.nano;
	p = two(p, (unsigned)c.year / 100);
	p = two(p, (unsigned)c.year % 100);
	*p++ = '-';
	p = two(p, (unsigned)c.month);
	*p++ = '-';
	p = two(p, (unsigned)c.day);
	*p++ = 'T';
	p = two(p, (unsigned)c.hour);
	*p++ = ':';
	p = two(p, (unsigned)c.minute);
	*p++ = ':';
	p = two(p, (unsigned)c.second);
	*p++ = '.';
	p = three(p, nano / 1000000);
	if (nano % 1000000) {
		p = three(p, nano / 1000 % 1000);
		p = three(p, nano % 1000);
	}
	*p++ = 'Z';
	return (size_t)(p - out);
}

void
stamp_add(struct buf *b, int64_t ns)
{
	b->n += stamp_format(ns, buf_room(b, 32));
}
