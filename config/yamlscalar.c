#include "config/yamlscalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

static bool
one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_of(*words)))
			return true;
	return false;
}

/* Digits of a base from 8 to 16, the whole slice. */
static bool
all_digits(struct str s, int base)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		int v = is_digit(c)            ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : 99;

		if (v >= base)
			return false;
	}
	return s.n > 0;
}

static struct str
unsigned_part(struct str s)
{
	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		str_skip(&s, 1);
	return s;
}

static double
real_of(struct str s)
{
	struct buf z = {0};
	double d;

	buf_add_str(&z, s);
	d = strtod(buf_z(&z), NULL);
	buf_done(&z);
	return d;
}

static bool
set_int(struct yaml_node *n, struct str digits, int base, bool negative)
{
	struct buf z = {0};
	bool fits;

	errno = 0;
	if (negative)
		buf_add_char(&z, '-');
	buf_add_str(&z, digits);
	n->integer = strtoll(buf_z(&z), NULL, base);
	fits = errno == 0;
	buf_done(&z);
	n->kind = fits ? YAML_INT : YAML_FLOAT;
	n->real = fits ? (double)n->integer : real_of(n->text);
	return true;
}

static bool
as_int(struct yaml_node *n)
{
	struct str s = n->text, digits = unsigned_part(s);

	if (str_starts(s, STR("0x")) && all_digits(str_make(s.p + 2, s.n - 2), 16))
		return set_int(n, str_make(s.p + 2, s.n - 2), 16, false);
	if (str_starts(s, STR("0o")) && all_digits(str_make(s.p + 2, s.n - 2), 8))
		return set_int(n, str_make(s.p + 2, s.n - 2), 8, false);
	if (!all_digits(digits, 10))
		return false;
	/* 00000429 is an identifier, not a number: it stays text. */
	if (digits.n > 1 && digits.p[0] == '0')
		return false;
	return set_int(n, digits, 10, s.p[0] == '-');
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool
looks_float(struct str s)
{
	size_t whole = 0, part = 0;
	bool dot = false;

	s = unsigned_part(s);
	for (; s.n > 0 && is_digit(s.p[0]); str_skip(&s, 1))
		whole++;
	if (s.n > 0 && s.p[0] == '.') {
		dot = true;
		str_skip(&s, 1);
		for (; s.n > 0 && is_digit(s.p[0]); str_skip(&s, 1))
			part++;
	}
	if (whole + part == 0)
		return false;
	if (s.n > 0 && (s.p[0] == 'e' || s.p[0] == 'E')) {
		str_skip(&s, 1);
		return all_digits(unsigned_part(s), 10);
	}
	return s.n == 0 && dot;
}

static bool
as_float(struct yaml_node *n)
{
	static const char *const inf[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nan_words[] = {".nan", ".NaN", ".NAN", NULL};
	struct str s = n->text;

	if (one_of(unsigned_part(s), inf))
		n->real = s.p[0] == '-' ? -HUGE_VAL : HUGE_VAL;
	else if (one_of(s, nan_words))
		n->real = nan("");
	else if (looks_float(s))
		n->real = real_of(s);
	else
		return false;
	n->kind = YAML_FLOAT;
	return true;
}

static bool
as_bool(struct yaml_node *n)
{
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};

	n->truth = one_of(n->text, yes);
	if (!n->truth && !one_of(n->text, no))
		return false;
	n->kind = YAML_BOOL;
	return true;
}

static bool
as_null(struct yaml_node *n)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};

	if (!one_of(n->text, nulls))
		return false;
	n->kind = YAML_NULL;
	return true;
}

bool
yaml_scalar(struct yaml_node *n, struct str tag)
{
	static const struct {
		const char *tail;
		bool (*read)(struct yaml_node *);
	} tags[] = {{"int", as_int}, {"float", as_float}, {"bool", as_bool}, {"null", as_null}};

	n->kind = YAML_STRING;
	if (tag.n == 0) {
		if (!n->quoted && !as_null(n) && !as_bool(n) && !as_int(n))
			as_float(n);
		return true;
	}
	if (str_eq(tag, STR("!")) || str_ends(tag, STR("!str")) || str_ends(tag, STR(":str")))
		return true;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct str tail = str_of(tags[i].tail);

		if (tag.n > tail.n && str_ends(tag, tail) &&
			strchr("!:", tag.p[tag.n - tail.n - 1]))
			return tags[i].read(n);
	}
	return false;
}
