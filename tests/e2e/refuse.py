#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What cannot work is refused with one clear line, an exit code, and nothing half-started; a bad reload changes nothing."""
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, Daemon, Skip, check, free_port, run, send_tcp, wait_for  # noqa: E402

LINE = b"<38>1 2026-03-02T08:00:00Z web01 sshd 1 - - Accepted password for root from 192.0.2.7 port 4022 ssh2"
GOOD = """title: Root came in
id: 6f1a7c50-0000-4000-8000-0000000000aa
level: high
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, user.name: %s}
  condition: selection
"""


def left_of(d):
    """Roles carry noroshid's command line, and so its configuration's path, also when their parent is gone."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if d.conf.encode() in f.read().split(b"\0"):
                    left.append(int(pid))
        except OSError:
            pass
    return left


def is_refused(d, *words, code=1):
    """Ends by itself with the exit code, says it in one line that has all words, and leaves nothing behind."""
    d.spawn()
    ended = d.job.wait(20)
    said = d.said()
    check(ended == code, f"exit code {ended}, not {code}: {said}")
    errors = [line for line in said.splitlines() if "error: " in line]
    check(len(errors) == 1, lambda: f"{len(errors)} errors are said, not one: {said}")
    check(all(w in errors[0] for w in words), lambda: f"not all of {words} are in: {errors[0]}")
    check("Sanitizer" not in said and "Segmentation" not in said and "noroshid: ready" not in said, said)
    wait_for(lambda: not left_of(d), 2, lambda: f"nothing is left running: {left_of(d)}")
    check(not os.path.exists(d.path("control.sock")), "the control socket is left behind")


def refused(config, *words, prepare=None):
    d = Daemon(config)
    try:
        if prepare:
            prepare(d)
        is_refused(d, *words)
    finally:
        d.close()


def test_bad_configuration():
    refused("listen:\n  - {name: a, kind: tpc, address: '127.0.0.1:1'}\ndata: '@DIR@/data'\n", "noroshi.yml:2:", "tcp")


def test_unknown_key_with_suggestion():
    refused("lisen: []\ndata: '@DIR@/data'\n", "noroshi.yml:1:", "listen")


def test_missing_configuration():
    d = Daemon({})
    try:
        os.unlink(d.conf)
        is_refused(d, "noroshi.yml", "No such file")
    finally:
        d.close()


def test_bad_own_rule():
    def prepare(d):
        with open(d.path("r.yml"), "w", encoding="utf-8") as f:
            f.write("title: x\nid: 1\nlogsource: {product: linux}\ndetection:\n  selection: {a|containz: b}\n  condition: selection\n")
    refused({"listen": [], "rules": [{"path": "@DIR@/r.yml"}]}, "r.yml:5:", "contain", prepare=prepare)


def test_missing_rules():
    refused({"listen": [], "rules": [{"path": "@DIR@/nowhere"}]}, "nowhere")


def test_port_in_use():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        refused({"listen": [{"name": "net", "kind": "tcp", "address": f"127.0.0.1:{port}"}]}, "net", str(port), "in use")


def test_kafka_secret_that_cannot_be_read():
    listen = {"name": "bus", "kind": "kafka", "brokers": "127.0.0.1:1", "topics": [{"topic": "a"}]}
    refused({"listen": [{**listen, "password_file": "/nowhere/secret"}]}, "bus", "/nowhere/secret", "No such file")
    refused({"listen": [{**listen, "properties": {"ssl.ca.location": "/nowhere/ca.pem"}}]}, "bus", "/nowhere/ca.pem", "No such file")


def test_mail_secret_that_cannot_be_read():
    refused({"listen": [], "alerts": [{"kind": "smtp", "name": "mail", "server": "127.0.0.1:25", "from": "a@example.jp", "to": ["b@example.jp"],
                                       "user": "siem", "password_file": "/nowhere/secret"}]}, "mail", "/nowhere/secret", "No such file")


def test_alert_file_without_a_folder():
    refused({"listen": [], "alerts": [{"kind": "file", "path": "/nowhere/alerts.ndjson"}]}, "/nowhere/alerts.ndjson", "No such file")


def test_second_daemon():
    with Daemon({"listen": []}) as first:
        d = Daemon({"listen": [], "control": first.path("control.sock")})
        try:
            is_refused(d, first.path("control.sock"), "another noroshid")
        finally:
            d.close()
        d = Daemon({"listen": [], "data": first.path("data")})
        try:
            is_refused(d, first.path("data"), "another noroshid")
        finally:
            d.close()
        check(first.status()["received"] == 0, "the first one goes on")


def test_full_disk():
    if os.geteuid() != 0:
        raise Skip("mounting a small file system needs root")
    d = Daemon({"listen": [], "data": "@DIR@/small/data"})
    small = d.path("small")
    os.mkdir(small)
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=False, stderr=subprocess.DEVNULL).returncode:
            raise Skip("this machine does not let us mount")
        is_refused(d, "small/data/journal", "No space left on device")
    finally:
        d.close_processes()
        subprocess.run(["umount", small], check=False, stderr=subprocess.DEVNULL)
        d.close()


def write_rule(d, text):
    with open(d.path("r.yml"), "w", encoding="utf-8") as f:
        f.write(text)


def test_reload_takes_the_new_and_keeps_the_old_when_bad():
    port = free_port()
    d = Daemon({})
    write_rule(d, GOOD % "nobody")
    d.configure({"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}", "history": True}],
                 "rules": [{"path": "@DIR@/r.yml"}]})
    with d:
        send_tcp(port, [LINE])
        d.wait_stored(1)
        check(not d.alerts(), "the first rule set does not match")
        with socket.create_connection(("127.0.0.1", port)) as held:
            write_rule(d, "title: broken\ndetection: [\n")
            d.reload()
            wait_for(lambda: "not reloaded" in d.said(), 10, lambda: d.said())
            write_rule(d, GOOD % "root")
            d.reload()
            wait_for(lambda: "noroshid: reloaded" in d.said(), 20, lambda: d.said())
            held.sendall(LINE + b"\n")
            wait_for(d.alerts, 10, "the new rule fires, on a connection from before the reload")
        check(len(d.alerts()) == 1, d.alerts())
        d.wait_stored(2)


def test_a_packed_file_that_is_cut_off_is_told():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cut.gz")
        whole = gzip.compress("".join(f"Nov 22 10:00:{i % 60:02} h sshd[{i}]: line {i * i * 7919}\n" for i in range(4000)).encode())
        with open(path, "wb") as f:
            f.write(whole[:len(whole) // 2])
        for words in (["normalize"], ["replay", "--rules", os.path.join(ROOT, "config", "rules")]):
            out = subprocess.run([NOROSHI, *words, path], capture_output=True, text=True, timeout=60, check=False)
            check(out.returncode == 1 and path in out.stderr and "ends early" in out.stderr, (words, out.returncode, out.stderr))
            check(words[0] == "replay" or 1000 < len(out.stdout.splitlines()) < 4000, "what came before is read")


def test_replay_says_which_lines_are_no_events():
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.yml")
        with open(rules, "w", encoding="utf-8") as f:
            f.write("title: A\nid: 6c1b5f1e-3f6a-4d0a-9c4e-1f2d3c4b5a69\nlogsource: {category: test}\n"
                    "detection: {s: {a: [1, 2]}, condition: s}\nlevel: low\n")
        command = [NOROSHI, "replay", "--source", "sigma", "--matches", "--logsource", "ignore", "--rules", rules, "-"]
        done = subprocess.run(command, input=b'{"a":1}\n\nnot one\n[1]\n{"a":NaN}\n{"a":2}\n', capture_output=True, check=True)
        check([json.loads(line)["event"] for line in done.stdout.splitlines()] == [1, 6], done.stdout)
        check(b"3 lines are no events" in done.stderr and b"the first is line 3" in done.stderr, done.stderr)
        done = subprocess.run(command, input=b'{"a":1}\n\n', capture_output=True, check=True)
        check(b"no events" not in done.stderr, done.stderr)


run(globals())
