/* propose_form.c - what a value looks like. */
#include <arpa/inet.h>

#include "base/stamp.h"
#include "base/utf8.h"
#include "parsers/propose.h"

#define VALUE_MAX 1024u /* longer ones are words */

const char *
form_word(enum form f)
{
	static const char *const words[FORM_COUNT] = {"words", "nothing", "dates with times",
		"dates", "times of day", "addresses", "hardware addresses", "mail addresses",
		"URLs", "paths", "hashes", "numbers"};

	return words[f];
}

static bool
is_ip(struct str s)
{
	char z[64];
	unsigned char room[16];
	ptrdiff_t colon = str_rchr(s, ':');

	/* 192.0.2.1:443 */
	if (colon > 0 && str_chr(s, ':') == colon && str_chr(s, '.') > 0)
		s.n = (size_t)colon;
	if (s.n < 2 || s.n >= sizeof(z))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	return inet_pton(AF_INET, z, room) == 1 || inet_pton(AF_INET6, z, room) == 1;
}

static bool
is_hex_digit(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool
is_mac(struct str s)
{
	if (s.n != 17)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (i % 3 == 2 ? s.p[i] != s.p[2] || (s.p[i] != ':' && s.p[i] != '-')
			       : !is_hex_digit(s.p[i]))
			return false;
	return true;
}

static bool
is_hash(struct str s)
{
	if (s.n != 32 && s.n != 40 && s.n != 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_hex_digit(s.p[i]))
			return false;
	return true;
}

/* One address, or a list of them. */
static bool
is_mail(struct str s)
{
	struct str one;
	size_t n = 0;

	while (s.n) {
		size_t i = 0;
		ptrdiff_t at;

		while (i < s.n && s.p[i] != ',' && s.p[i] != ';')
			i++;
		one = str_trim(str_make(s.p, i));
		str_skip(&s, i + (i < s.n));
		at = str_rchr(one, '@');
		if (one.n == 0)
			continue;
		if (at <= 0 || (size_t)at + 3 > one.n || str_find(one, STR("://")) >= 0 ||
			str_chr(str_make(one.p + at, one.n - (size_t)at), '.') < 0)
			return false;
		n++;
	}
	return n > 0;
}

static bool
is_url(struct str s)
{
	return str_starts(s, STR("http://")) || str_starts(s, STR("https://")) ||
	       str_starts(s, STR("ftp://"));
}

/* C:\..., \\server\..., /home/..., a\b */
static bool
is_path(struct str s)
{
	bool letter = s.n > 2 && ((s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z');

	if (letter && s.p[1] == ':' && (s.p[2] == '\\' || s.p[2] == '/'))
		return true;
	if (str_starts(s, STR("\\\\")))
		return true;
	return s.n > 2 && s.p[0] == '/' && s.p[1] != '/' && str_chr(s, ' ') != 1;
}

static bool
is_clock(struct str s)
{
	int64_t ns;
	char text[64] = "2026/01/01 ";

	if (s.n < 4 || s.n > 40 || (str_chr(s, ':') < 0 && str_find(s, STR("時")) < 0))
		return false;
	memcpy(text + 11, s.p, s.n);
	return stamp_words(str_make(text, 11 + s.n), NULL, 0, &ns);
}

/* "26/04/02" and "4/2/2026": three numbers with one sign between, then a time of day or nothing. */
static bool
is_short_date(struct str s, enum date_order *order, bool *timed)
{
	int v[3] = {0};
	size_t digits[3] = {0};
	char sep = 0;

	for (size_t part = 0; part < 3; part++) {
		while (s.n && is_digit(s.p[0]) && digits[part] < 4) {
			v[part] = v[part] * 10 + (s.p[0] - '0');
			digits[part]++;
			str_skip(&s, 1);
		}
		if (digits[part] == 0)
			return false;
		if (part == 2)
			break;
		if (s.n == 0 || (s.p[0] != '/' && s.p[0] != '-' && s.p[0] != '.') ||
			(sep && s.p[0] != sep))
			return false;
		sep = s.p[0];
		str_skip(&s, 1);
	}
	*timed = s.n > 0;
	if (s.n && (s.p[0] != ' ' || !is_clock(str_trim(s))))
		return false;
	if (digits[2] == 4 && digits[0] <= 2 && v[0] > 0 && v[0] <= 31 && v[1] > 0 && v[1] <= 31) {
		*order = v[0] > 12 ? DATE_DMY : DATE_MDY;
		return v[0] <= 12 || v[1] <= 12;
	}
	*order = DATE_YMD;
	return digits[0] == 2 && digits[2] <= 2 && v[1] > 0 && v[1] <= 12 && v[2] > 0 && v[2] <= 31;
}

static bool
is_time(struct str s)
{
	int64_t ns;
	struct str rest = s;

	if (stamp_take_iso(&rest, NULL, 0, &ns) || stamp_take_clf(&rest, NULL, 0, &ns) ||
		stamp_take_ctime(&rest, NULL, 0, &ns) || stamp_take_bsd(&rest, NULL, 0, &ns))
		return rest.n == 0 || (rest.p[0] == ' ' && rest.n <= 8);
	return stamp_words(s, NULL, 0, &ns);
}

/* A date without a time of day. Eight digits are a number more often than a day. */
static bool
is_date(struct str s)
{
	int64_t ns;
	char text[80];

	if (s.n < 6 || s.n == 8 || s.n > 64 || str_is_number(s))
		return false;
	memcpy(text, s.p, s.n);
	memcpy(text + s.n, " 00:00", 6);
	return stamp_words(str_make(text, s.n + 6), NULL, 0, &ns);
}

/* 1,024 and 1,048,576 */
static bool
is_grouped(struct str s)
{
	size_t digits = 0;
	bool grouped = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != ',' && !is_digit(s.p[i]))
			return false;
		if (s.p[i] == ',' && (digits == 0 || digits > 3 || (grouped && digits != 3)))
			return false;
		grouped |= s.p[i] == ',';
		digits = s.p[i] == ',' ? 0 : digits + 1;
	}
	return grouped && digits == 3;
}

enum form
form_of(struct str s, struct form_look *ret)
{
	char room[VALUE_MAX];
	bool timed;

	*ret = (struct form_look){.order = DATE_PLAIN};
	if (s.n <= sizeof(room)) {
		size_t n = utf8_narrow(s, room);

		ret->wide = n != s.n;
		s = str_make(room, n);
	}
	s = str_trim(s);
	if (s.n == 0 || (s.n == 1 && s.p[0] == '-'))
		return FORM_EMPTY;
	if (is_ip(s))
		return FORM_IP;
	if (is_mac(s))
		return FORM_MAC;
	if (is_hash(s))
		return FORM_HASH;
	if (is_short_date(s, &ret->order, &timed))
		return timed ? FORM_TIME : FORM_DATE;
	ret->order = DATE_PLAIN;
	/* A serial day of Excel is a number to all but Excel; fourteen digits are a time. */
	if ((str_is_number(s) && s.n != 14) || is_grouped(s))
		return FORM_NUMBER;
	if (is_time(s))
		return FORM_TIME;
	if (is_date(s))
		return FORM_DATE;
	if (is_clock(s))
		return FORM_CLOCK;
	if (str_is_number(s))
		return FORM_NUMBER;
	if (is_url(s))
		return FORM_URL;
	if (is_mail(s))
		return FORM_MAIL;
	ret->path = is_path(s);
	return ret->path ? FORM_PATH : FORM_ANY;
}
