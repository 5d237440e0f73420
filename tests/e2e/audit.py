#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Linux audit records: processes for Sigma's process_creation, events whose end is missing, any number of workers."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, Daemon, check, free_port, run, send_tcp, wait_for  # noqa: E402

START = 1795341600  # 2026-11-22T10:00:00Z
RULES = """
title: Archive of a share by another's account
id: 7d3c0b52-audit-process
logsource: {product: linux, category: process_creation}
detection:
  s:
    Image|endswith: /tar
    CommandLine|contains|all: [czf, /srv/share]
    CurrentDirectory: /tmp
    User: sato
  condition: s
level: high
---
title: Audit rule's key
id: 7d3c0b52-audit-native
logsource: {product: linux, service: auditd}
detection:
  s: {type: SYSCALL, SYSCALL: execve, key: watched, auid: 1000}
  condition: s
level: low
---
title: Out to the net
id: 7d3c0b52-audit-network
logsource: {product: linux, category: network_connection}
detection:
  s: {Image|endswith: /curl, DestinationIp: 198.51.100.10, DestinationPort: 443}
  condition: s
level: high
---
title: No such process ran
id: 7d3c0b52-audit-failed
logsource: {product: linux, category: process_creation}
detection:
  s: {Image|endswith: /missing}
  condition: s
level: high
"""


def event(host, t, serial, call=59, exe="/usr/bin/tar", argv=("tar", "czf", "/tmp/o.tgz", "/srv/share"), end=True, success="yes"):
    head = f"node={host} type=%s msg=audit({t}.{serial % 1000:03}:{serial}): "
    lines = [head % "SYSCALL" + f"arch=c000003e syscall={call} success={success} exit=0 items=1 ppid=10 pid={serial} auid=1000 uid=0 euid=0 "
             f'tty=pts0 ses=3 comm="x" exe="{exe}" key="watched"\x1dAUID="sato" UID="root"']
    if call == 59:
        lines.append(head % "EXECVE" + f"argc={len(argv)} " + " ".join(f'a{i}="{a}"' for i, a in enumerate(argv)))
    else:
        lines.append(head % "SOCKADDR" + "saddr=020001BBC633640A0000000000000000")
    lines.append(head % "CWD" + 'cwd="/tmp"')
    if end:
        lines.append(head % "PROCTITLE" + "proctitle=" + "\0".join(argv).encode().hex().upper())
    return lines


def replay(lines, *options):
    with tempfile.TemporaryDirectory() as folder:
        rules, log = os.path.join(folder, "rules.yml"), os.path.join(folder, "audit.log")
        with open(rules, "w", encoding="utf-8") as f:
            f.write(RULES)
        with open(log, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        out = subprocess.run([NOROSHI, "replay", "--matches", "--rules", rules, *options, log], stdout=subprocess.PIPE, check=True, timeout=60).stdout
    return [(m["event"], m["rule"][15:]) for m in map(json.loads, out.splitlines())]


def test_sigma_sees_processes_and_connections_and_the_lines_themselves():
    lines = event("web1", START, 1) + event("web1", START + 1, 2, call=42, exe="/usr/bin/curl") + \
        event("web1", START + 2, 3, exe="/opt/missing", success="no")
    check(replay(lines) == [(1, "native"), (4, "process"), (8, "network"), (9, "native")], f"{replay(lines)}")


def test_until_end_closes_what_has_no_end():
    lines = event("web1", START, 1, end=False)
    check(replay(lines) == [(1, "native")], "its end may still come")
    check(replay(lines, "--until-end") == [(1, "native"), (3, "process")], f"{replay(lines, '--until-end')}")
    later = lines + event("web1", START + 3, 2)
    check(replay(later) == [(1, "native"), (4, "process"), (4, "native"), (7, "process")], f"its host is further: {replay(later)}")
    other = lines + [x for x in event("web2", START + 30, 2, argv=("tar",))]
    check((5, "process") in replay(other) or (4, "process") in replay(other), f"time passed: {replay(other)}")


def random_lines(seed):
    r, lines, open_events = random.Random(seed), [], []
    for serial in range(1, 1200):
        host = f"h{r.randrange(6)}"
        open_events.append(event(host, START + serial // 20, serial, call=r.choice((59, 59, 42)), end=r.random() < 0.9))
        while len(open_events) > 3 or (open_events and r.random() < 0.5):
            one = r.choice(open_events)
            lines.append(one.pop(0))
            open_events = [e for e in open_events if e]
    return lines + [x for e in open_events for x in e]


def live(workers, lines):
    port = free_port()
    config = {"listen": [{"name": "tcp", "kind": "tcp", "address": f"127.0.0.1:{port}", "zone": "UTC", "history": True}], "workers": {"count": workers}}
    with Daemon(config) as d:
        send_tcp(port, [x.encode() for x in lines])
        d.wait_stored(len(lines), timeout=60)
        records = wait_for(lambda: (lambda r: r if sum(1 for x in r if "noroshi.derived" not in x) >= len(lines) else None)(
            d.query("*", "--limit", str(len(lines) * 3))), 30, "all in the archive")
    derived = [r for r in records if r.get("noroshi.derived") == "audit"]
    return sorted(json.dumps({k: v for k, v in r.items() if k not in ("event.ingested", "event.id", "noroshi.derived_from", "noroshi.peer")}, sort_keys=True)
                  for r in derived)


def test_one_worker_and_four_join_the_same():
    lines = random_lines(1)
    one, four = live(1, lines), live(4, lines)
    check(one == four, f"{len(set(one) ^ set(four))} records differ")
    check(len(one) > 1000, f"{len(one)} events")


run(globals())
