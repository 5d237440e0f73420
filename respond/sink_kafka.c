/*
 * sink_kafka.c - a Kafka topic; key = alert id, value = the alert's JSON.
 *
 * The producer is idempotent and waits for all replicas, so within its life nothing is doubled. A
 * death between the broker's word and our note sends a group again; the key tells it apart.
 */
#include <stdio.h>

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "base/mem.h"
#include "respond/say.h"
#include "respond/sink.h"

struct kafka_sink {
	rd_kafka_t *producer; /* NULL: to be made (again) */
	char *topic;
	size_t open; /* produced, no word yet */
};

static int
set_one(rd_kafka_conf_t *conf, const char *name, struct str value, char *err, size_t n)
{
	char *z = mem_copy_z(value.p, value.n);
	rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, name, z, err, n);

	explicit_bzero(z, value.n);
	mem_free(z);
	return rc == RD_KAFKA_CONF_OK ? 0 : ERR_SYNTAX;
}

static void
told(rd_kafka_t *rk, const rd_kafka_message_t *m, void *ctx)
{
	struct sink *s = ctx;
	struct kafka_sink *k = s->own;
	struct item *it = m->_private;

	(void)rk;
	k->open--;
	if (!m->err) {
		it->sent = SENT_DONE;
		return;
	}
	sink_failed(s, "topic %s: %s", k->topic, rd_kafka_err2str(m->err));
	it->sent = m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
				   m->err == RD_KAFKA_RESP_ERR_INVALID_MSG ||
				   m->err == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE
			   ? SENT_REFUSED
			   : SENT_AGAIN;
}

static void
spoke(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	const struct sink *s = rd_kafka_opaque(rk);

	if (level <= 3)
		say(s->opt->log_fd, SAY_WARNING, "%.*s: %s: %s", STR_ARG(s->set->name), facility,
			text);
}

static int
add_properties(struct sink *s, rd_kafka_conf_t *conf, char *err, size_t n)
{
	const struct sink_settings *set = s->set;
	int rc = 0;

	for (size_t i = 0; i < set->nproperties && rc == 0; i++) {
		char *name = mem_copy_z(set->properties[i].name.p, set->properties[i].name.n);

		rc = set_one(conf, name, set->properties[i].value, err, n);
		mem_free(name);
	}
	if (rc == 0 && set->user.n)
		rc = set_one(conf, "sasl.username", set->user, err, n);
	if (rc == 0 && set->password_file.n) {
		struct buf secret = {0};
		struct diag why = {0};

		rc = sink_password(set, &why, &secret);
		if (rc < 0)
			snprintf(err, n, "%s", diag_first(&why));
		else
			rc = set_one(conf, "sasl.password", buf_str(&secret), err, n);
		secret_done(&secret);
		diag_done(&why);
	}
	return rc;
}

/* Ours come last: who could set them otherwise would lose alerts. */
static int
make_conf(struct sink *s, rd_kafka_conf_t **ret, char *err, size_t n)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char timeout[32];
	int rc = add_properties(s, conf, err, n);

	snprintf(timeout, sizeof(timeout), "%lld", (long long)(s->tune->peer_ns / NS_PER_MS));
	if (rc == 0)
		rc = set_one(conf, "bootstrap.servers", s->set->address, err, n);
	if (rc == 0)
		rc = set_one(conf, "acks", STR("all"), err, n);
	if (rc == 0)
		rc = set_one(conf, "enable.idempotence", STR("true"), err, n);
	if (rc == 0)
		rc = set_one(conf, "message.timeout.ms", str_of(timeout), err, n);
	if (rc < 0) {
		rd_kafka_conf_destroy(conf);
		return rc;
	}
	rd_kafka_conf_set_dr_msg_cb(conf, told);
	rd_kafka_conf_set_log_cb(conf, spoke);
	rd_kafka_conf_set_opaque(conf, s);
	*ret = conf;
	return 0;
}

static int
kafka_open(struct sink *s, struct diag *why)
{
	struct kafka_sink *k;
	rd_kafka_conf_t *conf = NULL;
	char err[300] = "";
	int rc = make_conf(s, &conf, err, sizeof(err));

	if (rc == 0)
		rd_kafka_conf_destroy(conf);
	if (rc < 0 || s->set->topic.n == 0) {
		diag_set(
			why, NULL, 0, "%.*s: %s", STR_ARG(s->set->name), rc < 0 ? err : "no topic");
		return ERR_SYNTAX;
	}
	k = mem_zero(1, sizeof(*k));
	k->topic = mem_copy_z(s->set->topic.p, s->set->topic.n);
	s->own = k;
	return 0;
}

static int
make_producer(struct sink *s, struct kafka_sink *k)
{
	rd_kafka_conf_t *conf = NULL;
	char err[300] = "";

	/* the password is read again: it may have been changed meanwhile */
	if (make_conf(s, &conf, err, sizeof(err)) == 0) {
		k->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, err, sizeof(err));
		if (k->producer)
			return 0;
		rd_kafka_conf_destroy(conf);
	}
	sink_failed(s, "%s", err);
	return ERR_IO;
}

static void
drop_producer(struct kafka_sink *k)
{
	if (!k->producer)
		return;
	/* what has no word yet is unknown; its reports must not come into freed items */
	rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_flush(k->producer, 1000);
	rd_kafka_destroy(k->producer);
	k->producer = NULL;
	k->open = 0;
}

static void
kafka_send(struct sink *s, struct item *items, size_t n)
{
	struct kafka_sink *k = s->own;
	int64_t end = clock_mono(s->opt->clock) + 2 * sink_patience(s);

	if (!k->producer && make_producer(s, k) < 0) {
		items[0].sent = SENT_AGAIN;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		rd_kafka_resp_err_t err;

		if (items[i].sent == SENT_DONE || items[i].sent == SENT_DEAD)
			continue;
		items[i].sent = SENT_AGAIN;
		err = rd_kafka_producev(k->producer, RD_KAFKA_V_TOPIC(k->topic),
			RD_KAFKA_V_KEY(items[i].id, strlen(items[i].id)),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)items[i].json.p, items[i].json.n),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&items[i]),
			RD_KAFKA_V_END);
		if (err) {
			sink_failed(s, "topic %s: %s", k->topic, rd_kafka_err2str(err));
			if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
				items[i].sent = SENT_REFUSED;
			break; /* order: what stands behind waits */
		}
		k->open++;
	}
	while (k->open > 0 && clock_mono(s->opt->clock) < end && sink_patience(s) > 0)
		rd_kafka_poll(k->producer, 20);
	if (k->open > 0) {
		sink_failed(s, "topic %s: no word from the brokers", k->topic);
		drop_producer(k);
	} else if (rd_kafka_fatal_error(k->producer, NULL, 0)) {
		drop_producer(k); /* librdkafka: a new producer is the only way on */
	}
}

static void
kafka_close(struct sink *s)
{
	struct kafka_sink *k = s->own;

	drop_producer(k);
	mem_free(k->topic);
	mem_free(k);
	s->own = NULL;
}

const struct sink_type sink_kafka = {.kind = SINK_KAFKA,
	.name = "kafka",
	.history = true,
	.open = kafka_open,
	.send = kafka_send,
	.close = kafka_close};
