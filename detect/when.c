#include "detect/when.h"

#include <math.h>

#include "detect/number.h"

struct moment {
	int64_t year;
	int month, day, hour, minute;
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t
days_of(int64_t y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
civil_of(int64_t days, struct moment *ret)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	ret->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	ret->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	ret->year = yoe + era * 400 + (ret->month <= 2);
}

static int
month_days(int64_t y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

/* Exactly n digits at the front. */
static bool
digits(struct str *s, size_t n, int *ret)
{
	*ret = 0;
	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s->p[i]))
			return false;
		*ret = *ret * 10 + (s->p[i] - '0');
	}
	str_skip(s, n);
	return true;
}

static bool
one_of(struct str *s, const char *set)
{
	if (s->n == 0 || s->p[0] == 0 || !strchr(set, s->p[0]))
		return false;
	str_skip(s, 1);
	return true;
}

static bool
tail_is_sound(struct str s)
{
	int h, m;

	if (str_take(&s, STR("."))) {
		size_t n = 0;

		for (; s.n > 0 && is_digit(s.p[0]); str_skip(&s, 1))
			n++;
		if (n == 0)
			return false;
	}
	if (s.n == 0 || str_eq(s, STR("Z")))
		return true;
	return one_of(&s, "+-") && digits(&s, 2, &h) && one_of(&s, ":") && digits(&s, 2, &m) &&
	       s.n == 0 && h < 24 && m < 60;
}

static bool
read_text(struct str s, struct moment *ret)
{
	int year, second;

	if (!digits(&s, 4, &year) || !one_of(&s, "-") || !digits(&s, 2, &ret->month) ||
		!one_of(&s, "-") || !digits(&s, 2, &ret->day) || !one_of(&s, "T ") ||
		!digits(&s, 2, &ret->hour) || !one_of(&s, ":") || !digits(&s, 2, &ret->minute) ||
		!one_of(&s, ":") || !digits(&s, 2, &second))
		return false;
	ret->year = year;
	return year >= 1 && ret->month >= 1 && ret->month <= 12 && ret->day >= 1 &&
	       ret->day <= month_days(year, ret->month) && ret->hour < 24 && ret->minute < 60 &&
	       second < 60 && tail_is_sound(s);
}

static bool
read_number(struct str s, struct moment *ret)
{
	struct number n;
	double seconds;
	int64_t whole, days;

	if (!number_of(s, &n) || !isfinite(n.d))
		return false;
	seconds = fabs(n.d) >= 1e11 ? n.d / 1000 : n.d;
	if (fabs(seconds) > 253402300799.0) /* the last second of the year 9999 */
		return false;
	whole = (int64_t)floor(seconds);
	days = whole / 86400 - (whole % 86400 < 0);
	civil_of(days, ret);
	whole -= days * 86400;
	ret->hour = (int)(whole / 3600);
	ret->minute = (int)(whole % 3600 / 60);
	return ret->year >= 1;
}

/* ISO 8601: week 1 holds the year's first Thursday. */
static int64_t
iso_week(const struct moment *t)
{
	int64_t days = days_of(t->year, t->month, t->day);
	int64_t weekday = ((days + 3) % 7 + 7) % 7; /* Monday = 0 */
	int64_t thursday = days - weekday + 3;
	struct moment of = {0};

	civil_of(thursday, &of);
	return (thursday - days_of(of.year, 1, 1)) / 7 + 1;
}

bool
when_part(struct str text, bool number, enum when_part part, int64_t *ret)
{
	struct moment t = {0};

	if (!(number ? read_number(text, &t) : read_text(text, &t)))
		return false;
	switch (part) {
	case WHEN_MINUTE:
		*ret = t.minute;
		return true;
	case WHEN_HOUR:
		*ret = t.hour;
		return true;
	case WHEN_DAY:
		*ret = t.day;
		return true;
	case WHEN_WEEK:
		*ret = iso_week(&t);
		return true;
	case WHEN_MONTH:
		*ret = t.month;
		return true;
	case WHEN_YEAR:
		*ret = t.year;
		return true;
	}
	return false;
}
