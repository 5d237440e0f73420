/* kv.c - key=value lines of products that have no row of their own. */
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

static const char *const time_keys[] = {"time", "timestamp", "eventtime", "datetime", "ts"};

static enum parsed
kv_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
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
};
