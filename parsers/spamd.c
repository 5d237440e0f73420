/*
 * spamd.c - SpamAssassin's daemon: who asked, for which mail, and the verdict.
 *
 * Sentences as spamd(1p) of SpamAssassin 3.4 and 4.0 prints them.
 */
#include "parsers/form.h"

static const struct form_slot slots[FORM_SLOTS] = {
	['h'] = {TAKE_LAZY, PUT_TEXT, FIELD_SOURCE_DOMAIN, 0, NULL, 0},
	['a'] = {TAKE_WORD, PUT_HOST, FIELD_SOURCE_IP, 0, NULL, 0},
	['p'] = {TAKE_NUMBER, PUT_PORT, FIELD_SOURCE_PORT, 0, NULL, 0},
	['q'] = {TAKE_NUMBER, PUT_PORT, FIELD_DESTINATION_PORT, 0, NULL, 0},
	['m'] = {TAKE_LAZY, PUT_TEXT, FIELD_EMAIL_MESSAGE_ID, 0, NULL, 0},
	['u'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['i'] = {TAKE_NUMBER, PUT_TEXT, FIELD_USER_ID, 0, NULL, 0},
	['s'] = {TAKE_LAZY, PUT_NAMED, 0, 0, "spamd.score", 0},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['w'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL, 0},
};

static const struct event_words connect = {
	"network email", "connection start", "spamd_connect", NULL};
static const struct event_words checking = {"email", "info", "spam_check", NULL};
static const struct event_words clean = {"email", "info", "spam_clean", NULL};
static const struct event_words spam = {"email threat", "indicator", "spam_found", NULL};
static const struct event_words server = {"process", "info", "spamd", NULL};

static const struct form forms[] = {
	{"connection from %h [%a]:%p to port %q, fd %*", &connect, 0},
	{"connection from %h [%a]:%p to port %q", &connect, 0},
	{"connection from %h [%a] at port %p", &connect, 0},
	{"connection from %h [%a]:%p", &connect, 0},
	{"got connection over %*", &connect, 0},
	{"processing message <%m> for %u:%i", &checking, 0},
	{"processing message (unknown) for %u:%i", &checking, 0},
	{"checking message <%m> for %u:%i", &checking, 0},
	{"checking message (unknown) for %u:%i", &checking, 0},
	{"clean message (%s) for %u:%i in %*", &clean, 0},
	{"identified spam (%s) for %u:%i in %*", &spam, 0},
	{"setuid to %u succeeded", &server, 0},
	{"handled cleanup of child pid %*", &server, 0},
	{"server started on %*", &server, 0},
	{"server successfully spawned %*", &server, 0},
	{"server killed by %r", &server, 0},
	{"still running as root: %r", &server, 0},
	{"creating default_prefs: %*", &server, 0},
	{"unauthorized connection from %h [%a] at port %p", &connect, 0},
};

static struct str
unbracket(struct str s)
{
	return s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' ? str_make(s.p + 1, s.n - 2) : s;
}

/* "result: Y 12 - TESTS scantime=1.2,size=3,user=u,uid=1,rhost=h,raddr=a,rport=p,mid=<m>,…" */
static bool
read_result(struct recs *w, struct str s)
{
	struct str verdict, score, dash, tests, pair, key;

	if (!str_take(&s, STR("result: ")) || !str_cut(&s, ' ', &verdict))
		return false;
	s = str_trim(s);
	if (!str_cut(&s, ' ', &score) || !str_cut(&s, ' ', &dash) || !str_cut(&s, ' ', &tests))
		return false;
	parse_event(w, str_eq(verdict, STR("Y")) ? &spam : &clean);
	rec_put_named(w, STR("spamd.score"), VALUE_STRING, score, 0);
	parse_put(w, FIELD_RULE_NAME, tests);
	while (s.n > 0) {
		str_cut(&s, ',', &pair);
		if (!str_cut(&pair, '=', &key) || pair.n == 0)
			continue;
		if (str_eq(key, STR("user")))
			parse_put(w, FIELD_USER_NAME, pair);
		else if (str_eq(key, STR("uid")))
			parse_put(w, FIELD_USER_ID, pair);
		else if (str_eq(key, STR("raddr")))
			rec_put_ip(w, FIELD_SOURCE_IP, pair);
		else if (str_eq(key, STR("rhost")))
			parse_put_host(w, 0, FIELD_SOURCE_DOMAIN, pair);
		else if (str_eq(key, STR("rport")))
			parse_put_port(w, FIELD_SOURCE_PORT, pair);
		else if (str_eq(key, STR("mid")) && pair.p[0] == '<')
			parse_put(w, FIELD_EMAIL_MESSAGE_ID, unbracket(pair));
		else
			rec_put_prefixed(w, STR("spamd."), key, pair);
	}
	return true;
}

static enum parsed
spamd_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;

	(void)ctx;
	s = str_trim(s);
	/* The daemon says its own name behind the header's. */
	str_take(&s, STR("spamd: "));
	str_take(&s, STR("prefork: "));
	return read_result(w, s) || form_read(w, forms, FORM_COUNT(forms), slots, s, &caps)
		       ? PARSED_OK
		       : PARSED_NOT;
}

static bool
spamd_sniff(struct str s)
{
	return str_starts(s, STR("spamd: ")) ||
	       (str_starts(s, STR("result: ")) && str_find(s, STR(" scantime=")) > 0);
}

const struct parser parser_spamd = {
	.name = "spamd",
	.words = "spamassassin",
	.logsource = LOGSOURCE_GENERIC,
	.module = "spamassassin",
	.dataset = "spamassassin.spamd",
	.programs = "spamd",
	.sniff = spamd_sniff,
	.parse = spamd_parse,
	.flags = PARSER_FOLD,
};
