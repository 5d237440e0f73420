/* Lines of one queue id become one record per delivery. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/logsource.h"
#include "house.h"

static const char *const company[] = {"people", people, NULL};

#define ROOM ((size_t)64 << 20)
#define T0   (INT64_C(1772438400) * S)

static void
line(struct house *h, int at, const char *host, const char *queue, const char *rest)
{
	char text[512];

	snprintf(text, sizeof(text), "host.name=%s postfix.queue_id=%s %s", host, queue, rest);
	house_say(h, T0 + at * S, LOGSOURCE_POSTFIX, text);
}

#define CLIENT(ip)   "event.action=mail_client source.ip=" ip
#define QUEUED(from) "event.action=mail_queued email.from.address=" from " postfix.size=2048"
#define SENT(to)                                                                                   \
	"event.action=mail_delivered event.outcome=success postfix.status=sent "                   \
	"email.to.address=" to

static unsigned
lines(const struct buf *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->p[i] == '\n';
	return n;
}

Test(mails, a_delivery_knows_client_sender_and_person)
{
	struct house h = house_open(company, ROOM);
	const char *all;

	line(&h, 0, "mx1", "4F21", CLIENT("198.51.100.9"));
	line(&h, 0, "mx1", "4F21",
		"event.action=mail_message email.message_id=<a@b> "
		"email.subject=\xe8\xab\x8b\xe6\xb1\x82\xe6\x9b\xb8");
	line(&h, 1, "mx1", "4F21", QUEUED("billing@partner.example"));
	line(&h, 2, "mx1", "4F21", SENT("kenji.sato@aoba.example"));
	line(&h, 3, "mx1", "4F21", SENT("mika.ito@aoba.example"));
	cr_assert_eq(lines(&h.derived), 2, "one per delivery");
	all = buf_z(&h.derived);
	cr_expect(strstr(all, "\"source.ip\":\"198.51.100.9\""), "%s", all);
	cr_expect(strstr(all, "\"email.from.address\":[\"billing@partner.example\"]"));
	cr_expect(strstr(all, "\"email.direction\":\"inbound\""));
	cr_expect(strstr(all, "\"noroshi.identity.user\":\"sato.k\""), "%s", all);
	cr_expect(strstr(all, "\"noroshi.identity.user\":\"ito.m\""));
	cr_expect(strstr(all, "\"postfix.size\":2048"));
	cr_expect(strstr(all, "\xe8\xab\x8b\xe6\xb1\x82\xe6\x9b\xb8"));
	cr_expect(strstr(all, "\"noroshi.derived\":\"mail\""));
	cr_expect(strstr(all, "\"noroshi.derived_from\":[\""));
	house_close(&h);
}

Test(mails, ids_that_cross_or_come_again_stay_apart)
{
	struct house h = house_open(company, ROOM);

	line(&h, 0, "mx1", "AB", CLIENT("198.51.100.1"));
	line(&h, 0, "mx2", "AB", CLIENT("198.51.100.2"));
	line(&h, 1, "mx1", "AB", QUEUED("one@x.example"));
	line(&h, 1, "mx2", "AB", QUEUED("two@x.example"));
	line(&h, 2, "mx1", "AB", SENT("kenji.sato@aoba.example"));
	cr_expect(strstr(buf_z(&h.derived), "198.51.100.1"));
	cr_expect_not(
		strstr(h.derived.p, "two@x.example"), "another host's queue is another queue");
	line(&h, 3, "mx1", "AB", "event.action=mail_removed");
	buf_clear(&h.derived);
	line(&h, 4, "mx1", "AB", CLIENT("198.51.100.3"));
	line(&h, 5, "mx1", "AB", SENT("kenji.sato@aoba.example"));
	cr_expect(strstr(buf_z(&h.derived), "198.51.100.3"));
	cr_expect_not(strstr(h.derived.p, "one@x.example"), "an id used again begins anew: %s",
		h.derived.p);
	house_close(&h);
}

Test(mails, a_content_filter_passes_the_true_client_on)
{
	struct house h = house_open(company, ROOM);

	line(&h, 0, "mx1", "A1", CLIENT("198.51.100.9"));
	line(&h, 0, "mx1", "A1", QUEUED("x@y.example"));
	line(&h, 1, "mx1", "B2", CLIENT("127.0.0.1"));
	line(&h, 1, "mx1", "B2", QUEUED("x@y.example"));
	line(&h, 2, "mx1", "A1",
		SENT("kenji.sato@aoba.example") " destination.ip=127.0.0.1 "
						"event.reason=250~2.0.0~Ok:~queued~as~B2");
	cr_expect_eq(lines(&h.derived), 0, "the hop to the filter is no delivery");
	line(&h, 3, "mx1", "B2", SENT("kenji.sato@aoba.example"));
	cr_assert_eq(lines(&h.derived), 1);
	cr_expect(strstr(buf_z(&h.derived), "\"source.ip\":\"198.51.100.9\""), "%s", h.derived.p);
	house_close(&h);
}

Test(mails, unfinished_mails_without_end_are_bounded)
{
	struct house h = house_open(company, (size_t)4 << 20);
	struct weave_stats st;
	char queue[16];

	for (unsigned i = 0; i < 30000; i++) {
		snprintf(queue, sizeof(queue), "%X", i);
		line(&h, (int)i, "mx1", queue, CLIENT("198.51.100.1"));
	}
	weave_stats(h.w, &st);
	cr_expect_lt(st.joins, 2000u);
	cr_expect_gt(st.evicted, 20000u);
	house_close(&h);
}
