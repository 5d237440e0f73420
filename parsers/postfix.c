/*
 * postfix.c - all daemons of Postfix. A mail's story is spread over lines that share a queue id;
 * weave joins them, so each such line is marked.
 */
#include "parsers/form.h"

#define MAIL "email"

static const struct event_words smtp_connect = {
	"email network", "connection start", "smtp_connect", NULL};
static const struct event_words smtp_disconnect = {
	"email network", "connection end", "smtp_disconnect", NULL};
static const struct event_words smtp_lost = {
	"email network", "connection end", "smtp_lost", "failure"};
static const struct event_words smtp_error = {
	"email network", "protocol", "smtp_protocol_error", "failure"};
static const struct event_words smtp_limit = {"email network", "denied", "smtp_limit", "failure"};
static const struct event_words smtp_auth_failed = {
	"email authentication", "start", "smtp_auth_failed", "failure"};
static const struct event_words smtp_reject = {MAIL, "denied", "smtp_reject", "failure"};
static const struct event_words smtp_tls = {"email network", "protocol", "smtp_tls", "success"};
static const struct event_words smtp_tls_failed = {
	"email network", "protocol", "smtp_tls", "failure"};
static const struct event_words smtp_dns = {"email network", "info", "smtp_dns_mismatch", NULL};
static const struct event_words smtp_out_failed = {
	"email network", "connection", "smtp_connect_out", "failure"};
static const struct event_words screen_pass = {
	"email network", "allowed", "postscreen_pass", "success"};
static const struct event_words screen_fail = {
	"email network", "denied", "postscreen_fail", "failure"};
static const struct event_words mail_client = {MAIL, "info", "mail_client", "success"};
static const struct event_words mail_message_id = {MAIL, "info", "mail_message_id", NULL};
static const struct event_words mail_queued = {MAIL, "info", "mail_queued", "success"};
static const struct event_words mail_pickup = {MAIL, "info", "mail_pickup", "success"};
static const struct event_words mail_removed = {MAIL, "info", "mail_removed", NULL};
static const struct event_words mail_bounce_sent = {MAIL, "info", "mail_bounce_notice", NULL};
static const struct event_words mail_delivered = {MAIL, "info", "mail_delivered", "success"};
static const struct event_words mail_deferred = {MAIL, "info", "mail_deferred", "failure"};
static const struct event_words mail_bounced = {MAIL, "info", "mail_bounced", "failure"};
static const struct event_words mail_expired = {MAIL, "info", "mail_expired", "failure"};
static const struct event_words mail_verified = {MAIL, "info", "mail_verified", NULL};
static const struct event_words mail_header = {MAIL, "info", "mail_header", NULL};
static const struct event_words mail_host_said = {MAIL, "info", "mail_remote_reply", "failure"};
static const struct event_words mail_note = {MAIL, "info", "mail_note", NULL};
static const struct event_words statistics = {"email process", "info", "mail_statistics", NULL};
static const struct event_words server = {"email process", "info", "mail_server", NULL};
static const struct event_words server_warning = {"email process", "error", "mail_warning", NULL};

#define SOURCE_PEER FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, FIELD_SOURCE_PORT
#define TARGET_PEER FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, FIELD_DESTINATION_PORT
#define SOURCE      FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL, FIELD_SOURCE_PORT
#define TARGET      FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, NULL, FIELD_DESTINATION_PORT

static const struct form_slot slots[FORM_SLOTS] = {
	['c'] = {TAKE_WORD, PUT_PEER, SOURCE},
	['d'] = {TAKE_WORD, PUT_PEER, TARGET},
	['h'] = {TAKE_WORD, PUT_TEXT, FIELD_SOURCE_DOMAIN, 0, NULL, 0},
	['i'] = {TAKE_WORD, PUT_HOST, FIELD_SOURCE_IP, 0, NULL, 0},
	['m'] = {TAKE_WORD, PUT_NAMED, 0, 0, "postfix.sasl_method", 0},
	['u'] = {TAKE_REST, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['q'] = {TAKE_WORD, PUT_NAMED, 0, 0, "postfix.new_queue_id", 0},
	['v'] = {TAKE_WORD, PUT_TEXT, FIELD_TLS_VERSION, 0, NULL, 0},
	['k'] = {TAKE_WORD, PUT_TEXT, FIELD_TLS_CIPHER, 0, NULL, 0},
	['b'] = {TAKE_WORD, PUT_NAMED, 0, 0, "postfix.dnsbl", 0},
	['n'] = {TAKE_NUMBER, PUT_NOTHING, 0, 0, NULL, 0},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['z'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL, 0},
	['C'] = {TAKE_LAZY, PUT_NAMED, 0, 0, "postfix.command", 0},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL, 0},
};

/* Lines without a queue id. */
static const struct form forms[] = {
#include "parsers/postfix.def"
};

/* Lines behind "QUEUEID: ". */
static const struct form queue_forms[] = {
	{"removed", &mail_removed, 0},
	{"sender non-delivery notification: %q", &mail_bounce_sent, 0},
	{"sender delivery status notification: %q", &mail_bounce_sent, 0},
	{"sender delay notification: %q", &mail_bounce_sent, 0},
	{"postmaster non-delivery notification: %q", &mail_bounce_sent, 0},
	{"postmaster delay notification: %q", &mail_bounce_sent, 0},
	{"postmaster copy of %r", &mail_bounce_sent, 0},
	{"host %d said: %r", &mail_host_said, 0},
	{"host %d refused to talk to me: %r", &mail_host_said, 0},
	{"lost connection with %d while %r", &mail_host_said, 0},
	{"conversation with %d timed out while %r", &mail_host_said, 0},
	{"Used TLS for %d", &smtp_tls, 0},
	{"Cannot start TLS: %r", &smtp_tls_failed, 0},
	{"TLS is required, but %r", &smtp_tls_failed, 0},
	{"enabling PIX workarounds: %z for %d", &mail_note, 0},
	{"skipped, still being delivered", &mail_note, 0},
	{"SASL authentication failed; %r", &smtp_auth_failed, 0},
	{"passing %r", &mail_note, 0},
};

/* ---- key=value ---- */

struct pairs {
	struct recs *w;
	struct str status;
	bool from, client, uid, nrcpt;
};

static struct str
unbracket(struct str s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return str_make(s.p + 1, s.n - 2);
	return s;
}

static void
put_pair(struct pairs *k, struct str key, struct str value)
{
	struct recs *w = k->w;

	if (str_eq(key, STR("to"))) {
		parse_put(w, FIELD_EMAIL_TO_ADDRESS, unbracket(value));
	} else if (str_eq(key, STR("from"))) {
		k->from = true;
		parse_put(w, FIELD_EMAIL_FROM_ADDRESS, unbracket(value));
	} else if (str_eq(key, STR("relay"))) {
		if (!form_put_peer(w, TARGET_PEER, value))
			rec_put_named(w, STR("postfix.relay"), VALUE_STRING, value, 0);
	} else if (str_eq(key, STR("client"))) {
		k->client = true;
		form_put_peer(w, SOURCE_PEER, value);
	} else if (str_eq(key, STR("size"))) {
		rec_put_number(w, FIELD_POSTFIX_SIZE, value);
	} else if (str_eq(key, STR("nrcpt"))) {
		k->nrcpt = true;
		rec_put_number(w, FIELD_POSTFIX_NRCPT, value);
	} else if (str_eq(key, STR("delay"))) {
		rec_put_number(w, FIELD_POSTFIX_DELAY, value);
	} else if (str_eq(key, STR("dsn"))) {
		rec_put(w, FIELD_POSTFIX_DSN, value);
	} else if (str_eq(key, STR("status"))) {
		k->status = value;
		rec_put(w, FIELD_POSTFIX_STATUS, value);
	} else if (str_eq(key, STR("sasl_username"))) {
		parse_put(w, FIELD_USER_NAME, value);
	} else if (str_eq(key, STR("uid"))) {
		k->uid = true;
		rec_put(w, FIELD_USER_ID, value);
	} else {
		rec_put_prefixed(w, STR("postfix."), key, unbracket(value));
	}
}

/* A value ends at a comma or blank; in angle brackets, at the '>' that one of those follows. */
static struct str
take_value(struct str *s)
{
	size_t i = 0;
	struct str value;

	if (s->n > 0 && s->p[0] == '<') {
		while (i < s->n &&
			!(s->p[i] == '>' && (i + 1 == s->n || s->p[i + 1] == ',' ||
						    s->p[i + 1] == ' ' || s->p[i + 1] == ':')))
			i++;
		i += i < s->n;
	} else {
		while (i < s->n && s->p[i] != ',' && s->p[i] != ' ')
			i++;
	}
	value = str_make(s->p, i);
	str_skip(s, i);
	return value;
}

static size_t
key_length(struct str s)
{
	size_t i = 0;

	while (i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_' || s.p[i] == '-'))
		i++;
	return i > 0 && i < s.n && s.p[i] == '=' ? i : 0;
}

/* "to=<a>, relay=h[ip]:25, delay=1, dsn=2.0.0, status=sent (250 ok)". What is left over in *s is
 * text. */
static void
read_pairs(struct pairs *k, struct str *s)
{
	size_t n;

	for (n = key_length(*s); n > 0; n = key_length(*s)) {
		struct str key = str_make(s->p, n);

		str_skip(s, n + 1);
		put_pair(k, key, take_value(s));
		str_take(s, STR(","));
		while (s->n > 0 && s->p[0] == ' ')
			str_skip(s, 1);
	}
}

/* ---- what smtpd and cleanup refuse or note ---- */

/* "554 5.7.1 text": the reply's parts. */
static void
put_reply(struct recs *w, struct str s)
{
	struct str text = s, word;

	if (s.n >= 4 && is_digit(s.p[0]) && is_digit(s.p[1]) && is_digit(s.p[2]) && s.p[3] == ' ') {
		rec_put_named(w, STR("postfix.reply"), VALUE_STRING, str_make(s.p, 3), 0);
		str_skip(&s, 4);
		text = s;
	}
	if (str_cut(&s, ' ', &word) && word.n >= 5 && word.n <= 8 && is_digit(word.p[0]) &&
		word.p[1] == '.') {
		rec_put(w, FIELD_POSTFIX_DSN, word);
		text = s;
	}
	parse_put(w, FIELD_EVENT_REASON, text);
}

/* Index of the last "; from=<" (or, for a null of those, "; to=<"), or -1. */
static ptrdiff_t
find_tail(struct str s)
{
	for (size_t i = s.n; i-- > 2;)
		if (s.p[i - 2] == ';' && s.p[i - 1] == ' ') {
			struct str rest = str_make(s.p + i, s.n - i);

			if (str_starts(rest, STR("from=<")) || str_starts(rest, STR("to=<")) ||
				str_starts(rest, STR("proto=")))
				return (ptrdiff_t)i - 2;
		}
	return -1;
}

/* Index of the last " from ", or -1. */
static ptrdiff_t
find_from(struct str s)
{
	for (size_t i = s.n; i-- > 6;)
		if (memcmp(s.p + i - 6, " from ", 6) == 0)
			return (ptrdiff_t)i - 6;
	return -1;
}

/* The name behind `filename=` or `name=` of a Content-Disposition or Content-Type header. */
static void
put_attachment(struct recs *w, struct str s)
{
	ptrdiff_t at = str_find(s, STR("name="));

	if (at < 0)
		return;
	str_skip(&s, (size_t)at + 5);
	while (s.n > 0 && s.p[0] == '"')
		str_skip(&s, 1);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == ';')
			s.n = i;
	parse_put(w, FIELD_FILE_NAME, s);
	rec_put_kind(w, FIELD_EMAIL_ATTACHMENT_NAME, VALUE_STRING, s, ENTRY_ARRAY);
}

/* "header Subject: text from host[ip]": the sender wrote the text, so the peer is read from behind.
 */
static void
read_header_check(struct recs *w, struct str s)
{
	ptrdiff_t at = find_from(s);
	struct str name;

	if (at >= 0) {
		form_put_peer(w, SOURCE_PEER, str_make(s.p + at + 6, s.n - (size_t)at - 6));
		s.n = (size_t)at;
	}
	str_take(&s, STR("header "));
	str_take(&s, STR("body "));
	if (!str_cut(&s, ':', &name))
		return;
	if (str_eq_nocase(name, STR("Subject")))
		parse_put(w, FIELD_EMAIL_SUBJECT, str_trim(s));
	else if (str_eq_nocase(name, STR("Content-Disposition")) ||
		 str_eq_nocase(name, STR("Content-Type")))
		put_attachment(w, s);
}

/* Behind "reject: " and its kin: "RCPT from host[ip]: 554 5.7.1 text; from=<> to=<> proto=
 * helo=<>". */
static void
read_refusal(struct recs *w, struct str s, const struct event_words *event)
{
	struct pairs k = {.w = w};
	ptrdiff_t tail = find_tail(s), from;
	struct str pairs = {0}, peer;

	if (tail >= 0) {
		pairs = str_make(s.p + tail + 2, s.n - (size_t)tail - 2);
		s.n = (size_t)tail;
	}
	parse_event(w, event);
	if (str_starts(s, STR("header ")) || str_starts(s, STR("body "))) {
		read_header_check(w, s);
	} else if ((from = str_find(s, STR(" from "))) >= 0) {
		rec_put_named(
			w, STR("postfix.command"), VALUE_STRING, str_make(s.p, (size_t)from), 0);
		str_skip(&s, (size_t)from + 6);
		if (str_cut_at(&s, STR(": "), &peer))
			put_reply(w, s);
		form_put_peer(w, SOURCE_PEER, peer);
	} else if (str_cut_at(&s, STR(": "), &peer)) {
		rec_put_named(w, STR("postfix.command"), VALUE_STRING, peer, 0);
		put_reply(w, s);
	} else {
		parse_put(w, FIELD_EVENT_REASON, peer);
	}
	read_pairs(&k, &pairs);
	str_take(&pairs, STR(": "));
	if (pairs.n > 0 && !rec_has(w, FIELD_EVENT_REASON))
		rec_put(w, FIELD_EVENT_REASON, pairs);
}

static bool
read_verdict(struct recs *w, struct str s)
{
	static const struct {
		struct str prefix;
		const struct event_words *event;
	} verdicts[] = {
		{{"reject: ", 8}, &smtp_reject},
		{{"milter-reject: ", 15}, &smtp_reject},
		{{"proxy-reject: ", 14}, &smtp_reject},
		{{"proxy-accept: ", 14}, &mail_header},
		{{"reject_warning: ", 16}, &mail_header},
		{{"discard: ", 9}, &smtp_reject},
		{{"milter-discard: ", 16}, &smtp_reject},
		{{"hold: ", 6}, &mail_header},
		{{"milter-hold: ", 13}, &mail_header},
		{{"redirect: ", 10}, &mail_header},
		{{"filter: ", 8}, &mail_header},
		{{"bcc: ", 5}, &mail_header},
		{{"warn: ", 6}, &mail_header},
		{{"info: ", 6}, &mail_header},
		{{"prepend: ", 9}, &mail_header},
		{{"replace: ", 9}, &mail_header},
		{{"strip: ", 7}, &mail_header},
		{{"permit: ", 8}, &mail_header},
		{{"client-check: ", 14}, &mail_header},
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (str_take(&s, verdicts[i].prefix)) {
			read_refusal(w, s, verdicts[i].event);
			return true;
		}
	if (str_starts(s, STR("warning: header ")) || str_starts(s, STR("warning: body ")) ||
		str_starts(s, STR("warning: RCPT from "))) {
		str_skip(&s, 9);
		read_refusal(w, s, &mail_header);
		return true;
	}
	return false;
}

/* ---- lines ---- */

/* Short ids are upper-case hexadecimal; long ones (enable_long_queue_ids) have no vowels. */
static size_t
queue_id_length(struct str s)
{
	size_t i = 0;
	bool hex = true;

	for (; i < s.n && i < 24; i++) {
		char c = s.p[i];

		if (is_digit(c))
			continue;
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			break;
		hex &= c >= 'A' && c <= 'F';
		if (!hex && strchr("AEIOUaeiou", c))
			return 0;
	}
	if (i < 5 || (!hex && i < 10) || i == s.n || s.p[i] != ':')
		return 0;
	return i;
}

static const struct event_words *
pairs_event(const struct pairs *k)
{
	static const struct {
		struct str status;
		const struct event_words *event;
	} rows[] = {
		{{"sent", 4}, &mail_delivered},
		{{"deferred", 8}, &mail_deferred},
		{{"bounced", 7}, &mail_bounced},
		{{"expired", 7}, &mail_expired},
		{{"force-expired", 13}, &mail_expired},
		{{"deliverable", 11}, &mail_verified},
		{{"undeliverable", 13}, &mail_verified},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(k->status, rows[i].status))
			return rows[i].event;
	if (k->client)
		return &mail_client;
	if (k->uid)
		return &mail_pickup;
	if (k->from && k->nrcpt)
		return &mail_queued;
	return &mail_note;
}

static bool
read_queue_line(struct recs *w, struct str s)
{
	struct pairs k = {.w = w};
	struct form_caps caps;
	struct str key;

	/* An id can hold anything, blanks included; it is all that its line holds. */
	if (str_starts(s, STR("message-id=")) || str_starts(s, STR("resent-message-id="))) {
		parse_event(w, &mail_message_id);
		str_cut(&s, '=', &key);
		parse_put(w, FIELD_EMAIL_MESSAGE_ID, unbracket(s));
		return true;
	}
	if (key_length(s) > 0) {
		read_pairs(&k, &s);
		parse_event(w, pairs_event(&k));
		/* "(250 2.0.0 Ok: queued as …)", "(queue active)", "returned to sender" */
		if (s.n >= 2 && s.p[0] == '(' && s.p[s.n - 1] == ')')
			s = str_make(s.p + 1, s.n - 2);
		parse_put(w, FIELD_EVENT_REASON, s);
		return true;
	}
	return read_verdict(w, s) ||
	       form_read(w, queue_forms, FORM_COUNT(queue_forms), slots, s, &caps);
}

static void
cut_level(struct recs *w, struct str *s)
{
	static const struct {
		struct str prefix, level;
	} levels[] = {
		{{"warning: ", 9}, {"warning", 7}},
		{{"error: ", 7}, {"error", 5}},
		{{"fatal: ", 7}, {"fatal", 5}},
		{{"panic: ", 7}, {"panic", 5}},
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (str_take(s, levels[i].prefix)) {
			rec_put(w, FIELD_LOG_LEVEL, levels[i].level);
			return;
		}
}

static enum parsed
postfix_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;
	size_t id;
	ptrdiff_t slash = str_rchr(ctx->program, '/');
	bool warned;

	s = str_trim(s);
	if (slash >= 0)
		rec_put_named(w, STR("postfix.daemon"), VALUE_STRING,
			str_make(ctx->program.p + slash + 1, ctx->program.n - (size_t)slash - 1),
			0);
	if (str_take(&s, STR("NOQUEUE: ")))
		return read_verdict(w, s) || read_queue_line(w, s) ? PARSED_OK : PARSED_NOT;
	id = queue_id_length(s);
	if (id > 0) {
		rec_put(w, FIELD_POSTFIX_QUEUE_ID, str_make(s.p, id));
		w->cur->flags |= RECORD_JOINS;
		str_skip(&s, id + 1);
		s = str_trim(s);
		if (read_queue_line(w, s))
			return PARSED_OK;
		/* "QUEUEID: warning: …", and connection news that name the mail. */
	}
	cut_level(w, &s);
	warned = rec_has(w, FIELD_LOG_LEVEL);
	if (form_read(w, forms, FORM_COUNT(forms), slots, s, &caps))
		return PARSED_OK;
	if (read_verdict(w, s))
		return PARSED_OK;
	if (!warned)
		return PARSED_NOT;
	/* Postfix says much about itself; level and text are what there is to know. */
	parse_event(w, &server_warning);
	rec_put(w, FIELD_EVENT_REASON, s);
	return PARSED_OK;
}

/* "QUEUEID: to=<", "QUEUEID: removed": nobody else writes that. */
static bool
postfix_sniff(struct str s)
{
	size_t id = queue_id_length(s);

	if (str_starts(s, STR("NOQUEUE: ")))
		return true;
	if (str_starts(s, STR("warning: ")))
		str_skip(&s, 9);
	/* These words are others', too. */
	if (id == 0)
		return str_find(s, STR(": SASL ")) > 0 ||
		       str_find(s, STR(" TLS connection established ")) > 0 ||
		       str_starts(s, STR("statistics: max ")) ||
		       str_starts(s, STR("proxy-accept: END-OF-MESSAGE: ")) ||
		       str_starts(s, STR("hostname ")) ||
		       (str_chr(s, '[') > 0 &&
			       (str_starts(s, STR("connect to ")) ||
				       form_sniff(forms, FORM_COUNT(forms), slots, s)));
	if (s.n < id + 4 || s.p[id + 1] != ' ')
		return false;
	str_skip(&s, id + 2);
	return str_starts(s, STR("to=")) || str_starts(s, STR("from=")) ||
	       str_starts(s, STR("client=")) || str_starts(s, STR("message-id=")) ||
	       str_starts(s, STR("uid=")) || str_eq(s, STR("removed")) ||
	       str_starts(s, STR("warning: header ")) || str_starts(s, STR("reject: ")) ||
	       str_starts(s, STR("milter-reject: ")) || str_starts(s, STR("filter: ")) ||
	       str_starts(s, STR("prepend: ")) || str_starts(s, STR("replace: ")) ||
	       str_starts(s, STR("host ")) || str_starts(s, STR("Used TLS for ")) ||
	       form_sniff(queue_forms, FORM_COUNT(queue_forms), slots, s);
}

const struct parser parser_postfix = {
	.name = "postfix",
	.logsource = LOGSOURCE_POSTFIX,
	.module = "postfix",
	.dataset = "postfix.mail",
	.programs = "postfix postfix/* postfix-*",
	.sniff = postfix_sniff,
	.parse = postfix_parse,
	.flags = PARSER_FOLD,
};
