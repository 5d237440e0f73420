/* leef.c - IBM's Log Event Extended Format 1.0 and 2.0: its reader, and the row that maps it. */
#include "parsers/leef.h"

#include "parsers/cef.h"
#include "parsers/generic.h"
#include "parsers/source.h"

#define LEEF_PREFIX STR("leef.")
#define LEEF_FIELDS 5u
#define LEEF_WORDS  64u /* what a relay may leave in front */

static const char *const time_keys[] = {"devTime"};

/* ---- reader ---- */

/* How a tab may arrive after relays and editors had it. */
static struct str
separator_in(struct str s)
{
	static const struct str forms[] = {{"\t", 1}, {"\\0x09", 5}, {"0x09", 4}, {"\\x09", 4},
		{"<009>", 5}, {"#011", 4}, {"\\t", 2}, {"&#9;", 4}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_find(s, forms[i]) >= 0)
			return forms[i];
	return STR("");
}

/* Version 2: one character, or its number as x5E, 0x5E, \\x5E. False: neither; a tab is meant. */
static bool
read_delimiter(struct str s, char *ret)
{
	unsigned v = 0;

	*ret = '\t';
	if (s.n == 1 && s.p[0] != '\\') {
		*ret = s.p[0];
		return true;
	}
	if (str_eq(s, STR("\\t")) || str_eq(s, STR("<009>")) || str_eq(s, STR("#011")))
		return true;
	str_take(&s, STR("\\"));
	str_take(&s, STR("0"));
	if ((!str_take(&s, STR("x")) && !str_take(&s, STR("X"))) || s.n == 0 || s.n > 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = hex_value(s.p[i]);

		if (digit < 0)
			return false;
		v = v * 16 + (unsigned)digit;
	}
	if (v == 0 || v > 0x7f)
		return false;
	*ret = (char)v;
	return true;
}

/* Behind the word "LEEF:"; *bare: there is none, but the fields look like it. */
static bool
skip_word(struct str *s, bool *bare)
{
	struct str rest = *s;
	ptrdiff_t at = 0;
	unsigned pipes = 0;

	*bare = false;
	if (!str_starts(*s, STR("LEEF:"))) {
		struct str head = str_make(s->p, s->n < LEEF_WORDS ? s->n : LEEF_WORDS);

		at = str_find(head, STR(" LEEF:"));
		at += at >= 0;
	}
	if (at >= 0) {
		str_skip(s, (size_t)at + 5);
		*s = str_trim(*s);
		return s->n > 0 && is_digit(s->p[0]);
	}
	if (!str_take(&rest, STR("1.0|")) && !str_take(&rest, STR("2.0|")))
		return false;
	for (size_t i = 0; i < rest.n && pipes + 1 < LEEF_FIELDS; i++)
		pipes += rest.p[i] == '|';
	*bare = pipes + 1 == LEEF_FIELDS && str_chr(rest, '=') > 0;
	return *bare;
}

bool
leef_begins(struct str s)
{
	bool bare;

	return skip_word(&s, &bare);
}

enum leef_found
leef_take_header(struct str s, struct leef_header *header, struct leef_attributes *ret)
{
	struct str fields[LEEF_FIELDS], delimiter, rest;
	bool odd = false;

	*header = (struct leef_header){0};
	*ret = (struct leef_attributes){.own = '\t'};
	if (!skip_word(&s, &header->bare))
		return LEEF_NONE;
	for (size_t i = 0; i < LEEF_FIELDS; i++)
		if (!str_cut(&s, '|', &fields[i]))
			return LEEF_CUT;
	header->version = fields[0];
	header->vendor = fields[1];
	header->product = fields[2];
	header->release = fields[3];
	header->id = fields[4];
	rest = s;
	/* The delimiter's field may be missing altogether, and some of version 1 have it. */
	if (str_cut(&rest, '|', &delimiter) && delimiter.n <= 6 && str_chr(delimiter, '=') < 0) {
		if (header->version.p[0] == '2')
			odd = !read_delimiter(delimiter, &ret->own);
		else
			odd = delimiter.n > 0 && !read_delimiter(delimiter, &ret->own);
		s = rest;
	}
	odd |= header->version.p[0] != '2' && header->version.p[0] != '1';
	ret->rest = s;
	ret->separator = ret->own == '\t' ? separator_in(s) : str_make(&ret->own, 1);
	return odd ? LEEF_ODD : LEEF_READ;
}

bool
leef_next(struct leef_attributes *a, struct str *key, struct str *value)
{
	while (a->separator.n > 0 && a->rest.n > 0) {
		str_cut_at(&a->rest, a->separator, value);
		*value = str_trim(*value);
		if (value->n == 0)
			continue;
		if (str_cut(value, '=', key) && key->n > 0) {
			*value = str_trim(*value);
			return true;
		}
		a->odd = true;
	}
	/* The tabs became blanks: a pair ends where the next key begins. */
	if (a->rest.n > 0) {
		struct cef_extension e = cef_extension(a->rest);
		struct cef_pair pair;
		bool found = cef_next(&e, &pair);

		a->odd |= e.odd;
		a->rest = e.rest;
		*key = pair.key;
		*value = pair.value;
		return found;
	}
	return false;
}

/* ---- row ---- */

static bool
leef_sniff(struct str s)
{
	return leef_begins(s);
}

static enum parsed
leef_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct leef_attributes attributes;
	struct leef_header head;
	enum leef_found found;
	struct str key, value;

	if (sources_claim_container(SHAPE_LEEF, ctx, w, s))
		return PARSED_OK;
	found = leef_take_header(s, &head, &attributes);

	if (found == LEEF_CUT || found == LEEF_ODD)
		rec_flag(w, REASON_LEEF);
	if (found == LEEF_NONE || found == LEEF_CUT)
		return PARSED_NOT;
	parse_put(w, FIELD_OBSERVER_VENDOR, head.vendor);
	parse_put(w, FIELD_OBSERVER_PRODUCT, head.product);
	parse_put(w, FIELD_OBSERVER_VERSION, head.release);
	parse_put(w, FIELD_EVENT_CODE, head.id);
	while (leef_next(&attributes, &key, &value)) {
		if (key.n > 128) {
			rec_flag(w, REASON_LEEF);
			continue;
		}
		if (generic_take_time(ctx, w, time_keys, 1, key, value))
			continue;
		if (str_eq(key, STR("sev")))
			rec_put_number(w, FIELD_EVENT_SEVERITY, value);
		else if (str_eq(key, STR("msg")))
			parse_put(w, FIELD_EVENT_REASON, value);
		else
			generic_put(w, LEEF_PREFIX, key, value);
	}
	if (attributes.odd)
		rec_flag(w, REASON_LEEF);
	generic_done(w);
	return PARSED_OK;
}

const struct parser parser_leef = {
	.name = "leef",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.leef",
	.sniff = leef_sniff,
	.parse = leef_parse,
	.flags = PARSER_FOLD,
};
