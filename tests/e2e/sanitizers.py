#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole daemon under the sanitizers: workers as threads under ThreadSanitizer, all roles under ASan and UBSan."""
import glob
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import noroshi  # noqa: E402
from noroshi import Daemon, check, free_port, lf, octet, run, send_tcp, send_udp, send_unix, wait_for  # noqa: E402

LINES = 20000
FOUND = re.compile(r"^.*(?:Sanitizer|runtime error:).*$", re.M)
RULES = """title: Root came in
id: 6f1a7c50-0000-4000-8000-0000000000cc
name: root_came_in
level: high
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, user.name: root}
  condition: selection
---
title: Guesses
id: 6f1a7c50-0000-4000-8000-0000000000cd
name: guess
level: low
logsource: {service: sshd}
detection:
  selection: {event.outcome: failure, source.ip|cidr: 192.0.2.0/24}
  condition: selection
---
title: Many guesses
id: 6f1a7c50-0000-4000-8000-0000000000ce
level: medium
correlation:
  type: event_count
  rules: [guess]
  group-by: [source.ip]
  timespan: 5m
  condition: {gte: 20}
"""


def line(i):
    """What several parsers take, some of it broken."""
    head = f"<38>1 2026-03-02T08:{i // 600 % 60:02}:{i // 10 % 60:02}Z web{i % 7} "
    kinds = (f"sshd {i} - - Accepted password for {'root' if i % 500 == 0 else 'sato'} from 192.0.2.{i % 250} port 4022 ssh2",
             f"sshd {i} - - Failed password for invalid user u{i} from 192.0.2.{i % 50} port 4022 ssh2",
             f"app {i} - - a=1 src=192.0.2.{i % 250} dst=198.51.100.7 dport=443 user=\"sato\"",
             f"app {i} - - CEF:0|Example|WAF|3.1|{i}|Injection|8|src=203.0.113.5 dst=10.20.0.80 act=blocked",
             f'app {i} - [x@1 k="v"] {{"event":{{"n":{i}}},"list":[1,"two",null]}}',
             f"app {i} - - \udc83e\udcff and no more than prose {i}")
    return (head + kinds[i % len(kinds)]).encode(errors="surrogateescape")


def build(name):
    """Takes the binaries of build/NAME for all that follows; their findings end the process that has them."""
    out = os.path.join(noroshi.ROOT, "build", name)
    noroshi.NOROSHID, noroshi.NOROSHI = os.path.join(out, "noroshid"), os.path.join(out, "noroshi")
    check(os.access(noroshi.NOROSHID, os.X_OK), f"{noroshi.NOROSHID} is not there: make MODE=debug SAN=... build")
    for options, text in (("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0"), ("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1"),
                          ("TSAN_OPTIONS", "second_deadlock_stack=1")):
        os.environ[options] = text


def daemon(mode):
    port, log = free_port(), free_port()
    d = Daemon({"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}"},
                           {"name": "u", "kind": "udp", "address": f"127.0.0.1:{port}"},
                           {"name": "l", "kind": "unix-dgram", "path": "@DIR@/log"},
                           {"name": "f", "kind": "file", "path": "@DIR@/in/*.log"}],
                "rules": [{"path": "@DIR@/r.yml"}], "time": {"skew": "3650d"},
                "workers": {"mode": mode, "count": 2},
                "alerts": [{"kind": "file", "path": "@DIR@/alerts.ndjson"},
                           {"kind": "syslog", "name": "away", "transport": "udp", "address": f"127.0.0.1:{log}"}]})
    os.mkdir(d.path("in"))
    os.chmod(d.path("in"), 0o755)
    with open(d.path("r.yml"), "w", encoding="utf-8") as f:
        f.write(RULES)
    return d, port


def feed(d, port):
    """20,000 lines over all inputs; those over UDP may be dropped and are counted then."""
    lines = [line(i) for i in range(LINES)]
    third = LINES // 4
    send_tcp(port, lines[:third], lf)
    send_tcp(port, lines[third:2 * third], octet)
    with open(d.path("in", "a.log"), "wb") as f:
        f.write(lf(lines[2 * third:3 * third]))
    send_udp(port, lines[3 * third:])
    send_unix(d.path("log"), [b"<13>Mar  2 08:00:00 cron[7]: started"])
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"99999999999 nonsense")
    d.wait_stored(3 * third + 1, timeout=180)
    status = d.wait_drained(120)
    check(status.accounted(), status.brief())
    check(status["received"] >= LINES, status.brief())


def quiet(d):
    with open(d.stderr, encoding="utf-8", errors="replace") as f:
        text = f.read()
    found = FOUND.search(text)
    check(not found, lambda: text[max(0, found.start() - 200):found.start() + 6000])
    for role in ("ended by signal", "ended with code", "did not end in time"):
        check(role not in text, text[-3000:])


def whole_life(mode):
    d, port = daemon(mode)
    try:
        d.start(timeout=60)
        feed(d, port)
        alerts = wait_for(lambda: d.alerts() if len(d.alerts()) > 10 else None, 60, "alerts are told")
        check({a["rule.id"][-2:] for a in alerts} >= {"cc", "ce"}, "both kinds of rule fire")
        d.reload()
        send_tcp(port, [line(i) for i in range(200)])
        d.wait_drained(120)
        d.stop(timeout=120)
        quiet(d)
        # the same data once more: what recovery and the next checkpoint touch
        d.start(timeout=60)
        send_tcp(port, [line(i) for i in range(500)])
        d.wait_drained(120)
        check(len(d.query("source.ip:192.0.2.0/24 and not event.outcome:failure", "--limit", "50")) == 50, "search finds them")
        d.stop(timeout=120)
        quiet(d)
        return d.archive, d
    except BaseException:
        print("  " + "\n  ".join(d.said().splitlines()[-30:]))
        d.close()
        raise


def test_threads():
    build("debug-thread")
    _, d = whole_life("threads")
    d.close()


def test_address_and_undefined():
    build("debug-address-undefined")
    archive, d = whole_life("processes")
    try:
        check(len(glob.glob(archive + "/**/*.zst", recursive=True)) >= 1, "segments are there")
        d.cli("verify", "--archive", archive)
        d.cli("rules", "list")
        d.cli("check")
        out = d.cli("replay", "--rules", d.path("r.yml"), d.path("in", "a.log"))
        check(len(out.splitlines()) > 10, "replay gives alerts")
        check(len(d.cli("normalize", d.path("in", "a.log")).splitlines()) >= LINES // 4, "a record a line")
    finally:
        d.close()


run(globals())
