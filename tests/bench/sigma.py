#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SigmaHQ's rules over rsigma's public lanes, one core, in turns with rsigma.

    sigma.py [--runs N] [--repeat N] [--lanes a,b] [--rules PATH]

Each lane (10,000 events) is repeated to 100,000 (--repeat 10; more makes light lanes steadier). CPU
seconds (user + system) of one process on core 1, less those of the same command over no events (the
load of the rules); medians over runs that alternate between the two programs. With and without
log-source routing (both take product, category and service of the event itself for its log source).
Matches per rule are compared; rules that differ are listed. The lane
correlation takes its own rules (correlation.yml); its events get increasing times, 100 ms apart, and
each match is told (--refire every), as rsigma does. rsigma also tells the matches of rules that only
feed a correlation and do not say `generate`; Noroshi does not, so these differ.

Lanes and rules: rsigma-lanes/ of $NOROSHI_BENCH, and sigmahq/ beside it, or of ../shared. rsigma:
$RSIGMA, or on the PATH; without it only Noroshi runs. Result: build/bench/sigma.json.
"""
import argparse
import collections
import datetime
import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("NOROSHI_SHARED") or os.path.join(ROOT, "..", "shared")
BENCH = os.environ.get("NOROSHI_BENCH") or os.path.join(SHARED, "bench")
NOROSHI = os.environ.get("NOROSHI") or os.path.join(ROOT, "build", "release", "noroshi")
LANES = "raw_windows,structured_windows,cisco_syslog,sysmon_file_event,match_heavy,no_match,correlation"


def cpu(command, source, sink):
    """CPU seconds of one run on core 1."""
    with open(source, "rb") as i, open(sink, "wb") as o:
        child = subprocess.Popen(["taskset", "-c", "1", *command], stdin=i, stdout=o, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def timed(lines):
    """Each event 100 ms after the one before."""
    start = datetime.datetime(2026, 7, 28, tzinfo=datetime.timezone.utc)
    for n, line in enumerate(lines):
        at = (start + datetime.timedelta(milliseconds=100 * n)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        yield f'{{"@timestamp":"{at}",' + line[1:]


def lane_file(name, folder, repeat):
    with gzip.open(os.path.join(BENCH, "rsigma-lanes", name + ".ndjson.gz"), "rt", encoding="utf-8") as f:
        lines = f.readlines()
    lines *= repeat
    if name == "correlation":
        lines = list(timed(lines))
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(lines)
    return path, len(lines)


def matches(path):
    """How often each rule or correlation matched, in either program's words."""
    count = collections.Counter()
    with open(path, encoding="utf-8") as f:
        for line in filter(str.strip, f):
            m = json.loads(line)
            count[next(str(m[k]) for k in ("rule", "correlation", "rule_id", "id", "rule_title") if m.get(k))] += 1
    return count


def commands(rules, routing, rsigma, every):
    out = {"noroshi": [NOROSHI, "replay", "--source", "sigma", "--matches", "--rules", rules,
                       "--logsource", "event" if routing else "ignore",
                       *(["--refire", "every"] if every else []), "-"]}
    if rsigma:
        out["rsigma"] = [rsigma, "engine", "eval", "-r", rules, "--quiet", "--output-format", "ndjson",
                         *(["--logsource-routing"] if routing else [])]
    return out


def race(programs, source, folder, runs):
    empty = os.path.join(folder, "empty")
    open(empty, "w").close()
    load, whole = collections.defaultdict(list), collections.defaultdict(list)
    for _ in range(runs):
        for who, command in programs.items():
            load[who].append(cpu(command, empty, os.devnull))
            whole[who].append(cpu(command, source, os.path.join(folder, who + ".out")))
    return {who: statistics.median(whole[who]) - statistics.median(load[who]) for who in programs}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--repeat", type=int, default=10)
    p.add_argument("--lanes", default=LANES)
    p.add_argument("--rules", default=os.path.join(SHARED, "sigmahq", "rules"))
    a = p.parse_args()
    rsigma = os.environ.get("RSIGMA") or shutil.which("rsigma")
    if not rsigma:
        print("note: rsigma is not here: the ratio is unmeasured")
    result = {"machine": platform.platform(), "runs": a.runs, "lanes": []}
    for lane in a.lanes.split(","):
        for routing in (True, False):
            with tempfile.TemporaryDirectory() as folder:
                source, events = lane_file(lane, folder, a.repeat)
                rules = os.path.join(BENCH, "rsigma-lanes", "correlation.yml") if lane == "correlation" else a.rules
                used = race(commands(rules, routing, rsigma, lane == "correlation"), source, folder, a.runs)
                row = {"lane": lane, "routing": routing, "events": events,
                       "us": {who: s / events * 1e6 for who, s in used.items()},
                       "matches": {"noroshi": sum(matches(os.path.join(folder, "noroshi.out")).values())}}
                text = f"{lane:20} {'routed' if routing else 'all':6} noroshi {row['us']['noroshi']:6.2f} us"
                if rsigma:
                    ours = matches(os.path.join(folder, "noroshi.out"))
                    theirs = matches(os.path.join(folder, "rsigma.out"))
                    row["matches"]["rsigma"] = sum(theirs.values())
                    row["differ"] = {r: [ours[r], theirs[r]] for r in sorted(set(ours) | set(theirs)) if ours[r] != theirs[r]}
                    row["ratio"] = row["us"]["rsigma"] / row["us"]["noroshi"]
                    text += f", rsigma {row['us']['rsigma']:6.2f} us, {row['ratio']:4.1f} x; matches {row['matches']['noroshi']}"
                    text += f" / {row['matches']['rsigma']}; differ: {row['differ'] or 'none'}"
                print(text, flush=True)
                result["lanes"].append(row)
    os.makedirs(os.path.join(ROOT, "build", "bench"), exist_ok=True)
    with open(os.path.join(ROOT, "build", "bench", "sigma.json"), "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)


main()
