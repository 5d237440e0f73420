#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alert latency, socket to NDJSON line, at a steady rate of events.

    latency.py [--rate 20000] [--seconds 20] [--alerts-per-second 20]

Background lines go over one TCP connection at the rate; marked lines that fire a rule stand among them. The time from
the send() of a marked line to the moment its alert can be read from the alert file is taken.
"""
import argparse
import json
import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "lib"))
from noroshi import ROOT, Daemon, free_port  # noqa: E402
import socket

RULE = """title: Marked
id: 6f1a7c50-0000-4000-8000-0000000000cc
level: high
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, event.outcome: success, user.name|startswith: mark}
  condition: selection
"""


def stamp():
    return time.strftime("%b %e %H:%M:%S", time.gmtime())


class Reader(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.seen, self.stop = path, {}, False

    def run(self):
        rest = b""
        while not os.path.exists(self.path):
            time.sleep(0.001)
        with open(self.path, "rb") as f:
            while not self.stop:
                chunk = f.read()
                if not chunk:
                    time.sleep(0.0005)
                    continue
                now = time.monotonic()
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.seen[json.loads(line)["noroshi.alert.last_record"]["user.name"]] = now


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rate", type=int, default=20000)
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--alerts-per-second", type=int, default=20)
    p.add_argument("--max-p99", type=float, default=0, help="milliseconds; exit 1 above")
    a = p.parse_args()
    port = free_port()
    d = Daemon({})
    with open(d.path("r.yml"), "w", encoding="utf-8") as f:
        f.write(RULE)
    d.configure({"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}"}],
                 "rules": [{"path": "@DIR@/r.yml"}, {"path": os.path.join(ROOT, "config", "rules")}], "time": {"fold": "0s"},
                 "limits": {"evidence_flush": "5s"}})  # the default, not the harness's
    sent = {}
    with d, socket.create_connection(("127.0.0.1", port)) as s:
        reader = Reader(d.alerts_path)
        reader.start()
        step, tick = 0.005, 0
        per_step, every = int(a.rate * step), max(1, int(1 / step / a.alerts_per_second))
        began = time.monotonic()
        while time.monotonic() - began < a.seconds:
            t = stamp()
            lines = [f"<38>{t} web{i % 50:02d} sshd[{1000 + i}]: Failed password for root from 10.9.{tick % 250}.{i % 250} port {1024 + i} ssh2\n"
                     for i in range(per_step)]
            mark = None
            if tick % every == 0:
                mark = f"mark{tick}"
                lines[len(lines) // 2] = f"<38>{t} web01 sshd[1]: Accepted password for {mark} from 192.0.2.{tick % 250} port 22 ssh2\n"
            now = time.monotonic()
            s.sendall("".join(lines).encode())
            if mark:
                sent[mark] = now
            tick += 1
            time.sleep(max(0, began + tick * step - time.monotonic()))
        elapsed = time.monotonic() - began
        deadline = time.monotonic() + 10
        while len([m for m in sent if m in reader.seen]) < len(sent) and time.monotonic() < deadline:
            time.sleep(0.01)
        reader.stop = True
        status = d.status()
    took = sorted((reader.seen[m] - sent[m]) * 1000 for m in sent if m in reader.seen)
    lost = len(sent) - len(took)
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    print(f"latency, socket to NDJSON line: {tick * per_step / elapsed:,.0f} lines/s for {elapsed:.0f} s, {len(took)} alerts, "
          f"{lost} missing: p50 {statistics.median(took):.1f} ms, p90 {took[int(len(took) * 0.9)]:.1f} ms, "
          f"p99 {p99:.1f} ms, max {took[-1]:.1f} ms; stored {status['stored']:,}")
    return 1 if lost or (a.max_p99 and p99 > a.max_p99) else 0


if __name__ == "__main__":
    sys.exit(main())
