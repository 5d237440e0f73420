/*
 * combined.c - access logs in the Common Log Format and its kin (Apache, nginx, Squid).
 */
#include "base/stamp.h"
#include "parsers/put.h"
#include "parsers/source_inside.h"
#include "parsers/web.h"

#define TOKENS_MAX    12
#define FORWARDED_MAX 32u

bool
web_column(struct str *s, struct str *ret)
{
	char close = 0;
	size_t n = 0;

	while (s->n && (*s->p == ' ' || *s->p == '\t'))
		str_skip(s, 1);
	if (s->n == 0)
		return false;
	if (*s->p == '"')
		close = '"';
	else if (*s->p == '[')
		close = ']';
	if (!close) {
		while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t')
			n++;
		*ret = str_make(s->p, n);
		str_skip(s, n);
		return true;
	}
	str_skip(s, 1);
	while (n < s->n && s->p[n] != close)
		n += s->p[n] == '\\' && close == '"' && n + 1 < s->n ? 2 : 1;
	*ret = str_make(s->p, n);
	str_skip(s, n < s->n ? n + 1 : n);
	return true;
}

void
web_put_event(struct recs *w, const char *action, unsigned status, bool denied, bool failed)
{
	struct event_words e = {.category = "web", .type = "access", .action = action};

	if (denied)
		e.type = "denied";
	if (denied || failed || status >= 400)
		e.outcome = "failure";
	else if (status >= 100)
		e.outcome = "success";
	parse_event(w, &e);
}

static bool
is_method(struct str s)
{
	if (s.n < 3 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return true;
}

void
web_put_request(struct recs *w, struct str request)
{
	struct str rest = request, method, version;
	ptrdiff_t last;

	if (request.n == 0 || str_eq(request, STR("-")))
		return;
	if (!str_cut(&rest, ' ', &method) || !is_method(method)) {
		rec_put(w, FIELD_URL_ORIGINAL, request); /* not HTTP: kept as it came */
		return;
	}
	rec_put(w, FIELD_HTTP_REQUEST_METHOD, method);
	last = str_rchr(rest, ' ');
	if (last >= 0) {
		version = str_make(rest.p + last + 1, rest.n - (size_t)last - 1);
		if (str_take(&version, STR("HTTP/"))) {
			parse_put(w, FIELD_HTTP_VERSION, version);
			rest.n = (size_t)last;
		}
	}
	put_url(w, rest, str_eq(method, STR("CONNECT")));
}

/* ---- the columns in front of the time ---- */

static bool
is_address(struct str s)
{
	bool colon = str_chr(s, ':') >= 0;

	if (s.n < 2 || s.n > 45 || (!colon && (str_chr(s, '.') < 0 || !is_digit(s.p[s.n - 1]))))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i] | 0x20;

		if (!is_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != ':' &&
			!(colon && c >= 'a' && c <= 'f'))
			return false;
	}
	return !colon || str_chr(s, ':') != str_rchr(s, ':');
}

static struct str
without_comma(struct str s)
{
	while (s.n && s.p[s.n - 1] == ',')
		s.n--;
	return s;
}

/* "www.example.com:443" */
static void
put_vhost(struct recs *w, struct str vhost)
{
	struct str host, port;

	if (vhost.n == 0 || str_eq(vhost, STR("-")) || str_eq(vhost, STR("_")))
		return;
	split_port(vhost, &host, &port);
	parse_put_port(w, FIELD_DESTINATION_PORT, port);
	put_lower(w, FIELD_URL_DOMAIN, host);
	put_lower(w, FIELD_DESTINATION_DOMAIN, host);
}

static void
put_client(struct recs *w, struct str token)
{
	struct str host, port;

	if (is_address(token)) {
		rec_put_ip(w, FIELD_SOURCE_IP, token);
		return;
	}
	split_port(token, &host, &port);
	parse_put_host(w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, host);
	parse_put_port(w, FIELD_SOURCE_PORT, port);
}

/* "CONNECT www.example.com:443": where the tunnel goes. */
static void
put_tunnel(struct recs *w, struct str request)
{
	struct str target, host, port;
	ptrdiff_t scheme;

	if (!str_take(&request, STR("CONNECT ")) || rec_has(w, FIELD_DESTINATION_PORT) ||
		rec_has(w, FIELD_DESTINATION_DOMAIN))
		return;
	str_cut(&request, ' ', &target);
	scheme = str_find(target, STR("://"));
	if (scheme > 0)
		str_skip(&target, (size_t)scheme + 3);
	split_port(target, &host, &port);
	parse_put_host(w, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, host);
	parse_put_port(w, FIELD_DESTINATION_PORT, port);
}

/* [vhost] client[, client ...] ident user */
static bool
read_front(struct recs *w, struct str front)
{
	struct str token[TOKENS_MAX], user;
	const char *end = front.p + front.n;
	size_t n = 0, i = 0;

	while (n < TOKENS_MAX && web_column(&front, &token[n]))
		n++;
	/* UBIKA: more columns in front that hold nothing. */
	while (n - i > 3 && str_eq(token[i], STR("-")))
		i++;
	if (n == 0)
		return false;
	if (n - i > 1 && !is_address(without_comma(token[i])) &&
		is_address(without_comma(token[i + 1])))
		put_vhost(w, token[i++]);
	put_client(w, without_comma(token[i]));
	for (; i + 1 < n &&
		(token[i].p[token[i].n - 1] == ',' || (is_address(without_comma(token[i + 1]))));
		i++)
		rec_put_ip(w, FIELD_RELATED_IP, without_comma(token[i + 1]));
	i++;
	if (i + 1 < n) { /* ident, then the user, who may have blanks in his name */
		user = str_trim(str_make(token[i + 1].p, (size_t)(end - token[i + 1].p)));
		if (user.n && user.p[0] != '"')
			put_account(w, FIELD_USER_NAME, FIELD_USER_DOMAIN, user);
	}
	return true;
}

/* ---- the columns behind ---- */

static unsigned
read_numbers(struct recs *w, struct str *s)
{
	struct str column, rest = *s;
	uint64_t status = 0;

	if (!web_column(&rest, &column))
		return 0;
	if (!str_u64(column, &status) && !str_eq(column, STR("-")))
		return 0;
	if (status >= 100 && status < 1000)
		rec_put_u64(w, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
	*s = rest;
	if (web_column(&rest, &column) && column.n && column.p > s->p &&
		(str_eq(column, STR("-")) || is_digit(column.p[0]))) {
		put_count(w, FIELD_HTTP_RESPONSE_BYTES, column);
		*s = rest;
	}
	return (unsigned)status;
}

static bool
next_is_quoted(struct str s)
{
	s = str_trim(s);
	return s.n && *s.p == '"';
}

static bool
is_seconds(struct str s)
{
	ptrdiff_t dot = str_chr(s, '.');

	return dot > 0 && str_is_number(s) && s.n <= 12 && s.n - (size_t)dot <= 7;
}

/* "%20" where the log's writer escapes blanks (Squid). */
static struct str
forwarded_element(struct str s)
{
	s = str_trim(s);
	while (str_take(&s, STR("%20")))
		s = str_trim(s);
	while (str_ends(s, STR("%20")))
		s.n -= 3;
	return s;
}

void
web_put_forwarded(struct recs *w, struct str list)
{
	struct str one;

	for (unsigned i = 0; list.n && i < FORWARDED_MAX; i++) {
		str_cut(&list, ',', &one);
		one = forwarded_element(one);
		if (one.n && !str_eq(one, STR("-")))
			rec_put_in_array(w, FIELD_HTTP_REQUEST_FORWARDED, one);
	}
	if (list.n) /* the right end is the one that counts: it must not be lost */
		rec_put_in_array(w, FIELD_HTTP_REQUEST_FORWARDED, list);
}

/* An address, with a port or without, or the word for one that is not told. */
static bool
is_forwarded(struct str list)
{
	struct str one, host, port;

	do {
		str_cut(&list, ',', &one);
		one = forwarded_element(one);
		split_port(one, &host, &port);
		if (!is_address(one) && !is_address(host) && !str_eq(one, STR("unknown")))
			return false;
	} while (list.n);
	return true;
}

/* Times, forwarded addresses, TLS: columns that many sites add, told by their shape. */
static void
read_tail(struct recs *w, struct str tail)
{
	struct str column, one;
	bool timed = false;

	while (web_column(&tail, &column)) {
		if (!timed && is_seconds(column)) {
			uint64_t whole = 0, part = 0, scale = (uint64_t)NS_PER_S;

			timed = true;
			str_take_u64(&column, &whole);
			str_skip(&column, 1);
			for (size_t i = 0; i < column.n; i++) {
				part = part * 10 + (uint64_t)(column.p[i] - '0');
				scale /= 10;
			}
			rec_put_u64(
				w, FIELD_EVENT_DURATION, whole * (uint64_t)NS_PER_S + part * scale);
		} else if (str_starts(column, STR("TLSv"))) {
			str_cut(&column, '/', &one);
			str_skip(&one, 4);
			parse_put(w, FIELD_TLS_VERSION, one);
			parse_put(w, FIELD_TLS_CIPHER, column);
		} else if (is_forwarded(column)) {
			web_put_forwarded(w, column);
		}
	}
}

/* The bracket in front of a time: "[10/Oct/2000:13:55:36 -0700]". */
static ptrdiff_t
find_time(struct str line)
{
	size_t from = 0;

	while (from < line.n) {
		ptrdiff_t at = str_chr(str_make(line.p + from, line.n - from), '[');

		if (at < 0)
			return -1;
		from += (size_t)at;
		if (line.n - from > 12 && is_digit(line.p[from + 1]) &&
			(line.p[from + 2] == '/' || line.p[from + 3] == '/'))
			return (ptrdiff_t)from;
		from++;
	}
	return -1;
}

/* "AuthReject sm1 [02/Apr/2026...": two names in front, and no client, are another product's. */
static bool
names_no_client(struct str front)
{
	size_t words = 0;
	struct str one;

	while (front.n) {
		str_cut(&front, ' ', &one);
		words += one.n > 0;
		if (str_eq(one, STR("-")) || str_chr(one, '.') >= 0 || str_chr(one, ':') >= 0)
			return false;
	}
	return words == 2;
}

/* "4871 104/01/ 198.51.100.7:8000 192.0.2.34 - sato [": i-FILTER's process and version. */
static bool
begins_with_version(struct str front)
{
	struct str one;
	size_t i;

	for (unsigned n = 0; n < 2 && front.n; n++) {
		str_cut(&front, ' ', &one);
		for (i = 0; i < one.n && is_digit(one.p[i]); i++)
			;
		if (i > 0 && i + 1 < one.n && one.p[i] == '/' && one.p[one.n - 1] == '/')
			return true;
		if (i < one.n)
			return false;
	}
	return false;
}

bool
web_looks_combined(struct str line)
{
	ptrdiff_t at = find_time(line);

	return at > 0 && at < 1024 && str_find(line, STR("] \"")) > at &&
	       !names_no_client(str_make(line.p, (size_t)at)) &&
	       !begins_with_version(str_make(line.p, (size_t)at));
}

static void
read_time(struct parse_ctx *ctx, struct recs *w, struct str text)
{
	struct str s = text;
	int64_t ns;

	if (stamp_take_clf(&s, ctx->in->zone, ctx->arrival, &ns)) {
		parse_time(ctx, w, ns);
		return;
	}
	/* Olfeo: "[15/04/2026 12:50:04]" */
	if (source_strptime(text, "%d/%m/%Y %H:%M:%S", ctx->in->zone, ctx->arrival, &ns)) {
		parse_time(ctx, w, ns);
		return;
	}
	rec_flag(w, REASON_TIMESTAMP);
}

bool
web_read_combined(struct parse_ctx *ctx, struct recs *w, struct str line, struct str *tail)
{
	ptrdiff_t at = find_time(line);
	struct str s, column, request;
	unsigned status;

	*tail = str_make(line.p + line.n, 0);
	if (at < 0 || !read_front(w, str_make(line.p, (size_t)at)))
		return false;
	s = str_make(line.p + at, line.n - (size_t)at);
	if (!web_column(&s, &column))
		return false;
	read_time(ctx, w, column);
	if (!next_is_quoted(s))
		return false;
	if (!web_column(&s, &request))
		return false;
	if (request.n <= 1 && next_is_quoted(s)) /* an empty column of somebody's own */
		web_column(&s, &request);
	web_put_request(w, request);
	put_tunnel(w, request);
	status = read_numbers(w, &s);
	if (!next_is_quoted(s)) { /* one more number: time taken, upstream bytes */
		struct str rest = s;

		if (web_column(&rest, &column) && next_is_quoted(rest))
			s = rest;
	}
	if (next_is_quoted(s) && web_column(&s, &column))
		parse_put(w, FIELD_HTTP_REQUEST_REFERRER, column);
	if (next_is_quoted(s) && web_column(&s, &column))
		parse_put(w, FIELD_USER_AGENT_ORIGINAL, column);
	*tail = s;
	web_put_event(w, "http_request", status, false, false);
	w->cur->flags |= RECORD_REFERS;
	return true;
}

/* ---- Nginx Proxy Manager ---- */

static bool
looks_managed(struct str line)
{
	return line.n > 20 && line.p[0] == '[' && is_digit(line.p[1]) &&
	       str_find(line, STR("\" [Client ")) > 0;
}

/*
 * "[time] cache upstream status - METHOD scheme host "uri" [Client a] [Length n] [Gzip r] [Sent-to
 * s] "agent" "referrer"", where cache, upstream and Sent-to may be missing (log_format proxy and
 * standard of its log-proxy.conf).
 */
static bool
read_managed(struct parse_ctx *ctx, struct recs *w, struct str s)
{
	struct str time, column, status = {0}, word;
	uint64_t code = 0;
	unsigned quoted = 0;

	if (!web_column(&s, &time))
		return false;
	while (web_column(&s, &column) && !(str_eq(column, STR("-")) && status.n > 0))
		status = is_digit(column.p[0]) ? column : status;
	if (s.n == 0 || !str_u64(status, &code))
		return false;
	read_time(ctx, w, time);
	if (code >= 100 && code < 1000)
		rec_put_u64(w, FIELD_HTTP_RESPONSE_STATUS_CODE, code);
	if (web_column(&s, &column))
		parse_put(w, FIELD_HTTP_REQUEST_METHOD, column);
	if (web_column(&s, &column))
		put_lower(w, FIELD_URL_SCHEME, column);
	if (web_column(&s, &column) && column.n > 1)
		put_lower(w, FIELD_URL_DOMAIN, column);
	if (web_column(&s, &column))
		put_url(w, column, false);
	for (s = str_trim(s); s.n > 0; s = str_trim(s)) {
		bool quote = s.p[0] == '"';

		if (!web_column(&s, &column))
			break;
		if (quote) {
			parse_put(w,
				quoted++ ? FIELD_HTTP_REQUEST_REFERRER : FIELD_USER_AGENT_ORIGINAL,
				column);
			continue;
		}
		if (!str_cut(&column, ' ', &word))
			continue;
		if (str_eq(word, STR("Client")))
			put_client(w, column);
		else if (str_eq(word, STR("Length")))
			put_count(w, FIELD_HTTP_RESPONSE_BYTES, column);
		else if (str_eq(word, STR("Sent-to")))
			parse_put_host(w, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, column);
	}
	web_put_event(w, "http_request", (unsigned)code, false, false);
	w->cur->flags |= RECORD_REFERS;
	return true;
}

static enum parsed
combined_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct str line = str_trim(message), tail;

	w->cur->logsource = LOGSOURCE_WEBSERVER;
	if (web_looks_error(line) && web_read_error(ctx, w, line))
		return PARSED_OK;
	if (looks_managed(line) && read_managed(ctx, w, line)) {
		ctx->message_done = true;
		return PARSED_OK;
	}
	if (!web_read_combined(ctx, w, line, &tail))
		return PARSED_NOT;
	read_tail(w, tail);
	ctx->message_done = true; /* the line is event.original */
	return PARSED_OK;
}

static bool
combined_sniff(struct str message)
{
	return web_looks_combined(message) || web_looks_error(message) || looks_managed(message);
}

const struct parser parser_combined = {
	.name = "webserver",
	.words = "combined apache nginx httpd apache2 access",
	.logsource = LOGSOURCE_WEBSERVER,
	.module = "webserver",
	.dataset = "webserver.access",
	.programs = "httpd apache apache2 nginx lighttpd",
	.sniff = combined_sniff,
	.parse = combined_parse,
};
