/* stampsheet.c - dates as spreadsheets and Japanese products write them. */
#include "base/stamp.h"
#include "base/utf8.h"
#include "base/zone.h"

#define SHEET_MAX 96u

/* First year of an era; 元年 is 1. */
static const struct {
	const char *name, *letter;
	int first;
} eras[] = {
	{"令和", "R", 2019},
	{"平成", "H", 1989},
	{"昭和", "S", 1926},
};

/* Full-width forms (U+FF01 to U+FF5E) and the ideographic space as ASCII. */
static struct str
narrow(struct str s, char *out)
{
	size_t n = 0;

	while (s.n && n + 4 <= SHEET_MAX) {
		uint32_t cp;
		size_t len = utf8_decode(s, &cp);

		if (cp >= 0xff01 && cp <= 0xff5e)
			out[n++] = (char)(cp - 0xfee0);
		else if (cp == 0x3000)
			out[n++] = ' ';
		else {
			memcpy(out + n, s.p, len);
			n += len;
		}
		str_skip(&s, len);
	}
	return str_make(out, n);
}

static bool
number(struct str *s, size_t least, size_t most, int *ret)
{
	size_t i = 0;
	int v = 0;

	for (; i < s->n && i < most && is_digit(s->p[i]); i++)
		v = v * 10 + (s->p[i] - '0');
	if (i < least || (i < s->n && is_digit(s->p[i])))
		return false;
	str_skip(s, i);
	*ret = v;
	return true;
}

static void
blanks(struct str *s)
{
	while (s->n && s->p[0] == ' ')
		str_skip(s, 1);
}

static bool
year(struct str *s, int *ret)
{
	for (size_t i = 0; i < sizeof(eras) / sizeof(eras[0]); i++) {
		if (!str_take(s, str_of(eras[i].name)) && !str_take(s, str_of(eras[i].letter)))
			continue;
		if (str_take(s, STR("元")))
			*ret = 1;
		else if (!number(s, 1, 2, ret) || *ret == 0)
			return false;
		*ret += eras[i].first - 1;
		return true;
	}
	return number(s, 4, 4, ret);
}

/* "(木)", "木曜日", "(木曜日)", "(Thu)", " Thu" */
static void
weekday(struct str *s)
{
	static const char *const days[] = {"月", "火", "水", "木", "金", "土", "日", "Mon", "Tue",
		"Wed", "Thu", "Fri", "Sat", "Sun"};
	struct str t = *s;
	bool open;

	blanks(&t);
	open = str_take(&t, STR("("));
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		bool long_form;

		if (!str_take(&t, str_of(days[i])))
			continue;
		long_form = str_take(&t, STR("曜日"));
		if (open ? str_take(&t, STR(")")) : long_form || i > 6)
			*s = t;
		return;
	}
}

/* Y/M/D, Y-M-D, Y.M.D, Y年M月D日, YYYYMMDD */
static bool
date(struct str *s, struct civil *c)
{
	int all;
	char sep;

	if (number(s, 8, 8, &all)) {
		c->year = all / 10000;
		c->month = all / 100 % 100;
		c->day = all % 100;
		return true;
	}
	if (!year(s, &c->year))
		return false;
	if (str_take(s, STR("年"))) {
		blanks(s);
		if (!number(s, 1, 2, &c->month) || !str_take(s, STR("月")))
			return false;
		blanks(s);
		return number(s, 1, 2, &c->day) && str_take(s, STR("日"));
	}
	sep = s->n ? s->p[0] : 0;
	if (sep != '/' && sep != '-' && sep != '.')
		return false;
	str_skip(s, 1);
	if (!number(s, 1, 2, &c->month) || s->n == 0 || s->p[0] != sep)
		return false;
	str_skip(s, 1);
	return number(s, 1, 2, &c->day);
}

/* 0: neither, 1: before noon, 2: after */
static int
half(struct str *s)
{
	struct str t = *s;
	int ret;

	blanks(&t);
	ret = str_take(&t, STR("午前")) || str_take(&t, STR("AM")) || str_take(&t, STR("am"))   ? 1
	      : str_take(&t, STR("午後")) || str_take(&t, STR("PM")) || str_take(&t, STR("pm")) ? 2
												: 0;
	if (ret)
		*s = t;
	return ret;
}

static void
fraction(struct str *s, int *nano)
{
	int scale = 100000000;

	if (s->n < 2 || (s->p[0] != '.' && s->p[0] != ',') || !is_digit(s->p[1]))
		return;
	str_skip(s, 1);
	for (; s->n && is_digit(s->p[0]); scale /= 10, str_skip(s, 1))
		*nano += (s->p[0] - '0') * scale;
}

/* h:m[:s[.f]], h時m分[s秒], hhmmss, with 午前, 午後, AM or PM on either side */
static bool
clock_text(struct str *s, struct civil *c)
{
	int all, noon = half(s);

	blanks(s);
	if (number(s, 6, 6, &all)) {
		c->hour = all / 10000;
		c->minute = all / 100 % 100;
		c->second = all % 100;
		return true;
	}
	if (!number(s, 1, 2, &c->hour))
		return false;
	if (str_take(s, STR("時"))) {
		if (number(s, 1, 2, &c->minute) && !str_take(s, STR("分")))
			return false;
		if (number(s, 1, 2, &c->second) && !str_take(s, STR("秒")))
			return false;
	} else {
		if (!str_take(s, STR(":")) || !number(s, 1, 2, &c->minute))
			return false;
		if (str_take(s, STR(":")) && !number(s, 1, 2, &c->second))
			return false;
		fraction(s, &c->nano);
	}
	if (noon == 0)
		noon = half(s);
	if (noon && c->hour > 12)
		noon = 0; /* 午後 15:04 is written, too */
	if (noon == 2 && c->hour < 12)
		c->hour += 12;
	if (noon == 1 && c->hour == 12)
		c->hour = 0;
	return true;
}

/* "+09:00", "GMT+09:00", "Z"; what is no offset stays. */
static bool
offset(struct str *s, int64_t *ret)
{
	struct str t = *s;
	int sign, hours, minutes = 0;

	blanks(&t);
	if (str_take(&t, STR("GMT")) || str_take(&t, STR("UTC")) || str_take(&t, STR("Z")))
		*ret = 0;
	else if (str_take(&t, STR("JST")))
		*ret = 9 * 3600 * NS_PER_S;
	else if (t.n == 0 || (t.p[0] != '+' && t.p[0] != '-'))
		return false;
	if (t.n && (t.p[0] == '+' || t.p[0] == '-')) {
		sign = t.p[0] == '-' ? -1 : 1;
		str_skip(&t, 1);
		if (t.n < 2 || !is_digit(t.p[0]) || !is_digit(t.p[1]))
			return false;
		hours = (t.p[0] - '0') * 10 + (t.p[1] - '0');
		str_skip(&t, 2);
		str_take(&t, STR(":"));
		if (t.n && !number(&t, 2, 2, &minutes))
			return false;
		if (hours > 14 || minutes > 59)
			return false;
		*ret = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60) * NS_PER_S;
	}
	*s = t;
	return true;
}

bool
stamp_sheet(struct str text, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	char room[SHEET_MAX + 8];
	struct civil c = {0};
	struct str s;
	int64_t east = 0;
	bool has_offset;

	if (text.n < 6 || text.n > SHEET_MAX)
		return false;
	s = str_trim(narrow(text, room));
	if (s.n == 14 && is_digit(s.p[8])) { /* yyyymmddhhmmss */
		struct str day = str_make(s.p, 8);

		if (!date(&day, &c))
			return false;
		str_skip(&s, 8);
	} else {
		if (!date(&s, &c))
			return false;
		weekday(&s);
	}
	if (s.n && (s.p[0] == 'T' || s.p[0] == '_'))
		str_skip(&s, 1);
	blanks(&s);
	if (s.n && !clock_text(&s, &c))
		return false;
	has_offset = offset(&s, &east);
	if (s.n || !civil_valid(&c))
		return false;
	*ret = civil_to_ns(&c);
	*ret = has_offset ? *ret - east : zone_to_utc(zone, *ret, arrival);
	return true;
}
