/* source_put.c - one value of a message into its ECS fields, in the form that each field asks for.
 */
#include "base/allowed.h"
#include "base/stamp.h"
#include "parsers/put.h"
#include "parsers/source_inside.h"

#define LIST_MAX 64u

bool
source_has(const struct recs *w, const struct target *t)
{
	return t->field != FIELD_NAMED && rec_has(w, t->field);
}

static void
put_plain(struct recs *w, const struct target *t, enum value_kind kind, struct str value)
{
	unsigned array = t->field && names_kind(w->names, t->field) == FIELD_A ? ENTRY_ARRAY : 0;

	if (t->field && !ecs_allowed(t->field, value))
		return;
	if (kind == VALUE_NUMBER && t->field && names_kind(w->names, t->field) != FIELD_N)
		kind = VALUE_STRING;
	if ((kind == VALUE_TRUE || kind == VALUE_FALSE) && t->field &&
		names_kind(w->names, t->field) != FIELD_B) {
		value = kind == VALUE_TRUE ? STR("true") : STR("false");
		kind = VALUE_STRING;
	}
	if (t->field)
		rec_put_kind(w, t->field, kind, value, array);
	else
		rec_put_named(w, t->name, kind, value, 0);
}

void
source_set(struct recs *w, const struct settings_list *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct setting *s = &set->set[i];
		struct str list = s->value, one;

		if (s->to.field == FIELD_NOROSHI_WEAVE) {
			w->cur->flags |= RECORD_BINDS;
			continue;
		}
		if (source_has(w, &s->to))
			continue;
		if (!s->to.field || names_kind(w->names, s->to.field) != FIELD_A) {
			bool number = s->to.field && names_kind(w->names, s->to.field) == FIELD_N;

			if (str_starts(s->to.name, STR("logsource.")))
				rec_put_kind(w, s->to.field, VALUE_STRING, s->value, ENTRY_HIDDEN);
			else if (s->to.field == FIELD_NOROSHI_LOG_KIND)
				rec_put_kind(w, s->to.field, VALUE_STRING, s->value, ENTRY_HIDDEN);
			else
				put_plain(
					w, &s->to, number ? VALUE_NUMBER : VALUE_STRING, s->value);
			continue;
		}
		while (list.n) {
			str_cut(&list, ',', &one);
			if (s->to.field == FIELD_NOROSHI_LOG_EXCUSED)
				rec_put_kind(
					w, s->to.field, VALUE_STRING, str_trim(one), ENTRY_HIDDEN);
			else
				put_plain(w, &s->to, VALUE_STRING, str_trim(one));
		}
	}
}

/* ---- forms ---- */

static void
put_host_value(struct recs *w, const struct target *t, struct str value)
{
	if (t->field && names_kind(w->names, t->field) == FIELD_I && rec_put_ip(w, t->field, value))
		return;
	if (t->domain.n == 0)
		return;
	if (t->domain_field ? !rec_has(w, t->domain_field) : true)
		put_plain(w, &(struct target){.field = t->domain_field, .name = t->domain},
			VALUE_STRING, value);
}

static unsigned
port_of(unsigned ip)
{
	switch (ip) {
	case FIELD_SOURCE_IP:
		return FIELD_SOURCE_PORT;
	case FIELD_DESTINATION_IP:
		return FIELD_DESTINATION_PORT;
	case FIELD_CLIENT_IP:
		return FIELD_CLIENT_PORT;
	case FIELD_SERVER_IP:
		return FIELD_SERVER_PORT;
	default:
		return 0;
	}
}

/* "192.0.2.1:443", "[2001:db8::1]:443", "192.0.2.1#53", "host:80", "host/192.0.2.1" */
static void
put_peer(struct recs *w, const struct target *t, struct str value)
{
	ptrdiff_t hash = str_chr(value, '#');
	struct str host = value, port = STR("");

	if (hash >= 0) {
		host = str_make(value.p, (size_t)hash);
		port = str_make(value.p + hash + 1, value.n - (size_t)hash - 1);
	} else {
		split_port(value, &host, &port);
	}
	put_host_value(w, t, host);
	if (port_of(t->field) && !rec_has(w, port_of(t->field)))
		parse_put_port(w, port_of(t->field), port);
}

/* "Sato Kenji <sato@example.jp>", "<sato@example.jp>", lists of them separated by , or ; */
static void
put_mails(struct recs *w, const struct target *t, struct str list)
{
	for (unsigned n = 0; list.n && n < LIST_MAX; n++) {
		size_t i = 0;
		bool quoted = false;
		struct str one;
		ptrdiff_t open;

		while (i < list.n && (quoted || (list.p[i] != ',' && list.p[i] != ';'))) {
			quoted ^= list.p[i] == '"';
			i++;
		}
		if (i == list.n && quoted) /* a quote that never closes */
			for (i = 0; i < list.n && list.p[i] != ',' && list.p[i] != ';';)
				i++;
		one = str_trim(str_make(list.p, i));
		str_skip(&list, i + (i < list.n));
		open = str_rchr(one, '<');
		if (open >= 0 && one.p[one.n - 1] == '>')
			one = str_make(one.p + open + 1, one.n - (size_t)open - 2);
		while (one.n && (one.p[0] == '[' || one.p[0] == '\'' || one.p[0] == '"'))
			str_skip(&one, 1);
		while (one.n && (one.p[one.n - 1] == ']' || one.p[one.n - 1] == '\'' ||
					one.p[one.n - 1] == '"'))
			one.n--;
		if (one.n)
			put_plain(w, t, VALUE_STRING, one);
	}
}

static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && !((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f'))
			return false;
	return s.n > 0;
}

/* Below `file.hash` or `process.hash`, by the length. */
static void
put_hash(struct recs *w, const struct target *t, struct str value)
{
	bool process = str_starts(t->name, STR("process."));

	if (!is_hex(value))
		return;
	if (value.n == 32)
		put_lower(w, process ? FIELD_PROCESS_HASH_MD5 : FIELD_FILE_HASH_MD5, value);
	else if (value.n == 40)
		put_lower(w, process ? FIELD_PROCESS_HASH_SHA1 : FIELD_FILE_HASH_SHA1, value);
	else if (value.n == 64)
		put_lower(w, process ? FIELD_PROCESS_HASH_SHA256 : FIELD_FILE_HASH_SHA256, value);
}

/* "SHA1=..,MD5=..", "sha256:.. md5:.." */
static void
put_hashes(struct recs *w, const struct target *t, struct str list)
{
	while (list.n) {
		size_t i = 0;

		while (i < list.n && list.p[i] != ',' && list.p[i] != ';' && list.p[i] != ' ' &&
			list.p[i] != '=' && list.p[i] != ':')
			i++;
		put_hash(w, t, str_make(list.p, i));
		str_skip(&list, i + (i < list.n));
	}
}

static void
put_duration(struct recs *w, const struct target *t, struct str value, uint64_t unit)
{
	struct str whole, rest = value;
	uint64_t v = 0, part = 0, scale = unit;
	char text[U64_DIGITS];

	str_cut(&rest, '.', &whole);
	if (!str_u64(whole, &v) || v > UINT64_MAX / unit / 2)
		return;
	for (size_t i = 0; i < rest.n && is_digit(rest.p[i]) && scale >= 10; i++) {
		scale /= 10;
		part += (uint64_t)(rest.p[i] - '0') * scale;
	}
	v = v * unit + part;
	if (t->field) {
		rec_put_u64(w, t->field, v);
		return;
	}
	put_plain(w, t, VALUE_NUMBER, str_of_u64(v, text));
}

static void
put_percent(struct recs *w, const struct target *t, struct str value)
{
	char *out = str_chr(value, '%') >= 0 ? rec_text_room(w, value.n) : NULL;
	size_t n = 0;

	if (!out) {
		put_plain(w, t, VALUE_STRING, value);
		return;
	}
	for (size_t i = 0; i < value.n; i++) {
		struct str two = str_make(value.p + i + 1, 2);

		if (value.p[i] == '%' && i + 2 < value.n && is_hex(two)) {
			int hi = is_digit(two.p[0]) ? two.p[0] - '0' : (two.p[0] | 0x20) - 'a' + 10;
			int lo = is_digit(two.p[1]) ? two.p[1] - '0' : (two.p[1] | 0x20) - 'a' + 10;

			out[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = value.p[i];
		}
	}
	put_plain(w, t, VALUE_STRING, rec_text_take(w, out, n));
}

/* W3C logs of IIS: "Mozilla/5.0+(X11;+Linux)". */
static void
put_plus(struct recs *w, const struct target *t, struct str value)
{
	char *out = rec_text_room(w, value.n);

	if (!out)
		return;
	for (size_t i = 0; i < value.n; i++)
		out[i] = value.p[i] == '+' ? ' ' : value.p[i];
	put_percent(w, t, rec_text_take(w, out, value.n));
}

/* Windows DNS: "(3)www(7)example(3)com(0)", a length in brackets before each label. */
static void
put_labels(struct recs *w, const struct target *t, struct str value)
{
	char *out = rec_text_room(w, value.n);
	uint64_t length;
	size_t n = 0;

	if (!out)
		return;
	while (str_take(&value, STR("(")) && str_take_u64(&value, &length) &&
		str_take(&value, STR(")")) && length > 0 && length <= value.n) {
		if (n)
			out[n++] = '.';
		memcpy(out + n, value.p, (size_t)length);
		n += (size_t)length;
		str_skip(&value, (size_t)length);
	}
	if (n)
		put_plain(w, t, VALUE_STRING, rec_text_take(w, out, n));
}

static void
put_units(struct recs *w, const struct target *t, struct str value)
{
	static const char letters[] = "kmgt";
	uint64_t v = 0;
	const char *at;

	if (!str_take_u64(&value, &v))
		return;
	value = str_trim(value);
	at = value.n && value.p[0] ? strchr(letters, value.p[0] | 0x20) : NULL;
	if (at && *at)
		for (long i = 0; i <= at - letters && v < UINT64_MAX / 1024; i++)
			v *= 1024;
	if (t->field)
		rec_put_u64(w, t->field, v);
}

/* What a program's path says beside itself. */
static void
put_executable(struct recs *w, const struct target *t, struct str value)
{
	unsigned name = t->field == FIELD_PROCESS_EXECUTABLE ? FIELD_PROCESS_NAME
							     : FIELD_PROCESS_PARENT_NAME;

	rec_put(w, t->field, value);
	if (!rec_has(w, name))
		parse_put(w, name, path_name(value));
}

static unsigned
domain_of(unsigned user)
{
	return user == FIELD_USER_NAME          ? FIELD_USER_DOMAIN
	       : user == FIELD_USER_TARGET_NAME ? FIELD_USER_TARGET_DOMAIN
						: 0;
}

/* The form that a field asks for. */
static void
put_field(struct recs *w, const struct target *t, const struct pair *v, struct str value)
{
	switch (t->field) {
	case FIELD_URL_ORIGINAL:
	case FIELD_URL_FULL:
		put_url(w, value, false);
		return;
	case FIELD_FILE_PATH:
		put_file(w, value);
		return;
	case FIELD_USER_NAME:
	case FIELD_USER_TARGET_NAME:
		put_account(w, t->field, domain_of(t->field), value);
		return;
	case FIELD_PROCESS_EXECUTABLE:
	case FIELD_PROCESS_PARENT_EXECUTABLE:
		put_executable(w, t, value);
		return;
	case FIELD_EVENT_OUTCOME:
		put_outcome_word(w, value);
		return;
	case FIELD_NETWORK_TRANSPORT:
		put_protocol(w, value);
		return;
	case FIELD_EMAIL_FROM_ADDRESS:
	case FIELD_EMAIL_TO_ADDRESS:
	case FIELD_EMAIL_CC_ADDRESS:
		put_mails(w, t, value);
		return;
	case FIELD_SOURCE_PORT:
	case FIELD_DESTINATION_PORT:
	case FIELD_CLIENT_PORT:
	case FIELD_SERVER_PORT:
		parse_put_port(w, t->field, value);
		return;
	case FIELD_SOURCE_MAC:
	case FIELD_DESTINATION_MAC:
	case FIELD_CLIENT_MAC:
	case FIELD_HOST_MAC:
		parse_put_mac(w, t->field, value);
		return;
	case FIELD_EVENT_RISK_SCORE: /* the one number of ECS that is no integer */
		put_count(w, t->field, value);
		return;
	case FIELD_DNS_QUESTION_NAME:
		if (value.n > 1 && value.p[value.n - 1] == '.')
			value.n--;
		rec_put(w, t->field, value);
		return;
	case FIELD_FILE_HASH_MD5:
	case FIELD_FILE_HASH_SHA1:
	case FIELD_FILE_HASH_SHA256:
	case FIELD_PROCESS_HASH_MD5:
	case FIELD_PROCESS_HASH_SHA1:
	case FIELD_PROCESS_HASH_SHA256:
		if (is_hex(value))
			put_lower(w, t->field, value);
		return;
	default:
		break;
	}
	if (t->field && names_kind(w->names, t->field) == FIELD_I)
		put_host_value(w, t, value);
	else if (t->field && names_kind(w->names, t->field) == FIELD_N)
		put_integer(w, t->field, value);
	else
		put_plain(w, t, (enum value_kind)v->kind, value);
}

/* A number or an address: its width says nothing. */
static bool
wants_ascii(const struct recs *w, const struct op *op, const struct target *t)
{
	int kind = t->field ? (int)names_kind(w->names, t->field) : -1;

	return kind == FIELD_N || kind == FIELD_I || (op->as >= AS_HOST && op->as <= AS_MAIL) ||
	       (op->as >= AS_SECONDS && op->as <= AS_MICROSECONDS) || op->as == AS_UNITS;
}

static void
put_as(struct recs *w, const struct op *op, const struct target *t, const struct pair *v,
	struct str value)
{
	if (wants_ascii(w, op, t))
		value = put_narrow(w, value);
	switch ((enum as)op->as) {
	case AS_TEXT:
		put_plain(w, t, (enum value_kind)v->kind, value);
		return;
	case AS_LOWER:
		if (t->field)
			put_lower(w, t->field, value);
		else
			put_plain(w, t, VALUE_STRING, value);
		return;
	case AS_URL:
		put_url(w, value, false);
		return;
	case AS_AUTHORITY:
		put_url(w, value, true);
		return;
	case AS_FILE:
		put_file(w, value);
		return;
	case AS_ACCOUNT:
		put_account(w, t->field, domain_of(t->field), value);
		return;
	case AS_HOST:
		put_host_value(w, t, value);
		return;
	case AS_PEER:
		put_peer(w, t, value);
		return;
	case AS_PORT:
		parse_put_port(w, t->field, value);
		return;
	case AS_MAC:
		parse_put_mac(w, t->field, value);
		return;
	case AS_HASH:
		put_hash(w, t, value);
		return;
	case AS_HASHES:
		put_hashes(w, t, value);
		return;
	case AS_MAIL:
		put_mails(w, t, value);
		return;
	case AS_PROTOCOL:
		put_protocol(w, value);
		return;
	case AS_OUTCOME:
		put_outcome_word(w, value);
		return;
	case AS_SECONDS:
		put_duration(w, t, value, UINT64_C(1000000000));
		return;
	case AS_MILLISECONDS:
		put_duration(w, t, value, UINT64_C(1000000));
		return;
	case AS_MICROSECONDS:
		put_duration(w, t, value, UINT64_C(1000));
		return;
	case AS_BASENAME:
		put_plain(w, t, VALUE_STRING, path_name(value));
		return;
	case AS_PERCENT:
		put_percent(w, t, value);
		return;
	case AS_UNITS:
		put_units(w, t, value);
		return;
	case AS_LABELS:
		put_labels(w, t, value);
		return;
	case AS_PLUS:
		put_plus(w, t, value);
		return;
	case AS_FIELD:
	case AS_COUNT:
		put_field(w, t, v, value);
		return;
	}
}

/* ---- one row ---- */

static bool
is_nothing(const struct source *s, const struct pair *v, struct str value)
{
	if (v->kind == VALUE_NULL || v->kind == VALUE_OBJECT || v->kind == VALUE_EMPTY_ARRAY ||
		value.n == 0 || (value.n == 1 && value.p[0] == '-'))
		return true;
	for (size_t i = 0; i < s->nnothing; i++)
		if (str_eq_nocase(value, s->nothing[i]))
			return true;
	return false;
}

/* The value by the row's table. False: the table has no word for it. */
static bool
translate(const struct op *op, struct str *value)
{
	if (op->nvalues == 0 && !op->has_other)
		return true;
	for (size_t i = 0; i < op->nvalues; i++)
		if (str_eq_nocase(*value, op->values[i].from)) {
			*value = op->values[i].to;
			return value->n > 0;
		}
	if (op->has_other && !str_eq(op->other, STR("$")))
		*value = op->other;
	return op->has_other && value->n > 0;
}

static void
put_one(const struct source *s, struct recs *w, struct pairs *p, const struct op *op,
	const struct pair *v, struct str value)
{
	struct pair word = *v;
	int got;

	if (op->re) {
		if (!pairs_match(p, op->re, value, &got))
			return;
		value = pairs_group(p, value, got > 1 ? 1 : 0);
	}
	value = str_trim(value);
	if (is_nothing(s, v, value) || !translate(op, &value))
		return;
	/* A word of the table is a word, whatever stood for it: {true: inbound}. */
	if (op->nvalues || (op->has_other && !str_eq(op->other, STR("$")))) {
		word.kind = VALUE_STRING;
		v = &word;
	}
	for (size_t i = 0; i < op->nto; i++) {
		const struct target *t = &op->to[i];
		uint32_t mark;

		if (op->over && t->field)
			put_forget(w, t->field);
		mark = batch_results(w->b)->nentries;
		if (!source_has(w, t) || (t->field && names_kind(w->names, t->field) == FIELD_A))
			put_as(w, op, t, v, value);
		/* Paths, addresses and accounts fill their kin. */
		source_drop_doubled(w, mark);
	}
}

void
source_op(const struct source *s, struct recs *w, struct pairs *p, const struct op *op)
{
	struct pair special = {.kind = VALUE_STRING}, *v;
	bool array = false, has;

	/* The first key that has a value fills a field; later rows leave it alone. */
	for (size_t i = 0; i < op->nto; i++)
		array |= !source_has(w, &op->to[i]);
	if ((!array && !op->over) || !pairs_hold(p, &op->cond))
		return;
	if (op->key < KEY_FIRST) {
		special.value = pairs_text(p, op->key, &has);
		put_one(s, w, p, op, &special, special.value);
		return;
	}
	v = pairs_find(p, op->key);
	for (; v; v = v->next ? &p->v[v->next - 1u] : NULL) {
		struct str rest = v->value, one;

		v->used = true;
		if (!op->split) {
			put_one(s, w, p, op, v, rest);
			continue;
		}
		for (unsigned n = 0; rest.n && n < LIST_MAX; n++) {
			str_cut(&rest, op->split, &one);
			put_one(s, w, p, op, v, one);
		}
	}
}
