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

	if (rc < 0)
		return rc;
	if (s->set->user.n && s->set->starttls != STARTTLS_REQUIRE)
		say(s->opt->log_fd, SAY_WARNING,
			"%.*s: the password may go over the network in clear; set starttls: "
			"require",
			STR_ARG(s->set->name));
	m = mem_zero(1, sizeof(*m));
	m->cap = s->tune->mails_per_hour;
	m->sent = mem_zero(m->cap, sizeof(*m->sent));
	make_url(s->set, &m->url);
	for (size_t i = 0; i < s->set->nto; i++) {
		char *z = mem_copy_z(s->set->to[i].p, s->set->to[i].n);

		m->to = curl_slist_append(m->to, z);
		mem_free(z);
	}
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

static void
set_recipients(struct smtp_sink *m, const json_t *list, const struct sink_settings *set)
{
	const json_t *one;
	size_t i;

	curl_slist_free_all(m->to);
	m->to = NULL;
	json_array_foreach(list, i, one)
	{
		m->to = curl_slist_append(m->to, json_string_value(one));
	}
	for (i = 0; !list && i < set->nto; i++) {
		char *z = mem_copy_z(set->to[i].p, set->to[i].n);

		m->to = curl_slist_append(m->to, z);
		mem_free(z);
	}
}

/* Of an alert: the sink's addresses, and those of its incident's level. */
static json_t *
alert_recipients(const struct sink *s, long long level)
{
	const struct settings *set = s->opt->settings;
	json_t *list = json_array();

	for (size_t i = 0; i < s->set->nto; i++)
		json_array_append_new(list, json_stringn(s->set->to[i].p, s->set->to[i].n));
	for (size_t i = 0; i < set->nnotify; i++)
		for (size_t k = 0;
			level >= (long long)set->notify[i].level && k < set->notify[i].nto; k++)
			if (duty_is_own(set, set->notify[i].to[k]))
				json_array_append_new(list, json_stringn(set->notify[i].to[k].p,
								    set->notify[i].to[k].n));
	return list;
}

/*
 * Whom this mail goes to. A report names its recipients itself: duty.c has left out whoever is
 * outside and not approved. False: nobody is left.
 */
static bool
address_item(struct sink *s, struct smtp_sink *m, const struct item *it)
{
	json_t *j = json_loadb(it->json.p, it->json.n, JSON_ALLOW_NUL, NULL);
	json_t *report = json_object_get(j, "noroshi.report");
	json_t *level = json_object_get(j, "noroshi.incident.level"), *list;
	bool some;

	if (report) {
		list = json_incref(json_object_get(report, "to"));
	} else {
		list = alert_recipients(s, level ? json_integer_value(level) : -1);
	}
	some = json_array_size(list) > 0;
	if (some)
		set_recipients(m, list, s->set);
	else
		say(s->opt->log_fd, SAY_WARNING,
			"%.*s: a report has no recipient inside the company; set organisation: "
			"domains or notify: to",
			STR_ARG(s->set->name));
	json_decref(list);
	json_decref(j);
	return some;
}

/* t3: handed to the channel. */
static void
note_told(struct sink *s, const struct item *it)
{
	json_t *j = json_loadb(it->json.p, it->json.n, JSON_ALLOW_NUL, NULL);
	const char *id = json_string_value(json_object_get(j, "noroshi.incident.id"));

	if (id)
		ledger_notified(s->ledger, str_of(id), clock_wall(s->opt->clock));
	json_decref(j);
}

static void
smtp_send(struct sink *s, struct item *items, size_t n)
{
	struct smtp_sink *m = s->own;

	for (size_t i = 0; i < n; i++) {
		if (items[i].sent == SENT_DONE || items[i].sent == SENT_DEAD)
			continue;
		if (i > 0 && (smtp_pause(s) != 0 || sink_patience(s) == 0))
			return;
		buf_clear(&m->mail);
		if (!address_item(s, m, &items[i])) {
			items[i].sent = SENT_DONE; /* nobody may be told: said in the log */
			continue;
		}
		mail_compose(s->set, &items[i], clock_wall(s->opt->clock), &m->mail);
		items[i].sent = post(s, m);
		if (items[i].sent != SENT_DONE)
			return;
		note_told(s, &items[i]);
	}
}

static enum sent
smtp_digest(struct sink *s, const struct digest *d)
{
	struct smtp_sink *m = s->own;
	int64_t now = clock_mono(s->opt->clock) + 1;
	enum sent sent;

	buf_clear(&m->mail);
	mail_compose_digest(s->set, d, clock_wall(s->opt->clock), &m->mail);
	sent = post(s, m);
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
	.reports = true,
	.open = smtp_open,
	.send = smtp_send,
	.pause = smtp_pause,
	.digest = smtp_digest,
	.close = smtp_close};
