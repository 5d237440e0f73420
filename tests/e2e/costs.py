#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""noroshi top over workers, engine and a reload; compiled rules kept from one start to the next."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, Daemon, check, free_port, run, send_tcp, wait_for  # noqa: E402

LINE = b"<38>1 2026-03-02T08:00:00Z web01 sshd %d - - Failed password for root from 192.0.2.7 port %d ssh2"
RULE = """title: %s
id: %s
logsource: {product: linux, service: sshd}
detection: {a: {message|contains: '%s'}, condition: a}
---
title: Anything
id: any-%s
logsource: {product: linux, service: sshd}
detection: {k: ['Failed password'], condition: k}
"""


def house(port, rules):
    return {"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}", "history": True}],
            "rules": [{"path": rules}], "workers": {"count": 2}}


def write(d, word):
    with open(d.path("rules.yml"), "w", encoding="utf-8") as f:
        f.write(RULE % (word, word, word, word))


def top(d, *more):
    return subprocess.run([NOROSHI, "top", "-c", d.conf, *more], check=True, capture_output=True, text=True, timeout=20).stdout


def counted(d):
    return {r["id"]: (r["looked"], r["hits"]) for r in json.loads(top(d, "--json"))["rules"]}


def test_top_counts_over_workers_and_follows_a_reload():
    port = free_port()
    d = Daemon(house(port, "@DIR@/rules.yml"))
    write(d, "first")
    with d:
        check(counted(d) == {}, "nothing has come in yet")
        send_tcp(port, [LINE % (i, 1024 + i) for i in range(500)])
        wait_for(lambda: counted(d) == {"any-first": (500, 500)}, 10, lambda: f"all lines are counted: {counted(d)}")
        check("any-first" in top(d, "--by", "hits", "--limit", "1"), "the table names the rule")
        write(d, "second")
        d.reload()
        wait_for(lambda: "reloaded:" in d.said(), 15, "it reloads")
        wait_for(lambda: counted(d) == {}, 10, "counters begin anew with the new rules")
        send_tcp(port, [LINE % (i, 1024 + i) for i in range(7)])
        wait_for(lambda: counted(d) == {"any-second": (7, 7)}, 10, lambda: f"by the new rules' names: {counted(d)}")


def test_compiled_rules_are_kept_and_mended():
    port = free_port()
    d = Daemon(house(port, "@DIR@/rules.yml"))
    write(d, "first")
    kept = d.path("data", "cache", "literals.bin")
    with d:
        check(os.stat(kept).st_mode & 0o777 == 0o600, "written by the first process, for its owner alone")
        before = os.stat(kept).st_ino
        d.restart()
        check(os.stat(kept).st_ino == before and "made anew" not in d.said(), "taken as it is")
        with open(kept, "r+b") as f:
            f.seek(100)
            f.write(b"\0\1\2\3")
        d.restart()
        check("made anew" in d.said(), f"what is damaged is told: {d.said()}")
        check(os.stat(kept).st_ino != before, "and made anew")
        send_tcp(port, [LINE % (1, 1024)])
        wait_for(lambda: counted(d).get("any-first") == (1, 1), 10, "and rules match")


run(globals())
