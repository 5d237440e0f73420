/* weberror.c - the error logs of Apache httpd and nginx. */
#include "base/stamp.h"
#include "parsers/put.h"
#include "parsers/web.h"

/* "2019/08/25 23:59:53" */
static bool
nginx_time(struct str line)
{
	return line.n > 21 && is_digit(line.p[0]) && line.p[4] == '/' && line.p[7] == '/' &&
	       line.p[10] == ' ' && line.p[13] == ':' && line.p[19] == ' ' && line.p[20] == '[';
}

/* "[Wed Oct 11 14:32:52.958285 2000] [core:error] ..." */
static bool
apache_time(struct str line)
{
	return line.n > 26 && line.p[0] == '[' && line.p[4] == ' ' && line.p[8] == ' ' &&
	       line.p[11] == ' ' && line.p[14] == ':' && line.p[17] == ':';
}

static bool
apache_level_first(struct str line)
{
	struct str rest = line, head;

	if (line.n <= 8 || line.p[0] != '[' || !str_cut(&rest, ']', &head) || head.n >= 40)
		return false;
	rest = str_trim(rest);
	return (str_starts(rest, STR("[pid ")) || str_starts(rest, STR("[client ")) ||
		       str_starts(rest, STR("[remote "))) &&
	       (str_find(head, STR("error")) > 0 || str_find(head, STR("warn")) > 0 ||
		       str_find(head, STR("notice")) > 0 || str_find(head, STR("info")) > 0);
}

/* "[error] 31#31: ...", "[error] 31:31 ...": the time was taken for the line's header. */
static bool
nginx_level_first(struct str line)
{
	static const char *const levels[] = {
		"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"};
	struct str rest = line, head;
	uint64_t pid;
	size_t i = 0;

	if (line.n < 8 || line.p[0] != '[' || !str_cut(&rest, ']', &head) || head.n > 7)
		return false;
	str_skip(&head, 1);
	while (i < sizeof(levels) / sizeof(levels[0]) && !str_eq(head, str_of(levels[i])))
		i++;
	rest = str_trim(rest);
	if (i == sizeof(levels) / sizeof(levels[0]) || !str_take_u64(&rest, &pid))
		return false;
	if (str_take(&rest, STR(":")))
		return str_take_u64(&rest, &pid) && (rest.n == 0 || *rest.p == ' ');
	return str_take(&rest, STR("#")) && str_take_u64(&rest, &pid) && str_starts(rest, STR(":"));
}

bool
web_looks_error(struct str line)
{
	line = str_trim(line);
	return nginx_time(line) || nginx_level_first(line) || apache_time(line) ||
	       apache_level_first(line);
}

static void
put_level(struct recs *w, struct str text)
{
	struct str level = text, module;

	if (str_cut(&level, ':', &module)) {
		if (module.n)
			rec_put_prefixed(w, STR("apache.error."), STR("module"), module);
	} else {
		level = module;
	}
	parse_put(w, FIELD_LOG_LEVEL, level);
}

static void
put_peer(struct recs *w, struct str client)
{
	struct str host, port;

	client = str_trim(client);
	/* An IPv6 address with a port stands without brackets: "::1:50058". */
	if (str_chr(client, ':') != str_rchr(client, ':') && client.p[0] != '[') {
		ptrdiff_t colon = str_rchr(client, ':');
		struct str front = str_make(client.p, (size_t)colon);

		port = str_make(client.p + colon + 1, client.n - (size_t)colon - 1);
		if (port.n == 5 && rec_put_ip(w, FIELD_SOURCE_IP, front))
			parse_put_port(w, FIELD_SOURCE_PORT, port);
		else
			rec_put_ip(w, FIELD_SOURCE_IP, client);
		return;
	}
	split_port(client, &host, &port);
	parse_put_host(w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, str_trim(host));
	parse_put_port(w, FIELD_SOURCE_PORT, port);
}

/* ModSecurity's and Coraza's sentence, with [name "value"] behind it, in both servers' logs. */
static void
read_modsecurity(struct recs *w, struct str s)
{
	static const struct {
		struct str key;
		unsigned field;
	} rows[] = {
		{{" [id \"", 6}, FIELD_RULE_ID},
		{{" [msg \"", 7}, FIELD_RULE_NAME},
		{{" [tag \"", 7}, FIELD_RULE_CATEGORY},
		{{" [ver \"", 7}, FIELD_RULE_RULESET},
		{{" [data \"", 8}, FIELD_EVENT_REASON},
	};
	static const struct event_words denied = {
		"web intrusion_detection", "denied", "waf_denied", "failure"};
	static const struct event_words warned = {
		"web intrusion_detection", "info", "waf_warning", NULL};
	struct str rest, value;
	ptrdiff_t at = str_find(s, STR("ModSecurity: ")), key;

	if (at < 0)
		at = str_find(s, STR("Coraza: "));
	if (at < 0)
		return;
	str_skip(&s, (size_t)at);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rest = s;
		key = str_find(rest, rows[i].key);
		if (key < 0)
			continue;
		str_skip(&rest, (size_t)key + rows[i].key.n - 1);
		if (web_column(&rest, &value))
			parse_put(w, rows[i].field, value);
	}
	rest = s;
	key = str_find(rest, STR(" [uri \""));
	if (key >= 0 && !rec_has(w, FIELD_URL_ORIGINAL)) {
		str_skip(&rest, (size_t)key + 6);
		if (web_column(&rest, &value))
			put_url(w, value, false);
	}
	rest = s;
	key = str_find(rest, STR(" [hostname \""));
	if (key >= 0 && !rec_has(w, FIELD_URL_DOMAIN)) {
		str_skip(&rest, (size_t)key + 11);
		if (web_column(&rest, &value))
			put_lower(w, FIELD_URL_DOMAIN, value);
	}
	rest = s;
	key = str_find(rest, STR(" [unique_id \""));
	if (key >= 0) {
		str_skip(&rest, (size_t)key + 12);
		if (web_column(&rest, &value))
			rec_put_named(w, STR("http.request.id"), VALUE_STRING, value, 0);
	}
	parse_event(w, str_find(s, STR(" denied ")) > 0 ? &denied : &warned);
	rec_put(w, FIELD_EVENT_KIND, STR("alert"));
}

/* "user sato: authentication failure for "/x": Password Mismatch", "user abe not found: /x", and
 * what PHP programs say in the same words. */
static void
read_login(struct recs *w, struct str s)
{
	static const char *const ends[] = {" in realm ", ": authentication failure for ",
		" not found: ", " authentication failure for ", ": password mismatch"};
	static const struct event_words login = {"web authentication", "start", "login", "failure"};
	ptrdiff_t at = str_starts(s, STR("user ")) ? 0 : str_find(s, STR(": user "));
	struct str name;

	if (at < 0)
		return;
	str_skip(&s, (size_t)at + (at ? 7 : 5));
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		ptrdiff_t end = str_find(s, str_of(ends[i]));

		if (end <= 0 || end > 128)
			continue;
		name = str_make(s.p, (size_t)end);
		if (name.n > 2 && name.p[0] == '`')
			name = str_make(name.p + 1, name.n - 2);
		put_account(w, FIELD_USER_NAME, FIELD_USER_DOMAIN, name);
		parse_event(w, &login);
		return;
	}
}

/* Bracketed heads until the words begin; AH numbers are Apache's message ids. */
static void
read_apache(struct parse_ctx *ctx, struct recs *w, struct str s)
{
	struct str column, at;
	ptrdiff_t client;
	int64_t ns;

	if (apache_time(s) && web_column(&s, &column)) {
		at = column;
		if (stamp_take_ctime(&at, ctx->in->zone, ctx->arrival, &ns))
			parse_time(ctx, w, ns);
		else
			rec_flag(w, REASON_TIMESTAMP);
	}
	for (s = str_trim(s); s.n && *s.p == '['; s = str_trim(s)) {
		web_column(&s, &column);
		at = column;
		if (str_take(&at, STR("client "))) {
			if (!rec_has(w, FIELD_SOURCE_IP))
				put_peer(w, at);
		} else if (str_take(&at, STR("pid "))) {
			struct str pid;

			str_cut(&at, ':', &pid);
			put_integer(w, FIELD_PROCESS_PID, pid);
		} else if (!rec_has(w, FIELD_LOG_LEVEL)) {
			put_level(w, column);
		}
	}
	if (!rec_has(w, FIELD_SOURCE_IP)) {
		client = str_find(s, STR("[client "));
		if (client >= 0) {
			at = str_make(s.p + client + 8, s.n - (size_t)client - 8);
			str_cut(&at, ']', &column);
			put_peer(w, column);
			s = str_trim(at);
		}
	}
	if (s.n > 8 && str_starts(s, STR("AH")) && is_digit(s.p[2]) && s.p[7] == ':') {
		rec_put(w, FIELD_EVENT_CODE, str_make(s.p, 7));
		str_skip(&s, 8);
	}
	s = str_trim(s);
	read_modsecurity(w, s);
	read_login(w, s);
	/* mod_log's tail: ", referer: https://www.example.com/" */
	client = str_rchr(s, ',');
	if (client > 0 && !rec_has(w, FIELD_HTTP_REQUEST_REFERRER)) {
		at = str_make(s.p + client, s.n - (size_t)client);
		if (str_take(&at, STR(", referer: ")))
			parse_put(w, FIELD_HTTP_REQUEST_REFERRER, at);
	}
	parse_put(w, FIELD_MESSAGE, s);
}

/* ", client: 192.0.2.1, server: x, request: \"GET / HTTP/1.1\", host: \"y\"" */
static struct str
nginx_value(struct str s, struct str key)
{
	ptrdiff_t at = str_find(s, key);
	struct str value = {s.p, 0};

	if (at < 0)
		return value;
	str_skip(&s, (size_t)at + key.n);
	if (s.n && *s.p == '"')
		web_column(&s, &value);
	else
		str_cut(&s, ',', &value);
	return value;
}

static void
read_nginx(struct parse_ctx *ctx, struct recs *w, struct str s)
{
	char text[19];
	struct str at = str_make(text, sizeof(text)), column, client;
	int64_t ns;

	if (nginx_time(s)) {
		memcpy(text, s.p, sizeof(text));
		text[4] = text[7] = '-';
		if (stamp_take_iso(&at, ctx->in->zone, ctx->arrival, &ns))
			parse_time(ctx, w, ns);
		str_skip(&s, 20);
	}
	web_column(&s, &column);
	parse_put(w, FIELD_LOG_LEVEL, column);
	s = str_trim(s);
	at = s;
	if (str_cut(&at, '#', &column))
		put_integer(w, FIELD_PROCESS_PID, column);
	client = nginx_value(s, STR(", client: "));
	if (client.n)
		put_peer(w, client);
	/* 'user "sato": password mismatch', 'user "sato" was not found in "file"' */
	column = nginx_value(s, STR(" user "));
	if (column.n > 0 && column.p[-1] == '"' &&
		(str_find(s, STR("password mismatch")) > 0 ||
			str_find(s, STR("was not found")) > 0)) {
		static const struct event_words login = {
			.category = "authentication", .type = "start", .outcome = "failure"};

		parse_put(w, FIELD_USER_NAME, column);
		parse_event(w, &login);
	}
	web_put_request(w, nginx_value(s, STR(", request: ")));
	read_modsecurity(w, s);
	parse_put(w, FIELD_HTTP_REQUEST_REFERRER, nginx_value(s, STR(", referrer: ")));
	column = nginx_value(s, STR(", host: "));
	if (column.n && !rec_has(w, FIELD_URL_DOMAIN)) {
		struct str host, port;

		split_port(column, &host, &port);
		put_lower(w, FIELD_URL_DOMAIN, host);
	}
	column = nginx_value(s, STR(", server: "));
	if (column.n)
		rec_put_prefixed(w, STR("nginx.error."), STR("server"), column);
	column = nginx_value(s, STR(", upstream: "));
	if (column.n)
		rec_put_prefixed(w, STR("nginx.error."), STR("upstream"), column);
	parse_put(w, FIELD_MESSAGE, s);
}

bool
web_read_error(struct parse_ctx *ctx, struct recs *w, struct str line)
{
	static const struct event_words e = {.category = "web", .type = "error"};

	if (nginx_time(line) || nginx_level_first(line))
		read_nginx(ctx, w, line);
	else
		read_apache(ctx, w, line);
	ctx->message_done = true;
	if (!rec_has(w, FIELD_EVENT_ACTION))
		parse_event(w, &e);
	return true;
}
