#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts on their way to people, from a socket to a file, a mail, a syslog peer and Kafka.

    tests/e2e/sinks.py [test_NAME ...]
"""
import collections
import email
import email.policy
import glob
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
from noroshi import (Daemon, Kafka, ROLES, Server, check, free_port, run,  # noqa: E402
                     send_tcp, wait_for)
import rdkafka  # noqa: E402

RULE_ID = "6f1f2c52-7d0e-4a6b-9a4b-0d6f3c1d2e01"
RULE = {
    "title": "SSH login failed", "id": RULE_ID, "status": "test", "level": "high",
    "author": "Noroshi tests", "description": "One failed login.",
    "logsource": {"product": "linux", "service": "sshd"},
    "detection": {"selection": {"event.action": "ssh_login", "event.outcome": "failure"},
                  "condition": "selection"},
    "noroshi": {"state": "on", "title_ja": "SSHログインの失敗",
                "sentence_en": "A login over SSH failed.",
                "sentence_ja": "SSHログインに失敗しました。",
                "first_action_en": "Ask the owner of the account.",
                "first_action_ja": "アカウントの持ち主に確認する。"}}


def line(n):
    return (f"<38>1 2026-03-02T10:{n // 60 % 60:02d}:{n % 60:02d}Z web{n % 7:02d} sshd {n} - - "
            f"Failed password for u{n} from 198.51.{n // 250 % 250}.{n % 250} port 4242 ssh2"
            ).encode()


class House:
    """A daemon with a TCP input for news and one for old logs, a rule for failed logins, and the sinks given."""

    def __init__(self, *sinks):
        self.rules = tempfile.TemporaryDirectory(prefix="noroshi-rules-")
        os.chmod(self.rules.name, 0o755)
        with open(os.path.join(self.rules.name, "ssh.yml"), "w", encoding="utf-8") as f:
            json.dump(RULE, f)
        self.port, self.old_port = free_port(), free_port()
        self.daemon = Daemon({
            "listen": [{"name": "tcp", "kind": "tcp", "address": f"127.0.0.1:{self.port}"},
                       {"name": "old", "kind": "tcp", "address": f"127.0.0.1:{self.old_port}", "history": True}],
            "rules": [{"path": self.rules.name}], "time": {"fold": "0s"},
            "alerts": [{"kind": "file", "path": "@DIR@/alerts.ndjson"}, *sinks]})

    def __enter__(self):
        self.daemon.__enter__()
        return self

    def __exit__(self, *why):
        self.daemon.__exit__(*why)
        self.rules.cleanup()

    def send(self, first, last, old=False):
        send_tcp(self.old_port if old else self.port, [line(n) for n in range(first, last + 1)])

    def wait_alerts(self, count, timeout=30.0):
        def enough():
            found = self.daemon.alerts()
            return found if len(found) >= count else None
        return wait_for(enough, timeout, lambda: f"{count} alerts, there are "
                        f"{len(self.daemon.alerts())}")


def ids(alerts):
    return [a["noroshi.alert.id"] for a in alerts]


def expect_once(alerts, count):
    twice = [i for i, n in collections.Counter(ids(alerts)).items() if n > 1]
    check(not twice, f"{len(twice)} alerts stand twice in the file")
    check(len(alerts) == count, f"{len(alerts)} alerts in the file, not {count}")


def test_alert_is_a_line_that_says_what_happened():
    with House() as h:
        h.send(1, 20)
        alerts = h.wait_alerts(20)
        expect_once(alerts, 20)
        for n, alert in enumerate(alerts, 1):
            check(alert["rule.id"] == RULE_ID and alert["log.level"] == "high", str(alert))
            check(alert["noroshi.message_ja"] == "SSHログインに失敗しました。", str(alert))
            record = alert["noroshi.alert.last_record"]["event.original"]
            check(record == line(n).decode(), f"alert {n} is about {record!r}")


def test_file_goes_on_after_rotation():
    with House() as h:
        h.send(1, 5)
        h.wait_alerts(5)
        os.rename(h.daemon.alerts_path, h.daemon.alerts_path + ".1")
        # who makes the new file decides its owner; the responder may run as a user of its own
        with open(h.daemon.alerts_path, "wb"):
            os.chmod(h.daemon.alerts_path, 0o666)
        h.send(6, 12)
        expect_once(h.wait_alerts(7), 7)


def mails(folder):
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*.eml"))):
        with open(path, "rb") as f:
            found.append(email.message_from_bytes(f.read(), policy=email.policy.default))
    return found


def smtp_sink(server, **more):
    return {"kind": "smtp", "name": "mail", "server": f"127.0.0.1:{server.said}",
            "from": "noroshi@example.jp", "to": ["soc@example.jp"], "starttls": "never", **more}


def test_mail_is_read_by_people():
    with tempfile.TemporaryDirectory() as folder, \
            Server("smtp.py", folder, "--fail", "2") as server, \
            House(smtp_sink(server, language="ja")) as h:
        h.send(1, 3)
        alerts = h.wait_alerts(3)
        found = wait_for(lambda: len(mails(folder)) >= 3 and mails(folder), 30, "three mails")
        check(len(found) == 3, f"{len(found)} mails")
        for n, (mail, alert) in enumerate(zip(found, alerts), 1):
            check(not mail.defects, str(mail.defects))
            check(str(mail["subject"]) == "[Noroshi] 高: SSHログインの失敗", mail["subject"])
            check(str(mail["auto-submitted"]) == "auto-generated", "a reply may loop")
            check(alert["noroshi.alert.id"] in mail["message-id"], mail["message-id"])
            text = mail.get_content()
            for word in ("SSHログインに失敗しました。", "アカウントの持ち主に確認する。", RULE_ID,
                         "Noroshi tests", f"Failed password for u{n} ",
                         "JST (2026-03-02 10:00:0"):
                check(word in text, f"mail {n} lacks {word!r}:\n{text}")


def test_mail_over_tls_to_a_known_authority():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as keys:
        users, secret = os.path.join(keys, "users"), os.path.join(keys, "secret")
        for path, text in ((users, "siem:correct horse\n"), (secret, "correct horse\n")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        os.chmod(keys, 0o755)
        os.chmod(folder, 0o755)
        os.chmod(secret, 0o644)  # the responder may run as a user of its own
        with Server("smtp.py", folder, "--require-tls", "--auth", users) as server, \
                House(smtp_sink(server, starttls="require", user="siem", password_file=secret,
                                ca_file=os.path.join(folder, "smtp.pem"))) as h:
            h.send(1, 1)
            wait_for(lambda: mails(folder), 30, "a mail")
            with open(os.path.join(folder, "0001.json"), encoding="utf-8") as f:
                envelope = json.load(f)
            check(envelope["tls"] and envelope["user"] == "siem", str(envelope))
            check("horse" not in h.daemon.said(), "the password stands in the log")


class Listener:
    """Takes RFC 5424 messages with octet counting, from one connection after the other."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.messages = self.socket.getsockname()[1], []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as stream:
                while True:
                    digits = b""
                    while (c := stream.read(1)) and c != b" ":
                        digits += c
                    if not c:
                        break
                    self.messages.append(stream.read(int(digits)).decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_syslog_over_tcp():
    with Listener() as peer, \
            House({"kind": "syslog", "name": "siem", "transport": "tcp", "language": "en",
                   "address": f"127.0.0.1:{peer.port}"}) as h:
        h.send(1, 50)
        alerts = h.wait_alerts(50)
        wait_for(lambda: len(peer.messages) >= 50, 30, "50 messages")
        check(len(peer.messages) == 50, f"{len(peer.messages)} messages")
        for message, alert in zip(peer.messages, alerts):
            check(message.startswith("<131>1 2026-03-02T10:00:"), message)
            check(f'[noroshi@32473 id="{alert["noroshi.alert.id"]}" rule="{RULE_ID}" '
                  f'level="high"] A login over SSH failed.' in message, message)


def test_old_logs_call_nobody():
    with Listener() as peer, Kafka() as k:
        k.create_topic("alerts", 1)
        with House({"kind": "syslog", "name": "siem", "transport": "tcp", "address": f"127.0.0.1:{peer.port}"},
                   {"kind": "kafka", "name": "bus", "brokers": k.brokers, "topic": "alerts"}) as h:
            h.send(1, 10, old=True)
            expect_once(h.wait_alerts(10), 10)
            h.send(11, 12)
            alerts = h.wait_alerts(12)
            wait_for(lambda: len(peer.messages) >= 2 and rdkafka.end_offset(k.brokers, "alerts") >= 12, 30, "all is delivered")
            check([a.get("noroshi.origin") for a in alerts] == ["history"] * 10 + [None] * 2, "files get all, marked")
            check(rdkafka.end_offset(k.brokers, "alerts") == 12, "so does the topic")
            check(len(peer.messages) == 2, f"{len(peer.messages)} messages reach people, not 2")


def test_kafka_topic():
    with Kafka() as k:
        k.create_topic("alerts", 1)
        with House({"kind": "kafka", "name": "bus", "brokers": k.brokers, "topic": "alerts"}) as h:
            h.send(1, 200)
            alerts = h.wait_alerts(200)
            wait_for(lambda: rdkafka.end_offset(k.brokers, "alerts") >= 200, 30, "200 messages")
            got = rdkafka.read(k.brokers, "alerts")
            check([m[1].decode() for m in got] == ids(alerts), "keys are the ids, in order")
            check([json.loads(m[2]) for m in got] == alerts, "values are the alerts")


def test_killed_responder_loses_and_doubles_nothing():
    with House() as h:
        for n in range(10):
            h.send(n * 200 + 1, n * 200 + 200)
            # not at once: the kill is to hit it somewhere in its work
            wait_for(lambda n=n: len(h.daemon.alerts()) > n * 200 + 20 * n, 30, "some alerts")
            pid = h.daemon.role("noroshi-respond")
            h.daemon.kill("noroshi-respond", signal.SIGKILL)
            h.daemon.wait_role("noroshi-respond", other_than=pid)
        expect_once(h.wait_alerts(2000, 60), 2000)


def test_dead_mail_server_delays_nothing():
    begin = time.monotonic()
    with House({"kind": "smtp", "name": "mail", "server": f"127.0.0.1:{free_port()}",
                "from": "noroshi@example.jp", "to": ["soc@example.jp"]}) as h:
        h.send(1, 100)
        expect_once(h.wait_alerts(100), 100)
        begin = time.monotonic()
    check(time.monotonic() - begin < 15, "the stop waits for the mail server")


if __name__ == "__main__":
    assert "noroshi-respond" in ROLES
    run(globals())
