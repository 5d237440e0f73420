/* hooks.c - webhooks to a real HTTP server, and that what logs say calls nobody there. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "base/file.h"
#include "respond/chat.h"
#include "tests/respond/house.h"

TestSuite(respond_hooks, .timeout = 90);

#define EVIL                                                                                       \
	"<!channel> <https://evil.example|click> *b* [x](https://evil.example) <at>all</at> & "    \
	"\x1b[31m\r\nX: y"

struct post {
	struct peer peer;
	char dir[96], url[64], secret[128];
};

static struct sink_settings *
hook(struct house *h, struct post *p, const char *option, const char *count)
{
	const char *argv[] = {
		"/usr/bin/python3", "tests/servers/webserver.py", p->dir, option, count, NULL};
	struct sink_settings *s = house_sink(h, SINK_WEBHOOK, "hook");

	snprintf(p->dir, sizeof(p->dir), "%s/http", h->dir);
	snprintf(p->secret, sizeof(p->secret), "%s/secret", h->dir);
	p->peer = peer_start(argv);
	snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%d/services/T0/secret", p->peer.port);
	s->url = str_of(p->url);
	return s;
}

/* The body of request n, parsed; the request itself in *request. */
static json_t *
body_of(const struct post *p, unsigned n, json_t **request)
{
	char path[160];
	struct buf b;
	json_t *body;

	snprintf(path, sizeof(path), "%s/%04u.json", p->dir, n);
	b = house_read(path);
	*request = json_loadb(b.p, b.n, 0, NULL);
	cr_assert(*request, "request %u came", n);
	body = json_loads(json_string_value(json_object_get(*request, "body")), 0, NULL);
	cr_assert(body, "its body is JSON");
	buf_done(&b);
	return body;
}

Test(respond_hooks, machines_get_every_alert_as_it_is_and_what_fails_is_sent_again)
{
	struct house h;
	struct post p;
	json_t *request, *body;
	char hex[33] = "";

	house_init(&h);
	hook(&h, &p, "--fail", "2")->password_file = str_of(p.secret);
	cr_assert_eq(file_replace(p.secret, STR("s3cret\n"), 0600), 0);
	house_start(&h);
	house_alerts(&h, 1, 3);
	house_wait(&h, COUNT_SENT, 3);
	cr_expect_eq(house_count(&h, COUNT_SEND_FAILED), 2u);
	house_stop(&h);
	for (unsigned i = 1; i <= 3; i++) {
		body = body_of(&p, i + 2, &request);
		hash128_hex(house_id(i), hex);
		cr_expect_str_eq(json_string_value(json_object_get(body, "noroshi.alert.id")), hex);
		cr_expect_str_eq(json_string_value(json_object_get(request, "method")), "POST");
		cr_expect_str_eq(json_string_value(json_object_get(
					 json_object_get(request, "headers"), "Authorization")),
			"Bearer s3cret");
		json_decref(body);
		json_decref(request);
	}
	peer_stop(&p.peer);
	house_done(&h);
}

Test(respond_hooks, what_is_refused_is_given_up_and_said_without_the_secret)
{
	struct house h;
	struct post p;
	struct buf log;

	house_init(&h);
	hook(&h, &p, "--refuse", "3");
	house_start(&h);
	house_alerts(&h, 1, 2);
	house_wait(&h, COUNT_SENT, 1);
	house_stop(&h);
	cr_expect_eq(house_sql(&h, "SELECT count(*) FROM dead"), 1);
	log = house_read(h.log);
	cr_expect(str_find(buf_str(&log), STR("400")) > 0, "what the server said: %s", log.p);
	cr_expect_lt(str_find(buf_str(&log), STR("/services/")), 0, "the address is a secret");
	cr_expect_lt(str_chr(buf_str(&log), 0x1b), 0, "nothing that a terminal obeys");
	buf_done(&log);
	peer_stop(&p.peer);
	house_done(&h);
}

/* All strings below j that stand under `key`, one behind the other. */
static void
gather(const json_t *j, const char *key, struct buf *out)
{
	const char *name;
	json_t *v;
	size_t i;

	if (json_is_array(j))
		json_array_foreach(j, i, v) gather(v, key, out);
	json_object_foreach((json_t *)(uintptr_t)j, name, v)
	{
		if (!strcmp(name, key) && json_is_string(v))
			buf_printf(out, "%s\n", json_string_value(v));
		gather(v, key, out);
	}
}

static void
make(enum webhook_form form, bool ja, json_t **ret, struct buf *texts)
{
	struct sink_settings set = {.form = form, .language = ja ? STR("ja") : STR("en")};
	struct alert_rule rule = house_rule();
	struct alert a = {.id = house_id(1), .rule = &rule, .time = INT64_C(1772445600) * NS_PER_S};
	struct buf alert = {0}, body = {0};

	rule.title = STR(EVIL);
	a.ngroup = 1;
	a.group[0].name = STR("source.ip");
	a.group[0].value = STR(EVIL);
	alert_json(&a, &alert);
	chat_compose(&set, buf_str(&alert), &body);
	*ret = json_loadb(body.p, body.n, 0, NULL);
	cr_assert(*ret);
	gather(*ret, "text", texts);
	buf_z(texts);
	buf_done(&alert);
	buf_done(&body);
}

Test(respond_hooks, slack_gets_plain_text_and_an_escaped_fallback)
{
	json_t *j, *blocks, *one;
	struct buf texts = {0};
	size_t i;

	make(WEBHOOK_SLACK, false, &j, &texts);
	cr_expect(strstr(json_string_value(json_object_get(j, "text")), "&lt;!channel&gt;"));
	cr_expect_null(strpbrk(json_string_value(json_object_get(j, "text")), "<>"));
	cr_expect(json_is_false(json_object_get(j, "unfurl_links")));
	blocks = json_object_get(j, "blocks");
	json_array_foreach(blocks, i, one)
	{
		const json_t *text = json_object_get(one, "text");

		cr_expect_str_eq(json_string_value(json_object_get(text, "type")), "plain_text",
			"mrkdwn would obey");
		cr_expect_leq(json_string_length(json_object_get(text, "text")), i ? 3000u : 150u);
	}
	cr_expect(strstr(texts.p, "failed to log in too often."), "the sentence: %s", texts.p);
	cr_expect_null(strchr(texts.p, 0x1b));
	cr_expect_null(strchr(texts.p, '\r'));
	json_decref(j);
	buf_done(&texts);
}

Test(respond_hooks, teams_gets_runs_of_text)
{
	struct buf texts = {0}, types = {0};
	json_t *j;

	make(WEBHOOK_TEAMS, true, &j, &texts);
	gather(j, "type", &types);
	cr_expect_null(strstr(buf_z(&types), "TextBlock\nTextBlock"), "no Markdown: %s", types.p);
	cr_expect(strstr(types.p, "RichTextBlock") && strstr(types.p, "TextRun"));
	cr_expect_null(strstr(types.p, "\nTextBlock"), "a TextBlock reads Markdown");
	cr_expect(strstr(texts.p, "最初にすること"), "%s", texts.p);
	cr_expect(strstr(texts.p, "<at>all</at>"), "text, as there are no entities");
	cr_expect_null(json_object_get(j, "entities"));
	cr_expect_null(strchr(texts.p, 0x1b));
	json_decref(j);
	buf_done(&texts);
	buf_done(&types);
}

Test(respond_hooks, people_get_one_message_for_a_burst_of_one_incident_and_drills_marked)
{
	struct house h;
	struct post p;
	struct sink_settings *s;
	json_t *request, *body;

	house_init(&h);
	s = hook(&h, &p, "--fail", "0");
	s->form = WEBHOOK_SLACK;
	cr_expect_eq(sink_type_of(s)->what, (int)WISH_MAIL, "not what a report tells");
	house_start(&h);
	house_alert(&h, 1);
	house_wait(&h, COUNT_SENT, 1);
	house_stop(&h);
	body = body_of(&p, 1, &request);
	cr_expect(json_object_get(body, "blocks"));
	json_decref(body);
	json_decref(request);
	peer_stop(&p.peer);
	house_done(&h);
}
