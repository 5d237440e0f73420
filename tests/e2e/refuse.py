#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What cannot work is refused with one clear line, an exit code, and nothing half-started; a bad reload changes nothing."""
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import Daemon, Skip, check, free_port, process_tree, run, send_tcp, wait_for  # noqa: E402

LINE = b"<38>1 2026-03-02T08:00:00Z web01 sshd 1 - - Accepted password for root from 192.0.2.7 port 4022 ssh2"
GOOD = """title: Root came in
id: 6f1a7c50-0000-4000-8000-0000000000aa
level: high
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, user.name: %s}
  condition: selection
"""


def refused(config, *words, prepare=None):
    d = Daemon(config)
    try:
        if prepare:
            prepare(d)
        d.spawn()
        code = d.job.wait(20)
        said = d.said()
        check(code != 0, f"exit code {code}")
        check(any(all(w in line for w in words) for line in said.splitlines()), lambda: f"no line with {words}: {said}")
        check("Sanitizer" not in said and "Segmentation" not in said, said)
        time.sleep(0.1)
        check(not process_tree(d.job.pid), "nothing is left running")
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
        d.spawn()
        check(d.job.wait(20) != 0, "exit code")
        check("noroshi.yml" in d.said() and "No such file" in d.said(), d.said())
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


def test_full_disk():
    if os.geteuid() != 0:
        raise Skip("mounting a small file system needs root")
    d = Daemon({"listen": [], "data": "@DIR@/small/data"})
    small = d.path("small")
    os.mkdir(small)
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=False, stderr=subprocess.DEVNULL).returncode:
            raise Skip("this machine does not let us mount")
        d.spawn()
        check(d.job.wait(20) != 0, "exit code")
        check("space" in d.said(), d.said())
        check(not process_tree(d.job.pid), "nothing is left running")
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


run(globals())
