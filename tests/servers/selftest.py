#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The servers that the end-to-end tests lean on, tried by clients that are not Noroshi."""
import glob
import json
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "e2e", "lib"), HERE]
import rdkafka  # noqa: E402
from noroshi import Kafka, Server, Skip, check, run, wait_for  # noqa: E402


def users_file(folder):
    path = os.path.join(folder, "users")
    with open(path, "w", encoding="utf-8") as f:
        f.write("hanako:sakura-7\ntaro:ume-8\n")
    return path


def test_kafka_keeps_what_it_acknowledged_over_a_kill():
    with Kafka() as k:
        if not k.real:
            raise Skip("Apache Kafka cannot be had: the mock cluster forgets when it is killed")
        k.create_topic("fw", 2)
        with rdkafka.Producer(k.brokers) as p:
            for n in range(5000):
                p.send("fw", b"line %d" % n, partition=1)
            p.send("fw", None, partition=1, key=b"tombstone")
        check(p.acked == 5001, f"{p.acked} acknowledged")
        k.kill()
        k.start()
        got = rdkafka.read(k.brokers, "fw", 1)
        check([m[0] for m in got] == list(range(5001)), f"{len(got)} read")
        check(got[4999][2] == b"line 4999" and got[5000][1:] == (b"tombstone", None), str(got[-2:]))
        check(rdkafka.read(k.brokers, "fw", 0) == [], "the other partition is not empty")


def sasl(mechanism, user="hanako", password="sakura-7"):
    return {"sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password}


def test_kafka_lets_in_whom_it_knows():
    with tempfile.TemporaryDirectory() as folder:
        with Kafka("--tls", "--users", users_file(folder)) as k:
            plain = {"security.protocol": "SASL_PLAINTEXT"}
            tls = {"security.protocol": "SASL_SSL", "ssl.ca.location": k.more["ca"]}
            token = {"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.config": "principal=hanako",
                     "enable.sasl.oauthbearer.unsecure.jwt": "true"}
            ways = ((k.more["sasl"], plain), (k.more["sasl_ssl"], tls))
            for address, wire in ways:
                for mechanism in ("PLAIN", "SCRAM-SHA-256"):
                    name = f"{wire['security.protocol']} {mechanism}"
                    check(rdkafka.reachable(address, {**wire, **sasl(mechanism)}, 10), name)
                    check(not rdkafka.reachable(
                        address, {**wire, **sasl(mechanism, password="wrong")}, 2),
                        f"{name} takes a wrong password")
                check(rdkafka.reachable(address, {**wire, **token}, 10),
                      f"{wire['security.protocol']} OAUTHBEARER")
            strict = {**tls, **sasl("PLAIN")}
            del strict["ssl.ca.location"]
            check(not rdkafka.reachable(k.more["sasl_ssl"], strict, 2), "an unknown CA is trusted")


def test_kafka_mock_stands_in():
    with tempfile.TemporaryDirectory() as folder:
        order = os.path.join(HERE, "kafka")
        address = subprocess.run([order, "start", folder, "--mock"], check=True, text=True,
                                 capture_output=True, timeout=30).stdout.strip()
        try:
            subprocess.run([order, "create-topic", folder, "fw", "3"], check=True, timeout=30)
            with rdkafka.Producer(address) as p:
                p.send("fw", b"hello", partition=2)
            got = rdkafka.read(address, "fw", 2)
            check([m[2] for m in got] == [b"hello"], str(got))
        finally:
            subprocess.run([order, "stop", folder], check=True, timeout=30)
        check(not rdkafka.reachable(address, timeout=1), "still there after stop")


def mail_files(folder, pattern="*.eml"):
    return sorted(os.path.basename(p) for p in glob.glob(os.path.join(folder, pattern)))


MAIL = b"Subject: test\r\nTo: soc@example.jp\r\n\r\n.dot at the start\r\nlast\r\n"


def test_smtp_keeps_the_bytes_after_failing_first():
    with tempfile.TemporaryDirectory() as folder, \
            Server("smtp.py", folder, "--fail", "2", "--refuse", "1") as server:
        answers = []
        with smtplib.SMTP("127.0.0.1", int(server.said), timeout=10) as client:
            for _ in range(3):
                try:
                    client.sendmail("a@example.jp", ["soc@example.jp", "b@example.jp"], MAIL)
                    answers.append(250)
                except smtplib.SMTPDataError as why:
                    answers.append(why.smtp_code)
        check(answers == [554, 451, 250], str(answers))
        check(mail_files(folder) == ["0003.eml"], str(mail_files(folder)))
        with open(os.path.join(folder, "0003.eml"), "rb") as f:
            check(f.read() == MAIL, "the mail was changed")
        with open(os.path.join(folder, "0003.json"), encoding="utf-8") as f:
            check(json.load(f)["to"] == ["soc@example.jp", "b@example.jp"], "envelope")


def test_smtp_wants_tls_and_a_name():
    with tempfile.TemporaryDirectory() as folder, \
            Server("smtp.py", folder, "--require-tls", "--auth", users_file(folder)) as server:
        trust = ssl.create_default_context(cafile=os.path.join(folder, "smtp.pem"))
        port = int(server.said)
        for steps, want in ((("tls", "ume-8"), 250), (("tls", "wrong"), 535), (("tls",), 530),
                            ((), 530)):
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                    if "tls" in steps:
                        client.starttls(context=trust)
                    if len(steps) > 1:
                        client.login("taro", steps[1])
                    client.sendmail("a@example.jp", ["soc@example.jp"], MAIL)
                    code = 250
            except smtplib.SMTPResponseException as why:
                code = why.smtp_code
            except smtplib.SMTPSenderRefused as why:
                code = why.smtp_code
            check(code == want, f"{steps}: {code}, not {want}")
        with open(os.path.join(folder, mail_files(folder, "*.json")[0]), encoding="utf-8") as f:
            envelope = json.load(f)
        check(envelope["tls"] and envelope["user"] == "taro", str(envelope))


def receive(sink, stream, words):
    """What a relay sends until all words have come."""
    sink.settimeout(15)
    peer = sink.accept()[0] if stream else sink
    peer.settimeout(15)
    got = b""
    while not all(word in got for word in words):
        got += peer.recv(65536)
    peer.close()
    return got


def test_rsyslog_relays_logger():
    for transport in ("tcp-octet", "tcp-lf", "udp"):
        stream = transport != "udp"
        with tempfile.TemporaryDirectory() as folder, socket.socket(
                socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as sink:
            sink.bind(("127.0.0.1", 0))
            if stream:
                sink.listen()
            followed = os.path.join(folder, "app.log")
            open(followed, "w", encoding="utf-8").close()
            with Server("rsyslog", folder, "--to", sink.getsockname()[1], "--transport", transport,
                        "--file", followed) as server:
                subprocess.run(["logger", "-u", server.said, "-t", "sshd", "-p", "auth.info", "--",
                                "first from logger"], check=True, timeout=10)
                with open(followed, "a", encoding="utf-8") as f:
                    f.write("second from a file\n")
                got = receive(sink, stream, (b"first from logger", b"second from a file"))
            check(b"<38>1 " in got, f"{transport}: {got[:80]!r}")
            counted = got.split(b" ", 1)[0].isdigit()
            check(counted == (transport == "tcp-octet"), f"{transport}: framing of {got[:20]!r}")
            wait_for(lambda: not os.path.exists(os.path.join(folder, "pid")), 5, "rsyslogd ended")


run(globals())
