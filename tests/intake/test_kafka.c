#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

#include "base/err.h"
#include "house.h"
#include "intake/kafka.h"

#define WAIT 30000

/* A cluster in this process, and a producer. */
struct cluster {
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *mock;
	const char *brokers;
};

static struct cluster
cluster_new(void)
{
	struct cluster c = {0};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[256];

	cr_assert_eq(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof(text)),
		RD_KAFKA_CONF_OK);
	cr_assert_eq(
		rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof(text)), RD_KAFKA_CONF_OK);
	c.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
	cr_assert_not_null(c.rk);
	c.mock = rd_kafka_handle_mock_cluster(c.rk);
	c.brokers = rd_kafka_mock_cluster_bootstraps(c.mock);
	rd_kafka_mock_topic_create(c.mock, "logs", 2, 1);
	rd_kafka_mock_topic_create(c.mock, "proxy", 1, 1);
	return c;
}

static void
cluster_free(struct cluster *c)
{
	rd_kafka_destroy(c->rk);
}

static void
produce(struct cluster *c, const char *topic, int32_t partition, struct str value)
{
	rd_kafka_resp_err_t err =
		rd_kafka_producev(c->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)value.p, value.n),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);

	cr_assert_eq(err, RD_KAFKA_RESP_ERR_NO_ERROR);
	cr_assert_eq(rd_kafka_flush(c->rk, WAIT), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* The group's offset, or with `set` >= 0 make it that: without being a member. */
static int64_t
group_offset(struct cluster *c, const char *topic, int32_t partition, int64_t set)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_resp_err_t err;
	char text[256];
	rd_kafka_t *rk;
	int64_t offset;

	rd_kafka_conf_set(conf, "bootstrap.servers", c->brokers, text, sizeof(text));
	rd_kafka_conf_set(conf, "group.id", "g", text, sizeof(text));
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = set;
	err = set < 0 ? rd_kafka_committed(rk, list, WAIT) : rd_kafka_commit(rk, list, 0);
	cr_assert_eq(err, RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(err));
	offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(rk);
	return offset;
}

static int64_t
committed(struct cluster *c, const char *topic, int32_t partition)
{
	return group_offset(c, topic, partition, -1);
}

static struct house *
reader(struct cluster *c, struct kafka_topic *topic)
{
	struct house *h = house_new(4);
	struct input_settings *in = house_input(h, INPUT_KAFKA, c->brokers);

	/* The mock waits for a session's length before a group that someone left starts again. */
	static const struct property soon[] = {{{"session.timeout.ms", 18}, {"6000", 4}},
		{{"heartbeat.interval.ms", 21}, {"1000", 4}}};

	*topic = (struct kafka_topic){.topic = STR("logs")};
	in->properties = arena_alloc(&h->arena, sizeof(soon));
	memcpy(in->properties, soon, sizeof(soon));
	in->nproperties = 2;
	in->group = STR("g");
	in->topics = topic;
	in->ntopics = 1;
	return h;
}

Test(kafka, messages_become_frames_and_are_committed_when_durable, .timeout = 120)
{
	struct cluster c = cluster_new();
	struct kafka_topic topic;
	struct house *h = reader(&c, &topic);
	char big[3000];

	memset(big, 'x', sizeof(big));
	h->settings.limits.kafka_frame_max = 2000;
	produce(&c, "logs", 0, STR("{\"a\":1}\n"));
	produce(&c, "logs", 0, (struct str){NULL, 0});
	produce(&c, "logs", 0, STR("\n"));
	produce(&c, "logs", 0, (struct str){big, sizeof(big)});
	produce(&c, "logs", 1, STR("other"));
	house_start(h);
	cr_assert_eq(house_until(h, 3, WAIT), 3u, "%s", house_log(h));
	cr_expect(house_rejected(h, REASON_NULL, 1, WAIT));
	cr_expect(house_rejected(h, REASON_EMPTY, 1, WAIT));
	for (size_t i = 0; i < 3; i++) {
		const struct house_frame *f = &h->frames[i];
		bool second = str_eq(f->peer, STR("logs[1]"));

		cr_expect(second || str_eq(f->peer, STR("logs[0]")));
		cr_expect_eq(f->meta.stream, kafka_stream("logs", second));
		cr_expect_eq(f->meta.next, f->meta.offset + 1);
		cr_expect(f->meta.flags & FRAME_POSITION);
		if (f->bytes.n == 2000) {
			cr_expect_eq(f->meta.offset, 3u);
			cr_expect(f->meta.flags & FRAME_TRUNCATED);
		}
	}
	house_stop(h);
	house_balance(h);
	cr_expect_eq(committed(&c, "logs", 0), 4);
	cr_expect_eq(committed(&c, "logs", 1), 1);
	/* A second life goes on where the group was. */
	produce(&c, "logs", 0, STR("later"));
	house_again(h);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	cr_expect(str_eq(house_text(h, 0), STR("later")));
	house_free(h);
	cluster_free(&c);
}

Test(kafka, what_is_not_durable_is_not_committed, .timeout = 120)
{
	struct cluster c = cluster_new();
	struct kafka_topic topic;
	struct house *h = reader(&c, &topic);

	produce(&c, "logs", 0, STR("one"));
	h->undurable = true;
	house_start(h);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	house_stop(h);
	cr_expect_eq(committed(&c, "logs", 0), RD_KAFKA_OFFSET_INVALID);
	h->undurable = false;
	house_again(h);
	cr_assert_eq(house_until(h, 1, WAIT), 1u, "it comes again");
	house_stop(h);
	cr_expect_eq(committed(&c, "logs", 0), 1);
	house_free(h);
	cluster_free(&c);
}

static uint64_t
journal_has_two(void *ctx, uint64_t stream)
{
	(void)ctx;
	return stream == kafka_stream("logs", 0) ? 2 : 0;
}

/* Killed between the journal and the commit: the journal knows more than the group. */
Test(kafka, the_journal_tells_where_to_go_on, .timeout = 120)
{
	struct cluster c = cluster_new();
	struct kafka_topic topic;
	struct house *h = reader(&c, &topic);

	for (int i = 0; i < 3; i++)
		produce(&c, "logs", 0, STR("x"));
	h->resume.next = journal_has_two;
	house_start(h);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	cr_expect_eq(h->frames[0].meta.offset, 2u);
	house_stop(h);
	cr_expect_eq(h->n, 1u);
	cr_expect_eq(committed(&c, "logs", 0), 3);
	house_free(h);
	cluster_free(&c);
}

/* Another member read on while we were away: the group knows more than our journal. */
Test(kafka, the_group_tells_where_to_go_on, .timeout = 120)
{
	struct cluster c = cluster_new();
	struct kafka_topic topic;
	struct house *h = reader(&c, &topic);

	for (int i = 0; i < 5; i++)
		produce(&c, "logs", 0, STR("x"));
	group_offset(&c, "logs", 0, 4);
	h->resume.next = journal_has_two;
	house_start(h);
	cr_assert_eq(house_until(h, 1, WAIT), 1u);
	cr_expect_eq(h->frames[0].meta.offset, 4u);
	house_stop(h);
	cr_expect_eq(h->n, 1u);
	cr_expect_eq(committed(&c, "logs", 0), 5);
	house_free(h);
	cluster_free(&c);
}

Test(kafka, waits_for_slots, .timeout = 120)
{
	enum { MESSAGES = 6000 };
	struct cluster c = cluster_new();
	struct kafka_topic topic;
	struct house *h = reader(&c, &topic);
	uint64_t next[2] = {0};

	h->settings.limits.batch_frames = 100;
	for (int i = 0; i < MESSAGES; i++)
		cr_assert_eq(rd_kafka_producev(c.rk, RD_KAFKA_V_TOPIC("logs"),
				     RD_KAFKA_V_PARTITION(i & 1), RD_KAFKA_V_VALUE("message", 7),
				     RD_KAFKA_V_END),
			RD_KAFKA_RESP_ERR_NO_ERROR);
	cr_assert_eq(rd_kafka_flush(c.rk, WAIT), RD_KAFKA_RESP_ERR_NO_ERROR);
	h->keep = 4;
	house_start(h);
	while (h->nkept < 4)
		house_until(h, MESSAGES, 20);
	house_release(h);
	cr_assert_eq(house_until(h, MESSAGES, WAIT), (size_t)MESSAGES);
	for (size_t i = 0; i < MESSAGES; i++) {
		unsigned part = h->frames[i].meta.stream == kafka_stream("logs", 1);

		cr_assert_eq(h->frames[i].meta.offset, next[part]++, "in order, none twice");
	}
	house_stop(h);
	house_balance(h);
	cr_expect_eq(committed(&c, "logs", 0), MESSAGES / 2);
	house_free(h);
	cluster_free(&c);
}

Test(kafka, a_broker_that_is_away_is_told_once, .timeout = 60)
{
	struct cluster c = {.brokers = "127.0.0.1:1"};
	struct kafka_topic topic;
	struct house *h = reader(&c, &topic);
	const char *log;

	house_start(h);
	while (h->counts->flagged[REASON_KAFKA] < 2)
		house_until(h, 1, 20);
	log = house_log(h);
	cr_expect_not_null(strstr(log, "3 intake: input input1: Kafka: "), "%s", log);
	cr_expect_not_null(strstr(log, "refused"), "%s", log);
	house_stop(h);
	house_free(h);
}

static const struct conf_row {
	const char *name, *value, *password_file, *words, *not ;
} conf_rows[] = {
	{"no.such.thing", "1", NULL, "librdkafka has no property `no.such.thing`", NULL},
	{"security.protocol", "hunter2", NULL, "value of property `security.protocol`", "hunter2"},
	{"enable.auto.commit", "true", NULL, "`enable.auto.commit` is not free", NULL},
	{"group.id", "x", NULL, "`group.id` is not free", NULL},
	{"client.id", "x", "/nonexistent/secret", "cannot read password_file /nonexistent/secret",
		NULL},
	{"security.protocol", "SASL_PLAINTEXT", NULL, NULL, NULL},
};

Test(kafka, properties_are_checked_and_secrets_not_repeated)
{
	for (size_t i = 0; i < sizeof(conf_rows) / sizeof(*conf_rows); i++) {
		const struct conf_row *row = &conf_rows[i];
		struct property prop = {str_of(row->name), str_of(row->value)};
		struct input_settings in = {.name = STR("k"),
			.address = STR("a:1"),
			.group = STR("g"),
			.properties = &prop,
			.nproperties = 1,
			.password_file = str_of(row->password_file)};
		struct diag why = {0};
		rd_kafka_conf_t *conf = kafka_conf(&in, STR(""), &why);

		cr_expect_eq(conf == NULL, row->words != NULL, "%s", row->name);
		if (row->words)
			cr_expect_not_null(
				strstr(diag_first(&why), row->words), "%s", diag_first(&why));
		if (row->not )
			cr_expect_null(strstr(diag_first(&why), row->not ));
		if (conf)
			rd_kafka_conf_destroy(conf);
		diag_done(&why);
	}
}

Test(kafka, what_may_be_committed)
{
	struct kafka_part *p = kafka_part_new("t", 0);

	kafka_part_skipped(p, 1);
	cr_expect_eq(p->durable, 1, "nothing under way: at once");
	kafka_part_taken(p, 7, 2);
	kafka_part_taken(p, 7, 3);
	kafka_part_taken(p, 9, 4);
	kafka_part_skipped(p, 5);
	cr_expect_eq(p->durable, 1);
	kafka_part_durable(p, 6);
	cr_expect_eq(p->durable, 1);
	kafka_part_durable(p, 8);
	cr_expect_eq(p->durable, 3);
	kafka_part_durable(p, 9);
	cr_expect_eq(p->durable, 5, "with what was skipped behind it");
	kafka_part_free(p);
}
