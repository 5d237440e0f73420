/* kv.c - key=value: its reader, and the row for lines of products that have no row of their own. */
#include "parsers/kv.h"

#include "parsers/generic.h"

#define KV_PAIRS_SURE 3u   /* pairs that make a message one of key=value */
#define KV_LOOK       512u /* bytes looked at to count them */

/* auditd's enriched lines have a group separator (0x1d) between raw and translated fields. */
static bool
is_gap(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == ';' || (unsigned char)c < 0x20;
}

static void
take_quoted(struct str *s, struct kv *kv)
{
	char quote = s->p[0];
	size_t i = 1;

	kv->quoted = true;
	for (; i < s->n && s->p[i] != quote; i++)
		if (s->p[i] == '\\' && i + 1 < s->n) {
			kv->escaped = true;
			i++;
		}
	if (i > s->n)
		i = s->n;
	kv->value = str_make(s->p + 1, i - 1);
	kv->odd |= i == s->n;
	str_skip(s, i + (i < s->n));
}

bool
kv_next(struct str *s, struct kv *ret, bool *loose)
{
	while (s->n > 0) {
		size_t i = 0;

		*ret = (struct kv){0};
		while (s->n > 0 && is_gap(s->p[0]))
			str_skip(s, 1);
		while (i < s->n && s->p[i] != '=' && !is_gap(s->p[i]))
			i++;
		if (s->n == 0)
			return false;
		if (i == s->n || s->p[i] != '=') {
			*loose = true;
			str_skip(s, i);
			continue;
		}
		ret->key = str_make(s->p, i);
		ret->odd = i == 0;
		str_skip(s, i + 1);
		if (s->n > 0 && (s->p[0] == '"' || s->p[0] == '\'')) {
			take_quoted(s, ret);
			return true;
		}
		i = 0;
		while (i < s->n && !is_gap(s->p[i]))
			i++;
		ret->value = str_make(s->p, i);
		ret->odd |= i == 0;
		str_skip(s, i);
		return true;
	}
	return false;
}

size_t
kv_unescape(struct str v, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		/* Only what quoting needs: EXAMPLE\nakamura is a name, not a line feed. */
		if (c == '\\' && i + 1 < v.n &&
			(v.p[i + 1] == '\\' || v.p[i + 1] == '"' || v.p[i + 1] == '\''))
			c = v.p[++i];
		out[n++] = c;
	}
	return n;
}

/* ---- the spelling ---- */

#define LOOK_BYTES 1024u
#define KV_KEY_MAX 64u

static bool
is_key_char(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' ||
	       c == '.' || c == '/' || c == '@' || c == '$' || (unsigned char)c >= 0x80;
}

static bool
is_opening(char c)
{
	return c == '[' || c == '(' || c == '{' || c == '<';
}

static bool
is_closing(char c)
{
	return c == ']' || c == ')' || c == '}' || c == '>';
}

static bool
has_opening(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_opening(s.p[i]))
			return true;
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || (unsigned char)c < 0x20;
}

/* Does a key with its sign of assignment stand at s? *n: bytes of the key, *all: with the sign and
 * a blank behind a colon. A colon assigns only to what is quoted, unless `free`. */
static bool
key_at(struct str s, char assign, bool free, size_t *n, size_t *all)
{
	size_t i = 0;

	while (i < s.n && i <= KV_KEY_MAX && is_key_char(s.p[i]))
		i++;
	*n = i;
	/* "key = value" is met, too. */
	if (i > 0 && i + 2 < s.n && s.p[i] == ' ' && s.p[i + 1] == assign && s.p[i + 2] == ' ')
		i++;
	if (i == 0 || *n > KV_KEY_MAX || i >= s.n || s.p[i] != assign)
		return false;
	i++;
	if (assign == '=' && i < s.n && s.p[i] == '=')
		return false;
	if (i < s.n && s.p[i] == ' ' && (assign == ':' || s.p[*n] == ' '))
		i++;
	*all = i;
	return assign == '=' || free || (i < s.n && s.p[i] == '"');
}

/* What stands between two pairs. */
struct gaps {
	unsigned comma, semicolon, pipe, tab, blank;
};

static void
count_gap(struct gaps *g, struct str gap)
{
	if (str_chr(gap, ';') >= 0)
		g->semicolon++;
	else if (str_chr(gap, '|') >= 0)
		g->pipe++;
	else if (str_chr(gap, ',') >= 0)
		g->comma++;
	else if (str_chr(gap, '\t') >= 0)
		g->tab++;
	else
		g->blank++;
}

/* The bytes at the end of s that may separate two pairs. */
static struct str
gap_at_end(struct str s)
{
	size_t i = s.n;

	while (i > 0 &&
		(is_blank(s.p[i - 1]) || s.p[i - 1] == ',' || s.p[i - 1] == ';' ||
			s.p[i - 1] == '|' || is_opening(s.p[i - 1]) || is_closing(s.p[i - 1])))
		i--;
	return str_make(s.p + i, s.n - i);
}

static size_t
quoted_length(struct str s)
{
	size_t i = 1;

	for (; i < s.n && s.p[i] != s.p[0]; i++)
		i += s.p[i] == '\\';
	return i < s.n ? i + 1 : s.n;
}

/* Count the pairs of one kind of assignment. */
static unsigned
look(struct str s, char assign, struct gaps *gaps, struct kv_form *form)
{
	size_t i = 0, from = 0;
	bool fresh = true;

	form->pairs = 0;
	form->loose = form->leading = false;
	while (i < s.n) {
		struct str rest = str_make(s.p + i, s.n - i),
			   before = str_make(s.p + from, i - from);
		size_t n, all;

		if (!fresh || !key_at(rest, assign, false, &n, &all)) {
			fresh = is_blank(s.p[i]) || s.p[i] == ',' || s.p[i] == ';' ||
				s.p[i] == '|' || is_opening(s.p[i]);
			i++;
			continue;
		}
		if (form->pairs == 0) {
			form->leading = gap_at_end(before).n == before.n;
		} else {
			struct str gap = gap_at_end(before);

			count_gap(gaps, gap);
			before.n -= gap.n;
			form->loose |= str_chr(before, ' ') >= 0;
		}
		form->pairs++;
		i += all;
		if (i < s.n && (s.p[i] == '"' || (s.p[i] == '\'' && assign == '=')))
			i += quoted_length(str_make(s.p + i, s.n - i));
		from = i;
		fresh = false;
	}
	return form->pairs;
}

bool
kv_look(struct str text, struct kv_form *ret)
{
	struct gaps equal = {0}, colon = {0}, *g = &equal;
	struct kv_form other = {.assign = ':'};

	text.n = text.n < LOOK_BYTES ? text.n : LOOK_BYTES;
	*ret = (struct kv_form){.assign = '='};
	look(text, '=', &equal, ret);
	if (look(text, ':', &colon, &other) > ret->pairs) {
		*ret = other;
		g = &colon;
	}
	ret->separator = ' ';
	if (g->blank == 0 && g->pipe && !g->comma && !g->semicolon && !g->tab)
		ret->separator = '|';
	else if (g->blank == 0 && g->semicolon && !g->comma && !g->pipe && !g->tab)
		ret->separator = ';';
	else if (g->blank == 0 && g->comma && !g->semicolon && !g->pipe && !g->tab)
		ret->separator = ',';
	else if (g->blank == 0 && g->tab && !g->comma && !g->semicolon && !g->pipe)
		ret->separator = '\t';
	ret->spaced = ret->separator == ' ' && ret->loose;
	return ret->pairs > 0;
}

/* Does what stands here end an unquoted value? */
static bool
ends_value(struct str s, size_t i, const struct kv_form *form)
{
	struct str rest;
	size_t n, all;

	if (form->separator != ' ' && s.p[i] != form->separator)
		return false;
	if (form->separator != ' ' && form->separator != ',')
		return true;
	if (form->separator == ' ' && !is_gap(s.p[i]))
		return false;
	if (form->separator == ' ' && !form->spaced)
		return true;
	/* Values hold blanks or commas: only a key behind it ends one. */
	rest = str_make(s.p + i, s.n - i);
	while (rest.n > 0 && (is_gap(rest.p[0]) || is_opening(rest.p[0])))
		str_skip(&rest, 1);
	return rest.n == 0 || key_at(rest, form->assign, true, &n, &all);
}

static void
take_unquoted(struct str *s, const struct kv_form *form, struct kv *ret)
{
	size_t i = 0, tried = 0;

	while (i < s->n && (i < tried || !ends_value(*s, i, form))) {
		/* A run of gaps is looked at once. */
		if (i >= tried && is_gap(s->p[i]))
			for (tried = i; tried < s->n && is_gap(s->p[tried]);)
				tried++;
		i++;
	}
	ret->value = str_make(s->p, i);
	str_skip(s, i);
	while (ret->value.n > 0 && is_gap(ret->value.p[ret->value.n - 1]))
		ret->value.n--;
	/* "[key=value]": the bracket is the pair's. */
	if (ret->value.n > 0 && is_closing(ret->value.p[ret->value.n - 1]) &&
		!has_opening(ret->value))
		ret->value.n--;
	ret->odd |= ret->value.n == 0;
}

bool
kv_pair(struct str *s, const struct kv_form *form, struct kv *ret, bool *loose)
{
	while (s->n > 0) {
		size_t n, all, i = 0;

		*ret = (struct kv){0};
		while (s->n > 0 && (is_gap(s->p[0]) || is_opening(s->p[0]) || is_closing(s->p[0]) ||
					   s->p[0] == '|'))
			str_skip(s, 1);
		if (s->n == 0)
			return false;
		if (!key_at(*s, form->assign, true, &n, &all)) {
			*loose = true;
			while (i < s->n && !is_gap(s->p[i]) && s->p[i] != '|' &&
				!is_opening(s->p[i]))
				i++;
			str_skip(s, i > 0 ? i : 1);
			continue;
		}
		ret->key = str_make(s->p, n);
		str_skip(s, all);
		if (s->n > 0 && (s->p[0] == '"' || s->p[0] == '\'')) {
			take_quoted(s, ret);
			return true;
		}
		take_unquoted(s, form, ret);
		return true;
	}
	return false;
}

/* ---- row ---- */

static const char *const time_keys[] = {"time", "timestamp", "eventtime", "datetime", "ts"};

static bool
take_halves(struct parse_ctx *ctx, struct recs *w, struct str date, struct str time)
{
	char joined[48];
	int64_t ns;

	memcpy(joined, date.p, date.n);
	joined[date.n] = ' ';
	memcpy(joined + date.n + 1, time.p, time.n);
	if (!generic_time(ctx, str_make(joined, date.n + 1 + time.n), &ns))
		return false;
	parse_time(ctx, w, ns);
	return true;
}

static enum parsed
kv_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct str date = STR("");
	struct kv kv;
	bool loose = false;
	unsigned n = 0;

	while (kv_next(&s, &kv, &loose)) {
		struct str value = kv.value;

		n++;
		if (kv.odd)
			rec_flag(w, REASON_KV);
		if (kv.key.n == 0 || kv.key.n > 128)
			continue;
		if (kv.escaped) {
			char *room = rec_text_room(w, value.n);

			if (room)
				value = rec_text_take(w, room, kv_unescape(value, room));
		}
		if (str_eq(kv.key, STR("date")))
			date = value;
		/* "date=2026-04-02 time=10:02:03": neither is a time alone. */
		if (date.n > 0 && date.n < 24 && value.n < 24 && str_eq(kv.key, STR("time")) &&
			!ctx->timed && take_halves(ctx, w, date, value))
			continue;
		if (!generic_take_time(ctx, w, time_keys, 5, kv.key, value))
			generic_put(w, STR("kv."), kv.key, value);
	}
	return n > 0 ? PARSED_OK : PARSED_NOT;
}

/* Begins with a key and holds several pairs and nothing else. */
static bool
kv_sniff(struct str s)
{
	struct kv kv;
	bool loose = false;
	unsigned n = 0;
	size_t i = 0;

	while (i < s.n && i < 32 &&
		(s.p[i] == '_' || s.p[i] == '-' || s.p[i] == '.' || is_digit(s.p[i]) ||
			((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z')))
		i++;
	if (i == 0 || i == s.n || s.p[i] != '=')
		return false;
	s.n = s.n < KV_LOOK ? s.n : KV_LOOK;
	while (n < KV_PAIRS_SURE && kv_next(&s, &kv, &loose) && !kv.odd && !loose)
		n++;
	return n >= KV_PAIRS_SURE;
}

const struct parser parser_kv = {
	.name = "kv",
	.words = "key=value keyvalue logfmt",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.kv",
	.sniff = kv_sniff,
	.parse = kv_parse,
	.flags = PARSER_FOLD,
};
