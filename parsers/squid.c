/*
 * squid.c - Squid's access log (native, and combined) and its cache log.
 *
 * Native: time.ms elapsed client TAG/status bytes METHOD URL user HIERARCHY/peer type [more]. Sites
 * add columns; the known ones are found by their shape, the others by the names configured.
 */
#include "base/stamp.h"
#include "parsers/put.h"
#include "parsers/web.h"

#define COLUMNS_MAX  40
#define VERDICTS_MAX 64u

struct line {
	struct parse_ctx *ctx;
	struct recs *w;
	struct str c[COLUMNS_MAX];
	size_t n;
};

static bool
is_upper(struct str s, size_t least)
{
	if (s.n < least)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return true;
}

/* "1066037222.352" */
static bool
is_epoch(struct str s)
{
	return s.n >= 12 && s.n <= 21 && is_digit(s.p[0]) && str_chr(s, '.') >= 9 &&
	       str_is_number(s);
}

/* "TCP_MISS/200": capital words, a slash, digits. */
static bool
is_status(struct str s)
{
	struct str tag;
	uint64_t v;

	return str_cut(&s, '/', &tag) && is_upper(tag, 3) && s.n == 3 && str_u64(s, &v);
}

/* "HIER_DIRECT/192.0.2.1", "NONE/-" */
static bool
is_hierarchy(struct str s)
{
	struct str tag;

	return str_cut(&s, '/', &tag) && is_upper(tag, 4) && s.n > 0;
}

/* What Squid's logformat calls it. */
static const struct {
	const char *code;
	uint16_t field;
} codes[] = {{">st", FIELD_HTTP_REQUEST_BYTES}, {"<st", FIELD_HTTP_RESPONSE_BYTES},
	{">p", FIELD_SOURCE_PORT}, {"<p", FIELD_DESTINATION_PORT}, {"<a", FIELD_DESTINATION_IP},
	{"mt", FIELD_HTTP_RESPONSE_MIME_TYPE}, {"rv", FIELD_HTTP_VERSION}, {"un", FIELD_USER_NAME},
	{"ul", FIELD_USER_NAME}, {">eui", FIELD_SOURCE_MAC},
	{"{X-Forwarded-For}>h", FIELD_HTTP_REQUEST_FORWARDED},
	{"{User-Agent}>h", FIELD_USER_AGENT_ORIGINAL}, {"{Referer}>h", FIELD_HTTP_REQUEST_REFERRER},
	{"ssl::>sni", FIELD_URL_DOMAIN}, {"ssl::>cert_subject", FIELD_TLS_CLIENT_SUBJECT},
	{"ssl::<cert_subject", FIELD_TLS_SERVER_SUBJECT}};

static unsigned
column_field(const struct line *l, struct str name)
{
	struct str code = name;

	str_take(&code, STR("%"));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_eq(code, str_of(codes[i].code)))
			return codes[i].field;
	return names_find(l->w->names, name);
}

static void
put_named_column(struct line *l, struct str name, struct str value)
{
	unsigned field = column_field(l, name);

	if (value.n == 0 || str_eq(value, STR("-")))
		return;
	if (field == FIELD_NAMED) {
		while (name.n && *name.p == '%')
			str_skip(&name, 1);
		if (str_chr(name, '.') > 0)
			rec_put_named(l->w, name, VALUE_STRING, value, 0);
		else
			rec_put_prefixed(l->w, STR("squid."), name, value);
		return;
	}
	switch (names_kind(l->w->names, field)) {
	case FIELD_N:
		put_count(l->w, field, value);
		break;
	case FIELD_I:
		rec_put_ip(l->w, field, value);
		break;
	case FIELD_A:
		if (field == FIELD_HTTP_REQUEST_FORWARDED)
			web_put_forwarded(l->w, value);
		else
			rec_put(l->w, field, value);
		break;
	default:
		rec_put(l->w, field, value);
		break;
	}
}

/* Columns behind the type: by the configured names, else a lone number is the request's size. */
static void
put_extra(struct line *l, size_t from)
{
	struct str names = l->ctx->in->squid_columns, name;
	uint64_t v;

	if (names.n == 0) {
		if (from + 1 == l->n && str_u64(l->c[from], &v)) {
			rec_put_u64(l->w, FIELD_HTTP_REQUEST_BYTES, v);
			rec_put_u64(l->w, FIELD_SOURCE_BYTES, v);
		}
		return;
	}
	for (; from < l->n && names.n; from++) {
		size_t n = 0;

		while (names.n && (*names.p == ' ' || *names.p == ','))
			str_skip(&names, 1);
		while (n < names.n && names.p[n] != ' ' && names.p[n] != ',')
			n++;
		name = str_make(names.p, n);
		str_skip(&names, n);
		if (n == 0)
			break;
		put_named_column(l, name, l->c[from]);
		if (column_field(l, name) == FIELD_HTTP_REQUEST_BYTES)
			put_count(l->w, FIELD_SOURCE_BYTES, l->c[from]);
	}
}

static void
put_hierarchy(struct recs *w, struct str column)
{
	struct str tag;
	bool origin;

	str_cut(&column, '/', &tag);
	rec_put(w, FIELD_SQUID_HIERARCHY, tag);
	origin = str_find(tag, STR("DIRECT")) >= 0 || str_find(tag, STR("ORIGINAL_DST")) >= 0 ||
		 str_find(tag, STR("PINNED")) >= 0;
	/* A parent or sibling is another proxy, not where the request went. */
	if (origin)
		parse_put_host(w, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, column);
	else
		parse_put_host(w, FIELD_SERVER_IP, FIELD_SERVER_DOMAIN, column);
}

static unsigned
put_status(struct recs *w, struct str column, bool *denied, bool *failed)
{
	struct str tag;
	uint64_t status = 0;

	str_cut(&column, '/', &tag);
	rec_put(w, FIELD_SQUID_STATUS, tag);
	/* How the client asked: HTTP, or ICP and HTCP. */
	if (str_starts(tag, STR("TCP_")))
		rec_put(w, FIELD_NETWORK_TRANSPORT, STR("tcp"));
	else if (str_starts(tag, STR("UDP_")))
		rec_put(w, FIELD_NETWORK_TRANSPORT, STR("udp"));
	*denied = str_find(tag, STR("DENIED")) >= 0;
	*failed = str_find(tag, STR("ABORTED")) >= 0 || str_starts(tag, STR("NONE")) ||
		  str_find(tag, STR("TIMEOUT")) >= 0;
	if (str_u64(column, &status) && status > 0)
		rec_put_u64(w, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
	else
		*failed = true;
	return (unsigned)status;
}

/* Where the method stands behind the status; 0 if nowhere. */
static size_t
find_method(const struct line *l, size_t status)
{
	for (size_t i = status + 2; i < l->n && i <= status + 6; i++)
		if (is_upper(l->c[i], 3) && i + 1 < l->n)
			return i;
	return 0;
}

static size_t
find_hierarchy(const struct line *l, size_t method)
{
	for (size_t i = method + 2; i < l->n && i <= method + 4; i++)
		if (is_hierarchy(l->c[i]))
			return i;
	return 0;
}

/* Who was asked for, where no connection says it: denied, or served from the cache. */
static void
put_destination(struct line *l, struct str url, bool connect)
{
	struct str host, port, head;

	if (!connect && str_cut_at(&url, STR("://"), &head)) {
		str_cut(&url, '/', &head);
		url = head;
	} else if (!connect) {
		return;
	}
	split_port(url, &host, &port);
	if (host.n)
		parse_put_host(l->w, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, host);
}

/*
 * Cisco WSA ends the line with what its scanners said: "<IW_comp,6.9,…,"name.pdf","sha256">". The
 * file's hash is the only cell of that length; its name stands in front of it.
 */
static void
put_verdicts(struct line *l, struct str message)
{
	struct str before = STR(""), cell, list, rest = message;
	ptrdiff_t open = str_find(message, STR(" <"));

	if (open < 0)
		return;
	str_skip(&rest, (size_t)open + 2);
	str_cut(&rest, '>', &list);
	for (unsigned n = 0; list.n && n < VERDICTS_MAX; n++) {
		str_cut(&list, ',', &cell);
		if (n == 0 && !str_eq(cell, STR("-")))
			parse_put(l->w, FIELD_RULE_CATEGORY, cell);
		if (cell.n >= 2 && cell.p[0] == '"' && cell.p[cell.n - 1] == '"')
			cell = str_make(cell.p + 1, cell.n - 2);
		if (cell.n == 64 && str_find(cell, STR(" ")) < 0) {
			put_lower(l->w, FIELD_FILE_HASH_SHA256, cell);
			if (before.n > 1)
				put_file(l->w, before);
		}
		before = cell;
	}
	put_over(l->w, FIELD_OBSERVER_PRODUCT, STR("Secure Web Appliance"));
	put_over(l->w, FIELD_OBSERVER_VENDOR, STR("Cisco"));
}

static bool
read_native(struct line *l)
{
	struct recs *w = l->w;
	size_t status = l->n > 4 && is_status(l->c[4]) ? 4 : 3, method, hierarchy, type;
	struct str stamp = l->c[0];
	bool denied, failed, connect;
	unsigned code;
	uint64_t ms;
	int64_t ns;

	if (l->n < 8 || !is_epoch(l->c[0]) || !is_status(l->c[status]))
		return false;
	method = find_method(l, status);
	hierarchy = method ? find_hierarchy(l, method) : 0;
	if (!hierarchy || !stamp_take_epoch(&stamp, &ns))
		return false;
	parse_time(l->ctx, w, ns);
	if (str_u64(l->c[1], &ms) && ms < UINT64_C(9000000000000))
		rec_put_u64(w, FIELD_EVENT_DURATION, ms * (uint64_t)NS_PER_MS);
	parse_put_host(w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, l->c[2]);
	if (status == 4)
		parse_put_port(w, FIELD_SOURCE_PORT, l->c[3]);
	code = put_status(w, l->c[status], &denied, &failed);
	put_count(w, FIELD_HTTP_RESPONSE_BYTES, l->c[status + 1]);
	put_count(w, FIELD_DESTINATION_BYTES, l->c[status + 1]);
	if (method > status + 2) {
		put_count(w, FIELD_HTTP_REQUEST_BYTES, l->c[status + 2]);
		put_count(w, FIELD_SOURCE_BYTES, l->c[status + 2]);
	}
	/* Five counts: reply, request, the reply's head, the request's head, the reply's body. */
	if (method == status + 6)
		put_count(w, FIELD_HTTP_RESPONSE_BODY_BYTES, l->c[status + 5]);
	connect = str_eq(l->c[method], STR("CONNECT"));
	rec_put(w, FIELD_HTTP_REQUEST_METHOD, l->c[method]);
	/* Cisco WSA: "CONNECT tunnel://host:443/" */
	put_url(w, l->c[method + 1], connect && str_find(l->c[method + 1], STR("://")) < 0);
	if (connect) {
		struct str host, port, rest = l->c[method + 1], authority = rest, scheme;

		if (str_cut_at(&rest, STR("://"), &scheme))
			str_cut(&rest, '/', &authority);
		split_port(authority, &host, &port);
		parse_put_port(w, FIELD_DESTINATION_PORT, port);
	}
	if (hierarchy > method + 2)
		put_account(w, FIELD_USER_NAME, FIELD_USER_DOMAIN, l->c[hierarchy - 1]);
	put_hierarchy(w, l->c[hierarchy]);
	if (!rec_has(w, FIELD_DESTINATION_IP) && !rec_has(w, FIELD_DESTINATION_DOMAIN))
		put_destination(l, l->c[method + 1], connect);
	type = hierarchy + 1;
	if (type + 1 < l->n && str_u64(l->c[type], &ms)) /* the peer's port in front of the type */
		parse_put_port(w, FIELD_DESTINATION_PORT, l->c[type++]);
	if (type < l->n)
		parse_put(w, FIELD_HTTP_RESPONSE_MIME_TYPE, l->c[type]);
	put_extra(l, type + 1);
	web_put_event(w, "proxy_request", code, denied, failed);
	return true;
}

/* "... TCP_MISS:HIER_DIRECT" behind the combined format's columns. */
static bool
read_combined(struct line *l, struct str message)
{
	struct str tail, column, tag;

	if (!web_read_combined(l->ctx, l->w, message, &tail))
		return false;
	if (web_column(&tail, &column) && str_cut(&column, ':', &tag) && is_upper(tag, 3)) {
		rec_put(l->w, FIELD_SQUID_STATUS, tag);
		parse_put(l->w, FIELD_SQUID_HIERARCHY, column);
		if (str_find(tag, STR("DENIED")) >= 0) {
			put_forget(l->w, FIELD_EVENT_TYPE);
			put_forget(l->w, FIELD_EVENT_OUTCOME);
			rec_put(l->w, FIELD_EVENT_TYPE, STR("denied"));
			rec_put(l->w, FIELD_EVENT_OUTCOME, STR("failure"));
		}
	}
	put_over(l->w, FIELD_EVENT_ACTION, STR("proxy_request"));
	return true;
}

/* cache.log: "2024/05/02 11:30:29 kid1| WARNING: ..." */
static bool
read_cache_log(struct line *l, struct str s)
{
	static const struct event_words e = {.category = "web", .type = "info"};
	char text[19];
	struct str at = str_make(text, sizeof(text)), word;
	int64_t ns;

	if (s.n > 21 && s.p[4] == '/' && s.p[7] == '/' && s.p[13] == ':') {
		memcpy(text, s.p, sizeof(text));
		text[4] = text[7] = '-';
		if (!stamp_take_iso(&at, l->ctx->in->zone, l->ctx->arrival, &ns))
			return false;
		parse_time(l->ctx, l->w, ns);
		if (!str_cut(&s, '|', &word))
			return false;
		s = str_trim(s);
	} else if (str_starts(s, STR("kid")) && str_cut(&s, '|', &word)) {
		s = str_trim(s); /* the time was taken for the line's header */
	} else if (!str_starts(s, STR("ERROR")) && !str_starts(s, STR("FATAL")) &&
		   !str_starts(s, STR("WARNING"))) {
		return false;
	}
	word = str_make(s.p, 0);
	while (word.n < s.n && s.p[word.n] >= 'A' && s.p[word.n] <= 'Z')
		word.n++;
	if (word.n > 3 && word.n < s.n && s.p[word.n] == ':')
		put_lower(l->w, FIELD_LOG_LEVEL, word);
	rec_put(l->w, FIELD_MESSAGE, s);
	l->ctx->message_done = true;
	parse_event(l->w, &e);
	return true;
}

/* Cisco WSA's log subscriptions say how grave the line is: "Info: 1737539565.563 …". */
static struct str
without_level(struct str s)
{
	s = str_trim(s);
	str_take(&s, STR("Info: "));
	return s;
}

static enum parsed
squid_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct line l = {.ctx = ctx, .w = w, .n = 0};
	struct str s;

	message = without_level(message);
	s = message;

	rec_put(w, FIELD_OBSERVER_VENDOR, STR("Squid"));
	rec_put(w, FIELD_OBSERVER_PRODUCT, STR("Squid"));
	rec_put(w, FIELD_OBSERVER_TYPE, STR("proxy"));
	w->cur->flags |= RECORD_REFERS;
	while (l.n < COLUMNS_MAX && web_column(&s, &l.c[l.n]))
		l.n++;
	ctx->message_done = true; /* the line is event.original; the cache log puts its words */
	if (read_native(&l))
		put_verdicts(&l, message);
	else if (!read_combined(&l, message) && !read_cache_log(&l, message))
		return PARSED_NOT;
	put_fold(w); /* configured columns may share a name */
	return PARSED_OK;
}

static bool
squid_sniff(struct str message)
{
	struct str c[5];
	size_t n = 0;

	message = without_level(message);
	while (n < 5 && web_column(&message, &c[n]))
		n++;
	return n == 5 && is_epoch(c[0]) && (is_status(c[3]) || is_status(c[4]));
}

const struct parser parser_squid = {
	.name = "squid",
	.logsource = LOGSOURCE_SQUID,
	.module = "squid",
	.dataset = "squid.access",
	.programs = "squid squid* (squid*",
	.sniff = squid_sniff,
	.parse = squid_parse,
};
