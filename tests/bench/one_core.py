#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One core: every Noroshi process on core 1, generator and sender on core 0.

    one_core.py [--lines N] [--runs N] [--rate LINES/S] [--rules PATH]... [--min-rate N] [--max-pss MB]

Pushes a generated syslog file over TCP as fast as it is taken (or at --rate) through journal, parse,
rules and evidence; a run ends when status says that all lines are stored and none is in flight.
Prints per run and as median: lines/s of wall time, CPU seconds per million lines (all processes),
the peak of the sum of PSS, and which of the hidden episodes were alerted. Exit 1 when an episode is
missed, a decoy fired, a line is lost, or a limit given is not met.

Generator: gen_workload.py of $NOROSHI_BENCH, or of ../shared/bench beside the repository; its truth
file names {episodes: [{type, key}], decoys: [...]}. An alert belongs to a type when rule id, name or
tags match the type's pattern (--type bruteforce=REGEX), and to an episode when a group value is its
key. Results: build/bench/one_core.json.
"""
import argparse
import itertools
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e", "lib"))
from noroshi import NOROSHID, ROOT, Daemon, Failure, free_port, wait_for  # noqa: E402

BENCH = os.environ.get("NOROSHI_BENCH") or os.path.join(ROOT, "..", "shared", "bench")
OUT = os.path.join(ROOT, "build", "bench")
TYPES = {"bruteforce": r"brute|password.?guess", "portscan": r"port.?scan|scan",
         "exfil": r"exfil|upload|t1567|t1048"}


def facts():
    """The machine, and what was measured."""
    def first(path, pattern):
        with open(path, encoding="utf-8") as f:
            m = re.search(pattern, f.read(), re.M)
            return m[1].strip() if m else "?"

    def said(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, check=False,
                                  cwd=ROOT).stdout.strip().split("\n")[0]
        except OSError:
            return "?"

    return {"cpu": first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"), "cores": os.cpu_count(),
            "memory_mb": int(first("/proc/meminfo", r"^MemTotal:\s*(\d+)")) // 1024,
            "kernel": platform.release(), "gcc": said("gcc", "--version"),
            "filesystem": said("stat", "-f", "-c", "%T", ROOT),
            "commit": said("git", "describe", "--always", "--dirty"),
            "load": os.getloadavg()[0]}


def generate(args):
    """The file and its truth; the last line is a minute ago, since syslog's dates lack the year."""
    os.makedirs(OUT, exist_ok=True)
    generator = os.path.join(BENCH, "gen_workload.py")
    if not os.path.exists(generator):
        sys.exit("one_core: no gen_workload.py in $NOROSHI_BENCH or ../shared/bench")
    log, truth = os.path.join(OUT, "workload.log"), os.path.join(OUT, "truth.json")
    start = int(time.time() - args.lines / 1000 - 60)
    subprocess.run([sys.executable, generator, "-n", str(args.lines), "-s", str(args.seed),
                    "--start", str(start), "-o", log, "-t", truth], check=True,
                   stdout=subprocess.DEVNULL)
    with open(truth, encoding="utf-8") as f:
        return log, json.load(f)


class Sampler(threading.Thread):
    """Highest sum of PSS, four times a second."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.of, self.peak, self.over = daemon, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.25):
            self.peak = max(self.peak, self.of.pss())

    def end(self):
        self.over.set()
        self.join()
        self.peak = max(self.peak, self.of.pss())
        return self.peak


def push(path, port, rate):
    """The file over one connection; at `rate` lines a second in slices of 10 ms, else at once."""
    with socket.create_connection(("127.0.0.1", port)) as s, open(path, "rb") as f:
        if not rate:
            s.sendfile(f)
            return
        begun, sent = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - begun) * rate) + 1
            lines = list(itertools.islice(f, max(due - sent, 1)))
            if not lines:
                return
            sent += len(lines)
            s.sendall(b"".join(lines))
            time.sleep(max(0.01, begun + sent / rate - time.monotonic()))


def drained(daemon, count, timeout):
    def done():
        now = daemon.status()
        if now["received"] + now.total("dropped") >= count and not now["in_flight"]:
            return now
        return None

    return wait_for(done, timeout, lambda: f"{count} lines stored: {daemon.status().brief()}")


def keys_of(alert):
    group = alert.get("noroshi.alert.group")
    return {str(v) for v in (group.values() if isinstance(group, dict) else ())} or {
        str(alert[k]) for k in ("source.ip", "client.ip", "user.name") if k in alert}


def type_of(alert, patterns):
    text = " ".join([str(alert.get("rule.id")), str(alert.get("rule.name")),
                     " ".join(map(str, alert.get("tags") or ()))]).lower()
    return {name for name, pattern in patterns.items() if re.search(pattern, text)}


def judge(alerts, truth, patterns):
    """What was found of what was hidden."""
    seen = {}
    for alert in alerts:
        for kind in type_of(alert, patterns):
            for key in keys_of(alert):
                seen[kind, key] = seen.get((kind, key), 0) + 1
    hidden = {(e["type"], e["key"]) for e in truth["episodes"]}
    decoys = {e["key"] for e in truth["decoys"]}
    return {"episodes": len(hidden), "found": len(hidden & set(seen)),
            "missed": sorted(map(list, hidden - set(seen))),
            "decoys": sorted([kind, key] for kind, key in seen if key in decoys),
            "false": sorted([kind, key] for kind, key in set(seen) - hidden if key not in decoys),
            "repeated": sum(n - 1 for pair, n in seen.items() if pair in hidden),
            "alerts": len(alerts)}


def one_run(args, log, truth, patterns):
    port, data = free_port(), os.path.join(OUT, "run")
    subprocess.run(["rm", "-rf", data], check=True)
    os.makedirs(data)
    config = {"listen": [{"name": "bench", "kind": "tcp", "address": f"127.0.0.1:{port}",
                          "zone": "UTC"}],
              "rules": [{"path": os.path.abspath(p), "on_error": "refuse"} for p in args.rules],
              "workers": {"count": 1, "mode": "processes"},
              # the default, not the one that the harness sets for its tests
              "limits": {"evidence_flush": "5s"}}
    with Daemon(config, prefix=["taskset", "-c", "1"], directory=data) as d:
        idle, cpu, sampler = d.pss(), d.cpu(), Sampler(d)
        sampler.start()
        begun = time.monotonic()
        push(log, port, args.rate)
        pushed = time.monotonic() - begun
        status = drained(d, args.lines, 60 + args.lines / 2000)
        wall = time.monotonic() - begun
        used, peak = d.cpu() - cpu, sampler.end()
        d.stop()
        found = judge(d.alerts(), truth, patterns)
    size = sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(d.archive) for name in names)
    return {"lines_per_s": args.lines / wall, "wall_s": wall, "push_s": pushed,
            "cpu_s_per_million": used / args.lines * 1e6, "pss_mb": peak / 1e6,
            "pss_idle_mb": idle / 1e6, "archive_mb": size / 1e6, "stored": status["stored"],
            "unparsed": status["unparsed"], "lost": args.lines - status["stored"], **found}


def verdict(args, runs, median):
    wrong = []
    for n, run in enumerate(runs, 1):
        if run["missed"]:
            wrong.append(f"run {n}: missed {run['missed']}")
        if run["decoys"] or run["false"]:
            wrong.append(f"run {n}: fired on nothing {run['decoys'] + run['false']}")
        if run["lost"]:
            wrong.append(f"run {n}: {run['lost']} lines are not stored")
    if args.min_rate and median["lines_per_s"] < args.min_rate:
        wrong.append(f"median below {args.min_rate} lines/s")
    if args.max_pss and max(r["pss_mb"] for r in runs) >= args.max_pss:
        wrong.append(f"PSS of {args.max_pss} MB reached")
    return wrong


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=0)
    parser.add_argument("--rules", action="append")
    parser.add_argument("--type", action="append", default=[], metavar="TYPE=REGEX")
    parser.add_argument("--min-rate", type=float)
    parser.add_argument("--max-pss", type=float)
    args = parser.parse_args()
    args.rules = args.rules or [os.path.join(ROOT, "config", "rules")]
    return args


def main():
    args = arguments()
    if os.cpu_count() < 2:
        sys.exit("one_core: needs two cores, one for Noroshi and one for the sender")
    if not os.access(NOROSHID, os.X_OK):
        sys.exit("one_core: no noroshid: run make first, or set NOROSHID")
    patterns = {**TYPES, **dict(t.split("=", 1) for t in args.type)}
    os.sched_setaffinity(0, {0})
    machine = facts()
    print("machine: {cpu}, {cores} cores, {memory_mb} MB, Linux {kernel}, {filesystem}, {gcc},"
          " commit {commit}, load {load:.1f}".format(**machine))
    log, truth = generate(args)
    print(f"workload: seed {args.seed}, {args.lines} lines, {os.path.getsize(log) / 1e6:.0f} MB, "
          f"{len(truth['episodes'])} episodes, {len(truth['decoys'])} decoys"
          + (f", at {args.rate} lines/s" if args.rate else ", as fast as it is taken"), flush=True)
    runs = []
    line = ("{lines_per_s:9.0f} lines/s  {cpu_s_per_million:6.2f} CPU s/million  "
            "{pss_mb:6.1f} MB PSS  {found:.0f}/{episodes:.0f} found  {repeated:.0f} repeated")
    for n in range(args.runs):
        try:
            runs.append(one_run(args, log, truth, patterns))
        except Failure as why:
            sys.exit(f"one_core: run {n + 1}: {why}")
        print(f"run {n + 1}:  {line.format(**runs[-1])}", flush=True)
    median = {k: statistics.median(r[k] for r in runs) for k, v in runs[0].items()
              if isinstance(v, (int, float))}
    print(f"median: {line.format(**median)}")
    wrong = verdict(args, runs, median)
    with open(os.path.join(OUT, "one_core.json"), "w", encoding="utf-8") as f:
        json.dump({"machine": machine, "lines": args.lines, "seed": args.seed, "rate": args.rate,
                   "median": median, "runs": runs, "wrong": wrong}, f, indent=1)
    for why in wrong:
        print(f"one_core: {why}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
