#include "base/stamp.h"

#include "base/zone.h"

#define DAY_NS     (INT64_C(86400) * NS_PER_S)
#define YEAR_FIRST 1970
#define YEAR_LAST  2261

static const uint8_t month_days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Exists in the calendar, whatever the year. */
static bool
exists(const struct civil *c)
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
	return c->year >= YEAR_FIRST && c->year <= YEAR_LAST && exists(c);
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

/* ---- pieces of text; each moves *p on success ---- */

static bool
two(const char **p, const char *end, int *ret)
{
	const char *q = *p;

	if (end - q < 2 || !is_digit(q[0]) || !is_digit(q[1]))
		return false;
	*ret = (q[0] - '0') * 10 + (q[1] - '0');
	*p += 2;
	return true;
}

static bool
four(const char **p, const char *end, int *ret)
{
	int hi, lo;
	const char *q = *p;

	if (!two(&q, end, &hi) || !two(&q, end, &lo))
		return false;
	*ret = hi * 100 + lo;
	*p = q;
	return true;
}

static bool
one(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	++*p;
	return true;
}

/* A day of the month: "22", " 2", "2". */
static bool
day(const char **p, const char *end, int *ret)
{
	const char *q = *p;

	if (q < end && *q == ' ')
		q++;
	if (q == end || !is_digit(*q))
		return false;
	*ret = *q++ - '0';
	if (q < end && is_digit(*q))
		*ret = *ret * 10 + (*q++ - '0');
	*p = q;
	return true;
}

static bool
clock_time(const char **p, const char *end, struct civil *c)
{
	const char *q = *p;

	if (!two(&q, end, &c->hour) || !one(&q, end, ':') || !two(&q, end, &c->minute) ||
		!one(&q, end, ':') || !two(&q, end, &c->second))
		return false;
	*p = q;
	return true;
}

/* ".123" or ",123": digits behind the ninth are read and dropped. True if there is none. */
static bool
fraction(const char **p, const char *end, char alt, struct civil *c)
{
	const char *q = *p;
	int digits = 0, nano = 0;

	if (end - q < 2 || (*q != '.' && *q != alt) || !is_digit(q[1]))
		return true;
	for (q++; q < end && is_digit(*q); q++)
		if (digits < 9) {
			nano = nano * 10 + (*q - '0');
			digits++;
		}
	for (; digits < 9; digits++)
		nano *= 10;
	c->nano = nano;
	*p = q;
	return true;
}

static bool
word_ends(const char *q, const char *end)
{
	return q == end || !((*q >= 'A' && *q <= 'Z') || (*q >= 'a' && *q <= 'z') || is_digit(*q) ||
				   *q == '-' || *q == '_' || *q == '.');
}

/* Abbreviations that mean one offset all over the world (IST and the like do not). Minutes. */
static const struct {
	char name[5];
	int16_t minutes;
} abbreviations[] = {
	{"UTC", 0},
	{"GMT", 0},
	{"JST", 540},
	{"KST", 540},
	{"CET", 60},
	{"CEST", 120},
	{"WET", 0},
	{"WEST", 60},
	{"EET", 120},
	{"EEST", 180},
	{"MSK", 180},
	{"HKT", 480},
	{"EST", -300},
	{"EDT", -240},
	{"CDT", -300},
	{"MST", -420},
	{"MDT", -360},
	{"PST", -480},
	{"PDT", -420},
	{"AEST", 600},
	{"AEDT", 660},
	{"NZST", 720},
	{"NZDT", 780},
};

/* Z, +09:00, +0900, +09 (the last only if `two_digits`). */
static bool
offset(const char **p, const char *end, bool two_digits, int *seconds)
{
	const char *q = *p;
	int sign, h, m = 0;

	if (q == end)
		return false;
	if ((*q == 'Z' || *q == 'z') && word_ends(q + 1, end)) {
		*seconds = 0;
		*p = q + 1;
		return true;
	}
	if (*q != '+' && *q != '-')
		return false;
	sign = *q++ == '-' ? -1 : 1;
	if (!two(&q, end, &h))
		return false;
	if (end - q >= 3 && *q == ':') {
		q++;
		if (!two(&q, end, &m))
			return false;
	} else if (!two(&q, end, &m)) {
		if (!two_digits)
			return false;
		m = 0;
	}
	if (h > 23 || m > 59 || (q < end && is_digit(*q)))
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	*p = q;
	return true;
}

static bool
abbreviation(const char **p, const char *end, int *seconds)
{
	const char *q = *p;

	while (q < end && *q >= 'A' && *q <= 'Z' && q - *p < 5)
		q++;
	if (q - *p < 3 || q - *p > 4 || !word_ends(q, end))
		return false;
	for (size_t i = 0; i < sizeof(abbreviations) / sizeof(abbreviations[0]); i++) {
		struct str name = str_of(abbreviations[i].name);

		if (!str_eq(name, str_make(*p, (size_t)(q - *p))))
			continue;
		*seconds = abbreviations[i].minutes * 60;
		*p = q;
		return true;
	}
	return false;
}

/* The zone behind a time, one blank in front allowed. False: none, *p stays. */
static bool
zone_text(const char **p, const char *end, int *seconds)
{
	const char *q = *p;
	bool blank = q < end && *q == ' ';

	q += blank;
	if (!offset(&q, end, !blank, seconds) && !abbreviation(&q, end, seconds))
		return false;
	*p = q;
	return true;
}

/* Is what stands behind a time something that makes it no time ("10:00:00:15", "10:00:0099")? */
static bool
runs_on(const char *q, const char *end)
{
	return q < end && is_digit(*q);
}

/* ns of a civil time whose zone is `seconds` (if has_offset) or `zone`. */
static bool
finish(struct str *s, const char *p, const struct civil *c, bool has_offset, int seconds,
	const struct zone *zone, int64_t arrival, int64_t *ret)
{
	if (!exists(c))
		return false;
	if (c->year < YEAR_FIRST || c->year > YEAR_LAST)
		*ret = STAMP_BEYOND;
	else if (has_offset)
		*ret = civil_to_ns(c) - seconds * NS_PER_S;
	else
		*ret = zone_to_utc(zone, civil_to_ns(c), arrival);
	str_skip(s, (size_t)(p - s->p));
	return true;
}

/* ---- forms ---- */

bool
stamp_take_iso(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	const char *p = s->p, *end = s->p + s->n;
	struct civil c = {0};
	int seconds = 0;
	bool has_offset;
	char sep;

	if (s->n < 19 || !four(&p, end, &c.year))
		return false;
	sep = *p++;
	if ((sep != '-' && sep != '/') || !two(&p, end, &c.month) || !one(&p, end, sep) ||
		!two(&p, end, &c.day))
		return false;
	if (*p != 'T' && *p != ' ' && *p != 't')
		return false;
	p++;
	if (!clock_time(&p, end, &c) || !fraction(&p, end, ',', &c) || runs_on(p, end))
		return false;
	/* A dot without digits or an offset that cannot be is no time that ends here. */
	has_offset = zone_text(&p, end, &seconds);
	if (!has_offset && p < end &&
		(*p == '+' || *p == '-' || (*p == '.' && end - p > 1 && p[1] != ' ')))
		return false;
	return finish(s, p, &c, has_offset, seconds, zone, arrival, ret);
}

int
stamp_month(const char *three)
{
	uint32_t v = ((uint32_t)(unsigned char)three[0] << 16 |
			     (uint32_t)(unsigned char)three[1] << 8 | (unsigned char)three[2]) |
		     0x202020;

#define M(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
	switch (v) {
	case M('j', 'a', 'n'):
		return 1;
	case M('f', 'e', 'b'):
		return 2;
	case M('m', 'a', 'r'):
		return 3;
	case M('a', 'p', 'r'):
		return 4;
	case M('m', 'a', 'y'):
		return 5;
	case M('j', 'u', 'n'):
		return 6;
	case M('j', 'u', 'l'):
		return 7;
	case M('a', 'u', 'g'):
		return 8;
	case M('s', 'e', 'p'):
		return 9;
	case M('o', 'c', 't'):
		return 10;
	case M('n', 'o', 'v'):
		return 11;
	case M('d', 'e', 'c'):
		return 12;
	default:
		return 0;
	}
#undef M
}

static bool
month(const char **p, const char *end, int *ret)
{
	if (end - *p < 3)
		return false;
	*ret = stamp_month(*p);
	*p += 3;
	return *ret != 0;
}

/* The year that puts c nearest to `arrival_local`; false: the day exists in none of the three. */
static bool
nearest_year(struct civil *c, int64_t arrival_local)
{
	int64_t best = INT64_MAX;
	struct civil now, try = *c;
	bool found = false;

	date_of(arrival_local / DAY_NS - (arrival_local % DAY_NS < 0), &now);
	/* Most lines are of this month: no need to look at other years. */
	if (now.month == c->month && c->day <= 28) {
		c->year = now.year;
		return exists(c);
	}
	for (int y = now.year - 1; y <= now.year + 1; y++) {
		int64_t far;

		try.year = y;
		if (!exists(&try))
			continue;
		far = civil_to_ns(&try) - arrival_local;
		if (far < 0)
			far = -far;
		if (far < best) {
			best = far;
			c->year = y;
			found = true;
		}
	}
	return found;
}

bool
stamp_take_bsd(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	const char *p = s->p, *end = s->p + s->n, *q;
	struct civil c = {0};
	int seconds = 0;
	bool has_offset = false, has_year = false;

	if (p < end && (*p == '*' || *p == '.'))
		p++;
	q = p;
	if (four(&q, end, &c.year) && one(&q, end, ' ')) {
		has_year = true;
		p = q;
	}
	if (!month(&p, end, &c.month) || !one(&p, end, ' ') || !day(&p, end, &c.day))
		return false;
	if (p < end && *p == ',')
		p++;
	if (!one(&p, end, ' '))
		return false;
	q = p;
	if (!has_year && four(&q, end, &c.year)) {
		if (q < end && *q == ',')
			q++;
		if (one(&q, end, ' ')) {
			has_year = true;
			p = q;
		}
	}
	if (!clock_time(&p, end, &c) || !fraction(&p, end, ',', &c) || runs_on(p, end))
		return false;
	if (p < end && (*p == ' ' || *p == '+' || *p == '-' || *p == 'Z'))
		has_offset = zone_text(&p, end, &seconds);
	if (!has_year) {
		int64_t local =
			arrival + (has_offset ? seconds : zone_offset(zone, arrival)) * NS_PER_S;

		if (!nearest_year(&c, local))
			return false;
	}
	return finish(s, p, &c, has_offset, seconds, zone, arrival, ret);
}

bool
stamp_take_clf(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	const char *p = s->p, *end = s->p + s->n;
	struct civil c = {0};
	int seconds = 0;
	bool has_offset;

	if (!day(&p, end, &c.day) || !one(&p, end, '/') || !month(&p, end, &c.month) ||
		!one(&p, end, '/') || !four(&p, end, &c.year) || !one(&p, end, ':') ||
		!clock_time(&p, end, &c) || !fraction(&p, end, '.', &c) || runs_on(p, end))
		return false;
	has_offset = zone_text(&p, end, &seconds);
	return finish(s, p, &c, has_offset, seconds, zone, arrival, ret);
}

bool
stamp_take_epoch(struct str *s, int64_t *ret)
{
	const char *p = s->p, *end = s->p + s->n;
	struct civil frac = {0};
	uint64_t v = 0;
	int64_t unit;
	ptrdiff_t digits;

	for (; p < end && is_digit(*p) && p - s->p < 20; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	digits = p - s->p;
	if (digits >= 1 && digits <= 11) {
		unit = NS_PER_S;
		fraction(&p, end, '.', &frac);
	} else if (digits == 13) {
		unit = NS_PER_MS;
	} else if (digits == 16) {
		unit = 1000;
	} else if (digits == 19) {
		unit = 1;
	} else {
		return false;
	}
	if (v > (uint64_t)INT64_MAX / (uint64_t)unit - 1)
		*ret = STAMP_BEYOND;
	else
		*ret = (int64_t)v * unit + frac.nano;
	str_skip(s, (size_t)(p - s->p));
	return true;
}

static bool
weekday(const char **p, const char *end)
{
	static const char names[] = "MonTueWedThuFriSatSun";

	if (end - *p < 4 || (*p)[3] != ' ')
		return false;
	for (size_t i = 0; i + 3 < sizeof(names); i += 3)
		if (memcmp(names + i, *p, 3) == 0) {
			*p += 4;
			return true;
		}
	return false;
}

bool
stamp_take_ctime(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	const char *p = s->p, *end = s->p + s->n, *q;
	struct civil c = {0};
	int seconds = 0;
	bool has_offset = false;

	if (!weekday(&p, end) || !month(&p, end, &c.month) || !one(&p, end, ' ') ||
		!day(&p, end, &c.day) || !one(&p, end, ' ') || !clock_time(&p, end, &c) ||
		!fraction(&p, end, '.', &c))
		return false;
	/* date(1) puts the zone's name before the year. */
	q = p;
	if (zone_text(&q, end, &seconds) && q < end && *q == ' ') {
		p = q;
		has_offset = true;
	}
	if (!one(&p, end, ' ') || !four(&p, end, &c.year) || runs_on(p, end))
		return false;
	return finish(s, p, &c, has_offset, seconds, zone, arrival, ret);
}

/* ---- back to text ---- */

static char *
digits(char *p, unsigned v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + n;
}

size_t
stamp_format(int64_t ns, char out[32])
{
	struct civil c;
	char *p = out;

	civil_of_ns(ns, &c);
	p = digits(p, (unsigned)c.year, 4);
	*p++ = '-';
	p = digits(p, (unsigned)c.month, 2);
	*p++ = '-';
	p = digits(p, (unsigned)c.day, 2);
	*p++ = 'T';
	p = digits(p, (unsigned)c.hour, 2);
	*p++ = ':';
	p = digits(p, (unsigned)c.minute, 2);
	*p++ = ':';
	p = digits(p, (unsigned)c.second, 2);
	*p++ = '.';
	if (c.nano % (int)NS_PER_MS == 0)
		p = digits(p, (unsigned)(c.nano / (int)NS_PER_MS), 3);
	else
		p = digits(p, (unsigned)c.nano, 9);
	*p++ = 'Z';
	return (size_t)(p - out);
}

void
stamp_add(struct buf *b, int64_t ns)
{
	b->n += stamp_format(ns, buf_room(b, 32));
}
