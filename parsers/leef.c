/* leef.c - IBM's Log Event Extended Format 1.0 and 2.0. */
#include "parsers/generic.h"

#define LEEF_PREFIX STR("leef.")

static const char *const time_keys[] = {"devTime"};

/* How a tab may arrive after relays and editors had it. */
static struct str
separator_in(struct str s, struct str delimiter)
{
	static const struct str forms[] = {{"\\0x09", 5}, {"<009>", 5}, {"#011", 4}, {"\\t", 2}};

	if (!str_eq(delimiter, STR("\t")) || str_find(s, delimiter) >= 0)
		return delimiter;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_find(s, forms[i]) >= 0)
			return forms[i];
	return delimiter;
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Version 2: one character, or its number as x5E, 0x5E. False: neither; a tab is meant then. */
static bool
read_delimiter(struct str s, char *ret)
{
	int hi, lo;

	*ret = '\t';
	if (s.n == 1 && s.p[0] != '\\') {
		*ret = s.p[0];
		return true;
	}
	str_take(&s, STR("\\"));
	str_take(&s, STR("0"));
	if (!str_take(&s, STR("x")) || s.n != 2)
		return false;
	hi = hex_value(s.p[0]);
	lo = hex_value(s.p[1]);
	if (hi < 0 || lo < 0 || hi * 16 + lo == 0 || hi > 7)
		return false;
	*ret = (char)(hi * 16 + lo);
	return true;
}

static bool
leef_begin(struct str *s)
{
	ptrdiff_t at = 0;

	if (!str_starts(*s, STR("LEEF:"))) {
		struct str head = str_make(s->p, s->n < 64 ? s->n : 64);

		at = str_find(head, STR(" LEEF:"));
		if (at < 0)
			return false;
		at++;
	}
	str_skip(s, (size_t)at + 5);
	str_take(s, STR(" "));
	return s->n > 0 && is_digit(s->p[0]);
}

static bool
leef_sniff(struct str s)
{
	return leef_begin(&s);
}

static void
take_pairs(struct parse_ctx *ctx, struct recs *w, struct str s, struct str separator)
{
	struct str pair, key;

	while (s.n > 0) {
		str_cut_at(&s, separator, &pair);
		pair = str_trim(pair);
		if (pair.n == 0)
			continue;
		if (!str_cut(&pair, '=', &key) || key.n == 0 || key.n > 128) {
			rec_flag(w, REASON_LEEF);
			continue;
		}
		if (generic_take_time(ctx, w, time_keys, 1, key, pair))
			continue;
		if (str_eq(key, STR("sev")))
			rec_put_number(w, FIELD_EVENT_SEVERITY, pair);
		else if (str_eq(key, STR("msg")))
			parse_put(w, FIELD_EVENT_REASON, pair);
		else
			generic_put(w, LEEF_PREFIX, key, pair);
	}
}

static enum parsed
leef_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct str version, vendor, product, release, id, delimiter;
	char sep = '\t';

	if (!leef_begin(&s))
		return PARSED_NOT;
	if (!str_cut(&s, '|', &version) || !str_cut(&s, '|', &vendor) ||
		!str_cut(&s, '|', &product) || !str_cut(&s, '|', &release) ||
		!str_cut(&s, '|', &id)) {
		rec_flag(w, REASON_LEEF);
		return PARSED_NOT;
	}
	if (version.p[0] == '2') {
		struct str rest = s;

		/* The delimiter's field may be missing altogether. */
		if (str_cut(&rest, '|', &delimiter) && str_chr(delimiter, '=') < 0) {
			if (!read_delimiter(delimiter, &sep))
				rec_flag(w, REASON_LEEF);
			s = rest;
		}
	} else if (version.p[0] != '1') {
		rec_flag(w, REASON_LEEF);
	}
	parse_put(w, FIELD_OBSERVER_VENDOR, vendor);
	parse_put(w, FIELD_OBSERVER_PRODUCT, product);
	parse_put(w, FIELD_OBSERVER_VERSION, release);
	parse_put(w, FIELD_EVENT_CODE, id);
	take_pairs(ctx, w, s, separator_in(s, str_make(&sep, 1)));
	return PARSED_OK;
}

const struct parser parser_leef = {
	.name = "leef",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.leef",
	.sniff = leef_sniff,
	.parse = leef_parse,
};
