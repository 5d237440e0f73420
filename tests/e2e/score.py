#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The scoreboard's floor on a few small days; and four of the demo's attacks, each of which crosses three kinds of logs
under different names: one incident of all its sources in order, less without any of them, nothing of unrelated people."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, check, run  # noqa: E402

os.environ["NOROSHI_BIN"] = os.path.dirname(NOROSHI)
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import score  # noqa: E402

FLOOR_SEEDS, FLOOR_LINES = range(21, 24), 30000
CROSSING = {"A03-proxy-exfiltration": ("auth", "endpoint", "proxy"), "A05-phishing": ("mail", "proxy", "endpoint"),
            "A06-lateral-movement": ("endpoint", "auth", "firewall"), "A07-ransomware-precursor": ("remote", "auth", "endpoint")}
STORY_RULES = ("3a827529-5334-5547-810d-a3350e015a8f", "486fe49c-c8c0-5ebd-a68e-3b131e66367c", "3d39f509-e4b4-56ac-b802-daea044f3637",
               "9a92b2f1-ba1f-595f-815a-a83ea219d148")


def demo_day(folder, seed, *more):
    subprocess.run([score.COMPANY, "--seed", str(seed), "--lines", "10000", "--no-files", *more, "--out", folder], check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "day.log"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as f:
        return score.json.load(f), lines


def attacks(truth):
    return [m for m in truth["attacks"] if m["id"] in CROSSING]


def spellings(mark, lines, kind):
    """Which of the person's names stand, whole, in the attack's lines of that kind."""
    text = "\n".join(lines[n - 1] for n, _ in mark["records"][kind]).replace("\\\\", "\\")
    return {name for name in mark["names"] if re.search(r"(?<![\w.@\\-])" + re.escape(name) + r"(?![\w.@-])", text)}


def test_the_floor_holds():
    board = score.Board()
    for seed in FLOOR_SEEDS:
        board.add(seed, score.run_seed(seed, FLOOR_LINES))
    t = board.totals()
    print(f"  {t}")
    check(t["kinds"] >= 30 and t["stories"] >= 100 and t["twins"] >= 20 * t["days"], f"{t['kinds']} kinds of stories")
    check(t["share_found"] >= 0.90, f"found {t['share_found']:.1%}: {[k for k, r in board.rows.items() if r['missed']]}")
    check(t["false_high_per_500_people_day"] <= 2, f"false high alerts: {board.rules}")
    check(t["share_mixed"] <= 0.05, f"incidents of two stories: {board.mixes}")


def test_every_story_has_its_twin_and_its_records():
    with tempfile.TemporaryDirectory() as folder:
        truth = score.make_day(24, 10000, folder)
        stories = {m["id"] for m in truth["attacks"] if m["id"].startswith("S")}
        check(len(stories) >= 20, f"{len(stories)} stories")
        check({m.get("beside") for m in truth["decoys"]} >= stories, lambda: f"without a twin: {stories - {m.get('beside') for m in truth['decoys']}}")
        with open(os.path.join(folder, "day.log"), encoding="utf-8") as f:
            lines = f.read().split("\n")
        for mark in (*truth["attacks"], *truth["decoys"]):
            numbers = [n for rows in mark["records"].values() for n, _ in rows]
            check(len(numbers) == mark["events"] and max(numbers) < len(lines), f"{mark['id']}: {len(numbers)} records")
            check(mark["id"][0] not in "AS" or mark["decisive"]["line"] in numbers, f"{mark['id']}: what decides is one of them")


def test_four_attacks_cross_three_kinds_of_logs_under_different_names():
    for seed in (31, 32):
        with tempfile.TemporaryDirectory() as folder:
            truth, lines = demo_day(folder, seed)
            day = score.Day(truth, score.replay(folder))
            for mark in attacks(truth):
                kinds = CROSSING[mark["id"]]
                common = set.intersection(*(spellings(mark, lines, k) for k in kinds))
                check(not common, f"seed {seed} {mark['id']}: {common} stands in all of {kinds}")
                alerts = day.of[mark["id"]]
                check(len(day.incidents(alerts)) == 1, f"seed {seed} {mark['id']}: {len(day.incidents(alerts))} incidents")
                told = [a for a in alerts if a["rule.id"] in STORY_RULES]
                check(len(told) == 1, f"seed {seed} {mark['id']}: {[a['rule.name'] for a in alerts]}")
                seqs = [r["event.sequence"] for r in told[0]["noroshi.alert.records"]]
                kind_of = {n: k for k, rows in mark["records"].items() for n, _ in rows}
                check(set(kinds) <= {kind_of.get(s) for s in seqs} and seqs == sorted(seqs),
                      f"seed {seed} {mark['id']}: {[kind_of.get(s) for s in seqs]}")
                check(set(kinds) <= set(told[0]["noroshi.incident.families"]), told[0]["noroshi.incident.families"])


def worst(day, mark):
    return max((a.get("noroshi.incident.level", 0) for a in day.of[mark["id"]]), default=0)


def test_without_a_source_it_is_lower_and_says_so():
    with tempfile.TemporaryDirectory() as folder:
        truth, lines = demo_day(folder, 33)
        whole = score.Day(truth, score.replay(folder))
        for mark in attacks(truth):
            for kind in CROSSING[mark["id"]]:
                # left empty, not out: line numbers stay
                gone = {n for n, _ in mark["records"][kind]}
                with open(os.path.join(folder, "less.log"), "w", encoding="utf-8") as f:
                    f.write("\n".join("<14>Mar  2 00:00:00 x y: -" if n in gone else line for n, line in enumerate(lines, 1)))
                rest = score.Day(truth, score.replay(folder, "less.log"))
                alerts = rest.of[mark["id"]]
                check(not any(a["rule.id"] in STORY_RULES for a in alerts), f"{mark['id']} without {kind} still tells the story")
                check(worst(rest, mark) < worst(whole, mark), f"{mark['id']} without {kind}: L{worst(rest, mark)}, whole L{worst(whole, mark)}")
                missing = {m["family"] for a in alerts for m in a.get("noroshi.incident.missing", [])}
                check(not alerts or kind in missing, f"{mark['id']} without {kind}: said {missing}; {[a['rule.name'] for a in alerts]}")


def test_steps_of_unrelated_people_are_no_story():
    for seed in (34, 35, 36):
        with tempfile.TemporaryDirectory() as folder:
            truth, _ = demo_day(folder, seed, "--torn")
            told = [a["rule.name"] for a in score.replay(folder) if a["rule.id"] in STORY_RULES]
            check(not told, f"seed {seed}: {told}")


run(globals())
