#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The company's day for ten seeds: all ten attacks and nothing else; live equals replay; equal however the work is split."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, Daemon, check, free_port, run, wait_for  # noqa: E402
import socket

COMPANY = os.path.join(ROOT, "build", "release", "tests", "support", "company", "company")
RULES = os.path.join(ROOT, "config", "rules")
LINES = int(os.environ.get("DEMO_TEST_LINES", "100000"))
SEEDS = range(1, 11)

sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from demo import day_before, judge  # noqa: E402


def day(seed, folder):
    subprocess.run([COMPANY, "--seed", str(seed), "--lines", str(LINES), "--date", day_before(), "--out", folder], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as f:
        return json.load(f)


def replay(*paths):
    lists = os.path.join(os.path.dirname(paths[0]), "lists")
    lists = lists if os.path.isdir(lists) else os.path.join(os.path.dirname(os.path.dirname(paths[0])), "lists")
    out = subprocess.run([NOROSHI, "replay", "--rules", RULES, "--watchlists", lists, *paths], check=True, stdout=subprocess.PIPE, timeout=300).stdout
    return [json.loads(line) for line in out.splitlines()]


# How a record came in, and when: the same bytes by another way differ in these, and in nothing else.
WAY_IN = ("event.ingested", "noroshi.input", "noroshi.peer")


def essence(alerts, ids=True):
    """What must be equal: all of an alert. Ids hang on positions, so they count only where both read the same file."""
    out = []
    for alert in alerts:
        alert = {k: v for k, v in alert.items() if k != "noroshi.origin"}
        alert["noroshi.alert.last_record"] = {k: v for k, v in alert["noroshi.alert.last_record"].items() if k not in WAY_IN}
        if not ids:
            for name in ("noroshi.alert.id", "noroshi.incident.id", "noroshi.incident.merged"):
                alert.pop(name, None)
            alert["noroshi.alert.last_record"].pop("noroshi.derived_from", None)
            for record in (*alert["noroshi.alert.records"], alert["noroshi.alert.last_record"]):
                del record["event.id"]
        out.append(json.dumps(alert, sort_keys=True))
    return sorted(out)


def live(listen, folder, total, workers, mode="processes", feed=None, limits=None):
    config = {"listen": [listen], "rules": [{"path": RULES}], "watchlists": os.path.join(folder, "lists"),
              "workers": {"count": workers, "mode": mode}}
    if limits:
        config["limits"] = limits
    with Daemon(config) as d:
        if feed:
            feed()
        d.wait_stored(total, timeout=120)
        wait_for(lambda: d.status()["sent"] >= d.status()["alerts"], 30, "alerts are delivered")
        check(d.status().accounted(), "received = stored + rejected + dropped + in flight")
        alerts = d.alerts()
        check(all(a.get("noroshi.origin") == "history" for a in alerts), "alerts of an input with old logs say so")
        return alerts


def test_ten_seeds_all_found_nothing_false():
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            truth = day(seed, folder)
            found, false = judge(replay(os.path.join(folder, "day.log")), truth)
            hidden = [a["id"] for a in truth["attacks"]]
            check(found == hidden, lambda: f"seed {seed}: missed {set(hidden) - set(found)}")
            check(not false, lambda: f"seed {seed}: false {false}")
            check(len(hidden) == 10, f"seed {seed}: {len(hidden)} attacks are hidden")


def test_live_equals_replay_for_all_splits():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        truth = day(3, folder)
        path, total = os.path.join(folder, "day.log"), truth["lines"]
        wanted = essence(replay(path))
        check(len(wanted) >= 10, f"{len(wanted)} alerts")
        listen = {"name": "day", "kind": "file", "path": path, "follow": False, "history": True}
        for workers, mode in ((1, "processes"), (2, "processes"), (4, "processes"), (2, "threads")):
            got = essence(live(listen, folder, total, workers, mode))
            check(got == wanted, lambda: f"{workers} {mode}: {len(set(got) ^ set(wanted))} alerts differ: {sorted(set(got) ^ set(wanted))[:2]}")
        got = essence(live(listen, folder, total, 2, limits={"batch_frames": 1}))
        check(got == wanted, lambda: f"batches of one frame: {len(set(got) ^ set(wanted))} alerts differ")


def test_live_over_syslog_equals_replay():
    with tempfile.TemporaryDirectory() as folder:
        truth = day(4, folder)
        path, port = os.path.join(folder, "day.log"), free_port()
        wanted = essence(replay(path), ids=False)

        def feed():
            with socket.create_connection(("127.0.0.1", port)) as s, open(path, "rb") as f:
                s.sendfile(f)
        got = essence(live({"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}", "history": True}, folder, truth["lines"], 2, feed=feed), ids=False)
        check(got == wanted, lambda: f"{len(set(got) ^ set(wanted))} alerts differ: {sorted(set(got) ^ set(wanted))[:2]}")


def test_several_files_are_merged_by_time():
    with tempfile.TemporaryDirectory() as folder:
        truth = day(5, folder)
        files = sorted(os.path.join(folder, "files", f) for f in os.listdir(os.path.join(folder, "files")))
        found, false = judge(replay(*files), truth)
        check(len(found) == len(truth["attacks"]) and not false, lambda: f"found {found}, false {false}")


if __name__ == "__main__":
    if shutil.which("taskset") is None:
        print("note: taskset is missing")
    run(globals())
