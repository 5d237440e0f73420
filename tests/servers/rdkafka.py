# SPDX-License-Identifier: Apache-2.0
"""librdkafka through ctypes: as much of a client as the tests need.

It is the library that noroshid itself links, so that a test needs no package more, but it runs in
a process of its own and speaks to the broker over the wire.
"""
import ctypes as c
import ctypes.util
import os
import time

PRODUCER, CONSUMER = 0, 1
COPY = 2
QUEUE_FULL = -184
PARTITION_EOF = -191
OFFSET_BEGINNING = -2
ANY_PARTITION = -1


class Error(Exception):
    pass


class Message(c.Structure):
    _fields_ = [("err", c.c_int), ("rkt", c.c_void_p), ("partition", c.c_int32),
                ("payload", c.c_void_p), ("len", c.c_size_t), ("key", c.c_void_p),
                ("key_len", c.c_size_t), ("offset", c.c_int64), ("private", c.c_void_p)]


class TopicPartition(c.Structure):
    _fields_ = [("topic", c.c_char_p), ("partition", c.c_int32), ("offset", c.c_int64),
                ("metadata", c.c_void_p), ("metadata_size", c.c_size_t), ("opaque", c.c_void_p),
                ("err", c.c_int), ("private", c.c_void_p)]


class TopicPartitionList(c.Structure):
    _fields_ = [("cnt", c.c_int), ("size", c.c_int), ("elems", c.POINTER(TopicPartition))]


REPORT = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(Message), c.c_void_p)
QUIET = c.CFUNCTYPE(None, c.c_void_p, c.c_int, c.c_char_p, c.c_char_p)


def _load():
    lib = c.CDLL(ctypes.util.find_library("rdkafka") or "librdkafka.so.1")
    p, s, i, z = c.c_void_p, c.c_char_p, c.c_int, c.c_size_t
    shapes = {
        "rd_kafka_conf_new": (p,), "rd_kafka_conf_set": (i, p, s, s, s, z),
        "rd_kafka_conf_set_dr_msg_cb": (None, p, REPORT),
        "rd_kafka_conf_set_log_cb": (None, p, QUIET),
        "rd_kafka_new": (p, i, p, s, z), "rd_kafka_destroy": (None, p),
        "rd_kafka_poll": (i, p, i), "rd_kafka_flush": (i, p, i), "rd_kafka_outq_len": (i, p),
        "rd_kafka_last_error": (i,), "rd_kafka_err2str": (s, i),
        "rd_kafka_topic_new": (p, p, s, p), "rd_kafka_topic_destroy": (None, p),
        "rd_kafka_produce": (i, p, c.c_int32, i, p, z, p, z, p),
        "rd_kafka_query_watermark_offsets": (i, p, s, c.c_int32, c.POINTER(c.c_int64),
                                             c.POINTER(c.c_int64), i),
        "rd_kafka_consume_start": (i, p, c.c_int32, c.c_int64),
        "rd_kafka_consume_stop": (i, p, c.c_int32),
        "rd_kafka_consume": (c.POINTER(Message), p, c.c_int32, i),
        "rd_kafka_message_destroy": (None, c.POINTER(Message)),
        "rd_kafka_metadata": (i, p, i, p, c.POINTER(p), i),
        "rd_kafka_metadata_destroy": (None, p),
        "rd_kafka_topic_partition_list_new": (c.POINTER(TopicPartitionList), i),
        "rd_kafka_topic_partition_list_add": (p, c.POINTER(TopicPartitionList), s, c.c_int32),
        "rd_kafka_topic_partition_list_destroy": (None, c.POINTER(TopicPartitionList)),
        "rd_kafka_committed": (i, p, c.POINTER(TopicPartitionList), i),
        "rd_kafka_NewTopic_new": (p, s, i, i, s, z), "rd_kafka_NewTopic_destroy": (None, p),
        "rd_kafka_queue_new": (p, p), "rd_kafka_queue_destroy": (None, p),
        "rd_kafka_queue_poll": (p, p, i), "rd_kafka_event_destroy": (None, p),
        "rd_kafka_event_error": (i, p),
        "rd_kafka_CreateTopics": (None, p, c.POINTER(p), z, p, p),
        "rd_kafka_event_CreateTopics_result": (p, p),
        "rd_kafka_CreateTopics_result_topics": (c.POINTER(p), p, c.POINTER(z)),
        "rd_kafka_topic_result_error": (i, p), "rd_kafka_topic_result_error_string": (s, p),
        "rd_kafka_mock_cluster_new": (p, p, i), "rd_kafka_mock_cluster_destroy": (None, p),
        "rd_kafka_mock_cluster_bootstraps": (s, p),
        "rd_kafka_mock_topic_create": (i, p, s, i, i),
    }
    for name, (ret, *args) in shapes.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = ret, args
    return lib


lib = _load()
_quiet = QUIET(lambda *_: None)


def error_text(err):
    return lib.rd_kafka_err2str(err).decode()


class Client:
    """One librdkafka handle; properties as in its CONFIGURATION.md."""

    def __init__(self, kind, brokers, properties=None, report=None, quiet=True):
        conf, why = lib.rd_kafka_conf_new(), c.create_string_buffer(512)
        settings = dict(properties or {})
        if brokers:
            settings["bootstrap.servers"] = brokers
        for name, value in settings.items():
            if lib.rd_kafka_conf_set(conf, name.encode(), str(value).encode(), why, 512):
                raise Error(f"{name}: {why.value.decode()}")
        self._report = REPORT(report) if report else None
        if self._report:
            lib.rd_kafka_conf_set_dr_msg_cb(conf, self._report)
        if quiet:
            lib.rd_kafka_conf_set_log_cb(conf, _quiet)
        self.handle = lib.rd_kafka_new(kind, conf, why, 512)
        if not self.handle:
            raise Error(why.value.decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        lib.rd_kafka_destroy(self.handle)


def reachable(brokers, properties=None, timeout=2.0):
    """True when the cluster answers a metadata request (and so lets these credentials in)."""
    with Client(PRODUCER, brokers, properties) as client:
        meta = c.c_void_p()
        err = lib.rd_kafka_metadata(client.handle, 1, None, c.byref(meta), int(timeout * 1000))
        if err:
            return False
        lib.rd_kafka_metadata_destroy(meta)
        return True


def create_topic(brokers, name, partitions, properties=None, timeout=20.0):
    with Client(PRODUCER, brokers, properties) as client:
        why = c.create_string_buffer(512)
        topic = lib.rd_kafka_NewTopic_new(name.encode(), partitions, 1, why, 512)
        if not topic:
            raise Error(why.value.decode())
        queue = lib.rd_kafka_queue_new(client.handle)
        lib.rd_kafka_CreateTopics(client.handle, (c.c_void_p * 1)(topic), 1, None, queue)
        event = lib.rd_kafka_queue_poll(queue, int(timeout * 1000))
        failure = None
        if not event:
            failure = "no answer"
        elif lib.rd_kafka_event_error(event):
            failure = error_text(lib.rd_kafka_event_error(event))
        else:
            count = c.c_size_t()
            result = lib.rd_kafka_event_CreateTopics_result(event)
            topics = lib.rd_kafka_CreateTopics_result_topics(result, c.byref(count))
            if lib.rd_kafka_topic_result_error(topics[0]):
                failure = lib.rd_kafka_topic_result_error_string(topics[0]).decode()
        if event:
            lib.rd_kafka_event_destroy(event)
        lib.rd_kafka_queue_destroy(queue)
        lib.rd_kafka_NewTopic_destroy(topic)
        if failure:
            raise Error(f"{name}: {failure}")


class Producer(Client):
    """Every message is reported by the broker, or close() raises."""

    def __init__(self, brokers, properties=None):
        self.acked, self.failed, self._topics = 0, [], {}
        settings = {"acks": "all", "linger.ms": 5, "message.timeout.ms": 30000}
        settings.update(properties or {})
        super().__init__(PRODUCER, brokers, settings, self._done)

    def _done(self, _handle, message, _opaque):
        if message.contents.err:
            self.failed.append(error_text(message.contents.err))
        else:
            self.acked += 1

    def send(self, topic, value, partition=ANY_PARTITION, key=None):
        """value None = tombstone; bytes otherwise."""
        rkt = self._topics.get(topic)
        if not rkt:
            rkt = self._topics[topic] = lib.rd_kafka_topic_new(self.handle, topic.encode(), None)
        while True:
            rc = lib.rd_kafka_produce(rkt, partition, COPY, value, len(value or b""), key,
                                      len(key or b""), None)
            if rc == 0:
                break
            err = lib.rd_kafka_last_error()
            if err != QUEUE_FULL:
                raise Error(f"{topic}: {error_text(err)}")
            lib.rd_kafka_poll(self.handle, 100)
        lib.rd_kafka_poll(self.handle, 0)

    def flush(self, timeout=30.0):
        lib.rd_kafka_flush(self.handle, int(timeout * 1000))
        if self.failed or lib.rd_kafka_outq_len(self.handle):
            raise Error(f"not delivered: {lib.rd_kafka_outq_len(self.handle)} waiting, "
                        f"{len(self.failed)} failed {self.failed[:1]}")

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.flush()
        finally:
            for rkt in self._topics.values():
                lib.rd_kafka_topic_destroy(rkt)
            lib.rd_kafka_destroy(self.handle)


def end_offset(brokers, topic, partition=0, properties=None, timeout=10.0):
    with Client(CONSUMER, brokers, properties) as client:
        low, high = c.c_int64(), c.c_int64()
        err = lib.rd_kafka_query_watermark_offsets(client.handle, topic.encode(), partition,
                                                   c.byref(low), c.byref(high),
                                                   int(timeout * 1000))
        if err:
            raise Error(f"{topic}/{partition}: {error_text(err)}")
        return high.value


def read(brokers, topic, partition=0, properties=None, timeout=10.0):
    """All messages of one partition, oldest first, as (offset, key, value)."""
    end, got = end_offset(brokers, topic, partition, properties, timeout), []
    deadline = time.monotonic() + timeout
    with Client(CONSUMER, brokers, {**(properties or {}), "enable.partition.eof": "true"}) as cl:
        rkt = lib.rd_kafka_topic_new(cl.handle, topic.encode(), None)
        lib.rd_kafka_consume_start(rkt, partition, OFFSET_BEGINNING)
        while (not got or got[-1][0] < end - 1) and end and time.monotonic() < deadline:
            message = lib.rd_kafka_consume(rkt, partition, 200)
            if not message:
                continue
            m = message.contents
            err = m.err
            if not err:
                got.append((m.offset, c.string_at(m.key, m.key_len) if m.key else None,
                            c.string_at(m.payload, m.len) if m.payload else None))
            lib.rd_kafka_message_destroy(message)
            if err == PARTITION_EOF:
                break
            if err:
                raise Error(f"{topic}/{partition}: {error_text(err)}")
        lib.rd_kafka_consume_stop(rkt, partition)
        lib.rd_kafka_topic_destroy(rkt)
    return got


def committed(brokers, group, topic, partition=0, properties=None, timeout=10.0):
    """The group's committed offset of one partition, or None."""
    settings = {**(properties or {}), "group.id": group}
    with Client(CONSUMER, brokers, settings) as client:
        parts = lib.rd_kafka_topic_partition_list_new(1)
        lib.rd_kafka_topic_partition_list_add(parts, topic.encode(), partition)
        err = lib.rd_kafka_committed(client.handle, parts, int(timeout * 1000))
        offset = parts.contents.elems[0].offset
        lib.rd_kafka_topic_partition_list_destroy(parts)
        if err:
            raise Error(f"{group} {topic}/{partition}: {error_text(err)}")
        return offset if offset >= 0 else None


class MockCluster:
    """librdkafka's built-in mock brokers, alive as long as this object."""

    def __init__(self, brokers=1):
        self.owner = Client(PRODUCER, None, {"client.id": f"mock-{os.getpid()}"})
        self.cluster = lib.rd_kafka_mock_cluster_new(self.owner.handle, brokers)
        if not self.cluster:
            raise Error("mock cluster did not start")

    def bootstrap(self):
        return lib.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()

    def create_topic(self, name, partitions):
        err = lib.rd_kafka_mock_topic_create(self.cluster, name.encode(), partitions, 1)
        if err:
            raise Error(f"{name}: {error_text(err)}")

    def close(self):
        lib.rd_kafka_mock_cluster_destroy(self.cluster)
        self.owner.__exit__()
