/*
 * sink_smtp.c - one mail an alert through an SMTP server, and summaries when there are too many.
 *
 * The Message-ID is made of the alert's id, so that a mail sent again after a death can be
 * recognised. Secrets are read when needed and stand in no log line.
 */
#include <stdio.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/err.h"
#include "base/mem.h"
#include "respond/duty.h"
#include "respond/mail.h"
#include "respond/say.h"
#include "respond/sink.h"

#define HOUR_NS (3600 * NS_PER_S)

struct smtp_sink {
	CURL *curl;
	struct curl_slist *to;
	struct buf url, mail;
	size_t at;     /* of the mail, taken by the library */
	int64_t *sent; /* when the last mails went, a ring */
	unsigned cap, next;
	int64_t last_digest; /* 0 = none */
	char words[CURL_ERROR_SIZE];
};

/* Those of `notify` go through the same server. */
static int
check_notify(const struct settings *set, struct diag *why)
{
	int rc = 0;

	for (size_t i = 0; i < set->nnotify; i++)
		for (size_t k = 0; k < set->notify[i].nto + set->notify[i].nthen; k++) {
			const struct notify_settings *n = &set->notify[i];
			struct str a = k < n->nto ? n->to[k] : n->then[k - n->nto];

			if (mail_address_ok(a))
				continue;
			diag_set(why, NULL, 0, "notify: '%.*s' is not a mail address", STR_ARG(a));
			rc = ERR_SYNTAX;
		}
	return rc;
}

static int
smtp_check(const struct sink_settings *set, struct diag *why)
{
	struct buf secret = {0};
	int rc = 0;

	if (!mail_address_ok(set->from)) {
		diag_set(why, NULL, 0, "%.*s: 'from' is not a mail address", STR_ARG(set->name));
		rc = ERR_SYNTAX;
	}
	for (size_t i = 0; i < set->nto; i++)
		if (!mail_address_ok(set->to[i])) {
			diag_set(why, NULL, 0, "%.*s: a 'to' is not a mail address",
				STR_ARG(set->name));
			rc = ERR_SYNTAX;
		}
	if (set->nto == 0 || set->address.n == 0) {
		diag_set(why, NULL, 0, "%.*s: %s", STR_ARG(set->name),
			set->nto ? "no server" : "nobody in 'to'");
		rc = ERR_SYNTAX;
	}
	if (rc == 0 && set->user.n && set->password_file.n == 0) {
		diag_set(why, NULL, 0, "%.*s: a user needs a password_file", STR_ARG(set->name));
		rc = ERR_SYNTAX;
	}
	if (rc == 0 && set->password_file.n)
		rc = sink_password(set, why, &secret);
	secret_done(&secret);
	return rc;
}

/* The path is the name that is said in EHLO. */
static void
make_url(const struct sink_settings *set, struct buf *url)
{
	char self[256] = "";

	if (gethostname(self, sizeof(self) - 1) < 0 ||
		self[strspn(
			self, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")])
		self[0] = 0;
	buf_printf(url, "smtp://%.*s/%s", STR_ARG(set->address), self[0] ? self : "noroshi");
}

static int
smtp_open(struct sink *s, struct diag *why)
{
	struct smtp_sink *m;
	int rc = smtp_check(s->set, why);

	if (rc == 0)
		rc = check_notify(s->opt->settings, why);

	if (rc < 0)
		return rc;
	if (s->type->pause && s->set->user.n && s->set->starttls != STARTTLS_REQUIRE)
		say(s->opt->log_fd, SAY_WARNING,
			"%.*s: the password may go over the network in clear; set starttls: "
			"require",
			STR_ARG(s->set->name));
	m = mem_zero(1, sizeof(*m));
	m->cap = s->set->per_hour ? (unsigned)s->set->per_hour : s->tune->mails_per_hour;
	m->sent = mem_zero(m->cap, sizeof(*m->sent));
	make_url(s->set, &m->url);
	s->own = m;
	return 0;
}

/* ---- how many ---- */

static int64_t
smtp_pause(struct sink *s)
{
	struct smtp_sink *m = s->own;
	int64_t now = clock_mono(s->opt->clock), oldest = m->sent[m->next], due;

	/* +1: zero means an unused place */
	if (oldest == 0 || now + 1 - oldest >= HOUR_NS)
		return 0;
	/* the first summary waits as well: what comes in a burst comes within minutes */
	if (m->last_digest == 0)
		m->last_digest = now + 1;
	due = m->last_digest + s->tune->digest_ns - now;
	return due <= 0 ? -1 : due;
}

static void
smtp_counted(struct sink *s)
{
	struct smtp_sink *m = s->own;

	m->sent[m->next] = clock_mono(s->opt->clock) + 1;
	m->next = (m->next + 1) % m->cap;
	m->last_digest = 0;
}

/* ---- sending ---- */

static size_t
give(char *to, size_t size, size_t n, void *ctx)
{
	struct smtp_sink *m = ctx;
	size_t want = size * n, left = m->mail.n - m->at;

	if (want > left)
		want = left;
	memcpy(to, m->mail.p + m->at, want);
	m->at += want;
	return want;
}

/* While stopping, a mail that does not move is left. */
static int
watch(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct sink *s = ctx;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(&s->deadline) != 0 && sink_patience(s) == 0;
}

static int
set_secrets(struct sink *s, struct smtp_sink *m)
{
	struct buf user = {0}, secret = {0};
	struct diag why = {0};
	int rc;

	if (s->set->user.n == 0)
		return 0;
	rc = sink_password(s->set, &why, &secret);
	if (rc < 0) {
		sink_failed(s, "%s", diag_first(&why));
	} else {
		buf_add_str(&user, s->set->user);
		curl_easy_setopt(m->curl, CURLOPT_USERNAME, buf_z(&user));
		curl_easy_setopt(m->curl, CURLOPT_PASSWORD, buf_z(&secret));
	}
	secret_done(&secret);
	buf_done(&user);
	diag_done(&why);
	return rc;
}

static void
set_tls(const struct sink_settings *set, CURL *c)
{
	static const long use[] = {CURLUSESSL_NONE, CURLUSESSL_TRY, CURLUSESSL_ALL};
	/* Opportunistic without a known authority protects against listeners only (RFC 7435). */
	long verify = set->starttls == STARTTLS_REQUIRE || set->ca_file.n > 0;
	struct buf ca = {0};

	curl_easy_setopt(c, CURLOPT_USE_SSL, use[set->starttls]);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, verify);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	buf_add_str(&ca, set->ca_file);
	if (ca.n)
		curl_easy_setopt(c, CURLOPT_CAINFO, buf_z(&ca));
	buf_done(&ca);
}

static int
make_handle(struct sink *s, struct smtp_sink *m)
{
	struct buf from = {0};
	CURL *c = m->curl ? m->curl : curl_easy_init();

	if (!c) {
		sink_failed(s, "the mail library does not start");
		return ERR_IO;
	}
	m->curl = c;
	curl_easy_reset(c); /* the connection stays */
	buf_printf(&from, "<%.*s>", STR_ARG(s->set->from));
	curl_easy_setopt(c, CURLOPT_URL, buf_z(&m->url));
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp");
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, buf_z(&from));
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, m->to);
	/* one address that is no more must not keep the alert from the others */
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(c, CURLOPT_READDATA, m);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
		c, CURLOPT_NOPROXY, "*"); /* an environment must not send alerts elsewhere */
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, m->words);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->tune->peer_ns / NS_PER_MS));
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(3 * s->tune->peer_ns / NS_PER_MS));
	set_tls(s->set, c);
	buf_done(&from);
	return set_secrets(s, m);
}

/* m->mail to the server. */
static enum sent
post(struct sink *s, struct smtp_sink *m)
{
	CURLcode rc;
	long code = 0;

	if (make_handle(s, m) < 0)
		return SENT_AGAIN;
	m->at = 0;
	m->words[0] = 0;
	rc = curl_easy_perform(m->curl);
	curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &code);
	if (rc == CURLE_OK) {
		smtp_counted(s);
		return SENT_DONE;
	}
	sink_failed(s, "%s%s%s (server said %ld)", curl_easy_strerror(rc), m->words[0] ? ": " : "",
		m->words, code);
	/* A wrong password or certificate is for the operator to mend, not the mail's fault. */
	if (code >= 500 && code < 600 && rc != CURLE_LOGIN_DENIED &&
		(rc == CURLE_SEND_ERROR || rc == CURLE_WEIRD_SERVER_REPLY))
		return SENT_REFUSED;
	return SENT_AGAIN;
}

/* ---- to whom ---- */

/* What one mail is: whom it goes to, and who is left out. */
struct letter {
	json_t *to;       /* texts */
	struct buf words; /* for the incident's history */
	char incident[40];
	unsigned report; /* its number; 0 = none */
	bool gated;      /* outside addresses need a person's word */
};

/*
 * All recipients of incidents come through here: nobody outside the company is told of one unless
 * a person has said so for this incident and this address.
 */
static void
address(struct sink *s, struct letter *l, struct str a)
{
	char z[256];
	const json_t *have;
	size_t i;

	if (a.n >= sizeof(z) || !mail_address_ok(a))
		return;
	memcpy(z, a.p, a.n);
	z[a.n] = 0;
	json_array_foreach(l->to, i, have)
	{
		if (str_eq_nocase(str_of(json_string_value(have)), a))
			return;
	}
	if (l->gated && !duty_is_own(s->opt->settings, a) &&
		!(l->incident[0] && ledger_approved(s->ledger, l->incident, z))) {
		buf_printf(&l->words, "%s%s", l->words.n ? ", " : "", z);
		return;
	}
	json_array_append_new(l->to, json_string(z));
}

/* The mail server that an address belongs to: the first whose own it is, else the first of all. So
 * nobody gets a report twice. */
static bool
is_ours(const struct sink *s, struct str a)
{
	const struct settings *set = s->opt->settings;
	const struct sink_settings *first = NULL;

	for (size_t i = 0; i < set->nsinks; i++) {
		if (set->sinks[i].kind != SINK_SMTP)
			continue;
		first = first ? first : &set->sinks[i];
		for (size_t k = 0; k < set->sinks[i].nto; k++)
			if (str_eq_nocase(set->sinks[i].to[k], a))
				return &set->sinks[i] == s->set;
	}
	return first == s->set || !first;
}

static void
address_own(struct sink *s, struct letter *l)
{
	for (size_t i = 0; i < s->set->nto; i++)
		address(s, l, s->set->to[i]);
}

/* The sink's addresses, and those of the incident's level. */
static void
address_alert(struct sink *s, struct letter *l, long long level)
{
	const struct settings *set = s->opt->settings;

	/* Without `organisation: domains` what `to` says is what we know of the company. */
	l->gated = l->incident[0] && set->nown_domains > 0;
	address_own(s, l);
	l->gated = true;
	for (size_t i = 0; i < set->nnotify; i++)
		for (size_t k = 0;
			level >= (long long)set->notify[i].level && k < set->notify[i].nto; k++)
			if (is_ours(s, set->notify[i].to[k]))
				address(s, l, set->notify[i].to[k]);
}

static void
address_item(struct sink *s, struct letter *l, const struct item *it)
{
	json_t *j = json_loadb(it->json.p, it->json.n, JSON_ALLOW_NUL, NULL);
	const json_t *report = json_object_get(j, "noroshi.report"), *one;
	const json_t *level = json_object_get(j, "noroshi.incident.level");
	const char *id = json_string_value(json_object_get(j, "noroshi.incident.id"));
	size_t i;

	l->to = json_array();
	snprintf(l->incident, sizeof(l->incident), "%s", id ? id : "");
	l->report = (unsigned)json_integer_value(json_object_get(report, "n"));
	if (report) {
		l->gated = true;
		json_array_foreach(json_object_get(report, "to"), i, one)
		{
			struct str a = str_of(json_string_value(one));

			if (a.p && is_ours(s, a))
				address(s, l, a);
		}
	} else {
		address_alert(s, l, level ? json_integer_value(level) : -1);
	}
	json_decref(j);
}

static void
set_recipients(struct smtp_sink *m, const json_t *to)
{
	const json_t *one;
	size_t i;

	curl_slist_free_all(m->to);
	m->to = NULL;
	json_array_foreach(to, i, one)
	{
		m->to = curl_slist_append(m->to, json_string_value(one));
	}
}

/* t3: handed to the channel. Who was told, and who was not, stands in the incident's history. */
static void
note_told(struct sink *s, const struct item *it, const struct letter *l)
{
	struct buf words = {0};
	const json_t *one;
	size_t i;

	if (!l->incident[0])
		return;
	buf_printf(&words, "%s:",
		it->id[0] == 'r'   ? "report"
		: it->id[0] == 'e' ? "notice"
				   : "alert");
	json_array_foreach(l->to, i, one)
	{
		buf_printf(&words, "%s %s", i ? "," : "", json_string_value(one));
	}
	if (l->words.n)
		buf_printf(&words, "; not, being outside: %.*s", STR_ARG(buf_str(&l->words)));
	if (ledger_told(s->ledger, l->incident, l->report, clock_wall(s->opt->clock),
		    buf_z(&words)) < 0)
		say(s->opt->log_fd, SAY_ERROR, "%.*s: cannot note in cases.db who was told: %s",
			STR_ARG(s->set->name), ledger_error(s->ledger));
	buf_done(&words);
}

static void
letter_done(struct letter *l)
{
	json_decref(l->to);
	buf_done(&l->words);
}

static enum sent
send_one(struct sink *s, struct smtp_sink *m, const struct item *it)
{
	struct letter l = {0};
	enum sent sent = SENT_DONE;

	address_item(s, &l, it);
	if (json_array_size(l.to) > 0) {
		set_recipients(m, l.to);
		buf_clear(&m->mail);
		mail_compose_to(s->set, l.to, it, clock_wall(s->opt->clock), &m->mail);
		sent = post(s, m);
		if (sent == SENT_DONE)
			note_told(s, it, &l);
	} else if (l.words.n) {
		say(s->opt->log_fd, SAY_WARNING,
			"%.*s: %s is not mailed: %.*s are outside the company; see organisation: "
			"domains, and noroshi incident approve",
			STR_ARG(s->set->name), it->id, STR_ARG(buf_str(&l.words)));
	}
	letter_done(&l);
	return sent;
}

static void
smtp_send(struct sink *s, struct item *items, size_t n)
{
	struct smtp_sink *m = s->own;

	for (size_t i = 0; i < n; i++) {
		if (items[i].sent == SENT_DONE || items[i].sent == SENT_DEAD)
			continue;
		if (i > 0 && ((s->type->pause && smtp_pause(s) != 0) || sink_patience(s) == 0))
			return;
		items[i].sent = send_one(s, m, &items[i]);
		if (items[i].sent != SENT_DONE)
			return;
	}
}

static enum sent
smtp_digest(struct sink *s, const struct digest *d)
{
	struct smtp_sink *m = s->own;
	struct letter l = {.to = json_array(), .gated = s->opt->settings->nown_domains > 0};
	int64_t now = clock_mono(s->opt->clock) + 1;
	enum sent sent = SENT_DONE;

	address_own(s, &l);
	if (json_array_size(l.to) > 0) {
		set_recipients(m, l.to);
		buf_clear(&m->mail);
		mail_compose_digest(s->set, d, clock_wall(s->opt->clock), &m->mail);
		sent = post(s, m);
	}
	letter_done(&l);
	m->last_digest = now;
	return sent;
}

static void
smtp_close(struct sink *s)
{
	struct smtp_sink *m = s->own;

	if (m->curl)
		curl_easy_cleanup(m->curl);
	curl_slist_free_all(m->to);
	buf_done(&m->url);
	buf_done(&m->mail);
	mem_free(m->sent);
	mem_free(m);
	s->own = NULL;
}

const struct sink_type sink_smtp = {.kind = SINK_SMTP,
	.name = "smtp",
	.what = WISH_MAIL,
	.open = smtp_open,
	.send = smtp_send,
	.pause = smtp_pause,
	.digest = smtp_digest,
	.close = smtp_close};

/* Reports and notices: few, bounded by the hourly limit of reports, and never told in a summary of
 * alerts. */
const struct sink_type sink_post = {.kind = SINK_SMTP,
	.name = "smtp reports",
	.what = WISH_REPORTS,
	.open = smtp_open,
	.send = smtp_send,
	.close = smtp_close};
