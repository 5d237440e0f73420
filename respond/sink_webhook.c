/*
 * sink_webhook.c - alerts to an HTTP address: the alert itself as JSON for machines, or a text for
 * people in the forms that Slack and Teams take.
 *
 * What logs say is text there too: Slack gets plain_text blocks, in which neither <!channel> nor
 * links nor stars mean anything, and a fallback whose & < > are escaped as Slack asks; Teams gets
 * text runs, in which nothing is Markdown. Nothing is unfurled, no redirect is followed.
 */
#include <stdlib.h>

#include <curl/curl.h>

#include "base/err.h"
#include "base/mem.h"
#include "respond/chat.h"
#include "respond/say.h"
#include "respond/sink.h"

#define ANSWER_BYTES 200u

struct hook {
	CURL *curl;
	struct curl_slist *headers;
	struct buf url, proxy, ca, body, answer;
	char words[CURL_ERROR_SIZE];
};

static int
hook_open(struct sink *s, struct diag *why)
{
	struct buf secret = {0};
	struct hook *h;
	int rc = 0;

	if (!str_starts(s->set->url, STR("https://")) && !str_starts(s->set->url, STR("http://"))) {
		diag_set(why, NULL, 0, "%.*s: 'url' begins with https:// or http://",
			STR_ARG(s->set->name));
		return ERR_SYNTAX;
	}
	if (s->set->password_file.n)
		rc = sink_password(s->set, why, &secret);
	secret_done(&secret);
	if (rc < 0)
		return rc;
	h = mem_zero(1, sizeof(*h));
	buf_add_str(&h->url, s->set->url);
	buf_add_str(&h->proxy, s->set->proxy);
	buf_add_str(&h->ca, s->set->ca_file);
	buf_z(&h->url);
	buf_z(&h->proxy);
	buf_z(&h->ca);
	s->own = h;
	return 0;
}

/* The beginning of what the other side says, for the log. */
static size_t
take(char *p, size_t size, size_t n, void *ctx)
{
	struct hook *h = ctx;
	size_t room = ANSWER_BYTES - h->answer.n;

	buf_add(&h->answer, p, size * n < room ? size * n : room);
	return size * n;
}

static int
watch(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct sink *s = ctx;

	(void)a, (void)b, (void)c, (void)d;
	return atomic_load(&s->deadline) != 0 && sink_patience(s) == 0;
}

/* The secret stands in memory for as long as the request lasts. */
static int
set_headers(struct sink *s, struct hook *h)
{
	struct buf secret = {0}, line = {0};
	struct diag why = {0};
	int rc = 0;

	h->headers = curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8");
	if (s->set->password_file.n) {
		rc = sink_password(s->set, &why, &secret);
		if (rc < 0)
			sink_failed(s, "%s", diag_first(&why));
		buf_printf(&line, "Authorization: Bearer %.*s", STR_ARG(buf_str(&secret)));
		if (rc == 0)
			h->headers = curl_slist_append(h->headers, buf_z(&line));
	}
	secret_done(&secret);
	secret_done(&line);
	diag_done(&why);
	return rc;
}

static void
drop_headers(struct hook *h)
{
	for (struct curl_slist *one = h->headers; one; one = one->next)
		explicit_bzero(one->data, strlen(one->data));
	curl_slist_free_all(h->headers);
	h->headers = NULL;
}

static void
set_request(struct sink *s, struct hook *h, CURL *c)
{
	curl_easy_reset(c); /* the connection stays */
	curl_easy_setopt(c, CURLOPT_URL, h->url.p);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, h->body.p);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)h->body.n);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "Noroshi");
	/* an empty text keeps the environment from sending alerts elsewhere */
	curl_easy_setopt(c, CURLOPT_PROXY, h->proxy.p);
	if (h->ca.n)
		curl_easy_setopt(c, CURLOPT_CAINFO, h->ca.p);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->words);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->tune->peer_ns / NS_PER_MS));
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(3 * s->tune->peer_ns / NS_PER_MS));
}

/* What will never be taken is refused; too much, too busy and our own settings are tried again. */
static enum sent
judge(struct sink *s, const struct hook *h, CURLcode rc, long code)
{
	struct buf said = {0};

	if (rc == CURLE_OK && code >= 200 && code < 300)
		return SENT_DONE;
	chat_shown(&said, buf_str(&h->answer));
	if (rc != CURLE_OK)
		sink_failed(s, "%s%s%s", curl_easy_strerror(rc), h->words[0] ? ": " : "", h->words);
	else
		sink_failed(s, "the server answered %ld: %.*s", code, STR_ARG(buf_str(&said)));
	buf_done(&said);
	return rc == CURLE_OK && (code == 400 || code == 413 || code == 422) ? SENT_REFUSED
									     : SENT_AGAIN;
}

static enum sent
post(struct sink *s, struct hook *h)
{
	CURLcode rc = CURLE_FAILED_INIT;
	long code = 0;

	if (!h->curl)
		h->curl = curl_easy_init();
	if (!h->curl || set_headers(s, h) < 0) {
		drop_headers(h);
		return SENT_AGAIN;
	}
	buf_clear(&h->answer);
	h->words[0] = 0;
	set_request(s, h, h->curl);
	rc = curl_easy_perform(h->curl);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &code);
	drop_headers(h);
	return judge(s, h, rc, code);
}

static void
hook_send(struct sink *s, struct item *items, size_t n)
{
	struct hook *h = s->own;

	for (size_t i = 0; i < n; i++) {
		if (items[i].sent == SENT_DONE || items[i].sent == SENT_DEAD)
			continue;
		if (i > 0 && sink_patience(s) == 0)
			return;
		buf_clear(&h->body);
		if (s->set->form == WEBHOOK_JSON)
			buf_add_str(&h->body, items[i].json);
		else
			chat_compose(s->set, items[i].json, &h->body);
		items[i].sent = post(s, h);
		if (items[i].sent != SENT_DONE)
			return;
	}
}

static void
hook_close(struct sink *s)
{
	struct hook *h = s->own;

	if (h->curl)
		curl_easy_cleanup(h->curl);
	buf_done(&h->url);
	buf_done(&h->proxy);
	buf_done(&h->ca);
	buf_done(&h->body);
	buf_done(&h->answer);
	mem_free(h);
	s->own = NULL;
}

/* For machines: every alert. */
const struct sink_type sink_webhook = {.kind = SINK_WEBHOOK,
	.name = "webhook",
	.what = WISH_ALERTS,
	.history = true,
	.open = hook_open,
	.send = hook_send,
	.close = hook_close};

/* For people: what they would be mailed singly, so a burst of one incident is one message. */
const struct sink_type sink_chat = {.kind = SINK_WEBHOOK,
	.name = "webhook for people",
	.what = WISH_MAIL,
	.open = hook_open,
	.send = hook_send,
	.close = hook_close};
