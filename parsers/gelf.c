/*
 * gelf.c - Graylog Extended Log Format 1.1 (go2docs.graylog.org, "GELF"): host, short_message,
 * level, and members of the sender's own that begin with an underscore.
 */
#include "base/stamp.h"
#include "parsers/generic.h"
#include "parsers/jsonrow.h"
#include "parsers/nested.h"
#include "parsers/put.h"

static const char severities[8][8] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

static void
put_level(struct recs *w, const struct json_value *v)
{
	uint64_t level;

	if (!str_u64(v->text, &level) || level > 7) {
		rec_flag(w, REASON_NUMBER);
		json_row_aside(w, STR("gelf."), v);
		return;
	}
	/* A header inside says it for its own message. */
	if (rec_has(w, FIELD_LOG_SYSLOG_SEVERITY_CODE))
		return;
	rec_put_u64(w, FIELD_LOG_SYSLOG_SEVERITY_CODE, level);
	rec_put(w, FIELD_LOG_SYSLOG_SEVERITY_NAME, str_of(severities[level]));
	if (!rec_has(w, FIELD_LOG_LEVEL))
		rec_put(w, FIELD_LOG_LEVEL, str_of(severities[level]));
}

/* "_source_ip" and "_source.ip" are source.ip; "_src_ip" is what generic.c knows; all else stays
 * under the sender's name. */
static void
put_own(struct recs *w, const struct json_value *v)
{
	char dotted[RECORD_NAME_MAX];
	struct json_value own = *v;
	unsigned field;

	str_skip(&own.name, 1);
	own.literal = false;
	field = names_find(w->names, own.name);
	if (field == FIELD_NAMED && own.name.n < sizeof(dotted)) {
		for (size_t i = 0; i < own.name.n; i++)
			dotted[i] = own.name.p[i] == '_' ? '.' : own.name.p[i];
		field = names_find(w->names, str_make(dotted, own.name.n));
		if (field != FIELD_NAMED)
			own.name = names_text(w->names, field);
	}
	if (field != FIELD_NAMED && !rec_has(w, field))
		json_row_put(w, &own);
	else if (field == FIELD_NAMED && !v->in_array &&
		 (v->kind == VALUE_STRING || v->kind == VALUE_NUMBER))
		generic_put(w, STR("gelf."), own.name, v->text);
	else
		json_row_aside(w, STR("gelf."), &own);
}

void
gelf_put(struct recs *w, const struct json_value *v)
{
	if (v->kind == VALUE_OBJECT || v->name.n == 0)
		return;
	if (v->name.p[0] == '_') {
		/* The format forbids _id: Graylog gives its own. */
		if (v->name.n > 1)
			put_own(w, v);
		return;
	}
	if (str_eq(v->name, STR("version")) || str_eq(v->name, STR("timestamp")))
		return;
	if (str_eq(v->name, STR("host"))) {
		if (!rec_has(w, FIELD_HOST_NAME))
			rec_put(w, FIELD_HOST_NAME, v->text);
	} else if (str_eq(v->name, STR("level"))) {
		put_level(w, v);
	} else {
		json_row_aside(w, STR("gelf."), v);
	}
}

struct reading {
	struct recs *w; /* first: json_row_room */
	struct parse_ctx *ctx;
	struct str small, full;
};

static bool
take(void *ctx, const struct json_value *v)
{
	struct reading *r = ctx;
	int64_t ns;

	if (v->literal && str_eq(v->name, STR("short_message")))
		r->small = v->text;
	else if (v->literal && str_eq(v->name, STR("full_message")))
		r->full = v->text;
	else if (v->literal && str_eq(v->name, STR("timestamp")) &&
		 json_row_stamp(v, NULL, r->ctx->arrival, &ns))
		parse_time(r->ctx, r->w, ns);
	else
		gelf_put(r->w, v);
	return !r->w->overflow;
}

enum reason
gelf_read(struct parse_ctx *ctx, struct recs *w, struct str text)
{
	struct reading r = {.w = w, .ctx = ctx};
	struct json_sink sink = {take, json_row_room, &r};
	uint64_t flags = 0;
	enum reason rc;

	ctx->row = &parser_gelf;
	/* cppcheck-suppress nullPointerRedundantCheck ; the reading below may drop the record */
	w->cur->logsource = LOGSOURCE_GENERIC;
	rc = json_flatten(text, &json_row_limits, &sink, &flags);
	if (!w->cur)
		return rc;
	w->cur->reasons |= flags;
	/* The short one is the first line of the full one, or a summary. */
	rec_put(w, FIELD_MESSAGE, r.full.n ? r.full : r.small);
	if (r.full.n && r.small.n && !str_starts(r.full, r.small))
		rec_put_named(w, STR("gelf.short_message"), VALUE_STRING, r.small, 0);
	ctx->message_done = true;
	put_fold(w);
	return rc;
}

static enum parsed
gelf_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	return parser_json.parse(ctx, message, w);
}

const struct parser parser_gelf = {
	.name = "gelf",
	.words = "graylog",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.gelf",
	.parse = gelf_parse,
};
