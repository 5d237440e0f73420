#include "parsers/generic.h"

#include "base/stamp.h"
#include "parsers/put.h"

enum how {
	AS_TEXT,
	AS_LOWER,
	AS_HOST,
	AS_HOSTNAME, /* unless the header named the host */
	AS_PORT,
	AS_MAC,
	AS_COUNT,
	AS_PROTO,
	AS_USER,    /* DOMAIN\user */
	AS_OUTCOME, /* only words that mean success or failure */
	AS_URL,
	AS_FILE,
	AS_HASH,  /* the field by its length */
	AS_MAIL,  /* only what has an @ */
	AS_VERB,  /* of HTTP */
	AS_STATUS /* of HTTP: 100 to 599 */
};

#define FIELD_NONE 0
#define KEY_BYTES  40u /* no name of the table is longer */

static const struct key {
	struct str name;
	uint16_t field, domain;
	uint8_t how;
	bool sure; /* also below other names */
} keys[] = {
#define S(name, field, domain, how)                                                                \
	{{#name, sizeof(#name) - 1}, FIELD_##field, FIELD_##domain, AS_##how, true},
#define W(name, field, domain, how)                                                                \
	{{#name, sizeof(#name) - 1}, FIELD_##field, FIELD_##domain, AS_##how, false},
#include "parsers/generic.def"
#undef W
#undef S
};

/* "Src_IP", "srcIp", "src-ip": srcip. False: no name of the table can be meant. */
static bool
bare_name(struct str name, char out[KEY_BYTES], size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '_' || c == '-' || c == '.' || c == ' ')
			continue;
		if (*n == KEY_BYTES)
			return false;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (!is_digit(c) && !(c >= 'a' && c <= 'z'))
			return false;
		out[(*n)++] = c;
	}
	return *n > 0;
}

static const struct key *
find_key(struct str name)
{
	size_t lo = 0, hi = sizeof(keys) / sizeof(keys[0]), n;
	char bare[KEY_BYTES];

	if (!bare_name(name, bare, &n))
		return NULL;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int rc = str_cmp(str_make(bare, n), keys[mid].name);

		if (rc == 0)
			return &keys[mid];
		if (rc < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* "client.src_ip": the whole name, else what stands behind a dot if it is sure by itself. */
static const struct key *
find_path(struct str path)
{
	const struct key *k = find_key(path);
	struct str head;

	while (!k && str_chr(path, '.') >= 0) {
		str_cut(&path, '.', &head);
		k = find_key(path);
		if (k && !k->sure)
			k = NULL;
	}
	return k;
}

/* A word such as GET, not a way of logging in. */
static bool
is_verb(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	return s.n >= 3 && s.n <= 10;
}

static bool
put_hash(struct recs *w, struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!is_digit(value.p[i]) &&
			!((value.p[i] | 0x20) >= 'a' && (value.p[i] | 0x20) <= 'f'))
			return false;
	if (value.n == 32)
		put_lower(w, FIELD_FILE_HASH_MD5, value);
	else if (value.n == 40)
		put_lower(w, FIELD_FILE_HASH_SHA1, value);
	else if (value.n == 64)
		put_lower(w, FIELD_FILE_HASH_SHA256, value);
	else
		return false;
	return true;
}

/* A path, or a name alone; another key may have told the other. */
static void
put_some_file(struct recs *w, struct str value)
{
	bool named = rec_has(w, FIELD_FILE_NAME);

	if (str_chr(value, '/') < 0 && str_chr(value, '\\') < 0) {
		if (!named)
			rec_put(w, FIELD_FILE_NAME, value);
	} else if (!named) {
		put_file(w, value);
	} else {
		rec_put(w, FIELD_FILE_PATH, value);
	}
}

static unsigned
port_of(unsigned ip)
{
	return ip == FIELD_SOURCE_IP        ? FIELD_SOURCE_PORT
	       : ip == FIELD_DESTINATION_IP ? FIELD_DESTINATION_PORT
					    : 0;
}

/* False: the value is not what the key promised; it is kept under its own name. */
static bool
put_as(struct recs *w, const struct key *k, struct str value)
{
	struct str host, port_text;
	uint64_t port;

	switch ((enum how)k->how) {
	case AS_TEXT:
		rec_put(w, k->field, value);
		return true;
	case AS_LOWER:
		put_lower(w, k->field, value);
		return true;
	case AS_HOST:
		if (rec_put_ip(w, k->field, value))
			return true;
		split_port(value, &host, &port_text);
		if (port_text.n && rec_put_ip(w, k->field, host)) {
			if (port_of(k->field) && !rec_has(w, port_of(k->field)))
				parse_put_port(w, port_of(k->field), port_text);
			return true;
		}
		if (k->domain)
			rec_put(w, k->domain, value);
		return k->domain != 0;
	case AS_HOSTNAME:
		rec_put(w, k->field, value);
		return true;
	case AS_PORT:
		if (value.n > 5 || !str_u64(value, &port) || port > 65535)
			return false;
		parse_put_port(w, k->field, value);
		return true;
	case AS_MAC:
		return parse_put_mac(w, k->field, value);
	case AS_COUNT:
		if (!str_u64(value, &port))
			return false;
		put_count(w, k->field, value);
		return true;
	case AS_PROTO:
		put_protocol(w, value);
		return true;
	case AS_USER:
		put_account(w, k->field, FIELD_USER_DOMAIN, value);
		return true;
	case AS_OUTCOME:
		/* a bare 0 is no word: some count errors with it */
		return !str_eq(value, STR("0")) && put_outcome_word(w, value);
	case AS_URL:
		put_url(w, value, false);
		return true;
	case AS_FILE:
		put_some_file(w, value);
		return true;
	case AS_HASH:
		return put_hash(w, value);
	case AS_MAIL:
		if (str_chr(value, '@') < 0)
			return false;
		rec_put(w, k->field, value);
		return true;
	case AS_VERB:
		if (is_verb(value))
			rec_put(w, k->field, value);
		return is_verb(value);
	case AS_STATUS:
		if (!str_u64(value, &port) || port < 100 || port > 599)
			return false;
		rec_put_u64(w, k->field, port);
		return true;
	}
	return false;
}

void
generic_hint(struct recs *w, struct str path, struct str value)
{
	const struct key *k = find_path(path);

	if (k && value.n > 0 && !str_eq(value, STR("-")) && !str_eq(value, STR("--")) &&
		!rec_has(w, k->field))
		put_as(w, k, value);
}

void
generic_put(struct recs *w, struct str prefix, struct str key, struct str value)
{
	const struct key *k = find_key(key);

	if (value.n == 0)
		return;
	/* A path may be a folder's; its name says less than the file's own. */
	if (k && k->field == FIELD_FILE_NAME && rec_has(w, FIELD_FILE_PATH) &&
		str_chr(value, '/') < 0 && str_chr(value, '\\') < 0) {
		put_over(w, FIELD_FILE_NAME, value);
		return;
	}
	/* The first word for a thing stands; a second one keeps its own name. */
	if (k && !rec_has(w, k->field) && put_as(w, k, value))
		return;
	rec_put_prefixed(w, prefix, key, value);
}

bool
generic_time(struct parse_ctx *ctx, struct str text, int64_t *ret)
{
	struct str whole = str_trim(text);

	text = whole;
	if (!stamp_take_iso(&text, ctx->in->zone, ctx->arrival, ret) &&
		!stamp_take_bsd(&text, ctx->in->zone, ctx->arrival, ret) &&
		!stamp_take_ctime(&text, ctx->in->zone, ctx->arrival, ret) &&
		!stamp_take_clf(&text, ctx->in->zone, ctx->arrival, ret) &&
		!(text.n >= 10 && stamp_take_epoch(&text, ret)))
		return stamp_words(whole, ctx->in->zone, ctx->arrival, ret);
	/* A zone's name that does not say which offset: the input's zone stands. */
	return text.n == 0 || (text.p[0] == ' ' && text.n <= 8) ||
	       stamp_words(whole, ctx->in->zone, ctx->arrival, ret);
}

bool
generic_take_time(struct parse_ctx *ctx, struct recs *w, const char *const *names, size_t n,
	struct str key, struct str value)
{
	int64_t ns;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(key, str_of(names[i])))
			continue;
		if (!generic_time(ctx, value, &ns)) {
			rec_flag(w, REASON_TIMESTAMP);
			return false;
		}
		parse_time(ctx, w, ns);
		return true;
	}
	return false;
}

bool
generic_put_instant(struct parse_ctx *ctx, struct recs *w, unsigned field, struct str value)
{
	char text[32];
	int64_t ns;

	if (!generic_time(ctx, value, &ns) || ns == STAMP_BEYOND)
		return false;
	rec_put(w, field, str_make(text, stamp_format(ns, text)));
	return true;
}

void
generic_done(struct recs *w)
{
	const struct entry *e = batch_entries(w->b);
	struct str user = {0};

	if (!w->cur || rec_has(w, FIELD_USER_NAME) || !rec_has(w, FIELD_DESTINATION_USER_NAME))
		return;
	for (uint32_t i = w->cur->first_entry; i < batch_results(w->b)->nentries; i++)
		if (e[i].field == FIELD_DESTINATION_USER_NAME)
			user = entry_text(w->b, &e[i]);
	put_account(w, FIELD_USER_NAME, FIELD_USER_DOMAIN, user);
}
