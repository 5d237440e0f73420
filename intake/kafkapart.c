#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "intake/kafka.h"

#define PASSWORD_MAX ((size_t)65536)

uint64_t
kafka_stream(const char *topic, int32_t partition)
{
	struct buf b = {0};
	uint64_t id;

	buf_printf(&b, "kafka %s %d", topic, (int)partition);
	id = hash_id(b.p, b.n).lo;
	buf_done(&b);
	return id ? id : 1;
}

struct kafka_part *
kafka_part_new(const char *topic, int32_t partition)
{
	struct kafka_part *p = mem_zero(1, sizeof(*p));
	struct buf b = {0};

	buf_printf(&b, "%s[%d]", topic, (int)partition);
	p->topic = mem_copy_z(topic, strlen(topic));
	p->peer = mem_copy_z(b.p, b.n);
	p->partition = partition;
	p->stream = kafka_stream(topic, partition);
	p->bad_offset = -1;
	buf_done(&b);
	return p;
}

void
kafka_part_free(struct kafka_part *p)
{
	mem_free(p->topic);
	mem_free(p->peer);
	mem_free(p);
}

void
kafka_part_taken(struct kafka_part *p, uint64_t batch, int64_t next)
{
	unsigned last = (p->first + p->npending - 1) % QUEUE_CAP;

	p->next = next;
	if (p->npending == 0 || p->pending[last].batch != batch) {
		/* There are never more batches under way than slots, which are fewer. */
		if (p->npending == QUEUE_CAP)
			return;
		last = (p->first + p->npending++) % QUEUE_CAP;
		p->pending[last].batch = batch;
	}
	p->pending[last].next = next;
}

void
kafka_part_skipped(struct kafka_part *p, int64_t next)
{
	p->next = next;
	if (p->npending == 0)
		p->durable = next;
	else
		p->pending[(p->first + p->npending - 1) % QUEUE_CAP].next = next;
}

void
kafka_part_durable(struct kafka_part *p, uint64_t batch)
{
	while (p->npending > 0 && p->pending[p->first].batch <= batch) {
		p->durable = p->pending[p->first].next;
		p->first = (p->first + 1) % QUEUE_CAP;
		p->npending--;
	}
}

/* Ours, and the operator may change them. */
static const struct {
	const char *name, *value;
} defaults[] = {
	{"client.id", "noroshi"},
	/* A member that died is given up soon; it comes back under its own name (see set_instance).
	 */
	{"session.timeout.ms", "10000"},
	{"heartbeat.interval.ms", "3000"},
	{"auto.offset.reset", "earliest"}, /* no offset yet: nothing shall be missed */
	{"queued.max.messages.kbytes", "16384"},
	{"fetch.message.max.bytes", "2097152"},
	{"fetch.max.bytes", "8388608"},
	/* Also the bound of what a compressed batch may unpack to. */
	{"receive.message.max.bytes", "16777216"},
	{"check.crcs", "true"},
	{"topic.metadata.refresh.interval.ms", "30000"},
	{"socket.keepalive.enable", "true"},
	{"log.connection.close", "false"},
};

/* Ours, and a property that says otherwise would lose or repeat messages. */
static const char *const forced[][2] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"enable.partition.eof", "false"},
	{"log.queue", "true"},
	{"bootstrap.servers", NULL},
	{"metadata.broker.list", NULL},
	{"group.id", NULL},
};

static bool
set(rd_kafka_conf_t *conf, const struct input_settings *cfg, const char *name, const char *value,
	struct diag *why)
{
	char text[256];
	rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, name, value, text, sizeof(text));

	if (rc == RD_KAFKA_CONF_OK)
		return true;
	if (rc == RD_KAFKA_CONF_UNKNOWN)
		diag_set(why, NULL, 0, "input `%.*s`: librdkafka has no property `%s`",
			STR_ARG(cfg->name), name);
	else
		diag_set(why, NULL, 0,
			"input `%.*s`: librdkafka does not take the value of property `%s`",
			STR_ARG(cfg->name), name);
	return false;
}

static bool
is_forced(const char *name)
{
	for (size_t i = 0; i < sizeof(forced) / sizeof(*forced); i++)
		if (strcmp(forced[i][0], name) == 0)
			return true;
	return false;
}

static bool
set_password(rd_kafka_conf_t *conf, const struct input_settings *cfg, struct diag *why)
{
	struct buf text = {0};
	struct str all, line;
	bool ok = false;

	if (file_read(cfg->password_file.p, PASSWORD_MAX, &text) < 0) {
		diag_set(why, NULL, 0,
			"input `%.*s`: cannot read password_file %s: %s; the user "
			"that intake runs as must be able to",
			STR_ARG(cfg->name), cfg->password_file.p, strerror(errno));
	} else {
		all = buf_str(&text);
		str_cut(&all, '\n', &line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		text.n = line.n;
		ok = set(conf, cfg, "sasl.password", buf_z(&text), why);
	}
	if (text.p)
		explicit_bzero(text.p, text.cap);
	buf_done(&text);
	return ok;
}

/*
 * Static membership (KIP-345): after a fall the successor takes its partitions back at once,
 * without waiting for the dead member's session to end. One name per data folder and input; the
 * folder's lock keeps it unique on a machine.
 */
static bool
set_instance(
	rd_kafka_conf_t *conf, const struct input_settings *cfg, struct str data, struct diag *why)
{
	char host[256] = "", text[64], hex[32];
	struct buf b = {0};
	bool ok;

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = 0;
	buf_printf(&b, "%s\n%.*s\n%.*s", host, STR_ARG(data), STR_ARG(cfg->name));
	hash128_hex(hash_id(b.p, b.n), hex);
	snprintf(text, sizeof(text), "noroshi-%.16s", hex);
	ok = set(conf, cfg, "group.instance.id", text, why);
	buf_done(&b);
	return ok;
}

/* librdkafka's words for a file that it cannot read are OpenSSL's error numbers. */
static bool
can_read(const struct input_settings *cfg, const struct property *p, struct diag *why)
{
	if (!str_ends(p->name, STR(".location")) || access(p->value.p, R_OK) == 0 ||
		str_eq(p->value, STR("probe")))
		return true;
	diag_set(why, NULL, 0,
		"input `%.*s`: cannot read %s %s: %s; the user that intake runs as must be able to",
		STR_ARG(cfg->name), p->name.p, p->value.p, strerror(errno));
	return false;
}

rd_kafka_conf_t *
kafka_conf(const struct input_settings *cfg, struct str data, struct diag *why)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	bool ok = true;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		ok &= set(conf, cfg, defaults[i].name, defaults[i].value, why);
	if (data.n)
		ok &= set_instance(conf, cfg, data, why);
	for (size_t i = 0; i < cfg->nproperties; i++) {
		const char *name = cfg->properties[i].name.p;

		if (is_forced(name)) {
			diag_set(why, NULL, 0,
				"input `%.*s`: property `%s` is not free: Noroshi sets it itself",
				STR_ARG(cfg->name), name);
			ok = false;
		} else {
			ok &= set(conf, cfg, name, cfg->properties[i].value.p, why) &&
			      can_read(cfg, &cfg->properties[i], why);
		}
	}
	for (size_t i = 0; i < sizeof(forced) / sizeof(*forced); i++)
		if (forced[i][1])
			ok &= set(conf, cfg, forced[i][0], forced[i][1], why);
	ok &= set(conf, cfg, "bootstrap.servers", cfg->address.p, why);
	ok &= set(conf, cfg, "group.id", cfg->group.p, why);
	if (cfg->password_file.n)
		ok &= set_password(conf, cfg, why);
	if (ok)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}
