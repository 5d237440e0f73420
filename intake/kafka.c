/*
 * Kafka: a member of a consumer group whose offsets are committed when what they stand for is
 * durable, and not before. Where a stream goes on is told by our own journal or by the group,
 * whichever knows more.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "intake/framing.h"
#include "intake/kafka.h"
#include "intake/loop.h"

#define TURN         4096 /* messages before others get their turn */
#define HELD         64u  /* messages that came in spite of no slot */
#define COMMITTED_MS 3000
#define CLOSE_MS     3000
#define SKIP_TRIES   3u
#define ERRORS       16u /* kinds of errors whose last line is remembered */

struct kafka {
	struct intake *in;
	unsigned input;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	int fd;
	struct event event, tick;
	struct kafka_part **parts;
	size_t n, cap;
	rd_kafka_message_t *held[HELD];
	unsigned nheld;
	int64_t stalled; /* mono time since when there was no slot; 0 = there is */
	bool stopping;
	struct {
		int code;
		struct seldom seldom;
	} errors[ERRORS];
};

static const char *
name_of(const struct kafka *k)
{
	return intake_input(k->in, k->input)->name.p;
}

/* One line in ten seconds for each kind of error; each is counted. */
static void
complain(struct kafka *k, int code, const char *what)
{
	unsigned i = 0;

	count_bump(&k->in->ports->counts->flagged[REASON_KAFKA], 1);
	while (i < ERRORS - 1 && k->errors[i].code != code && k->errors[i].code != 0)
		i++;
	k->errors[i].code = code;
	if (!intake_seldom(k->in, &k->errors[i].seldom))
		return;
	intake_say(k->in, "error", "input %s: Kafka: %s (%s); trying again%s", name_of(k), what,
		rd_kafka_err2name((rd_kafka_resp_err_t)code),
		code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
				code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED
			? "; check sasl.username and password_file"
			: "");
}

static void
on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	(void)rk;
	complain(opaque, code, reason);
}

/* Served by our polls (log.queue). Connections that come and go are told by on_error. */
static void
on_log(const rd_kafka_t *rk, int level, const char *fac, const char *text)
{
	struct kafka *k = rd_kafka_opaque(rk);

	if (level <= 3 && strcmp(fac, "FAIL") != 0 && strcmp(fac, "ERROR") != 0)
		complain(k, RD_KAFKA_RESP_ERR__FAIL, text);
}

static struct kafka_part *
find_part(struct kafka *k, const char *topic, int32_t partition, bool make)
{
	struct kafka_part *p;

	for (size_t i = 0; i < k->n; i++)
		if (k->parts[i]->partition == partition && strcmp(k->parts[i]->topic, topic) == 0)
			return k->parts[i];
	if (!make)
		return NULL;
	k->parts = mem_grow(k->parts, k->n, &k->cap, sizeof(struct kafka_part *));
	p = kafka_part_new(topic, partition);
	k->parts[k->n++] = p;
	return p;
}

/* What was not committed is tried again by the next tick. */
static void
on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
	void *opaque)
{
	struct kafka *k = opaque;

	(void)rk;
	if (!err || err == RD_KAFKA_RESP_ERR__NO_OFFSET)
		return;
	complain(k, err, "offsets were not committed");
	for (int i = 0; list && i < list->cnt; i++) {
		struct kafka_part *p =
			find_part(k, list->elems[i].topic, list->elems[i].partition, false);

		if (p)
			p->committed = 0;
	}
}

/* What is durable and not yet committed, or NULL. */
static rd_kafka_topic_partition_list_t *
due_commits(struct kafka *k)
{
	rd_kafka_topic_partition_list_t *list = NULL;

	for (size_t i = 0; i < k->n; i++) {
		struct kafka_part *p = k->parts[i];

		if (!p->assigned || p->durable <= p->committed)
			continue;
		if (!list)
			list = rd_kafka_topic_partition_list_new((int)k->n);
		rd_kafka_topic_partition_list_add(list, p->topic, p->partition)->offset =
			p->durable;
		p->committed = p->durable;
	}
	return list;
}

static void
commit(struct kafka *k)
{
	rd_kafka_topic_partition_list_t *list = due_commits(k);

	if (!list)
		return;
	rd_kafka_commit(k->rk, list, 1);
	rd_kafka_topic_partition_list_destroy(list);
}

/* The same, waiting for the answer, but not for ever: the broker may be gone. */
static void
commit_now(struct kafka *k)
{
	rd_kafka_topic_partition_list_t *list = due_commits(k);
	rd_kafka_queue_t *answers;

	if (!list)
		return;
	answers = rd_kafka_queue_new(k->rk);
	if (rd_kafka_commit_queue(k->rk, list, answers, on_commit, k) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_queue_poll_callback(answers, CLOSE_MS);
	rd_kafka_queue_destroy(answers);
	rd_kafka_topic_partition_list_destroy(list);
}

/* Where each newly assigned partition goes on: at the larger of what our journal and what the
 * group knows. Another member may have read on while we were away; and what we read may not have
 * been committed when we fell. */
static void
set_offsets(struct kafka *k, rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_topic_partition_list_t *group = rd_kafka_topic_partition_list_copy(list);
	rd_kafka_resp_err_t err = rd_kafka_committed(k->rk, group, COMMITTED_MS);

	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_topic_partition_t *tp = &list->elems[i];
		struct kafka_part *p = find_part(k, tp->topic, tp->partition, true);
		uint64_t ours =
			k->in->resume->next(k->in->resume->ctx, p->stream) & ~POSITION_FIELDS;
		int64_t from = p->next;

		if (ours <= INT64_MAX && (int64_t)ours > from)
			from = (int64_t)ours;
		if (!err && group->elems[i].offset > from)
			from = group->elems[i].offset;
		p->assigned = true;
		p->next = from;
		/* What our journal holds is durable. */
		p->durable = (int64_t)ours > p->durable && ours <= INT64_MAX ? (int64_t)ours
									     : p->durable;
		p->committed = err || group->elems[i].offset < 0 ? 0 : group->elems[i].offset;
		if (p->durable < p->committed)
			p->durable = p->committed;
		tp->offset = from > 0 ? from : RD_KAFKA_OFFSET_INVALID;
		if (from > 0)
			intake_say(k->in, "info", "input %s: reading %s[%d] from offset %lld",
				name_of(k), tp->topic, (int)tp->partition, (long long)from);
		else
			intake_say(k->in, "info",
				"input %s: reading %s[%d] for the first time, from where "
				"auto.offset.reset says",
				name_of(k), tp->topic, (int)tp->partition);
	}
	rd_kafka_topic_partition_list_destroy(group);
}

static void
drop_held(struct kafka *k)
{
	while (k->nheld)
		rd_kafka_message_destroy(k->held[--k->nheld]);
}

static void
give_back(struct kafka *k, const rd_kafka_topic_partition_list_t *list)
{
	commit_now(k);
	drop_held(k); /* nothing of them is stored: who gets the partition reads them */
	for (int i = 0; i < list->cnt; i++) {
		struct kafka_part *p =
			find_part(k, list->elems[i].topic, list->elems[i].partition, false);

		if (p)
			p->assigned = false;
	}
}

static void
on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
	void *opaque)
{
	struct kafka *k = opaque;
	bool some = strcmp(rd_kafka_rebalance_protocol(rk), "COOPERATIVE") == 0;
	rd_kafka_error_t *bad = NULL;
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !k->stopping) {
		set_offsets(k, list);
		if (some)
			bad = rd_kafka_incremental_assign(rk, list);
		else
			rc = rd_kafka_assign(rk, list);
	} else {
		give_back(k, list);
		if (some && !k->stopping)
			bad = rd_kafka_incremental_unassign(rk, list);
		else
			rc = rd_kafka_assign(rk, NULL);
	}
	if (bad || rc)
		complain(k, bad ? (int)rd_kafka_error_code(bad) : (int)rc, "rebalance failed");
	if (bad)
		rd_kafka_error_destroy(bad);
}

/* A batch that cannot be read must not block its partition: after a few tries go on behind it, in
 * growing steps, as nobody can tell where it ends. */
static void
bad_data(struct kafka *k, const rd_kafka_message_t *m)
{
	const char *topic = rd_kafka_topic_name(m->rkt);
	struct kafka_part *p = find_part(k, topic, m->partition, true);
	rd_kafka_topic_partition_list_t *to;

	if (p->bad_offset != m->offset) {
		p->bad_offset = m->offset;
		p->bad_tries = 0;
	}
	if (p->bad_tries++ == 0)
		writer_reject(&k->in->writer, k->input, REASON_KAFKA);
	if (p->bad_tries < SKIP_TRIES || m->offset < 0)
		return;
	to = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(to, topic, m->partition)->offset =
		m->offset +
		((int64_t)1 << (p->bad_tries - SKIP_TRIES < 20 ? p->bad_tries - SKIP_TRIES : 20));
	rd_kafka_error_destroy(rd_kafka_seek_partitions(k->rk, to, 0));
	rd_kafka_topic_partition_list_destroy(to);
}

static void
take_error(struct kafka *k, const rd_kafka_message_t *m)
{
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		return;
	complain(k, m->err, rd_kafka_message_errstr(m));
	if (m->rkt && (m->err == RD_KAFKA_RESP_ERR__BAD_MSG ||
			      m->err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
			      m->err == RD_KAFKA_RESP_ERR_INVALID_MSG ||
			      m->err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED))
		bad_data(k, m);
}

static void
take_message(struct kafka *k, const rd_kafka_message_t *m)
{
	struct intake *in = k->in;
	size_t max = in->settings->limits.kafka_frame_max;
	struct kafka_part *p = find_part(k, rd_kafka_topic_name(m->rkt), m->partition, true);
	struct str bytes = {m->payload, m->payload ? m->len : 0};
	uint64_t batch = writer_number(&in->writer);
	struct frame f = {.arrival = clock_wall(in->clock),
		.input = (uint16_t)k->input,
		.stream = p->stream,
		.offset = (uint64_t)m->offset,
		.next = (uint64_t)m->offset + 1,
		.flags = (uint16_t)(FRAME_POSITION | intake_flags(in, k->input))};

	if (m->payload)
		bytes = framing_trim(bytes);
	if (bytes.n > max) {
		bytes.n = max;
		f.flags |= FRAME_TRUNCATED;
	}
	if (bytes.n == 0) {
		writer_reject(&in->writer, k->input, m->payload ? REASON_EMPTY : REASON_NULL);
		kafka_part_skipped(p, m->offset + 1);
		return;
	}
	intake_add(in, &f, bytes, str_of(p->peer));
	kafka_part_taken(p, batch, m->offset + 1);
}

/* Poll up to n events. While there is no slot messages are held; true: there may be more. */
static bool
poll_some(struct kafka *k, int n)
{
	while (n-- > 0 && k->nheld < HELD) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(k->rk, 0);

		if (!m)
			return false;
		if (m->err) {
			take_error(k, m);
		} else if (k->nheld > 0 || !intake_may_add(k->in)) {
			k->held[k->nheld++] = m;
			if (k->stalled == 0)
				k->stalled = clock_mono(k->in->clock);
			return false;
		} else {
			take_message(k, m);
		}
		rd_kafka_message_destroy(m);
	}
	return k->nheld < HELD;
}

static void
work(struct kafka *k)
{
	if (k->nheld == 0 && poll_some(k, TURN))
		event_active(&k->event, EV_READ, 0);
}

static void
on_queue(evutil_socket_t fd, short what, void *arg)
{
	struct kafka *k = arg;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	work(k);
}

/* On stopping: nothing more shall be fetched. */
static void
pause_all(struct kafka *k)
{
	rd_kafka_topic_partition_list_t *list = NULL;

	if (rd_kafka_assignment(k->rk, &list) != RD_KAFKA_RESP_ERR_NO_ERROR || !list)
		return;
	rd_kafka_pause_partitions(k->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
}

static void
read_lag(struct kafka *k)
{
	uint64_t lag = 0;

	for (size_t i = 0; i < k->n; i++) {
		const struct kafka_part *p = k->parts[i];
		int64_t low, high;

		if (!p->assigned || rd_kafka_get_watermark_offsets(k->rk, p->topic, p->partition,
					    &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
			continue;
		if (low < p->next)
			low = p->next;
		if (high > low)
			lag += (uint64_t)(high - low);
	}
	atomic_store_explicit(
		&k->in->ports->counts->inputs[k->input].lag, lag, memory_order_relaxed);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct kafka *k = arg;

	(void)fd;
	(void)what;
	commit(k);
	read_lag(k);
	/*
	 * Without a slot nothing is polled, and partitions are not paused: a run of 1,000 kills
	 * that paused them missed part of a topic. The likely cause, not proven: a pause and a
	 * resume close together drop what librdkafka had fetched, and nothing rewinds. After
	 * max.poll.interval.ms the group goes on without us, and we join anew.
	 */
	if (!k->stalled)
		work(k);
}

static void
kafka_resume(void *state)
{
	struct kafka *k = state;
	unsigned done = 0;

	while (done < k->nheld && intake_may_add(k->in)) {
		take_message(k, k->held[done]);
		rd_kafka_message_destroy(k->held[done++]);
	}
	k->nheld -= done;
	memmove(k->held, k->held + done, k->nheld * sizeof(*k->held));
	if (k->nheld > 0)
		return;
	k->stalled = 0;
	event_active(&k->event, EV_READ, 0);
}

static void
kafka_durable(void *state, uint64_t number)
{
	struct kafka *k = state;

	for (size_t i = 0; i < k->n; i++)
		kafka_part_durable(k->parts[i], number);
}

static void
kafka_stop(void *state)
{
	struct kafka *k = state;

	event_del(&k->event);
	event_del(&k->tick);
	drop_held(k); /* not stored, not committed: they come again */
	pause_all(k);
}

static void
leave_group(struct kafka *k)
{
	rd_kafka_queue_t *q = rd_kafka_queue_new(k->rk);
	int64_t end = clock_mono(k->in->clock) + CLOSE_MS * NS_PER_MS;
	rd_kafka_error_t *bad;

	k->stopping = true;
	commit_now(k);
	bad = rd_kafka_consumer_close_queue(k->rk, q);
	if (bad)
		rd_kafka_error_destroy(bad);
	else
		while (!rd_kafka_consumer_closed(k->rk) && clock_mono(k->in->clock) < end)
			rd_kafka_queue_poll_callback(q, 50);
	rd_kafka_queue_destroy(q);
}

static void
kafka_free(void *state)
{
	struct kafka *k = state;

	if (k->rk) {
		leave_group(k);
		rd_kafka_queue_io_event_enable(k->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(k->queue);
		rd_kafka_destroy_flags(k->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	}
	if (k->fd >= 0)
		close(k->fd);
	for (size_t i = 0; i < k->n; i++)
		kafka_part_free(k->parts[i]);
	mem_free(k->parts);
	mem_free(k);
}

static int
subscribe(struct kafka *k, const struct input_settings *cfg, struct diag *why)
{
	rd_kafka_topic_partition_list_t *topics =
		rd_kafka_topic_partition_list_new((int)cfg->ntopics);
	rd_kafka_resp_err_t err;

	for (size_t i = 0; i < cfg->ntopics; i++)
		rd_kafka_topic_partition_list_add(
			topics, cfg->topics[i].topic.p, RD_KAFKA_PARTITION_UA);
	err = rd_kafka_subscribe(k->rk, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	if (err) {
		diag_set(why, NULL, 0, "input `%.*s`: cannot subscribe: %s", STR_ARG(cfg->name),
			rd_kafka_err2str(err));
		return ERR_IO;
	}
	return 0;
}

static int
connect_group(struct kafka *k, struct diag *why)
{
	const struct input_settings *cfg = intake_input(k->in, k->input);
	rd_kafka_conf_t *conf = kafka_conf(cfg, k->in->settings->data, why);
	char text[256];

	if (!conf)
		return ERR_SYNTAX;
	rd_kafka_conf_set_opaque(conf, k);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	k->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	if (!k->rk) {
		rd_kafka_conf_destroy(conf);
		diag_set(why, NULL, 0, "input `%.*s`: %s", STR_ARG(cfg->name), text);
		return ERR_SYNTAX;
	}
	rd_kafka_poll_set_consumer(k->rk);
	k->queue = rd_kafka_queue_get_consumer(k->rk);
	rd_kafka_set_log_queue(k->rk, k->queue);
	return subscribe(k, cfg, why);
}

static int
kafka_start(struct intake *in, unsigned input, struct diag *why, void **ret)
{
	static const uint64_t one = 1;
	struct kafka *k = mem_zero(1, sizeof(*k));
	struct timeval every = {.tv_sec = 1};
	int rc;

	k->in = in;
	k->input = input;
	k->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rc = k->fd < 0 ? ERR_IO : connect_group(k, why);
	if (rc < 0) {
		kafka_free(k);
		return rc;
	}
	event_assign(&k->event, in->base, k->fd, EV_READ | EV_PERSIST, on_queue, k);
	event_assign(&k->tick, in->base, -1, EV_PERSIST, on_tick, k);
	event_add(&k->event, NULL);
	event_add(&k->tick, &every);
	rd_kafka_queue_io_event_enable(k->queue, k->fd, &one, sizeof(one));
	event_active(&k->event, EV_READ, 0);
	*ret = k;
	return 0;
}

const struct driver driver_kafka = {.start = kafka_start,
	.resume = kafka_resume,
	.durable = kafka_durable,
	.stop = kafka_stop,
	.free = kafka_free};
