/*
 * kafka.h - what the Kafka input keeps per partition, and how its settings become librdkafka's.
 *
 * Inside intake/ only. Threads: the loop thread.
 */
#ifndef INTAKE_KAFKA_H
#define INTAKE_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "base/batch.h"
#include "base/queue.h"
#include "config/settings.h"

struct kafka_part {
	char *topic, *peer; /* peer: "topic[partition]" */
	int32_t partition;
	uint64_t stream;
	bool assigned;
	int64_t next;      /* behind the last message taken; 0 = none yet */
	int64_t durable;   /* behind the last message that may be committed */
	int64_t committed; /* what the group was told */
	/* Batches that hold messages of ours and are not durable yet, oldest first. */
	struct {
		uint64_t batch;
		int64_t next;
	} pending[QUEUE_CAP];
	unsigned first, npending;
	int64_t bad_offset; /* of the unreadable batch that blocks it */
	unsigned bad_tries;
};

struct kafka_part *kafka_part_new(const char *topic, int32_t partition);
void kafka_part_free(struct kafka_part *p);
/* A message went into that batch; `next` is the offset behind it. */
void kafka_part_taken(struct kafka_part *p, uint64_t batch, int64_t next);
/* A message was counted and not kept. */
void kafka_part_skipped(struct kafka_part *p, int64_t next);
/* Batches up to this number are durable. */
void kafka_part_durable(struct kafka_part *p, uint64_t batch);
/* The id of the stream: a hash of topic and partition, the same for ever. */
uint64_t kafka_stream(const char *topic, int32_t partition);

/* NULL with words in why. No value of a property is ever repeated. */
/* data: the installation's folder, for a stable name in the group; empty = none. */
rd_kafka_conf_t *kafka_conf(const struct input_settings *cfg, struct str data, struct diag *why);

#endif
