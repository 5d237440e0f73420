/* stampwords.c - dates as people, spreadsheets and Japanese products write them. */
#include "base/stamp.h"
#include "base/utf8.h"
#include "base/zone.h"

#define PLAIN_MAX     96u /* bytes of a time, rewritten */
#define EXCEL_1970    25569
#define EXCEL_LAST    80000 /* in 2119 */
#define FILETIME_1970 INT64_C(116444736000000000)

/* What a word of Japanese becomes before the text is read as ASCII. */
static const struct {
	struct str word;
	char text[5];
} words[] = {
	{{"年", 3}, "/"},
	{{"月", 3}, "/"},
	{{"日", 3}, " "},
	{{"時", 3}, ":"},
	{{"分", 3}, ":"},
	{{"秒", 3}, " "},
	{{"元", 3}, "1"},
	{{"午前", 6}, " AM "},
	{{"午後", 6}, " PM "},
	{{"令和", 6}, "R"},
	{{"平成", 6}, "H"},
	{{"昭和", 6}, "S"},
};

/* A weekday in brackets, or a lone one, says nothing that the date does not. */
static size_t
weekday(struct str s)
{
	static const char days[] = "日月火水木金土祝休";
	struct str day;
	uint32_t open, close;
	size_t n = utf8_decode(s, &open);

	if ((open != '(' && open != 0xff08) || s.n < n + 3)
		return 0;
	day = str_make(s.p + n, s.n - n);
	if (day.n >= 3 && (unsigned char)day.p[0] >= 0x80 &&
		str_find(str_make(days, sizeof(days) - 1), str_make(day.p, 3)) >= 0) {
		str_skip(&day, 3);
		/* "月曜日", "日・祝" */
		while (day.n >= 3 && (unsigned char)day.p[0] >= 0xe3 && day.p[0] != ')' &&
			!str_starts(day, STR("）")))
			str_skip(&day, 3);
	} else {
		size_t i = 0;

		while (i < day.n && i < 9 && (day.p[i] | 0x20) >= 'a' && (day.p[i] | 0x20) <= 'z')
			i++;
		if (i < 3)
			return 0;
		str_skip(&day, i);
	}
	if (day.n == 0)
		return 0;
	utf8_decode(day, &close);
	if (close != ')' && close != 0xff09)
		return 0;
	return (size_t)(day.p - s.p) + (close == ')' ? 1 : 3);
}

/* The text in ASCII: full-width forms narrowed, words replaced. False: it is no time. */
static bool
make_plain(struct str s, char out[PLAIN_MAX], size_t *n)
{
	*n = 0;
	while (s.n > 0) {
		uint32_t cp;
		size_t len = weekday(s), add = 1;
		const char *text = " ";
		char one;

		for (size_t i = 0; len == 0 && i < sizeof(words) / sizeof(words[0]); i++)
			if (str_starts(s, words[i].word)) {
				len = words[i].word.n;
				text = words[i].text;
				add = strlen(text);
			}
		if (len == 0) {
			len = utf8_decode(s, &cp);
			if (cp == 0x3000)
				cp = ' ';
			else if (cp >= 0xff01 && cp <= 0xff5e)
				cp -= 0xfee0;
			if (cp >= 0x7f || cp < 0x20)
				return false;
			one = (char)cp;
			text = &one;
		}
		if (*n + add > PLAIN_MAX)
			return false;
		memcpy(out + *n, text, add);
		*n += add;
		str_skip(&s, len);
	}
	return true;
}

static void
skip_blanks(struct str *s)
{
	while (s->n > 0 && s->p[0] == ' ')
		str_skip(s, 1);
}

/* One to `most` digits; how many there were. */
static size_t
number(struct str *s, size_t most, int *ret)
{
	size_t i = 0;
	int v = 0;

	while (i < s->n && i < most && is_digit(s->p[i]))
		v = v * 10 + (s->p[i++] - '0');
	*ret = v;
	str_skip(s, i);
	return i;
}

struct reading {
	struct civil c;
	bool am, pm, month_first, clock;
};

/* 20260906 or 20260906080503, also with a blank or T between. */
static bool
take_packed(struct str *s, struct reading *r)
{
	struct str t = *s;
	size_t digits = 0;

	while (digits < t.n && is_digit(t.p[digits]))
		digits++;
	if (digits != 8 && digits != 14)
		return false;
	number(&t, 4, &r->c.year);
	number(&t, 2, &r->c.month);
	number(&t, 2, &r->c.day);
	if (digits == 8 && t.n >= 7 && (t.p[0] == ' ' || t.p[0] == 'T') && is_digit(t.p[1])) {
		struct str behind = str_make(t.p + 1, t.n - 1);
		int v;

		if (number(&behind, 7, &v) != 6)
			goto date;
		str_skip(&t, 1);
		digits = 14;
	}
	if (digits == 14) {
		number(&t, 2, &r->c.hour);
		number(&t, 2, &r->c.minute);
		number(&t, 2, &r->c.second);
		r->clock = true;
	}
date:
	*s = t;
	return true;
}

/* Of the Japanese calendar: the year before its first. */
static int
era_before(char c)
{
	switch (c) {
	case 'R':
		return 2018;
	case 'H':
		return 1988;
	case 'S':
		return 1925;
	default:
		return 0;
	}
}

static bool
take_date(struct str *s, struct reading *r)
{
	struct str t = *s;
	int era = t.n ? era_before(t.p[0]) : 0, a, b, d;
	size_t na, nb, nd;
	char sep;

	if (!era && take_packed(s, r))
		return true;
	str_skip(&t, era != 0);
	skip_blanks(&t);
	na = number(&t, 4, &a);
	if (na == 0 || na == 3 || t.n == 0 || !strchr("/.-", t.p[0]))
		return false;
	sep = t.p[0];
	str_skip(&t, 1);
	skip_blanks(&t);
	nb = number(&t, 2, &b);
	if (nb == 0 || t.n == 0 || t.p[0] != sep)
		return false;
	str_skip(&t, 1);
	skip_blanks(&t);
	nd = number(&t, 4, &d);
	if (nd == 0 || nd == 3)
		return false;
	if (nd == 4) {
		/* 9/6/2026: month first is believed where AM or PM says so. */
		if (era || na > 2 || sep != '/')
			return false;
		r->month_first = true;
		r->c.year = d;
		r->c.month = a;
		r->c.day = b;
	} else {
		r->c.year = era ? era + a : na == 4 ? a : na == 2 ? 2000 + a : 0;
		r->c.month = b;
		r->c.day = d;
	}
	*s = t;
	return r->c.year > 0;
}

static void
take_half(struct str *s, struct reading *r)
{
	skip_blanks(s);
	if (s->n >= 2 && (s->p[1] | 0x20) == 'm' &&
		(s->n == 2 || s->p[2] == ' ' || is_digit(s->p[2]))) {
		r->am = (s->p[0] | 0x20) == 'a';
		r->pm = (s->p[0] | 0x20) == 'p';
		if (r->am || r->pm)
			str_skip(s, 2);
	}
	skip_blanks(s);
}

/* 8:05, 8:05:03, 8:05:03.123, 8:05: (what a word left behind), with AM or PM on either side. */
static bool
take_clock(struct str *s, struct reading *r)
{
	struct civil *c = &r->c;
	struct str t;

	take_half(s, r);
	t = *s;
	if (t.n > 0 && t.p[0] == 'T')
		str_skip(&t, 1);
	if (number(&t, 2, &c->hour) == 0 || !str_take(&t, STR(":")))
		return false;
	if (number(&t, 2, &c->minute) > 0 && str_take(&t, STR(":")) &&
		number(&t, 2, &c->second) > 0 && t.n > 1 && (t.p[0] == '.' || t.p[0] == ',') &&
		is_digit(t.p[1])) {
		int scale = 100000000;

		for (str_skip(&t, 1); t.n > 0 && is_digit(t.p[0]); str_skip(&t, 1)) {
			c->nano += (t.p[0] - '0') * scale;
			scale /= 10;
		}
	}
	*s = t;
	if (!r->am && !r->pm)
		take_half(s, r);
	if ((r->am || r->pm) && c->hour > 12)
		return r->pm; /* "午後13時" is written, too */
	/* 午後0時 and 12 PM are noon, 午前0時 and 12 AM midnight. */
	if (r->pm && c->hour < 12)
		c->hour += 12;
	else if (r->am && c->hour == 12)
		c->hour = 0;
	return true;
}

/* 46271.3368: days since 1899-12-30 by the clock on the wall. */
static bool
excel(struct str s, int64_t *local)
{
	int days, digit;
	double part = 0, scale = 0.1;

	if (number(&s, 5, &days) != 5 || days < EXCEL_1970 || days > EXCEL_LAST)
		return false;
	/* Without a part of a day it may be any number. */
	if (!str_take(&s, STR(".")) || s.n == 0)
		return false;
	for (; s.n > 0; scale /= 10) {
		if (number(&s, 1, &digit) == 0)
			return false;
		part += digit * scale;
	}
	/* It has about ten digits: to the nearest millisecond. */
	*local = (int64_t)(days - EXCEL_1970) * 86400 * NS_PER_S +
		 (int64_t)(part * 86400000 + 0.5) * NS_PER_MS;
	return true;
}

static bool
hex_filetime(struct str s, int64_t *ret)
{
	uint64_t v = 0;

	if (!str_take(&s, STR("0x")) || s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] | 0x20);

		if (!is_digit(s.p[i]) && (c < 'a' || c > 'f'))
			return false;
		v = v << 4 | (uint64_t)(is_digit(s.p[i]) ? s.p[i] - '0' : c - 'a' + 10);
	}
	if (v < (uint64_t)FILETIME_1970 || v > (uint64_t)FILETIME_1970 + INT64_MAX / 100)
		return false;
	*ret = ((int64_t)v - FILETIME_1970) * 100;
	return true;
}

bool
stamp_words(struct str text, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	char plain[PLAIN_MAX];
	struct reading r = {0};
	struct str s = str_trim(text);
	int seconds = 0;
	bool has_offset = false;
	int64_t local;
	size_t n;

	if (s.n < 5 || s.n > PLAIN_MAX || !make_plain(s, plain, &n))
		return false;
	s = str_trim(str_make(plain, n));
	if (hex_filetime(s, ret))
		return true;
	if (str_take(&s, STR("/Date(")))
		return stamp_take_epoch(&s, ret) && s.n >= 2;
	if (excel(s, &local)) {
		*ret = zone_to_utc(zone, local, arrival);
		return true;
	}
	if (!take_date(&s, &r))
		return false;
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == ','))
		str_skip(&s, 1);
	if (!r.clock && !take_clock(&s, &r))
		return false;
	if (r.month_first && !r.am && !r.pm)
		return false;
	skip_blanks(&s);
	if (s.n > 0)
		has_offset = stamp_take_zone(&s, &seconds);
	if (s.n > 0 || !civil_exists(&r.c))
		return false;
	if (!civil_valid(&r.c))
		*ret = STAMP_BEYOND;
	else if (has_offset)
		*ret = civil_to_ns(&r.c) - seconds * NS_PER_S;
	else
		*ret = zone_to_utc(zone, civil_to_ns(&r.c), arrival);
	return true;
}
