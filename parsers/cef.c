/* cef.c - ArcSight's Common Event Format, version 0 and 1: its reader, and the row that maps it. */
#include "parsers/cef.h"

#include "parsers/generic.h"
#include "parsers/source.h"

#define CEF_HEADER     7u
#define CEF_LABELS     32u
#define CEF_KEY        64u
#define CEF_NAME_PIPES 4u  /* that a name may hold unescaped */
#define CEF_WORDS      64u /* what a relay may leave in front */
#define CEF_PREFIX     STR("cef.")

/* ---- reader ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_key_char(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '.' ||
	       c == '-' || c == '[' || c == ']' || c == '/';
}

size_t
cef_unescape(struct str s, char *out)
{
	size_t n = 0;

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
	return n;
}

int
cef_severity(struct str s)
{
	static const struct {
		const char *word;
		int value;
	} words[] = {{"unknown", 0}, {"low", 3}, {"medium", 5}, {"high", 7}, {"very-high", 9},
		{"very high", 9}, {"informational", 1}, {"info", 1}, {"notice", 2}, {"warning", 4},
		{"error", 6}, {"critical", 10}};
	uint64_t v;

	s = str_trim(s);
	if (s.n <= 2 && str_u64(s, &v) && v <= 10)
		return (int)v;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(s, str_of(words[i].word)))
			return words[i].value;
	return -1;
}

/* Fields between unescaped pipes; n = how many had one behind them, *s moves behind the last. */
static size_t
take_fields(struct str *s, struct str parts[CEF_HEADER])
{
	size_t n = 0, from = 0;

	for (size_t i = 0; i < s->n && n < CEF_HEADER; i++) {
		if (s->p[i] == '\\') {
			i++;
		} else if (s->p[i] == '|') {
			parts[n++] = str_make(s->p + from, i - from);
			from = i + 1;
		}
	}
	str_skip(s, from);
	return n;
}

static bool
begins_word(struct str s)
{
	return s.n > 1 && (s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z';
}

/* Behind the word "CEF:"; *bare: there is none, but the fields look like it. */
static bool
skip_word(struct str *s, bool *bare)
{
	struct str parts[CEF_HEADER], rest = *s;
	ptrdiff_t at = 0;

	*bare = false;
	/* An export wrote the whole message as one quoted cell. */
	if (str_starts(*s, STR("\"CEF:")) && s->p[s->n - 1] == '"')
		*s = str_make(s->p + 1, s->n - 2);
	if (!str_starts(*s, STR("CEF:"))) {
		struct str head = str_make(s->p, s->n < CEF_WORDS ? s->n : CEF_WORDS);

		at = str_find(head, STR(" CEF:"));
		at += at >= 0;
	}
	if (at >= 0) {
		str_skip(s, (size_t)at + 4);
		*s = str_trim(*s);
		return s->n > 0 && is_digit(s->p[0]);
	}
	/* A relay took "CEF" for a tag. Seven fields, the last a severity, are no accident. */
	*bare = s->n > 2 && (s->p[0] == '0' || s->p[0] == '1') && s->p[1] == '|' &&
		take_fields(&rest, parts) == CEF_HEADER && begins_word(parts[1]) &&
		begins_word(parts[2]) && cef_severity(parts[6]) >= 0;
	return *bare;
}

bool
cef_begins(struct str s)
{
	bool bare;

	return skip_word(&s, &bare);
}

/* "deny | all|5|src=…": a sender that does not escape the pipes of a name. Where no severity stands
 * but one follows within a few fields, what lies between is the name's. */
static void
mend_name(struct str parts[CEF_HEADER], struct str *rest)
{
	struct str look = *rest, field;

	for (unsigned i = 0; i < CEF_NAME_PIPES && str_cut(&look, '|', &field); i++) {
		if (str_chr(field, '=') >= 0)
			return; /* the extension has begun */
		if (cef_severity(field) < 0)
			continue;
		parts[5].n = (size_t)(field.p - 1 - parts[5].p);
		parts[6] = field;
		*rest = look;
		return;
	}
}

enum cef_found
cef_take_header(struct str *s, struct cef_header *ret)
{
	struct str parts[CEF_HEADER] = {0}, rest = *s;
	size_t n;

	*ret = (struct cef_header){0};
	if (!skip_word(&rest, &ret->bare))
		return CEF_NONE;
	n = take_fields(&rest, parts);
	if (n + 1 == CEF_HEADER && cef_severity(rest) >= 0) {
		parts[n++] = str_trim(rest);
		rest.n = 0;
	}
	if (n < CEF_HEADER)
		return CEF_CUT;
	if (cef_severity(parts[6]) < 0)
		mend_name(parts, &rest);
	ret->version = parts[0];
	ret->vendor = parts[1];
	ret->product = parts[2];
	ret->release = parts[3];
	ret->id = parts[4];
	ret->name = parts[5];
	ret->severity = parts[6];
	*s = rest;
	return CEF_READ;
}

/*
 * Where the next key begins (ret: index; *equals: of its '='), from the front of a word on. Values
 * hold blanks, so a pair ends at the last blank in front of the next unescaped '='.
 */
static bool
find_key(struct str s, bool at_word, size_t *ret, size_t *equals)
{
	size_t word = 0;
	bool good = at_word;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (is_blank(c)) {
			word = i + 1;
			good = true;
		} else if (c == '=' && good && i > word) {
			*ret = word;
			*equals = i;
			return true;
		} else if (c == '\\') {
			i++;
			good = false;
		} else if (!is_key_char(c)) {
			good = false;
		}
	}
	return false;
}

bool
cef_next(struct cef_extension *e, struct cef_pair *ret)
{
	size_t key, equals, next, unused;
	struct str s = e->rest;

	if (!find_key(s, true, &key, &equals)) {
		e->odd |= str_trim(s).n > 0;
		e->rest.n = 0;
		return false;
	}
	e->odd |= str_trim(str_make(s.p, key)).n > 0;
	ret->key = str_make(s.p + key, equals - key);
	str_skip(&s, equals + 1);
	if (!find_key(s, false, &next, &unused)) {
		/* A backslash at the very end escapes nothing. */
		e->odd |= s.n > 0 && s.p[s.n - 1] == '\\' && (s.n < 2 || s.p[s.n - 2] != '\\');
		next = s.n;
	}
	ret->value = str_make(s.p, next);
	while (ret->value.n > 0 && is_blank(ret->value.p[ret->value.n - 1]))
		ret->value.n--;
	while (ret->value.n > 0 && is_blank(ret->value.p[0]))
		str_skip(&ret->value, 1);
	str_skip(&s, next);
	e->rest = s;
	return true;
}

bool
cef_is_label(struct str key, struct str *base)
{
	if (key.n <= 5 || !str_ends(key, STR("Label")))
		return false;
	*base = str_make(key.p, key.n - 5);
	return true;
}

bool
cef_is_custom(struct str key)
{
	return (key.n >= 3 && key.n <= 5 && key.p[0] == 'c' && is_digit(key.p[key.n - 1])) ||
	       str_starts(key, STR("flex")) || str_starts(key, STR("deviceCustom"));
}

/* ---- row ---- */

/* rt is the event's time (receipt at the device); the others stand in where it is missing. */
static const char *const time_keys[] = {"rt", "deviceReceiptTime", "end", "start"};
/* Fortinet's own, exact to the nanosecond, behind a prefix that differs by product. */
#define EVENT_TIME STR("eventtime")

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
	bool fortinet;
};

/* Copied only if there is something to undo. */
static struct str
unescape(struct recs *w, struct str s)
{
	char *out = str_chr(s, '\\') < 0 ? NULL : rec_text_room(w, s.n);

	return out ? rec_text_take(w, out, cef_unescape(s, out)) : s;
}

static void
take_pair(struct cef *c, struct str key, struct str value)
{
	static const char *const event_time = "eventtime";
	struct str base;

	value = unescape(c->w, value);
	if (key.n > CEF_KEY || value.n == 0)
		return;
	if (cef_is_label(key, &base)) {
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
	if (cef_is_custom(key) && c->ncustom < CEF_LABELS) {
		c->custom[c->ncustom].key = key;
		c->custom[c->ncustom++].value = value;
		return;
	}
	if (str_ends(key, EVENT_TIME) &&
		generic_take_time(c->ctx, c->w, &event_time, 1, EVENT_TIME, value))
		c->time_rank = -1;
	for (int i = 0; i < 4; i++)
		if (str_eq(key, str_of(time_keys[i]))) {
			if (i < c->time_rank &&
				generic_take_time(c->ctx, c->w, &time_keys[i], 1, key, value))
				c->time_rank = i;
			break;
		}
	/* Fortinet writes sentbyte as out and rcvdbyte as in (FortiOS log reference, CEF support),
	 * the reverse of the standard's flow from source to destination. */
	if (c->fortinet && str_eq(key, STR("out")))
		key = STR("sentbyte");
	else if (c->fortinet && str_eq(key, STR("in")))
		key = STR("rcvdbyte");
	if (str_eq(key, STR("msg")))
		rec_put(c->w, FIELD_EVENT_REASON, value);
	else if (str_eq(key, STR("start")) &&
		 generic_put_instant(c->ctx, c->w, FIELD_EVENT_START, value))
		return;
	else if (str_eq(key, STR("end")) &&
		 generic_put_instant(c->ctx, c->w, FIELD_EVENT_END, value))
		return;
	else
		generic_put(c->w, CEF_PREFIX, key, value);
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
		generic_put(c->w, CEF_PREFIX, name, c->custom[i].value);
	}
}

static bool
cef_sniff(struct str s)
{
	return cef_begins(s);
}

static enum parsed
cef_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct cef c = {.ctx = ctx, .w = w, .time_rank = 4};
	struct cef_extension extension;
	struct cef_header head;
	struct cef_pair pair;
	enum cef_found found;
	int severity;

	if (sources_claim_container(SHAPE_CEF, ctx, w, s))
		return PARSED_OK;
	found = cef_take_header(&s, &head);

	if (found == CEF_CUT)
		rec_flag(w, REASON_CEF);
	if (found != CEF_READ)
		return PARSED_NOT;
	if (!str_eq(head.version, STR("0")) && !str_eq(head.version, STR("1")))
		rec_flag(w, REASON_CEF);
	parse_put(w, FIELD_OBSERVER_VENDOR, unescape(w, head.vendor));
	parse_put(w, FIELD_OBSERVER_PRODUCT, unescape(w, head.product));
	parse_put(w, FIELD_OBSERVER_VERSION, unescape(w, head.release));
	parse_put(w, FIELD_EVENT_CODE, unescape(w, head.id));
	parse_put(w, FIELD_RULE_NAME, unescape(w, head.name));
	severity = cef_severity(head.severity);
	if (severity >= 0)
		rec_put_u64(w, FIELD_EVENT_SEVERITY, (uint64_t)severity);
	else
		rec_flag(w, REASON_CEF);
	c.fortinet = str_eq_nocase(head.vendor, STR("Fortinet"));
	extension = cef_extension(s);
	while (cef_next(&extension, &pair))
		take_pair(&c, pair.key, pair.value);
	if (extension.odd)
		rec_flag(w, REASON_CEF);
	put_custom(&c);
	generic_done(w);
	return PARSED_OK;
}

const struct parser parser_cef = {
	.name = "cef",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.cef",
	.sniff = cef_sniff,
	.parse = cef_parse,
	.flags = PARSER_FOLD,
};
