/* mailpolicy.c - what stands beside Postfix and decides for it: postgrey and policyd-spf. */
#include "parsers/form.h"

static const struct event_words greylisted = {"email", "denied", "mail_greylisted", "failure"};
static const struct event_words passed = {"email", "allowed", "mail_policy_pass", "success"};
static const struct event_words spf_pass = {"email", "info", "mail_spf", "success"};
static const struct event_words spf_bad = {"email", "info", "mail_spf", "failure"};
static const struct event_words spf_none = {"email", "info", "mail_spf", "unknown"};
static const struct event_words note = {"email", "info", "mail_policy", NULL};

static struct str
unbracket(struct str s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return str_make(s.p + 1, s.n - 2);
	return s;
}

static void
put_pair(struct recs *w, struct str key, struct str value)
{
	static const struct {
		struct str key;
		uint16_t field;
	} texts[] = {
		{{"sender", 6}, FIELD_EMAIL_FROM_ADDRESS},
		{{"envelope-from", 13}, FIELD_EMAIL_FROM_ADDRESS},
		{{"recipient", 9}, FIELD_EMAIL_TO_ADDRESS},
		{{"receiver", 8}, FIELD_EMAIL_TO_ADDRESS},
		{{"reason", 6}, FIELD_EVENT_REASON},
	};
	ptrdiff_t mask;

	value = unbracket(value);
	if (value.n == 0 || str_eq(value, STR("UNKNOWN")))
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (str_eq(key, texts[i].key)) {
			rec_put(w, texts[i].field, value);
			return;
		}
	if (str_eq(key, STR("client_address")) || str_eq(key, STR("client-ip"))) {
		mask = str_chr(value, '/');
		parse_put_host(
			w, FIELD_SOURCE_IP, 0, mask < 0 ? value : str_make(value.p, (size_t)mask));
	} else if (str_eq(key, STR("client_name"))) {
		if (!str_eq(value, STR("unknown")))
			rec_put(w, FIELD_SOURCE_DOMAIN, value);
	} else {
		rec_put_prefixed(w, STR("postfix."), key, value);
	}
}

/* "key=value<sep> key=value"; a value ends at the separator. */
static void
take_pairs(struct recs *w, struct str s, struct str separator)
{
	struct str pair, key;

	while (s.n > 0) {
		str_cut_at(&s, separator, &pair);
		pair = str_trim(pair);
		if (str_cut(&pair, '=', &key) && key.n > 0 && key.n <= 32)
			put_pair(w, key, pair);
	}
}

static bool
read_spf(struct recs *w, struct str s)
{
	ptrdiff_t at;
	struct str verdict, rest;
	const struct event_words *event = &spf_none;

	while (str_take(&s, STR("Action: ")) || str_take(&s, STR("Text: ")) ||
		str_take(&s, STR("prepend: ")) || str_take(&s, STR("prepend ")) ||
		str_take(&s, STR("Received-SPF: ")))
		continue;
	at = str_find(s, STR("identity="));
	if (at < 0)
		return false;
	rest = str_make(s.p + at, s.n - (size_t)at);
	s.n = (size_t)at;
	verdict = str_make(s.p, 0);
	while (verdict.n < s.n && s.p[verdict.n] != ';' && s.p[verdict.n] != ' ')
		verdict.n++;
	if (verdict.n == 0)
		return false;
	rec_put_named(w, STR("postfix.spf"), VALUE_STRING, verdict, 0);
	if (str_eq(verdict, STR("Pass")))
		event = &spf_pass;
	else if (str_eq(verdict, STR("Fail")) || str_eq(verdict, STR("Softfail")) ||
		 str_eq(verdict, STR("Permerror")))
		event = &spf_bad;
	parse_event(w, event);
	take_pairs(w, rest, STR("; "));
	return true;
}

/* "550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see
 * http://www.openspf.net/Why?s=mfrom;id=a@example.org;ip=192.0.2.7;r=b@example.jp" */
static bool
read_spf_reject(struct recs *w, struct str s)
{
	static const struct event_words denied = {"email", "denied", "mail_spf", "failure"};
	ptrdiff_t why = str_find(s, STR("/Why?s=")), at = str_find(s, STR("due to: "));
	struct str pairs, pair, key;

	if (why < 0 || at < 0 || at > why)
		return false;
	pairs = str_make(s.p + why + 5, s.n - (size_t)why - 5);
	str_skip(&s, (size_t)at + 8);
	str_cut_at(&s, STR(". "), &pair);
	parse_put(w, FIELD_EVENT_REASON, pair);
	while (pairs.n) {
		str_cut(&pairs, ';', &pair);
		if (!str_cut(&pair, '=', &key))
			continue;
		if (str_eq(key, STR("id")))
			parse_put(w, FIELD_EMAIL_FROM_ADDRESS, pair);
		else if (str_eq(key, STR("ip")))
			rec_put_ip(w, FIELD_SOURCE_IP, pair);
		else if (str_eq(key, STR("r")) && str_chr(pair, '@') > 0)
			parse_put(w, FIELD_EMAIL_TO_ADDRESS, pair);
	}
	parse_event(w, &denied);
	return true;
}

static bool
read_greylist(struct recs *w, struct str s)
{
	struct str id, peer;
	ptrdiff_t mask;

	/* "QUEUEID: action=…" where postgrey was told the id. */
	if (!str_starts(s, STR("action=")) && str_find(s, STR(": action=")) > 0) {
		str_cut_at(&s, STR(": "), &id);
		parse_put(w, FIELD_POSTFIX_QUEUE_ID, id);
	}
	if (str_starts(s, STR("action="))) {
		parse_event(w, str_starts(s, STR("action=greylist")) ? &greylisted : &passed);
		take_pairs(w, s, STR(", "));
		return true;
	}
	if (!str_take(&s, STR("whitelisted: ")))
		return false;
	parse_event(w, &passed);
	peer = s;
	mask = str_chr(peer, '[');
	if (mask >= 0 && str_chr(peer, '/') > mask) {
		struct str name = str_make(peer.p, (size_t)mask), address;

		str_skip(&peer, (size_t)mask + 1);
		str_cut(&peer, '/', &address);
		rec_put_ip(w, FIELD_SOURCE_IP, address);
		if (name.n > 0 && !str_eq(name, STR("unknown")))
			rec_put(w, FIELD_SOURCE_DOMAIN, name);
	} else {
		form_put_peer(w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, 0, peer);
	}
	return true;
}

static enum parsed
mailpolicy_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	(void)ctx;
	s = str_trim(s);
	if (read_greylist(w, s) || read_spf(w, s) || read_spf_reject(w, s))
		return PARSED_OK;
	if (str_starts(s, STR("cleaning up ")) || str_starts(s, STR("cleaning main ")) ||
		str_starts(s, STR("Process Backgrounded"))) {
		parse_event(w, &note);
		return PARSED_OK;
	}
	return PARSED_NOT;
}

/* Postgrey's pairs, and policyd-spf's verdicts with their identity. */
static bool
mailpolicy_sniff(struct str s)
{
	if (str_starts(s, STR("action=")))
		return str_find(s, STR(" client_address=")) > 0;
	if (str_starts(s, STR("whitelisted: ")))
		return str_chr(s, '[') > 0 && str_chr(s, '/') > str_chr(s, '[');
	return str_find(s, STR("identity=")) > 0 && str_find(s, STR("; client-ip=")) > 0 &&
	       str_find(s, STR("; envelope-from=")) > 0;
}

const struct parser parser_mailpolicy = {
	.name = "mailpolicy",
	.words = "postgrey policyd-spf",
	.logsource = LOGSOURCE_POSTFIX,
	.module = "postfix",
	.dataset = "postfix.policy",
	.programs = "postgrey policyd-spf postfix/policyd-spf postfix/postgrey",
	.sniff = mailpolicy_sniff,
	.parse = mailpolicy_parse,
	.flags = PARSER_FOLD,
};
