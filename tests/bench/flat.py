#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is the cost flat? The same process-creation events, raw to stored, under ever more rules.

    flat.py [--events N] [--runs N] [--rules PATH]

Three rule sets, taken from SigmaHQ's folder: 100 rules of Windows process creation; all rules that apply to
Sysmon's process creation (also those that name only the product, or nothing); all of SigmaHQ. Each runs in a noroshid of its own on core 1 (one worker), in turns; the events
(rsigma's lane structured_windows, written as Winlogbeat sends Sysmon's) come over TCP. Prints CPU seconds
of all roles a million events, wall rate and the peak of the sum of PSS; medians. Exit 1 when all rules
cost more than 2.5 times what 100 do, rules of other log sources add more than 5 %, or PSS passes 250 MB.

Rules and lane: sigmahq/ and bench/ of $NOROSHI_SHARED, or of ../shared. Result: build/bench/flat.json.
"""
import argparse
import gzip
import json
import os
import re
import shutil
import socket
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e", "lib"))
from noroshi import ROOT, Daemon, free_port, wait_for  # noqa: E402

SHARED = os.environ.get("NOROSHI_SHARED") or os.path.join(ROOT, "..", "shared")


def winlogbeat(event, n):
    fields = {k: str(v) for k, v in event.items() if k not in ("EventID", "Computer", "product", "category")}
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1790000000 + n // 100)) + f".{n % 100:02d}0Z"
    return json.dumps({"@timestamp": at, "host": {"name": event["Computer"]},
                       "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational", "event_id": "1",
                                  "provider_name": "Microsoft-Windows-Sysmon", "computer_name": event["Computer"],
                                  "event_data": fields}}) + "\n"


def workload(count, path):
    lane = os.path.join(SHARED, "bench", "rsigma-lanes", "structured_windows.ndjson.gz")
    with gzip.open(lane, "rt", encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(winlogbeat(events[n % len(events)], n) for n in range(count))


def log_source(path):
    """product, category and service of a rule, by its text: the files have one shape."""
    with open(path, encoding="utf-8") as f:
        source = re.search(r"^logsource:\n((?: .*\n)+)", f.read(), re.M)
    return dict(re.findall(r"^ +(product|category|service): *'?([\w.-]+)", source[1], re.M)) if source else {}


def applies(source):
    label = {"product": "windows", "category": "process_creation", "service": "sysmon"}
    return all(label[k] == v for k, v in source.items())


def rule_sets(rules, folder):
    """{name: [paths]}; the hundred are every n-th of those of the log source."""
    every = sorted(os.path.join(base, name) for base, _, names in os.walk(rules) for name in names if name.endswith(".yml"))
    same = [path for path in every if applies(log_source(path))]
    own = [path for path in same if log_source(path).get("category")]
    for kind, files in (("hundred", own[::max(1, len(own) // 100)][:100]), ("same", same)):
        os.makedirs(os.path.join(folder, kind))
        for n, path in enumerate(files):
            shutil.copy(path, os.path.join(folder, kind, f"{n:04}.yml"))
    print(f"{len(every)} rules, {len(own)} of Windows process creation, {len(same)} that apply to it")
    return {"100": [os.path.join(folder, "hundred")], "same log source": [os.path.join(folder, "same")], "all": [rules]}


def one(paths, log, count, data):
    port = free_port()
    config = {"listen": [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}"}],
              "rules": [{"path": os.path.abspath(p), "on_error": "skip"} for p in paths],
              "workers": {"count": 1, "mode": "processes"}, "limits": {"evidence_flush": "5s"}}
    shutil.rmtree(data, ignore_errors=True)
    os.makedirs(data)
    d = Daemon(config, prefix=["taskset", "-c", "1"], directory=data)
    try:
        d.start(timeout=180)  # all of SigmaHQ, on a machine that may be busy
        cpu, peak, begun = d.cpu(), d.pss(), time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as s, open(log, "rb") as f:
            s.sendfile(f)

        def stored():
            nonlocal peak
            peak = max(peak, d.pss())
            now = d.status()
            return now["stored"] >= count and not now["in_flight"] and now

        now = wait_for(stored, 60 + count / 1000, lambda: d.status().brief(), step=0.25)
        used, wall = d.cpu() - cpu, time.monotonic() - begun
        d.stop()
    finally:
        d.close()
    if now["unparsed"]:
        sys.exit(f"flat: {now['unparsed']} events were not understood")
    return {"us": used / count * 1e6, "rate": count / wall, "pss_mb": peak / 1e6, "alerts": now["alerts"]}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--events", type=int, default=200000)
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--rules", default=os.path.join(SHARED, "sigmahq"))
    a = p.parse_args()
    os.sched_setaffinity(0, {0})
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        log = os.path.join(folder, "events.ndjson")
        workload(a.events, log)
        sets = rule_sets(a.rules, folder)
        for n in range(a.runs):
            for name, paths in sets.items():
                runs.setdefault(name, []).append(one(paths, log, a.events, os.path.join(folder, "run")))
                print(f"run {n + 1}: {name:16} {json.dumps(runs[name][-1])}", flush=True)
    median = {name: {k: statistics.median(r[k] for r in rows) for k in rows[0]} for name, rows in runs.items()}
    for name, m in median.items():
        print(f"{name:16} {m['us']:7.2f} us CPU an event, {m['rate']:8.0f} events/s, {m['pss_mb']:6.1f} MB PSS")
    ratio = {"all / 100": median["all"]["us"] / median["100"]["us"],
             "all / same log source": median["all"]["us"] / median["same log source"]["us"]}
    wrong = [f"{k}: {ratio[k]:.2f}, at most {most}" for k, most in (("all / 100", 2.5), ("all / same log source", 1.05))
             if ratio[k] > most]
    if median["all"]["pss_mb"] > 250:
        wrong.append(f"PSS {median['all']['pss_mb']:.0f} MB, at most 250")
    print(", ".join(f"{k}: {v:.2f}" for k, v in ratio.items()), "; ".join(wrong) or "within all limits")
    os.makedirs(os.path.join(ROOT, "build", "bench"), exist_ok=True)
    with open(os.path.join(ROOT, "build", "bench", "flat.json"), "w", encoding="utf-8") as f:
        json.dump({"median": median, "ratio": ratio, "wrong": wrong, "runs": runs}, f, indent=1)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
