/*
 * windows.c - Windows events in JSON: Winlogbeat's nested shape, NXLog's flat one, and the event's
 * own (System, EventData). EventData names do not depend on the language of Windows.
 */
#include "base/stamp.h"
#include "parsers/put.h"
#include "parsers/winevent.h"
#include "parsers/xml.h"

#define DATA_PREFIX STR("winlog.event_data.")

/* An event as Windows itself writes it; the element may lie in <Events> or behind a shipper's word.
 */
static struct str
xml_event(struct str s)
{
	ptrdiff_t at = str_find(s, STR("<Event"));

	if (at < 0 || (size_t)at + 7 > s.n || (s.p[at + 6] != ' ' && s.p[at + 6] != '>'))
		return STR("");
	str_skip(&s, (size_t)at);
	return str_find(s, STR("<System>")) > 0 && xml_begins(s) ? s : STR("");
}

/* Azure Monitor's object around the event's own XML. */
static bool
raw_xml(struct str json)
{
	ptrdiff_t at = str_find(json, STR("\"RawXml\""));

	return at >= 0 && str_find(str_make(json.p + at, json.n - (size_t)at), STR("<Event ")) >= 0;
}

bool
windows_sniff(struct str message)
{
	struct str s = str_trim(message);

	if (s.n < 2)
		return false;
	if (*s.p != '{' && win_text_begins(s))
		return true;
	if (*s.p == '<' || *s.p == '-')
		return xml_event(s).n > 0;
	if (*s.p != '{' && *s.p != '@')
		return false;
	if (str_find(s, STR("\"winlog\"")) >= 0 || raw_xml(s))
		return true;
	if (str_find(s, STR("\"EventID\"")) < 0)
		return false;
	return str_find(s, STR("\"Channel\"")) >= 0 || str_find(s, STR("\"ProviderGuid\"")) >= 0 ||
	       str_find(s, STR("\"SourceName\"")) >= 0 || str_find(s, STR("\"EventData\"")) >= 0;
}

/* ---- what stands around the data ---- */

/* Heads by the name that NXLog and the event's own XML give them. */
static const struct {
	struct str name;
	uint8_t head;
	uint16_t field; /* 0: put nothing */
} heads[] = {
#define H(name, head, field)                                                                       \
	{                                                                                          \
		{name, sizeof(name) - 1}, head, field                                              \
	}
	H("Channel", HEAD_CHANNEL, FIELD_WINLOG_CHANNEL),
	H("SourceName", HEAD_PROVIDER, FIELD_WINLOG_PROVIDER_NAME),
	H("ProviderName", HEAD_PROVIDER, FIELD_WINLOG_PROVIDER_NAME),
	H("Provider_Name", HEAD_PROVIDER, FIELD_WINLOG_PROVIDER_NAME),
	H("Provider.#attributes.Name", HEAD_PROVIDER, FIELD_WINLOG_PROVIDER_NAME),
	H("Provider.@Name", HEAD_PROVIDER, FIELD_WINLOG_PROVIDER_NAME),
	H("Provider.Name", HEAD_PROVIDER, FIELD_WINLOG_PROVIDER_NAME),
	H("EventID", HEAD_EVENT_ID, FIELD_WINLOG_EVENT_ID),
	H("EventID.#text", HEAD_EVENT_ID, FIELD_WINLOG_EVENT_ID),
	H("EventID.Value", HEAD_EVENT_ID, FIELD_WINLOG_EVENT_ID),
	H("Hostname", HEAD_COMPUTER, FIELD_WINLOG_COMPUTER_NAME),
	H("Computer", HEAD_COMPUTER, FIELD_WINLOG_COMPUTER_NAME),
	H("TimeCreated.#attributes.SystemTime", HEAD_UTC, 0),
	H("TimeCreated.@SystemTime", HEAD_UTC, 0),
	H("TimeCreated.SystemTime", HEAD_UTC, 0),
	H("TimeCreated", HEAD_UTC, 0),
	H("EventTime", HEAD_LOCAL, 0),
	H("@timestamp", HEAD_AT, 0),
	H("Message", HEAD_MESSAGE, 0),
	H("RecordNumber", HEAD_COUNT, FIELD_WINLOG_RECORD_ID),
	H("EventRecordID", HEAD_COUNT, FIELD_WINLOG_RECORD_ID),
	H("Task", HEAD_COUNT, FIELD_WINLOG_TASK),
	H("Category", HEAD_COUNT, FIELD_WINLOG_TASK),
	H("Opcode", HEAD_COUNT, FIELD_WINLOG_OPCODE),
	H("Level", HEAD_COUNT, FIELD_WINLOG_LEVEL),
	H("Severity", HEAD_COUNT, FIELD_LOG_LEVEL),
	H("ActivityID", HEAD_COUNT, FIELD_WINLOG_ACTIVITY_ID),
	H("Correlation.ActivityID", HEAD_COUNT, FIELD_WINLOG_ACTIVITY_ID),
	H("Correlation.#attributes.ActivityID", HEAD_COUNT, FIELD_WINLOG_ACTIVITY_ID),
	H("AccountName", HEAD_USER, 0),
	H("Domain", HEAD_DOMAIN, 0),
#undef H
};

/* NXLog's own: kept apart from the event's data. */
static const struct str nxlog_names[] = {
#define W(name)                                                                                    \
	{                                                                                          \
		name, sizeof(name) - 1                                                             \
	}
	W("EventReceivedTime"),
	W("SourceModuleName"),
	W("SourceModuleType"),
	W("ProviderGuid"),
	W("OpcodeValue"),
	W("SeverityValue"),
	W("Version"),
	W("AccountType"),
	W("UserID"),
	W("ThreadID"),
	W("ExecutionProcessID"),
	W("RelatedActivityID"),
	W("@version"),
	W("host"),
	W("port"),
	W("type"),
	W("EventTimeWritten"),
	W("MessageSourceAddress"),
#undef W
};

static void
mark(struct win *e, unsigned field)
{
	if (field < FIELD_ECS_END)
		e->seen[field / 64] |= UINT64_C(1) << (field % 64);
}

static bool
marked(const struct win *e, unsigned field)
{
	return e->seen[field / 64] >> (field % 64) & 1;
}

static void
audit(struct win *e, struct str keyword)
{
	/* Success and failure as bits of Keywords, signed and unsigned, and as words. */
	if (in_words("AUDIT_SUCCESS 0x8020000000000000 -9214364837600034816 9232379236109516800",
		    keyword) ||
		str_eq(keyword, STR("Audit Success")) || str_eq(keyword, STR("Success Audit")))
		e->success = true;
	else if (in_words("AUDIT_FAILURE 0x8010000000000000 -9218868437227405312 "
			  "9227875636482146304",
			 keyword) ||
		 str_eq(keyword, STR("Audit Failure")) || str_eq(keyword, STR("Failure Audit")))
		e->failure = true;
}

/* True if it was a head. */
static bool
take_head(struct win *e, struct str name, const struct json_value *v)
{
	if (str_eq(name, STR("Keywords"))) {
		audit(e, v->text);
		rec_put_kind(e->w, FIELD_WINLOG_KEYWORDS, VALUE_STRING, v->text, ENTRY_ARRAY);
		return true;
	}
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (!str_eq(name, heads[i].name))
			continue;
		if (heads[i].head < HEAD_COUNT && e->head[heads[i].head].n == 0)
			e->head[heads[i].head] = v->text;
		if (heads[i].field && v->text.n && !marked(e, heads[i].field)) {
			mark(e, heads[i].field);
			if (heads[i].field == FIELD_LOG_LEVEL)
				put_lower(e->w, heads[i].field, v->text);
			else
				rec_put(e->w, heads[i].field, v->text);
		}
		return true;
	}
	return false;
}

/* ---- the data ---- */

static bool
is_scalar(const struct json_value *v)
{
	return v->kind != VALUE_OBJECT && v->kind != VALUE_NULL && v->kind != VALUE_EMPTY_ARRAY;
}

static struct str
scalar_text(const struct json_value *v)
{
	if (v->kind == VALUE_TRUE)
		return STR("true");
	return v->kind == VALUE_FALSE ? STR("false") : v->text;
}

static void
take_data(struct win *e, struct str name, const struct json_value *v)
{
	if (is_scalar(v))
		e->data[win_data_find(name)] = scalar_text(v);
	if (e->nested)
		json_row_put(e->w, v);
	else if (is_scalar(v))
		rec_put_prefixed(e->w, DATA_PREFIX, name, scalar_text(v));
}

void
win_take_text(struct win *e, struct str name, struct str value)
{
	struct json_value v = {.name = name, .text = value, .kind = VALUE_STRING};
	bool nested = e->nested;

	e->nested = false;
	take_data(e, name, &v);
	e->nested = nested;
}

/* Data elements as objects: {"Name": .., "#text": ..} */
static bool
take_element(struct win *e, struct str name, const struct json_value *v)
{
	struct str last = name, head;

	if (!str_take(&last, STR("Data.")))
		return false;
	str_take(&last, STR("#attributes."));
	if (str_eq(last, STR("@Name")) || str_eq(last, STR("Name"))) {
		e->pending = v->text;
	} else if (str_eq(last, STR("#text")) || str_eq(last, STR("Value")) ||
		   str_eq(last, STR("text"))) {
		if (e->pending.n)
			take_data(e, e->pending, v);
		e->pending = (struct str){0};
	} else {
		(void)head;
		return false;
	}
	return true;
}

/* ---- the three shapes ---- */

/* Behind "winlog." */
static void
take_winlog(struct win *e, struct str name, const struct json_value *v)
{
	static const struct {
		struct str name;
		uint8_t head;
	} known[] = {{{"channel", 7}, HEAD_CHANNEL}, {{"provider_name", 13}, HEAD_PROVIDER},
		{{"event_id", 8}, HEAD_EVENT_ID}, {{"computer_name", 13}, HEAD_COMPUTER},
		{{"user.name", 9}, HEAD_USER}, {{"user.domain", 11}, HEAD_DOMAIN}};
	struct str rest = name;

	if (str_take(&rest, STR("event_data."))) {
		take_data(e, rest, v);
		return;
	}
	if (str_take(&rest, STR("user_data."))) {
		if (is_scalar(v))
			e->data[win_data_find(rest)] = scalar_text(v);
	} else if (str_eq(name, STR("keywords"))) {
		audit(e, v->text);
	} else {
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (str_eq(name, known[i].name))
				e->head[known[i].head] = v->text;
	}
	json_row_put(e->w, v);
}

/* Fields beside winlog.*: Winlogbeat's modules may have mapped some already. */
static void
take_ecs(struct win *e, const struct json_value *v)
{
	unsigned field = names_find(e->w->names, v->name);

	switch (field) {
	case FIELD_TIMESTAMP:
		e->head[HEAD_AT] = v->text;
		return;
	case FIELD_HOST_NAME:
		e->head[HEAD_JSON_HOST] = v->text;
		return;
	case FIELD_EVENT_ACTION:
		e->head[HEAD_ACTION] = v->text;
		return;
	case FIELD_EVENT_CODE:
		if (e->head[HEAD_EVENT_ID].n == 0)
			e->head[HEAD_EVENT_ID] = v->text;
		return;
	case FIELD_EVENT_OUTCOME:
		e->success = e->success || str_eq(v->text, STR("success"));
		e->failure = e->failure || str_eq(v->text, STR("failure"));
		return;
	case FIELD_EVENT_CATEGORY:
	case FIELD_EVENT_TYPE:
	case FIELD_EVENT_PROVIDER:
	case FIELD_EVENT_MODULE:
	case FIELD_EVENT_DATASET:
		return; /* ours are put by the event's number */
	case FIELD_MESSAGE:
		e->head[HEAD_MESSAGE] = v->text;
		return;
	default:
		if (v->kind != VALUE_OBJECT && v->kind != VALUE_NULL)
			mark(e, field);
		json_row_put(e->w, v);
		return;
	}
}

/* System.* and EventData.* below Event, or at top. */
static bool
take_event(struct win *e, const struct json_value *v)
{
	struct str name = v->name, xml;

	str_take(&name, STR("Event."));
	if (str_take(&name, STR("System."))) {
		if (is_scalar(v) && !take_head(e, name, v))
			rec_put_prefixed(e->w, STR("winlog.system."), name, v->text);
		return true;
	}
	if (str_take(&name, STR("EventData."))) {
		if (!take_element(e, name, v))
			take_data(e, name, v);
		return true;
	}
	if (str_take(&name, STR("UserData."))) { /* one element, named by its schema */
		str_cut(&name, '.', &xml);
		if (name.n && !str_starts(name, STR("#attributes")))
			take_data(e, name, v);
		return true;
	}
	if (str_take(&name, STR("RenderingInfo."))) {
		if (str_eq(name, STR("Message")))
			e->head[HEAD_MESSAGE] = v->text;
		return true;
	}
	return str_starts(v->name, STR("Event."));
}

static void
take_flat(struct win *e, const struct json_value *v)
{
	enum win_data d = is_scalar(v) ? win_data_find(v->name) : DATA_NONE;

	if (!is_scalar(v))
		return;
	if (d != DATA_NONE && d != DATA_EventType && d != DATA_AccountName) {
		take_data(e, v->name, v);
		return;
	}
	/* NXLog's EventType says how grave; Sysmon's what was done. */
	if (str_eq(v->name, STR("EventType")) &&
		in_words("AUDIT_SUCCESS AUDIT_FAILURE INFO WARNING ERROR CRITICAL VERBOSE",
			v->text)) {
		audit(e, v->text);
		return;
	}
	if (str_eq(v->name, STR("tags"))) {
		rec_put_kind(e->w, FIELD_TAGS, VALUE_STRING, v->text, ENTRY_ARRAY);
		return;
	}
	for (size_t i = 0; i < sizeof(nxlog_names) / sizeof(nxlog_names[0]); i++)
		if (str_eq(nxlog_names[i], v->name)) {
			rec_put_prefixed(e->w, STR("nxlog."), v->name, scalar_text(v));
			return;
		}
	/* The logon's AccountName and Domain are data, too, where an event has such. */
	if (take_head(e, v->name, v) && !str_eq(v->name, STR("AccountName")))
		return;
	take_data(e, v->name, v);
}

static enum reason read_xml(struct win *e, struct str text);

/* The event is the XML; what stands around it repeats it or says where it came through. */
static void
take_around(struct win *e, const struct json_value *v)
{
	if (str_ends(v->name, STR("RawXml"))) {
		enum reason rc = read_xml(e, v->text);

		if (rc != REASON_NONE)
			rec_flag(e->w, rc);
	} else if (str_ends(v->name, STR(".Description"))) {
		e->head[HEAD_MESSAGE] = v->text;
	} else {
		json_row_put(e->w, v);
	}
}

static bool
take(void *ctx, const struct json_value *v)
{
	struct win *e = ctx;
	struct str name = v->name;

	if (v->kind == VALUE_OBJECT)
		return true;
	if (e->around) {
		take_around(e, v);
		return !e->w->overflow;
	}
	e->dotted = e->dotted || (v->literal && str_chr(name, '.') >= 0);
	if (e->nested) {
		if (str_take(&name, STR("winlog.")))
			take_winlog(e, name, v);
		else
			take_ecs(e, v);
	} else if (v->parts == 1) {
		take_flat(e, v);
	} else if (!take_event(e, v)) {
		json_row_put(e->w, v);
	}
	return !e->w->overflow;
}

/* ---- XML ---- */

static enum reason
read_xml(struct win *e, struct str text)
{
	struct xml x;
	struct xml_value v;

	xml_open(&x, text);
	while (xml_next(&x, &v)) {
		char *room = v.escaped ? rec_text_room(e->w, v.text.n) : NULL;
		struct json_value value = {.kind = VALUE_STRING, .parts = 2};

		/* The name lies in the reader; what keeps it copies it, or points into the batch.
		 */
		value.name = v.name;
		value.text = room ? rec_text_take(e->w, room, xml_unescape(v.text, room)) : v.text;
		if (!take_event(e, &value))
			json_row_put(e->w, &value);
		if (e->w->overflow)
			return REASON_NONE;
	}
	if (x.deep)
		rec_flag(e->w, REASON_JSON_KEYS);
	return x.broken ? REASON_FORMAT : REASON_NONE;
}

/* ---- the whole ---- */

static bool
iso(const struct win *e, struct str text, const struct zone *zone, int64_t *ret)
{
	return text.n >= 19 && stamp_take_iso(&text, zone, e->ctx->arrival, ret);
}

/* The clock that needs no guess first: with a zone, UTC by definition, local time last. */
static void
put_time(struct win *e)
{
	const struct zone *local = e->ctx->in->zone;
	int64_t ns;

	struct str own = e->head[HEAD_LOCAL];

	if ((e->nested && iso(e, e->head[HEAD_AT], NULL, &ns)) ||
		iso(e, e->head[HEAD_UTC], NULL, &ns) ||
		(e->source == WIN_SYSMON && iso(e, e->data[DATA_UtcTime], NULL, &ns)) ||
		iso(e, e->head[HEAD_LOCAL], local, &ns) ||
		stamp_take_ctime(&own, local, e->ctx->arrival, &ns) ||
		iso(e, e->head[HEAD_AT], NULL, &ns))
		parse_time(e->ctx, e->w, ns);
	else if (e->head[HEAD_AT].n || e->head[HEAD_UTC].n || e->head[HEAD_LOCAL].n)
		rec_flag(e->w, REASON_TIMESTAMP);
}

static void
put_heads(struct win *e)
{
	struct recs *w = e->w;
	struct str computer = e->head[HEAD_COMPUTER], host = e->head[HEAD_JSON_HOST];
	struct str id = e->head[HEAD_EVENT_ID];

	/* The header's host is the one that forwards; its process the shipper. */
	if (e->ctx->enveloped) {
		put_forget(w, FIELD_PROCESS_NAME);
		put_forget(w, FIELD_PROCESS_PID);
	}
	put_over(w, FIELD_HOST_NAME, computer.n ? computer : host);
	if (host.n && computer.n && !str_eq(host, computer) && !marked(e, FIELD_HOST_HOSTNAME))
		rec_put(w, FIELD_HOST_HOSTNAME, host);
	if (id.n)
		rec_put(w, FIELD_EVENT_CODE, id);
	parse_put(w, FIELD_EVENT_PROVIDER, e->head[HEAD_PROVIDER]);
	rec_put(w, FIELD_EVENT_MODULE, e->source == WIN_SYSMON ? STR("sysmon") : STR("windows"));
	if (e->head[HEAD_MESSAGE].n)
		rec_put(w, FIELD_MESSAGE, e->head[HEAD_MESSAGE]);
	e->ctx->message_done = true;
}

static bool
has_data(const struct win *e)
{
	for (size_t i = DATA_NONE + 1; i < DATA_COUNT; i++)
		/* NXLog's ProcessID and AccountName are who wrote the event. */
		if (e->data[i].n > 0 && i != DATA_ProcessID && i != DATA_AccountName)
			return true;
	return false;
}

static enum reason
read_json(struct win *e, struct str text, uint64_t *flags)
{
	struct json_sink sink = {take, json_row_room, e};
	enum reason rc;

	e->nested = str_find(text, STR("\"winlog\"")) >= 0;
	e->around = !e->nested && raw_xml(text);
	rc = json_flatten(text, &json_row_limits, &sink, flags);
	/* The shipper sent the text alone: its labels say what the data would. */
	if (!has_data(e) && e->head[HEAD_MESSAGE].n > 0)
		win_text_data(e, e->head[HEAD_MESSAGE]);
	return rc;
}

enum reason
windows_read(struct parse_ctx *ctx, struct str text, struct recs *w)
{
	struct win e = {.w = w, .ctx = ctx};
	struct str xml = STR("");
	uint64_t flags = 0, id;
	enum reason rc;

	if (text.n > 0 && *text.p != '{') {
		xml = xml_event(text);
		if (xml.n == 0 && !win_text_read(&e, text))
			return REASON_FORMAT;
	}
	rc = xml.n ? read_xml(&e, xml) : *text.p != '{' ? REASON_NONE : read_json(&e, text, &flags);
	if (!w->cur)
		return REASON_NONE;
	w->cur->reasons |= flags;
	if (rc != REASON_NONE)
		rec_flag(w, rc == REASON_JSON_TYPE ? REASON_JSON_SYNTAX : rc);
	/* An event that was cut off is one all the same once it has said what it is. */
	if (rc == REASON_FORMAT && e.head[HEAD_EVENT_ID].n)
		rc = REASON_NONE;
	e.source = win_source_of(e.head[HEAD_CHANNEL], e.head[HEAD_PROVIDER]);
	if (str_u64(e.head[HEAD_EVENT_ID], &id) && id <= 65535)
		e.event = win_event_find(e.source, (unsigned)id);
	put_time(&e);
	put_heads(&e);
	win_map(&e);
	/* Who wrote the event stands in when its data names nobody. */
	if (!rec_has(w, FIELD_USER_NAME))
		parse_put(w, FIELD_USER_NAME, e.data[DATA_SubjectUserName]);
	/* Sysmon's own account has done nothing of what it tells. */
	if (!rec_has(w, FIELD_USER_NAME) && e.head[HEAD_USER].n && !e.nested &&
		e.source != WIN_SYSMON) {
		parse_put(w, FIELD_USER_NAME, e.head[HEAD_USER]);
		if (!rec_has(w, FIELD_USER_DOMAIN))
			parse_put(w, FIELD_USER_DOMAIN, e.head[HEAD_DOMAIN]);
	}
	if (!e.nested || e.dotted)
		put_fold(w); /* Data elements may share a name, too */
	return rc;
}

static enum parsed
windows_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct str s = str_trim(message);
	enum reason rc;

	if (str_take(&s, STR("@cee:")))
		s = str_trim(s);
	rc = windows_read(ctx, s, w);
	return rc == REASON_NONE || rc == REASON_JSON_DEPTH || rc == REASON_JSON_KEYS ? PARSED_OK
										      : PARSED_NOT;
}

const struct parser parser_windows = {
	.name = "windows",
	.words = "xml winlogbeat nxlog sysmon wec windows_nxlog windows_json",
	.logsource = LOGSOURCE_WIN_OTHER,
	.programs = "WinEvtLog MSWinEventLog",
	.sniff = windows_sniff,
	.parse = windows_parse,
};
