#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kafka in and out with a real broker (KRaft); librdkafka's mock cluster where the jars cannot be had, which is said."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import Daemon, Kafka, check, run, wait_for  # noqa: E402
import rdkafka  # noqa: E402

RULE = """title: Root in from outside
id: 6f1a7c50-0000-4000-8000-00000000000a
level: high
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, event.outcome: success, user.name: root}
  condition: selection
"""
SYSLOG = [b"<38>1 2026-03-02T08:00:%02dZ web01 sshd 311 - - Failed password for root from 192.0.2.7 port %d ssh2" % (i, 4000 + i)
          for i in range(20)]


def note_mock(kafka):
    if not kafka.real:
        print("note: Apache Kafka could not be had: ran against librdkafka's mock cluster, without SASL, TLS and a real "
              "group coordinator", flush=True)


def listener(kafka, **more):
    return {"name": "k", "kind": "kafka", "brokers": kafka.brokers, "group": "noroshi", "history": True,
            "properties": {"auto.offset.reset": "earliest"}, **more}


def test_payloads_of_0_to_n_records():
    with Kafka() as kafka:
        note_mock(kafka)
        kafka.create_topic("logs", 2)
        with rdkafka.Producer(kafka.brokers) as p:
            for line in SYSLOG:
                p.send("logs", line)
            p.send("logs", b'{"@timestamp":"2026-03-02T08:01:00Z","source":{"ip":"192.0.2.9"},"message":"one"}')
            p.send("logs", json.dumps({"records": [{"time": "2026-03-02T08:02:00Z", "message": f"r{i}"} for i in range(3)]}).encode())
            p.send("logs", b'{"records":[]}')
            p.flush()
        with Daemon({"listen": [listener(kafka, topics=[{"topic": "logs"}])]}) as d:
            d.wait_stored(len(SYSLOG) + 3)
            d.wait_drained()
            found = lambda: d.query()  # noqa: E731
            records = wait_for(lambda: found() if len(found()) >= len(SYSLOG) + 4 else None, 15, "all are in the archive")
            check(sum(r.get("message") in ("r0", "r1", "r2") for r in records) == 3, "three records of one payload")
            ids = [r["event.id"] for r in records]
            check(len(ids) == len(set(ids)), "ids are unique, also within one payload")
            check(any(r.get("source.ip") == "192.0.2.9" for r in records), "nested JSON became ECS")
            check(d.status().accounted(), "received = stored + rejected + dropped + in flight")


def test_topics_name_their_products():
    squid = b"1772438400.123     45 10.20.1.5 TCP_MISS/200 4512 GET http://www.example.com/a alice HIER_DIRECT/198.51.100.9 text/html"
    forti = (b'date=2026-03-02 time=08:00:01 devname="fw1" devid="FG100F0000000001" eventtime=1772438401000000000 tz="+0000" '
             b'logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=10.20.1.6 srcport=50000 '
             b'dstip=198.51.100.10 dstport=443 proto=6 action="close" policyid=7 sentbyte=100 rcvdbyte=200')
    sent = {"proxy": squid, "firewall": forti, "other": SYSLOG[0]}
    with Kafka() as kafka:
        for topic in sent:
            kafka.create_topic(topic)
        topics = [{"topic": "proxy", "source": "squid"}, {"topic": "firewall", "source": "fortigate"}, {"topic": "other"}]
        with rdkafka.Producer(kafka.brokers) as p:
            for topic, line in sent.items():
                p.send(topic, line)
            p.flush()
        with Daemon({"listen": [listener(kafka, topics=topics)]}) as d:
            d.wait_stored(len(sent))
            records = wait_for(lambda: d.query() if len(d.query()) >= len(sent) else None, 15, "the records are in the archive")
            by = {r["noroshi.source"]: r for r in records}
            check(sorted(by) == ["fortigate", "squid", "sshd"], sorted(by))
            check(by["squid"]["@timestamp"].startswith("2026-03-02T08:00:00.123"), by["squid"]["@timestamp"])
            check(by["fortigate"]["source.ip"] == "10.20.1.6", by["fortigate"])


def test_offsets_are_committed_when_durable_and_not_read_twice():
    with Kafka() as kafka:
        kafka.create_topic("logs")
        with rdkafka.Producer(kafka.brokers) as p:
            for line in SYSLOG:
                p.send("logs", line)
            p.flush()
        config = {"listen": [listener(kafka, topics=[{"topic": "logs"}])]}
        with Daemon(config) as d:
            d.wait_stored(len(SYSLOG))
            wait_for(lambda: rdkafka.committed(kafka.brokers, "noroshi", "logs") == len(SYSLOG), 20, "the offset is committed")
            d.restart()
            with rdkafka.Producer(kafka.brokers) as p:
                p.send("logs", SYSLOG[0].replace(b"4000", b"5000"))
                p.flush()
            wait_for(lambda: len(d.query()) >= len(SYSLOG) + 1, 20, "the new message is stored")
            check(len(d.query()) == len(SYSLOG) + 1, "nothing is stored twice")


def test_alerts_go_to_a_topic():
    with Kafka() as kafka:
        kafka.create_topic("logs")
        kafka.create_topic("alerts")
        d = Daemon({"listen": [listener(kafka, topics=[{"topic": "logs"}], history=False)], "rules": [{"path": "@DIR@/r.yml"}],
                    "time": {"skew": "3650d"},
                    "alerts": [{"kind": "kafka", "brokers": kafka.brokers, "topic": "alerts"}]})
        with open(d.path("r.yml"), "w", encoding="utf-8") as f:
            f.write(RULE)
        with d:
            with rdkafka.Producer(kafka.brokers) as p:
                p.send("logs", SYSLOG[0].replace(b"Failed", b"Accepted"))
                p.flush()
            wait_for(lambda: rdkafka.end_offset(kafka.brokers, "alerts") == 1, 20, "the alert is in the topic")
            alert = json.loads(rdkafka.read(kafka.brokers, "alerts")[0][2])
            check(alert["rule.id"].endswith("00a"), alert)


def sasl(mechanism, tls, secret, more_properties=None):
    users = f"noroshi:{secret}\n"
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"noroshi-users-{os.getpid()}")
    with open(path, "w", encoding="utf-8") as f:
        f.write(users)
    try:
        with Kafka("--tls" if tls else "--sasl", "--users", path) as kafka:
            os.chmod(kafka.dir, 0o755)  # intake may run as a user of its own
            kafka.create_topic("logs")
            with rdkafka.Producer(kafka.brokers) as p:
                p.send("logs", SYSLOG[0])
                p.flush()
            more = kafka.more
            brokers = more["sasl_ssl" if tls else "sasl"]
            props = {"auto.offset.reset": "earliest", "security.protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
                     "sasl.mechanism": mechanism, "sasl.username": "noroshi", **(more_properties or {})}
            if tls:
                props["ssl.ca.location"] = more["ca"]
            with Daemon({"listen": []}) as d:
                d.stop()
                secret_file = d.path("secret")
                with open(secret_file, "w", encoding="utf-8") as f:
                    f.write(secret + "\n")
                os.chmod(secret_file, 0o644)
                d.configure({"listen": [{"name": "k", "kind": "kafka", "brokers": brokers, "group": "g", "history": True,
                                         "topics": [{"topic": "logs"}], "properties": props, "password_file": secret_file}]})
                d.start()
                d.wait_stored(1)
                check(secret not in d.said(), "the password is not in the log")
    finally:
        os.unlink(path)


def test_sasl_ssl_plain():
    sasl("PLAIN", True, "s3cret-one")


def test_sasl_ssl_scram():
    sasl("SCRAM-SHA-256", True, "s3cret-two")


def test_sasl_ssl_oauthbearer():
    # the test broker takes unsecured tokens, which librdkafka makes itself when allowed to
    sasl("OAUTHBEARER", True, "s3cret-three", {"enable.sasl.oauthbearer.unsecure.jwt": "true",
                                               "sasl.oauthbearer.config": "principal=noroshi"})


run(globals())
