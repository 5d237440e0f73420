/* syslog5424.c - the header of RFC 5424, section 6, and its structured data. */
#include "base/stamp.h"
#include "parsers/envelope.h"

#define SD_PREFIX     "log.syslog.structured_data."
#define SD_PARAMS     512u /* more are flagged and left in the text */
#define SD_NAME_MAX   32u  /* RFC 5424 6.3.2; longer ones are taken and flagged */
#define SD_NAME_LOOSE 128u

/* Does a full date stand here ("2026-11-22T", "2026-11-22 "), or NILVALUE? */
static bool
time_may_begin(struct str s)
{
	static const char shape[] = "0000-00-00";

	if (s.n >= 2 && s.p[0] == '-' && s.p[1] == ' ')
		return true;
	if (s.n < 11 || (s.p[10] != 'T' && s.p[10] != ' '))
		return false;
	for (size_t i = 0; i < 10; i++)
		if (shape[i] == '-' ? s.p[i] != '-' : !is_digit(s.p[i]))
			return false;
	return true;
}

bool
syslog5424_begins(struct str s)
{
	size_t i = 0;

	if (s.n >= 2 && s.p[0] == '1' && (s.p[1] == ' ' || s.p[1] == '\t'))
		return true;
	/* Another version: believed where the date behind it leaves no doubt. */
	while (i < s.n && i < 4 && s.p[i] > ' ' && s.p[i] < 0x7f)
		i++;
	if (i == 0 || i == s.n || s.p[i] != ' ')
		return false;
	return time_may_begin(str_make(s.p + i + 1, s.n - i - 1));
}

/* One header field and the blank behind it. *s stays behind what was understood. */
static bool
take_field(struct recs *w, struct str *s, size_t max, struct str *ret)
{
	size_t i = 0;

	*ret = (struct str){0};
	while (i < s->n && s->p[i] != ' ')
		i++;
	if (i == 0 || i == s->n) {
		rec_flag(w, REASON_HEADER);
		return false;
	}
	*ret = str_make(s->p, i);
	if (i > max)
		rec_flag(w, REASON_HEADER);
	for (size_t k = 0; k < i; k++)
		if (s->p[k] < 33 || s->p[k] > 126) {
			rec_flag(w, REASON_HEADER);
			break;
		}
	str_skip(s, i + 1);
	if (str_eq(*ret, STR("-")))
		ret->n = 0;
	return true;
}

static bool
take_time(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str rest = *s, word;
	int64_t ns;
	bool is_time = stamp_take_iso(&rest, ctx->in->zone, ctx->arrival, &ns);

	/* Some firewalls write seconds since 1970 here. */
	if (!is_time) {
		rest = *s;
		is_time = s->n >= 10 && stamp_take_epoch(&rest, &ns);
	}
	if (is_time && rest.n > 0 && rest.p[0] == ' ') {
		envelope_time(ctx, w, ns);
		str_skip(&rest, 1);
		*s = rest;
		return true;
	}
	if (!take_field(w, s, 64, &word)) {
		rec_flag(w, REASON_TIMESTAMP);
		return false;
	}
	if (word.n > 0)
		rec_flag(w, REASON_TIMESTAMP);
	return true;
}

/* ---- structured data ---- */

static bool
is_sd_name_char(char c)
{
	return c > 32 && c < 127 && c != '=' && c != ']' && c != '"';
}

static bool
take_sd_name(struct recs *w, struct str *s, struct str *ret)
{
	size_t i = 0;

	while (i < s->n && is_sd_name_char(s->p[i]))
		i++;
	if (i == 0 || i > SD_NAME_LOOSE)
		return false;
	if (i > SD_NAME_MAX)
		rec_flag(w, REASON_SD);
	*ret = str_make(s->p, i);
	str_skip(s, i);
	return true;
}

/* What stands between quotes; \" \\ \] are unescaped, other backslashes stay (RFC 5424 6.3.3). A
 * bare ']' is not allowed there; it is taken and flagged. */
static bool
take_sd_value(struct recs *w, struct str *s, struct str *ret)
{
	size_t i = 0, n = 0;
	bool escapes = false;
	char *out;

	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n) {
			escapes = true;
			i++;
		} else if (s->p[i] == ']') {
			rec_flag(w, REASON_SD);
		}
	}
	if (i >= s->n)
		return false;
	*ret = str_make(s->p, i);
	str_skip(s, i + 1);
	if (!escapes)
		return true;
	out = rec_text_room(w, i);
	if (!out)
		return true;
	for (size_t k = 0; k < i; k++) {
		char c = ret->p[k];

		if (c == '\\' && k + 1 < i &&
			(ret->p[k + 1] == '"' || ret->p[k + 1] == '\\' || ret->p[k + 1] == ']'))
			c = ret->p[++k];
		out[n++] = c;
	}
	*ret = rec_text_take(w, out, n);
	return true;
}

struct sd_name {
	char text[RECORD_NAME_MAX];
	size_t prefix, n; /* bytes up to the parameter's name; in all */
};

/* The same name twice in an element is legal: both become elements of an array. */
static unsigned
array_flag(struct recs *w, uint32_t from, const struct sd_name *name, unsigned field)
{
	struct entry *e = batch_entries(w->b);
	uint32_t n = batch_results(w->b)->nentries;
	unsigned flag = 0;

	for (uint32_t i = from; i < n; i++) {
		if (e[i].field != field)
			continue;
		if (field == FIELD_NAMED &&
			!str_eq(entry_name(w->b, w->names, &e[i]), str_make(name->text, name->n)))
			continue;
		e[i].flags |= ENTRY_ARRAY;
		flag = ENTRY_ARRAY;
	}
	return flag;
}

static bool
take_sd_params(struct recs *w, struct str *s, struct sd_name *name, unsigned *params)
{
	uint32_t from = batch_results(w->b)->nentries;
	struct str key, value;

	while (s->n > 0 && s->p[0] != ']') {
		unsigned field;

		if (s->p[0] != ' ')
			return false;
		str_skip(s, 1);
		if (s->n > 0 && s->p[0] == ']') {
			rec_flag(w, REASON_SD);
			break;
		}
		if (!take_sd_name(w, s, &key) || !str_take(s, STR("=\"")) ||
			!take_sd_value(w, s, &value))
			return false;
		if (++*params > SD_PARAMS || name->prefix + key.n > sizeof(name->text)) {
			rec_flag(w, REASON_SD);
			continue;
		}
		memcpy(name->text + name->prefix, key.p, key.n);
		name->n = name->prefix + key.n;
		field = names_find(w->names, str_make(name->text, name->n));
		rec_put_named(w, str_make(name->text, name->n), VALUE_STRING, value,
			array_flag(w, from, name, field));
	}
	return str_take(s, STR("]"));
}

/* False: not sound; *s stays where the trouble began. */
static bool
take_sd(struct recs *w, struct str *s)
{
	struct sd_name name = {.text = SD_PREFIX};
	unsigned params = 0;
	struct str id;

	if (s->n > 0 && s->p[0] == '-') {
		str_skip(s, 1);
		return true;
	}
	if (s->n == 0 || s->p[0] != '[')
		return false;
	while (str_take(s, STR("["))) {
		if (!take_sd_name(w, s, &id))
			return false;
		memcpy(name.text + sizeof(SD_PREFIX) - 1, id.p, id.n);
		name.prefix = sizeof(SD_PREFIX) - 1 + id.n;
		name.text[name.prefix++] = '.';
		if (!take_sd_params(w, s, &name, &params))
			return false;
	}
	return true;
}

static void
read_sd(struct recs *w, struct str *s)
{
	struct str rest = *s;

	if (s->n == 0) {
		rec_flag(w, REASON_HEADER);
		return;
	}
	if (!take_sd(w, &rest)) {
		/* Nothing is thrown away: the text from the structured data on is the message. */
		rec_flag(w, REASON_SD);
		if (rest.n == 0)
			rec_flag(w, REASON_HEADER);
		return;
	}
	if (rest.n > 0 && rest.p[0] != ' ') {
		rec_flag(w, REASON_SD);
		if (s->p[0] == '-')
			return;
		*s = rest;
		return;
	}
	*s = rest;
	str_take(s, STR(" "));
}

void
syslog5424_read(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str version, host, app, procid, msgid;

	ctx->enveloped = true;
	if (s->p[1] == '\t') {
		/* Blanks alone separate; who writes tabs may mean anything by the rest, too. */
		rec_flag(w, REASON_HEADER);
		str_skip(s, 2);
		return;
	}
	if (!take_field(w, s, 3, &version))
		return;
	if (!str_eq(version, STR("1")))
		rec_flag(w, REASON_VERSION);
	rec_put(w, FIELD_LOG_SYSLOG_VERSION, version);
	if (!take_time(ctx, w, s) || !take_field(w, s, ENVELOPE_HOST_MAX, &host))
		return;
	envelope_host(ctx, w, host);
	if (!take_field(w, s, 48, &app))
		return;
	if (!take_field(w, s, 128, &procid)) {
		envelope_process(ctx, w, app, procid);
		return;
	}
	envelope_process(ctx, w, app, procid);
	if (!take_field(w, s, 32, &msgid))
		return;
	if (msgid.n > 0)
		rec_put(w, FIELD_LOG_SYSLOG_MSGID, msgid);
	read_sd(w, s);
	str_take(s, STR("\xef\xbb\xbf"));
}
