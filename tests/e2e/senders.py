#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that others wrote: logger(1), rsyslog, a real SMTP server."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import Daemon, Server, check, free_port, run, send_tcp, wait_for  # noqa: E402
import glob
import tempfile

LINE = b"<38>1 2026-03-02T08:00:00Z web01 sshd 1 - - Accepted password for root from 192.0.2.7 port 4022 ssh2"
RULE = """title: Root came in
id: 6f1a7c50-0000-4000-8000-0000000000bb
level: high
author: Noroshi
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, user.name: root}
  condition: selection
noroshi:
  title_ja: root がログインした
  sentence_en: root logged in
  sentence_ja: root がログインしました
  first_action_en: Ask the owner of the host.
  first_action_ja: ホストの管理者に確認してください。
"""


def logger(*args):
    subprocess.run(["logger", *args], check=True, timeout=20)


def test_logger_over_udp_tcp_and_unix():
    port = free_port()
    config = {"listen": [{"name": "u", "kind": "udp", "address": f"127.0.0.1:{port}"},
                         {"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}"},
                         {"name": "l", "kind": "unix-dgram", "path": "@DIR@/log"}]}
    with Daemon(config) as d:
        net = ["-n", "127.0.0.1", "-P", str(port), "-t", "greeter", "-p", "auth.warning"]
        logger(*net, "-d", "--rfc3164", "over udp 3164")
        logger(*net, "-d", "--rfc5424", "over udp 5424")
        logger(*net, "-T", "--rfc5424", "over tcp 5424 lines")
        logger(*net, "-T", "--rfc5424", "--octet-count", "over tcp 5424 counted")
        logger("-u", d.path("log"), "-t", "greeter", "over unix")
        d.wait_stored(5)
        records = wait_for(lambda: d.query() if len(d.query()) >= 5 else None, 15, "five records are in the archive")
        messages = sorted(r["message"] for r in records)
        check(messages == ["over tcp 5424 counted", "over tcp 5424 lines", "over udp 3164", "over udp 5424", "over unix"], messages)
        check(all(r["process.name"] == "greeter" for r in records), "the program's name is read from each")
        warning = [r for r in records if "unix" not in r["message"]]
        check(all(r["log.syslog.severity.code"] == 4 and r["log.syslog.facility.code"] == 4 for r in warning), "priority")


def test_rsyslog_relays():
    for kind in ("tcp-octet", "tcp-lf", "udp"):
        port = free_port()
        listen = {"name": "n", "kind": "udp" if kind == "udp" else "tcp", "address": f"127.0.0.1:{port}"}
        with Daemon({"listen": [listen]}) as d, tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            with Server("rsyslog", folder, "--to", port, "--transport", kind):
                for i in range(50):
                    logger("-u", os.path.join(folder, "log"), "-t", "app", f"message {i} of fifty")
                d.wait_stored(50)
            records = wait_for(lambda: d.query('"of fifty"') if len(d.query('"of fifty"')) >= 50 else None, 15, "in the archive")
            check(len({r["message"] for r in records}) == 50, f"{kind}: each message once")


def test_senders_of_one_port_have_zones_and_encodings_of_their_own():
    port = free_port()
    listen = {"name": "shared", "kind": "udp", "address": f"127.0.0.1:{port}", "zone": "Asia/Tokyo",
              "senders": [{"from": ["127.0.0.2"], "zone": "UTC", "encoding": "cp932"}, {"from": ["127.0.0.0/29"], "zone": "+03:00"}]}
    want = {"127.0.0.2": ("2026-03-02T08:00:00.000Z", "表"), "127.0.0.3": ("2026-03-02T05:00:00.000Z", "表"),
            "127.0.0.9": ("2026-03-01T23:00:00.000Z", "表")}
    with Daemon({"listen": [listen], "time": {"skew": "3650d"}}) as d:
        for sender in want:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind((sender, 0))
                text = f"<38>2026-03-02T08:00:00 h app: 表 of {sender}"
                s.sendto(text.encode("cp932" if sender == "127.0.0.2" else "utf-8"), ("127.0.0.1", port))
        d.wait_stored(len(want))

        def read():
            records = d.query('" of 127"')
            return {r["message"].rpartition(" ")[2]: (r["@timestamp"], r["message"].partition(" ")[0]) for r in records} \
                if len(records) == len(want) else None

        got = wait_for(read, 15, "in the archive")
        check(got == want, f"{got}")
        d.kill("engine")
        d.wait_role("engine")
        check(wait_for(read, 15, "still in the archive") == want, "what the journal gives again is read the same way")


def test_mail_arrives():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Server("smtp.py", folder) as smtp:
        mail_port = smtp.said.split()[-1].rpartition(":")[2]
        d = Daemon({})
        with open(d.path("r.yml"), "w", encoding="utf-8") as f:
            f.write(RULE)
        d.configure({"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}"}], "rules": [{"path": "@DIR@/r.yml"}],
                     "time": {"skew": "3650d"},
                     "alerts": [{"kind": "smtp", "server": f"127.0.0.1:{mail_port}", "from": "noroshi@example.jp",
                                 "to": ["soc@example.jp"], "language": "ja", "starttls": "never"},
                                {"kind": "file", "path": "@DIR@/alerts.ndjson"}]})
        with d:
            send_tcp(port, [LINE])
            path = wait_for(lambda: glob.glob(folder + "/*.eml"), 20, "a mail arrives")[0]
            import email
            import email.policy
            with open(path, "rb") as f:
                mail = email.message_from_binary_file(f, policy=email.policy.default)
            body = mail.get_body().get_content()
            check("root" in mail["Subject"] or "root" in body, mail["Subject"])
            check("ログイン" in body, body)
            check("ホストの管理者" in body, body)
            check(len(wait_for(d.alerts, 10, "the alert file has it too")) == 1, "one alert")


run(globals())
