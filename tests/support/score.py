#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make score: what the shipped rules find in days of the made-up company, and what they say in vain.

    score.py [--seeds 1-5] [--lines 1000000] [--json FILE] [--verbose]

Each seed's day runs through `noroshi replay` with the company's lists and config/rules. A story is found by a high or
critical alert that holds one of its records and names one of its persons, machines or addresses. An alert that holds no
record of a story is false; one that holds a twin's, or names it within its time, is the twin's misfire (and false too).
"""
import argparse
import collections
import datetime
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("NOROSHI_BIN") or os.path.join(ROOT, "build", "release")
COMPANY = os.path.join(ROOT, "build", "release", "tests", "support", "company", "company")
PEOPLE = 400
HIGH = ("high", "critical")


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def make_day(seed, lines, folder, *more):
    subprocess.run([COMPANY, "--seed", str(seed), "--lines", str(lines), "--no-files", "--stories", *more, "--out", folder], check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as f:
        return json.load(f)


def replay(folder, log="day.log"):
    done = subprocess.run([os.path.join(BIN, "noroshi"), "replay", "--rules", os.path.join(ROOT, "config", "rules"), "--watchlists",
                           os.path.join(folder, "lists"), "--clock", "2026-03-03T00:00:00Z", os.path.join(folder, log)],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines_of(mark):
    return {line for rows in mark["records"].values() for line, _ in rows}


def bare(name):
    """A name as entities have it: in lower case, a host without its domain, an account without DOMAIN\\."""
    name = str(name).lower().rsplit("\\", 1)[-1]
    return name if name.replace(".", "").isdigit() or "@" in name else name.removesuffix(".ad.aoba-seiko.example")


def named(alert):
    """What an alert names: its group, its entities, and who stands in the record that decided."""
    last = alert.get("noroshi.alert.last_record", {})
    values = [*alert["noroshi.alert.group"].values(), *(e["value"] for e in alert.get("noroshi.alert.entities", [])),
              *(last.get(k, "") for k in ("noroshi.identity.user", "noroshi.identity.host"))]
    return {bare(v) for v in values if v}


def sequences(alert):
    return {r["event.sequence"] for r in alert["noroshi.alert.records"]}


class Day:
    """One seed's day: which alert belongs to what."""

    def __init__(self, truth, alerts):
        self.truth, self.alerts = truth, alerts
        self.owner = {}
        for mark in (*truth["attacks"], *truth["decoys"]):
            mark["bare"] = {bare(n) for n in mark["names"]} | {bare(v) for v in mark["entity"].values()}
            for line in lines_of(mark):
                self.owner[line] = mark["id"]
        self.attack_ids = {m["id"] for m in truth["attacks"]}
        self.of = {m["id"]: [] for m in (*truth["attacks"], *truth["decoys"])}
        self.false = []
        for alert in alerts:
            owners = {self.owner[s] for s in sequences(alert) if s in self.owner}
            for one in owners:
                self.of[one].append(alert)
            if not owners & self.attack_ids:
                self.false.append((alert, owners))

    def story(self, mark):
        """(found, seconds from the decisive record, alerts, incidents)"""
        mine = self.of[mark["id"]]
        hits = [a for a in mine if a.get("log.level") in HIGH and named(a) & mark["bare"]]
        delay = None
        if hits and "decisive" in mark:
            delay = min(when(a["@timestamp"]) for a in hits) - when(mark["decisive"]["time"])
        return bool(hits), delay, mine, self.incidents(mine)

    def incidents(self, alerts):
        gone = {m: a["noroshi.incident.id"] for a in self.alerts for m in a.get("noroshi.incident.merged", [])}
        out = set()
        for a in alerts:
            i = a.get("noroshi.incident.id")
            while i in gone:
                i = gone[i]
            if i:
                out.add(i)
        return out

    def mixed(self):
        """Incidents, and those of them that hold records of two stories."""
        gone = {m: a["noroshi.incident.id"] for a in self.alerts for m in a.get("noroshi.incident.merged", [])}
        holds = collections.defaultdict(set)
        for a in self.alerts:
            i = a.get("noroshi.incident.id")
            while i in gone:
                i = gone[i]
            if i:
                holds[i] |= {self.owner[s] for s in sequences(a) if s in self.owner} & self.attack_ids
        return len(holds), {i: sorted(s) for i, s in holds.items() if len(s) > 1}


def run_seed(seed, lines):
    with tempfile.TemporaryDirectory(prefix="noroshi-score-") as folder:
        truth = make_day(seed, lines, folder)
        return Day(truth, replay(folder))


class Board:
    """The sum over seeds."""

    def __init__(self):
        self.rows = collections.defaultdict(lambda: {"days": 0, "found": 0, "delays": [], "alerts": 0, "incidents": 0, "missed": []})
        self.twins = collections.defaultdict(lambda: {"days": 0, "high": 0, "all": 0, "rules": collections.Counter()})
        self.days = self.false = self.false_high = self.incident_count = 0
        self.rules, self.mixes = collections.Counter(), []

    def add(self, seed, day):
        self.days += 1
        for mark in day.truth["attacks"]:
            found, delay, alerts, incidents = day.story(mark)
            row = self.rows[mark["id"]]
            row["days"] += 1
            row["found"] += found
            row["delays"] += [delay] if delay is not None else []
            row["alerts"] += len(alerts)
            row["incidents"] += len(incidents)
            if not found:
                row["missed"].append(seed)
        for mark in day.truth["decoys"]:
            row = self.twins[mark["id"]]
            row["days"] += 1
            row["beside"] = mark.get("beside", "")
            mine = day.of[mark["id"]]
            row["high"] += any(a.get("log.level") in HIGH for a in mine)
            row["all"] += bool(mine)
            row["rules"].update(a["rule.name"] for a in mine)
        for alert, owners in day.false:
            high = alert.get("log.level") in HIGH
            self.false += 1
            self.false_high += high
            self.rules[(alert["log.level"], alert["rule.name"], ",".join(sorted(owners)))] += 1
        count, mixed = day.mixed()
        self.incident_count += count
        self.mixes += [(seed, *m) for m in mixed.values()]

    def totals(self):
        stories = sum(r["days"] for r in self.rows.values())
        per = 500 / PEOPLE / max(self.days, 1)
        return {"days": self.days, "stories": stories, "kinds": len(self.rows), "found": sum(r["found"] for r in self.rows.values()),
                "share_found": sum(r["found"] for r in self.rows.values()) / max(stories, 1),
                "twins": sum(r["days"] for r in self.twins.values()), "twins_misfired_high": sum(r["high"] for r in self.twins.values()),
                "twins_misfired": sum(r["all"] for r in self.twins.values()),
                "false_high_per_500_people_day": self.false_high * per, "false_per_500_people_day": self.false * per,
                "incidents": self.incident_count, "incidents_of_two_stories": len(self.mixes),
                "share_mixed": len(self.mixes) / max(self.incident_count, 1)}

    def show(self):
        print(f"{'story':34} {'found':>7} {'delay s':>8} {'alerts':>7} {'incid.':>7}  missed in seeds")
        for key in sorted(self.rows):
            r = self.rows[key]
            delay = f"{sorted(r['delays'])[len(r['delays']) // 2]:8.1f}" if r["delays"] else "       -"
            print(f"{key:34} {r['found']:3}/{r['days']:<3} {delay} {r['alerts'] / r['days']:7.1f} {r['incidents'] / r['days']:7.1f}  "
                  f"{' '.join(map(str, r['missed']))}")
        print(f"\n{'twin':34} {'high':>7} {'any':>5}  rules that misfired")
        for key in sorted(self.twins):
            r = self.twins[key]
            print(f"{key:34} {r['high']:3}/{r['days']:<3} {r['all']:5}  {'; '.join(r['rules'])}")
        for (level, name, owners), n in self.rules.most_common(40):
            print(f"  false: {n:3} x {level:8} {name}{' (' + owners + ')' if owners else ''}")
        for mix in self.mixes:
            print(f"  two stories in one incident: seed {mix[0]}: {' + '.join(mix[1:])}")
        t = self.totals()
        print(f"""
{t['days']} days of {PEOPLE} people, {t['kinds']} kinds of stories:
  stories with a high alert that names a right entity   {t['found']} of {t['stories']} = {t['share_found']:.1%}
  twins that misfired: high, at all                     {t['twins_misfired_high']}, {t['twins_misfired']} of {t['twins']}
  false alerts per 500 people and day: high, all        {t['false_high_per_500_people_day']:.2f}, {t['false_per_500_people_day']:.2f}
  incidents that hold records of two stories            {t['incidents_of_two_stories']} of {t['incidents']} = {t['share_mixed']:.1%}""")


def seeds_of(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    ask = argparse.ArgumentParser(description="The scoreboard of the shipped rules over the made-up company's days.")
    ask.add_argument("--seeds", default=os.environ.get("SCORE_SEEDS", "1-5"))
    ask.add_argument("--lines", type=int, default=int(os.environ.get("SCORE_LINES", "1000000")))
    ask.add_argument("--json", help="write the totals there")
    ask.add_argument("--verbose", action="store_true", help="print every alert")
    a = ask.parse_args()
    board = Board()
    for seed in seeds_of(a.seeds):
        day = run_seed(seed, a.lines)
        board.add(seed, day)
        if a.verbose:
            for alert in day.alerts:
                owners = sorted({day.owner[s] for s in sequences(alert) if s in day.owner})
                print(seed, alert["log.level"], alert["rule.name"], alert["noroshi.alert.group"], owners,
                      f"L{alert.get('noroshi.incident.level')}", alert.get("noroshi.incident.id", "")[:6])
    board.show()
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump({"seeds": a.seeds, "lines": a.lines, **board.totals()}, f, indent=1)
    t = board.totals()
    return 0 if t["share_found"] >= 0.9 and t["false_high_per_500_people_day"] <= 2 and t["share_mixed"] <= 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
