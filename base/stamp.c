#include "base/stamp.h"

#include "base/zone.h"

#define DAY_NS     (INT64_C(86400) * NS_PER_S)
#define YEAR_FIRST 1970
#define YEAR_LAST  2261

/* 1970 in units of 100 ns, since 0001-01-01 and since 1601-01-01. */
#define TICKS_1970    UINT64_C(621355968000000000)
#define FILETIME_1970 UINT64_C(116444736000000000)

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
	{"AWST", 480},
	{"ACST", 570},
	{"SGT", 480},
	{"WIB", 420},
	{"NPT", 345},
	{"PKT", 300},
	{"SAST", 120},
	{"BRT", -180},
	{"BRST", -120},
	{"AKST", -540},
	{"AKDT", -480},
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

/* GMT+09:00, UTC+9, GMT-0330 */
static bool
from_greenwich(const char **p, const char *end, int *seconds)
{
	const char *q = *p;
	int hours = 0, minutes = 0, sign, digits = 0;

	if (end - q < 5 || (memcmp(q, "GMT", 3) != 0 && memcmp(q, "UTC", 3) != 0) ||
		(q[3] != '+' && q[3] != '-'))
		return false;
	sign = q[3] == '-' ? -1 : 1;
	for (q += 4; q < end && digits < 2 && is_digit(*q); digits++)
		hours = hours * 10 + (*q++ - '0');
	if (digits == 0)
		return false;
	if (q < end && *q == ':')
		q++;
	if (q < end && is_digit(*q) && !two(&q, end, &minutes))
		return false;
	if (hours > 23 || minutes > 59 || !word_ends(q, end))
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	*p = q;
	return true;
}

/* The zone behind a time, one blank in front allowed. False: none, *p stays. */
static bool
zone_text(const char **p, const char *end, int *seconds)
{
	const char *q = *p;
	bool blank = q < end && *q == ' ';

	q += blank;
	if (!offset(&q, end, !blank, seconds) && !from_greenwich(&q, end, seconds) &&
		!abbreviation(&q, end, seconds))
		return false;
	*p = q;
	return true;
}

bool
stamp_take_zone(struct str *s, int *seconds)
{
	const char *p = s->p;

	if (!zone_text(&p, s->p + s->n, seconds))
		return false;
	str_skip(s, (size_t)(p - s->p));
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
	if (!civil_exists(c))
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

/* The sum of the second and third letter tells the months apart. */
#define M(a, b, c, n)                                                                              \
	[((b) + (c)) % 32] = {(uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c), n}

static const struct {
	uint32_t letters;
	int number;
} months[32] = {
	M('j', 'a', 'n', 1),
	M('f', 'e', 'b', 2),
	M('m', 'a', 'r', 3),
	M('a', 'p', 'r', 4),
	M('m', 'a', 'y', 5),
	M('j', 'u', 'n', 6),
	M('j', 'u', 'l', 7),
	M('a', 'u', 'g', 8),
	M('s', 'e', 'p', 9),
	M('o', 'c', 't', 10),
	M('n', 'o', 'v', 11),
	M('d', 'e', 'c', 12),
};

int
stamp_month(const char *three)
{
	unsigned a = (unsigned char)three[0] | 0x20u, b = (unsigned char)three[1] | 0x20u,
		 c = (unsigned char)three[2] | 0x20u, at = (b + c) % 32;

	return months[at].letters == (a << 16 | b << 8 | c) ? months[at].number : 0;
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

	civil_of_ns(arrival_local, &now);
	/* No need to look at other years. */
	if (now.month == c->month && c->day <= 28) {
		c->year = now.year;
		return true;
	}
	for (int y = now.year - 1; y <= now.year + 1; y++) {
		int64_t far;

		try.year = y;
		if (!civil_exists(&try))
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

/* The pair of digits at p, or a number over 99. A blank may stand for a leading zero. */
static unsigned
pair(const char *p, bool blank)
{
	unsigned hi = (unsigned)(unsigned char)p[0] - '0', lo = (unsigned)(unsigned char)p[1] - '0';

	if (blank && p[0] == ' ')
		hi = 0;
	return hi > 9 || lo > 9 ? 100 : hi * 10 + lo;
}

/*
 * The usual case at once: "Nov 22 09:59:58", then a blank and no zone's name, of a day within five
 * months of arrival, so that the year is that of arrival. False: look closer.
 */
static bool
bsd_fast(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	static const uint16_t before[13] = {
		0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	const char *p = s->p;
	unsigned d, h, m, sec;
	int64_t today, day, local = arrival;
	int n, year;

	if (s->n < 17 || p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':' ||
		p[15] != ' ' || (p[16] >= 'A' && p[16] <= 'Z') || p[16] == '+' || p[16] == '-')
		return false;
	n = stamp_month(p);
	d = pair(p + 4, true);
	h = pair(p + 7, false);
	m = pair(p + 10, false);
	sec = pair(p + 13, false);
	/* 29 February and what exists in some months only are left to the calendar. */
	if (n == 0 || d - 1 > 27 || h > 23 || m > 59 || sec > 59 || arrival < 0)
		return false;
	local += zone_offset(zone, arrival) * NS_PER_S;
	today = local / DAY_NS;
	year = 1970 + (int)((today * 4 + 2) / 1461);
	day = (year - 1970) * 365 + (year - 1969) / 4 + before[n] + (n > 2 && year % 4 == 0) +
	      (int)d - 1;
	/* The short leap rule holds from 1901 to 2099. */
	if (year > 2099 || day - today > 150 || today - day > 150)
		return false;
	local = (day * 86400 + (int64_t)(h * 3600 + m * 60 + sec)) * NS_PER_S;
	*ret = zone_to_utc(zone, local, arrival);
	str_skip(s, 15);
	return true;
}

/* "22 Nov 2026 " */
static bool
day_first(const char **p, const char *end, struct civil *c)
{
	const char *q = *p;

	if (q == end || !is_digit(*q) || !day(&q, end, &c->day) || !one(&q, end, ' ') ||
		!month(&q, end, &c->month) || !one(&q, end, ' ') || !four(&q, end, &c->year) ||
		!one(&q, end, ' '))
		return false;
	*p = q;
	return true;
}

bool
stamp_take_bsd(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	const char *p = s->p, *end = s->p + s->n, *q;
	struct civil c = {0};
	int seconds = 0;
	bool has_offset = false, has_year = false;

	if (bsd_fast(s, zone, arrival, ret))
		return true;
	if (p < end && (*p == '*' || *p == '.'))
		p++;
	q = p;
	if (four(&q, end, &c.year) && one(&q, end, ' ')) {
		has_year = true;
		p = q;
	}
	if (!has_year && day_first(&p, end, &c)) {
		has_year = true;
		goto clock;
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
clock:
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
	} else if (digits == 18 && (v >= TICKS_1970 || v >= FILETIME_1970)) {
		v -= v >= TICKS_1970 ? TICKS_1970 : FILETIME_1970;
		unit = 100;
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
