#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The operator's definitions: a changed one is taken at a reload, a wrong one changes nothing, and a journal read by others is told."""
import glob
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import Daemon, check, free_port, run, send_tcp, wait_for  # noqa: E402

DEFINITION = """source: doorbell
title: Doorbell
shape: text
recognise: {starts: ["BELL "]}
patterns: ['^BELL (?<who>\\w+) at (?<door>\\w+)$']
set: {event.kind: event}
map:
  who: user.name
%stests:
  - line: 'BELL sato at north'
    want: {user.name: sato}
"""
FIRST = DEFINITION % ""
SECOND = DEFINITION % "  door: observer.name\n"
WRONG = SECOND.replace("shape: text", "shpe: text")
LINE = b"BELL sato at north"


def write(d, text):
    with open(d.path("sources", "doorbell.yml"), "w", encoding="utf-8") as f:
        f.write(text)


def prepared(limits=None):
    port = free_port()
    d = Daemon({})
    os.mkdir(d.path("sources"))
    write(d, FIRST)
    d.configure({"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}", "history": True}],
                 "sources": "@DIR@/sources", "limits": limits or {}})
    return d, port


def archived(d, count):
    """All records, as soon as the archive's files have that many: what is stored may wait there for evidence_flush."""
    return wait_for(lambda: (r := d.query()) and len(r) >= count and r, 20, lambda: f"{len(d.query())} of {count} lines are there")


def kept(d):
    """The texts of what was in force."""
    texts = []
    for path in glob.glob(d.path("data", "state", "objects", "*")):
        with open(path, encoding="utf-8") as f:
            texts.append(f.read())
    return texts


def test_reload_takes_a_changed_definition_and_keeps_the_old_when_it_is_wrong():
    d, port = prepared()
    with d, socket.create_connection(("127.0.0.1", port)) as held:
        sent = 0

        def say(n):
            nonlocal sent
            held.sendall((LINE + b"\n") * n)
            sent += n

        say(500)
        d.wait_stored(500)
        write(d, SECOND)
        say(500)
        d.reload()
        say(500)
        wait_for(lambda: "noroshid: reloaded" in d.said(), 20, lambda: d.said())
        say(1)
        d.wait_stored(sent)
        records = archived(d, sent)
        check(len(records) == sent, f"{len(records)} for {sent} lines")
        check(all(r.get("user.name") == "sato" and r.get("noroshi.source") == "doorbell" for r in records), "all were read")
        check("observer.name" not in records[0], "the first definition has no door")
        check(records[-1].get("observer.name") == "north", records[-1])
        write(d, WRONG)
        d.reload()
        wait_for(lambda: "not reloaded" in d.said(), 20, lambda: d.said())
        check("doorbell.yml:3:" in d.said() and "did you mean 'shape'" in d.said(), d.said())
        say(1)
        d.wait_stored(sent)
        last = archived(d, sent)[-1]
        check(last.get("observer.name") == "north", f"the old set stays whole: {last}")
        texts = kept(d)
        for text in (FIRST, SECOND):
            check(any(text in one for one in texts), "both definitions are kept beside the journal")
        check(not any(WRONG in one for one in texts), "what was never in force is not")


def test_a_journal_that_other_definitions_read_is_told():
    d, port = prepared({"checkpoint": "1h"})
    with d:
        send_tcp(port, [LINE] * 10)
        d.wait_stored(10)
        d.close_processes()
        d.start()
        check("entries back from the journal" in d.said(), d.said())
        check("other settings, rules or sources" not in d.said(), "nothing has changed")
        d.close_processes()
        write(d, SECOND)
        d.start()
        check("first read with other settings, rules or sources" in d.said(), d.said())
        d.wait_drained()
        check(len(archived(d, 10)) == 10, "nothing is there twice")


run(globals())
