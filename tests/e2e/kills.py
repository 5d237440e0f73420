#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 anywhere changes nothing: random roles under load, and each named crash point.

50 random kills in `make check`, 1,000 with NOROSHI_TORTURE=1. Sources are a followed file and Kafka.
"""
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import ROOT, Daemon, Failure, Kafka, check, run, wait_for  # noqa: E402
import rdkafka  # noqa: E402

TORTURE = bool(os.environ.get("NOROSHI_TORTURE"))
ROLES = ("intake", "engine", "worker", "respond", "signer", "console", "parent")
RULES = """title: Password guessed
id: 6f1a7c50-0000-4000-8000-000000000001
name: guess_failed
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, event.outcome: failure}
  condition: selection
---
title: Logged in
id: 6f1a7c50-0000-4000-8000-000000000002
name: guess_in
logsource: {service: sshd}
detection:
  selection: {event.action: ssh_login, event.outcome: success}
  condition: selection
---
title: Many failures
id: 6f1a7c50-0000-4000-8000-000000000003
name: guess_many
correlation:
  type: event_count
  rules: [guess_failed]
  group-by: [source.ip]
  timespan: 60s
  condition: {gte: 5}
---
title: Many failures, then in
id: 6f1a7c50-0000-4000-8000-000000000004
level: high
correlation:
  type: temporal_ordered
  rules: [guess_many, guess_in]
  group-by: [source.ip]
  timespan: 60s
"""


def lines(count, net, seed):
    """One feed: each address (10.net.x.y) appears in this feed alone. Every 50th address is guessed into."""
    r, out, t = random.Random(seed), [], 1772438400
    while len(out) < count:
        t += 1
        host = r.randrange(4000)
        ip = f"10.{net}.{host >> 8}.{host & 255}"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        steps = ["Failed"] * 6 + ["Accepted"] if host % 50 == 0 else ["Failed", "Accepted"]
        for n, word in enumerate(steps):
            out.append(f"<38>1 {stamp} web{net} sshd {1000 + n} - - {word} password for root from {ip} port {20000 + len(out)} ssh2")
    return [line.encode() for line in out[:count]]


class Scene:
    """A daemon that follows a file and reads a topic; both are fed while it runs."""

    def __init__(self, kafka, topic, directory, group):
        self.kafka, self.topic = kafka, topic
        self.log = os.path.join(directory, "feed.log")
        # the rules are named, not copied: a restart must find the same file
        rules = os.path.join(directory, "rules.yml")
        with open(rules, "w", encoding="utf-8") as f:
            f.write(RULES)
        self.config = {
            "listen": [{"name": "file", "kind": "file", "path": self.log, "follow": True, "history": True},
                       {"name": "k", "kind": "kafka", "brokers": kafka.brokers, "group": group, "history": True,
                        "topics": [{"topic": topic}], "properties": {"auto.offset.reset": "earliest"}}],
            "rules": [{"path": rules}],
            "workers": {"count": 2},
            "limits": {"checkpoint": "500ms"},
        }


def feed_file(path, data, pace):
    with open(path, "ab") as f:
        for i in range(0, len(data), 200):
            f.write(b"\n".join(data[i:i + 200]) + b"\n")
            f.flush()
            time.sleep(pace)


def outcome(daemon, expected):
    """What must be equal: the records by id, and the alerts by id."""
    records = daemon.query()
    ids = [r["event.id"] for r in records]
    check(len(ids) == len(set(ids)), lambda: f"{len(ids) - len(set(ids))} records are stored twice")
    texts = {r["event.original"] for r in records}
    missing = expected - texts
    check(not missing, lambda: f"{len(missing)} of {len(expected)} records are lost, e.g. {sorted(missing)[:2]}")
    check(len(ids) == len(expected), lambda: f"{len(ids)} records of {len(expected)}")
    alerts = [a["noroshi.alert.id"] for a in daemon.alerts()]
    check(len(alerts) == len(set(alerts)), lambda: f"{len(alerts) - len(set(alerts))} alerts came twice")
    return set(ids), set(alerts)


def all_stored(daemon, count):
    """Counters start anew with the parent, so the archive itself is asked."""
    seen = [0]

    def there():
        seen[0] = daemon.cli("query", "*", "--archive", daemon.archive, "--format", "json", binary=True, timeout=120).count(b"\n")
        return seen[0] >= count
    wait_for(there, 600 if TORTURE else 120, lambda: f"{count} records are in the archive; {seen[0]} are", step=0.5)


def all_sent(daemon, wanted):
    wait_for(lambda: {a["noroshi.alert.id"] for a in daemon.alerts()} >= wanted, 30,
             lambda: f"{len(wanted)} alerts arrive; {len(daemon.alerts())} did")


def kill_at_random(daemon, kills, rng, gap):
    for n in range(kills):
        role = rng.choice(ROLES)
        time.sleep(rng.uniform(*gap))
        try:
            daemon.kill(role)
        except ProcessLookupError:
            continue
        if role == "parent":
            daemon.job.wait()
            # what it leaves must be gone before the next one opens the same journal
            wait_for(lambda: not daemon.roles(), 10, "the roles end with their parent")
            daemon.start(timeout=60)
        if n % 10 == 9:
            print(f"  {n + 1} kills", flush=True)


def test_random_kills_change_nothing():
    kills, count = (1000, 200000) if TORTURE else (50, 60000)
    seed = int(os.environ.get("NOROSHI_SEED", "0")) or random.randrange(1 << 30)
    rng = random.Random(seed)
    print(f"  seed {seed} (NOROSHI_SEED repeats it)", flush=True)
    from_file, from_kafka = lines(count // 2, 1, 1), lines(count // 2, 2, 2)
    expected = {x.decode() for x in from_file + from_kafka}
    check(len(expected) == count, "the feed has no two equal lines")
    gap = (0.02, 0.5)
    with Kafka() as kafka:
        kafka.create_topic("feed", 1)
        quiet = Daemon({})
        scene = Scene(kafka, "feed", quiet.dir, "quiet")
        quiet.configure(scene.config)
        with rdkafka.Producer(kafka.brokers) as p:
            for line in from_kafka:
                p.send("feed", line)
            p.flush()
        with quiet:
            feed_file(scene.log, from_file, 0)
            all_stored(quiet, count)
            quiet.wait_drained()
            wait_for(lambda: quiet.status()["sent"] >= quiet.status()["alerts"], 20, "alerts are sent")
            wanted_ids, wanted_alerts = outcome(quiet, expected)
        check(len(wanted_alerts) > 20, lambda: f"the feed gives only {len(wanted_alerts)} alerts")
        wild = Daemon({})
        scene = Scene(kafka, "feed", wild.dir, "wild")
        wild.configure(scene.config)
        with wild:
            pace = kills * sum(gap) / 2 / (count / 2 / 200)
            feeder = threading.Thread(target=feed_file, args=(scene.log, from_file, pace), daemon=True)
            feeder.start()
            kill_at_random(wild, kills, rng, gap)
            feeder.join()
            all_stored(wild, count)
            all_sent(wild, wanted_alerts)
            got_ids, got_alerts = outcome(wild, expected)
            check(got_ids == wanted_ids, "record ids differ from the undisturbed run")
            check(got_alerts == wanted_alerts,
                  lambda: f"alert ids differ: {len(got_alerts - wanted_alerts)} extra, {len(wanted_alerts - got_alerts)} missing")
            wild.stop()
            wild.cli("verify", "--archive", wild.archive)


def crash_points():
    with open(os.path.join(ROOT, "base", "crash.def"), encoding="utf-8") as f:
        return [line.split('"')[1] for line in f if line.startswith("C(")]


def struck(d):
    """A role fell, or the child that writes checkpoints did."""
    return "ended by signal 9" in d.said() or "checkpoint could not be written" in d.said()


def crash_run(point, nth, data, wanted):
    """One daemon that is killed at the point, then started again without it."""
    d = Daemon({}, env={"NOROSHI_CRASH": f"{point}:{nth}"})
    log = os.path.join(d.dir, "feed.log")
    rules = os.path.join(d.dir, "rules.yml")
    with open(rules, "w", encoding="utf-8") as f:
        f.write(RULES)
    with open(log, "wb") as f:
        f.write(b"\n".join(data) + b"\n")
    d.configure({"listen": [{"name": "file", "kind": "file", "path": log, "follow": True, "history": True}],
                 "rules": [{"path": rules}], "workers": {"count": 1},
                 "limits": {"checkpoint": "200ms"}})
    try:
        d.spawn()
        deadline = time.monotonic() + 4
        # roles fall and are started again and again; the parent itself never passes a crash point
        while time.monotonic() < deadline and not struck(d):
            if d.job.poll() is not None:
                break
            time.sleep(0.02)
        hit = struck(d) or d.job.poll() is not None
        d.close_processes()
        d.env = None
        d.start(timeout=60)
        all_stored(d, len(data))
        d.wait_drained()
        if wanted:
            all_sent(d, wanted[1])
        else:
            wait_for(lambda: d.status()["sent"] >= d.status()["alerts"], 20, "alerts are sent")
        got = outcome(d, {x.decode() for x in data})
        d.stop()
        d.cli("verify", "--archive", d.archive)
        return hit, got
    finally:
        d.close()


def test_each_crash_point():
    data = lines(3000, 3, 3)
    _, wanted = crash_run("none", 1, data, None)
    check(len(wanted[1]) > 3, "the feed gives alerts")
    points, never = crash_points(), []
    check(len(points) >= 14, f"only {len(points)} crash points")
    for point in points:
        hit = False
        for nth in ((1, 2, 3) if TORTURE else (1,)):
            struck, got = crash_run(point, nth, data, wanted)
            hit |= struck
            check(got == wanted, lambda: f"{point}: the outcome differs")
        if not hit:
            never.append(point)
    print(f"  {len(points) - len(never)} of {len(points)} points struck; not reached by this load: {never}", flush=True)
    if len(points) - len(never) < 14:
        raise Failure(f"only {len(points) - len(never)} crash points were struck")


run(globals())
