#include "detect/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "config/yaml.h"

struct number
number_of_int(int64_t i)
{
	return (struct number){.whole = true, .i = i, .d = (double)i};
}

static double
real_of(struct str s)
{
	char stack[64];
	struct buf z = {0};
	double d;

	if (s.n < sizeof(stack)) {
		memcpy(stack, s.p, s.n);
		stack[s.n] = 0;
		return strtod(stack, NULL);
	}
	buf_add_str(&z, s);
	d = strtod(buf_z(&z), NULL);
	buf_done(&z);
	return d;
}

bool
number_of(struct str text, struct number *ret)
{
	int64_t i;

	/* What most fields hold is ruled out by the first byte. */
	if (text.n == 0 || !(is_digit(text.p[0]) || text.p[0] == '-') || !str_is_number(text))
		return false;
	if (str_i64(text, &i) && !(i == 0 && text.p[0] == '-')) {
		*ret = number_of_int(i);
		return true;
	}
	*ret = (struct number){.d = real_of(text)};
	/* 1.0, 1e3, -0: the integer that they equal, where a double is exact. */
	if (fabs(ret->d) < 9007199254740992.0 && ret->d == floor(ret->d))
		*ret = number_of_int((int64_t)ret->d);
	return true;
}

bool
number_spelled(struct str text, struct number *ret)
{
	bool minus = text.n > 1 && text.p[0] == '-';
	struct str rest = str_make(text.p + minus, text.n - minus);

	if (rest.n < 2 || rest.p[0] != '0' || !is_digit(rest.p[1]))
		return number_of(text, ret);
	while (rest.n > 1 && rest.p[0] == '0' && is_digit(rest.p[1]))
		str_skip(&rest, 1);
	if (!number_of(rest, ret))
		return false;
	ret->i = minus ? -ret->i : ret->i;
	ret->d = minus ? -ret->d : ret->d;
	return true;
}

struct number
number_of_yaml(const struct yaml_node *n)
{
	double d = n->real;

	if (n->kind == YAML_INT)
		return number_of_int(n->integer);
	if (fabs(d) < 9007199254740992.0 && d == floor(d))
		return number_of_int((int64_t)d);
	return (struct number){.d = d};
}

bool
number_compare(struct number a, enum compare op, struct number b)
{
	bool less, same;

	if (a.whole && b.whole) {
		less = a.i < b.i;
		same = a.i == b.i;
	} else {
		if (isnan(a.d) || isnan(b.d))
			return false;
		less = a.d < b.d;
		same = a.d == b.d;
	}
	switch (op) {
	case COMPARE_EQ:
		return same;
	case COMPARE_GT:
		return !less && !same;
	case COMPARE_GTE:
		return !less;
	case COMPARE_LT:
		return less;
	case COMPARE_LTE:
		return less || same;
	}
	return false;
}

static bool
all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* The shortest decimal that reads back as the same double. */
static void
shortest(double d, struct buf *out)
{
	char text[40] = "";

	if (fabs(d) < 1e16 && d == floor(d)) {
		buf_printf(out, "%.1f", d);
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_add_str(out, str_of(text));
}

void
number_text(const struct yaml_node *n, struct buf *out)
{
	if (n->kind == YAML_INT)
		buf_add_i64(out, n->integer);
	else if (all_digits(n->text))
		buf_add_str(out, n->text); /* beyond 64 bits */
	else
		shortest(n->real, out);
}

size_t
number_canon(struct number n, char out[NUMBER_CANON_MAX])
{
	int len;

	/* Beyond 2^53 different integers may equal one double: they share a spelling. */
	if (n.whole && n.i > -9007199254740992 && n.i < 9007199254740992)
		len = snprintf(out, NUMBER_CANON_MAX, "%lld", (long long)n.i);
	else
		len = snprintf(out, NUMBER_CANON_MAX, "%.17g", n.d);
	return (size_t)len;
}
