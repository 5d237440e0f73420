/* cef.c - ArcSight's Common Event Format, version 0 and 1. */
#include "parsers/generic.h"

#define CEF_HEADER 7u
#define CEF_LABELS 32u
#define CEF_KEY    64u
#define CEF_PREFIX STR("cef.")

/* rt is the event's time (receipt at the device); the others stand in where it is missing. */
static const char *const time_keys[] = {"rt", "deviceReceiptTime", "end", "start"};

struct cef {
	struct parse_ctx *ctx;
	struct recs *w;
	struct {
		struct str key, label;
	} labels[CEF_LABELS];
	size_t nlabels;
	struct {
		struct str key, value;
	} custom[CEF_LABELS];
	size_t ncustom;
	int time_rank;
};

/* \\ \| \= \n \r. Copied only if there is something to undo. */
static struct str
unescape(struct recs *w, struct str s)
{
	size_t n = 0;
	char *out;

	if (str_chr(s, '\\') < 0)
		return s;
	out = rec_text_room(w, s.n);
	if (!out)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\\' && i + 1 < s.n) {
			char next = s.p[i + 1];

			if (next == '\\' || next == '|' || next == '=') {
				c = next;
				i++;
			} else if (next == 'n' || next == 'r') {
				c = next == 'n' ? '\n' : '\r';
				i++;
			}
		}
		out[n++] = c;
	}
	return rec_text_take(w, out, n);
}

/* Fields between unescaped pipes. */
static size_t
take_header(struct str *s, struct str parts[CEF_HEADER])
{
	size_t n = 0, from = 0, i = 0;

	for (; i < s->n && n < CEF_HEADER; i++) {
		if (s->p[i] == '\\') {
			i++;
		} else if (s->p[i] == '|') {
			parts[n++] = str_make(s->p + from, i - from);
			from = i + 1;
		}
	}
	if (n < CEF_HEADER)
		return n;
	str_skip(s, from);
	return n;
}

static bool
is_key_char(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '.' ||
	       c == '-' || c == '[' || c == ']';
}

/* cs1, cn2, cfp1, c6a2, deviceCustomDate1, flexString1: their names stand in …Label. */
static bool
is_custom(struct str key)
{
	return (key.n >= 3 && key.n <= 5 && key.p[0] == 'c' && is_digit(key.p[key.n - 1])) ||
	       str_starts(key, STR("flex")) || str_starts(key, STR("deviceCustom"));
}

static void
take_pair(struct cef *c, struct str key, struct str value)
{
	value = unescape(c->w, str_trim(value));
	if (key.n > CEF_KEY || value.n == 0)
		return;
	if (key.n > 5 && str_ends(key, STR("Label"))) {
		struct str base = str_make(key.p, key.n - 5);

		for (size_t i = 0; i < c->nlabels; i++)
			if (str_eq(c->labels[i].key, base)) {
				rec_flag(c->w, REASON_CEF_DUP);
				return;
			}
		if (c->nlabels < CEF_LABELS) {
			c->labels[c->nlabels].key = base;
			c->labels[c->nlabels++].label = value;
		}
		return;
	}
	if (is_custom(key) && c->ncustom < CEF_LABELS) {
		c->custom[c->ncustom].key = key;
		c->custom[c->ncustom++].value = value;
		return;
	}
	for (int i = 0; i < 4; i++)
		if (str_eq(key, str_of(time_keys[i]))) {
			if (i < c->time_rank &&
				generic_take_time(c->ctx, c->w, &time_keys[i], 1, key, value))
				c->time_rank = i;
			break;
		}
	if (str_eq(key, STR("msg")))
		rec_put(c->w, FIELD_EVENT_REASON, value);
	else
		generic_put(c->w, CEF_PREFIX, key, value);
}

/*
 * Values hold blanks, so a pair ends where the next key begins: at the last blank in front of the
 * next unescaped '='. One pass.
 */
static void
take_extension(struct cef *c, struct str s)
{
	struct str key = {0};
	size_t value = 0, blank = 0;
	bool in_value = false, after_blank = true;

	for (size_t i = 0; i < s.n; i++) {
		bool good = true;

		if (s.p[i] == '\\') {
			i++;
			continue;
		}
		if (s.p[i] == ' ') {
			blank = i + 1;
			after_blank = true;
			continue;
		}
		if (s.p[i] != '=' || !after_blank || blank == i)
			continue;
		for (size_t k = blank; k < i && good; k++)
			good = is_key_char(s.p[k]);
		after_blank = false;
		if (!good)
			continue;
		if (in_value)
			take_pair(c, key, str_make(s.p + value, blank - value));
		else if (str_trim(str_make(s.p, blank)).n > 0)
			rec_flag(c->w, REASON_CEF);
		key = str_make(s.p + blank, i - blank);
		value = i + 1;
		in_value = true;
	}
	if (in_value)
		take_pair(c, key, str_make(s.p + value, s.n - value));
	else if (str_trim(s).n > 0)
		rec_flag(c->w, REASON_CEF);
	if (s.n > 0 && s.p[s.n - 1] == '\\' && (s.n < 2 || s.p[s.n - 2] != '\\'))
		rec_flag(c->w, REASON_CEF);
}

static void
put_custom(struct cef *c)
{
	for (size_t i = 0; i < c->ncustom; i++) {
		struct str name = c->custom[i].key;

		for (size_t k = 0; k < c->nlabels; k++)
			if (str_eq(c->labels[k].key, name) && c->labels[k].label.n <= 128) {
				name = c->labels[k].label;
				break;
			}
		rec_put_prefixed(c->w, CEF_PREFIX, name, c->custom[i].value);
	}
}

static void
put_severity(struct recs *w, struct str s)
{
	static const struct {
		const char *word;
		unsigned value;
	} words[] = {{"unknown", 0}, {"low", 3}, {"medium", 5}, {"high", 7}, {"very-high", 9}};
	uint64_t v;

	if (s.n <= 2 && str_u64(s, &v) && v <= 10) {
		rec_put_u64(w, FIELD_EVENT_SEVERITY, v);
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(s, str_of(words[i].word))) {
			rec_put_u64(w, FIELD_EVENT_SEVERITY, words[i].value);
			return;
		}
	rec_flag(w, REASON_CEF);
}

static bool
cef_begin(struct str *s)
{
	ptrdiff_t at = 0;

	if (!str_starts(*s, STR("CEF:"))) {
		/* Some relays leave a word of their own in front. */
		struct str head = str_make(s->p, s->n < 64 ? s->n : 64);

		at = str_find(head, STR(" CEF:"));
		if (at < 0)
			return false;
		at++;
	}
	str_skip(s, (size_t)at + 4);
	str_take(s, STR(" "));
	return s->n > 0 && is_digit(s->p[0]);
}

static bool
cef_sniff(struct str s)
{
	return cef_begin(&s);
}

static enum parsed
cef_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct cef c = {.ctx = ctx, .w = w, .time_rank = 4};
	struct str parts[CEF_HEADER];
	size_t n;

	if (!cef_begin(&s))
		return PARSED_NOT;
	n = take_header(&s, parts);
	if (n < CEF_HEADER) {
		rec_flag(w, REASON_CEF);
		return PARSED_NOT;
	}
	if (!str_eq(parts[0], STR("0")) && !str_eq(parts[0], STR("1")))
		rec_flag(w, REASON_CEF);
	parse_put(w, FIELD_OBSERVER_VENDOR, unescape(w, parts[1]));
	parse_put(w, FIELD_OBSERVER_PRODUCT, unescape(w, parts[2]));
	parse_put(w, FIELD_OBSERVER_VERSION, unescape(w, parts[3]));
	parse_put(w, FIELD_EVENT_CODE, unescape(w, parts[4]));
	parse_put(w, FIELD_RULE_NAME, unescape(w, parts[5]));
	put_severity(w, parts[6]);
	take_extension(&c, s);
	put_custom(&c);
	return PARSED_OK;
}

const struct parser parser_cef = {
	.name = "cef",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.cef",
	.sniff = cef_sniff,
	.parse = cef_parse,
};
