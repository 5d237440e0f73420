/* json.c - JSON objects with names of their own; ECS names are taken as they are. */
#include "base/stamp.h"
#include "parsers/jsonrow.h"
#include "parsers/nested.h"
#include "parsers/put.h"
#include "parsers/source.h"
#include "parsers/web.h"

struct reading {
	struct recs *w;
	struct parse_ctx *ctx;
	bool dotted; /* a key with dots in it: it may repeat a path */
	int rank;    /* of the timestamp taken; lower is better */
	int64_t time;
};

#define RANK_NONE 100

/* Top-level names that hold the event's time, the surest first. */
static const char *const time_names[] = {"@timestamp", "timestamp", "time", "eventTime",
	"event_time", "EventTime", "TimeGenerated", "CreationTime", "createdDateTime", "published",
	"datetime", "ts", "date"};

static int
time_rank(struct str name)
{
	if (name.n < 2 || name.n > 15)
		return RANK_NONE;
	for (int i = 0; i < (int)(sizeof(time_names) / sizeof(time_names[0])); i++)
		if (str_eq(name, str_of(time_names[i])))
			return i;
	return RANK_NONE;
}

/* What web servers and proxies call the header, and the peer that sent it, when they write JSON. */
static void
take_web(struct reading *r, const struct json_value *v)
{
	static const char forwarded[] = "x_forwarded_for http_x_forwarded_for xff x-forwarded-for "
					"X-Forwarded-For xForwardedFor";

	if (v->kind != VALUE_STRING || v->in_array || v->name.n < 3 || v->name.n > 20)
		return;
	if (in_words(forwarded, v->name))
		web_put_forwarded(r->w, v->text);
	else if (str_eq(v->name, STR("remote_addr")) && !rec_has(r->w, FIELD_SOURCE_IP))
		rec_put_ip(r->w, FIELD_SOURCE_IP, v->text);
}

static bool
take(void *ctx, const struct json_value *v)
{
	struct reading *r = ctx;
	int rank = v->literal ? time_rank(v->name) : RANK_NONE;
	int64_t ns;

	if (rank < RANK_NONE && v->kind != VALUE_OBJECT) {
		bool good = json_row_stamp(v, r->ctx->in->zone, r->ctx->arrival, &ns);

		if (good && rank < r->rank) {
			r->rank = rank;
			r->time = ns;
		}
		/* The record's own @timestamp is written from its time. */
		if (rank == 0) {
			if (good)
				return !r->w->overflow;
			rec_flag(r->w, v->in_array ? REASON_JSON_TYPE : REASON_TIMESTAMP);
			json_row_aside(r->w, STR("json."), v);
			return !r->w->overflow;
		}
	}
	r->dotted = r->dotted || (v->literal && str_chr(v->name, '.') >= 0);
	take_web(r, v);
	json_row_put(r->w, v);
	return !r->w->overflow;
}

/* ---- Azure Monitor's WindowsEventLogsTable: the event's own XML inside the object ---- */

struct inner {
	struct recs *w; /* first: json_row_room */
	struct str xml;
};

static bool
take_xml(void *ctx, const struct json_value *v)
{
	struct inner *in = ctx;

	if (v->kind == VALUE_STRING && str_eq(v->name, STR("properties.RawXml")))
		in->xml = v->text;
	return !in->w->overflow;
}

static struct str
azure_event(struct recs *w, struct str text)
{
	struct inner in = {.w = w, .xml = STR("")};
	struct json_sink sink = {take_xml, json_row_room, &in};
	uint64_t flags = 0;

	if (str_find(text, STR("\"WindowsEventLogsTable\"")) < 0 ||
		str_find(text, STR("\"RawXml\"")) < 0 ||
		json_flatten(text, &json_row_limits, &sink, &flags) != REASON_NONE)
		return STR("");
	return windows_sniff(in.xml) ? in.xml : STR("");
}

static enum reason
read_object(struct parse_ctx *ctx, struct str text, struct recs *w, bool windows)
{
	struct reading r = {.w = w, .ctx = ctx, .rank = RANK_NONE};
	struct json_sink sink = {.value = take, .ctx = &r};
	struct str inner;
	uint64_t flags = 0;
	struct nested in;
	enum reason rc;

	if (windows && windows_sniff(text))
		return windows_read(ctx, text, w);
	if (windows && (inner = azure_event(w, text)).n)
		return windows_read(ctx, inner, w);
	if (!w->cur)
		return REASON_NONE;
	if (sources_claim_json(ctx, w, text, &rc, &flags)) {
		w->cur->reasons |= flags;
		return REASON_NONE;
	}
	if (rc == REASON_NONE && nested_find(ctx, &in)) {
		if (nested_claim(ctx, w, text, &in) || !w->cur)
			return REASON_NONE;
		if (in.gelf)
			return gelf_read(ctx, w, text);
		/* Whoever looked inside collected values of his own. */
		flags = 0;
		rc = nested_collect(ctx, w, text, &flags);
	}
	if (rc == REASON_NONE && sources_claim_json_last(ctx, w, text)) {
		w->cur->reasons |= flags;
		return REASON_NONE;
	}
	w->cur->logsource = LOGSOURCE_JSON;
	pairs_each_json(ctx->pairs, &sink);
	w->cur->reasons |= flags;
	if (rc != REASON_NONE)
		rec_flag(w, rc == REASON_JSON_TYPE ? REASON_JSON_SYNTAX : rc);
	if (r.dotted)
		put_fold(w);
	sources_hint(ctx, w);
	if (r.rank < RANK_NONE)
		parse_time(ctx, w, r.time);
	return rc;
}

/* Too deep or too many keys: what was read stands, with the flag. Else it is no JSON. */
static bool
usable(enum reason rc)
{
	return rc == REASON_NONE || rc == REASON_JSON_DEPTH || rc == REASON_JSON_KEYS;
}

static enum parsed
read_array(struct parse_ctx *ctx, struct str rest, struct recs *w)
{
	struct str element;
	/* A Windows event may correct the header, which the next element still needs. */
	bool ok, first = true, windows = ctx->envelope_n == 0;

	while (json_row_element(&rest, &element, &ok)) {
		if (!first && !parse_next(ctx, w))
			return PARSED_OK;
		ctx->message_done = true;
		if (!usable(read_object(ctx, element, w, windows)) && first)
			return PARSED_NOT;
		first = false;
	}
	if (first || !ok)
		rec_flag(w, REASON_JSON_SYNTAX);
	return first ? PARSED_NOT : PARSED_OK;
}

static enum parsed
json_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct str s = str_trim(message);

	if (str_take(&s, STR("@cee:")))
		s = str_trim(s);
	ctx->message_done = true;
	if (json_row_open_array(&s))
		return read_array(ctx, s, w);
	return usable(read_object(ctx, s, w, true)) ? PARSED_OK : PARSED_NOT;
}

static bool
json_sniff(struct str message)
{
	struct str s = str_trim(message), array = s;

	if (str_starts(s, STR("@cee:")))
		return true;
	/* RFC 5424's structured data opens with a bracket, too; only an array ends with one. */
	return json_looks_like(s) ||
	       (s.n > 0 && s.p[s.n - 1] == ']' && json_row_open_array(&array));
}

const struct parser parser_json = {
	.name = "json",
	.words = "ecs cee ndjson",
	.logsource = LOGSOURCE_JSON,
	.sniff = json_sniff,
	.parse = json_parse,
};
