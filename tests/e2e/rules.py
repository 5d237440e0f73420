#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tests that shipped rules carry: each fires, and stays quiet, where it says so."""
import csv
import glob
import json
import os
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, Tally, check  # noqa: E402

RULES = os.path.join(ROOT, "config", "rules")


class Text(yaml.SafeLoader):
    """Scalars as YAML 1.2 has them where it matters here: a time stays text."""


Text.yaml_implicit_resolvers = {k: [r for r in v if r[0] != "tag:yaml.org,2002:timestamp"]
                                for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def write_lists(folder, lists):
    for name, rows in lists.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as f:
            table = csv.DictWriter(f, sorted({column for row in rows for column in row}))
            table.writeheader()
            table.writerows(rows)


def fired(events, lists):
    """Ids of the rules and correlations that report on these events, with all shipped rules loaded."""
    with tempfile.TemporaryDirectory() as folder:
        write_lists(folder, lists)
        return replayed(events, folder)


def replayed(events, lists):
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as f:
        for event in events:
            f.write(json.dumps(event, ensure_ascii=False) + "\n")
        f.flush()
        out = subprocess.run([NOROSHI, "replay", "--source", "sigma", "--fields", "ecs", "--rules", RULES, "--watchlists", lists,
                              "--matches", f.name],
                             check=True, stdout=subprocess.PIPE, timeout=60).stdout
    return {m.get("rule") or m.get("correlation") for m in map(json.loads, out.splitlines())}


def one(document, test):
    key = document.get("id") or document.get("name") or document["title"]
    ids = fired(test["events"], test.get("lists") or {})
    check((key in ids) == (test["expect"] == "fires"), f"wanted: {test['expect']}; these fired: {sorted(ids)}")


def main():
    tally, output = Tally(), 0
    for path in sorted(glob.glob(RULES + "/*.yml")):
        with open(path, encoding="utf-8") as f:
            documents = [d for d in yaml.load_all(f, Text) if d]
        for d in documents:
            tests = (d.get("noroshi") or {}).get("tests") or []
            for test in tests:
                tally.run(f"{os.path.basename(path)}: {d['title']}: {test['name']}", lambda d=d, test=test: one(d, test))
            if tests:
                output += 1
                tally.run(f"{os.path.basename(path)}: {d['title']} is shown to fire and to stay quiet",
                          lambda tests=tests: check({t["expect"] for t in tests} == {"fires", "quiet"}, "only one of the two"))
    tally.run("rules with tests are there", lambda: check(output >= 20, f"{output} rules carry tests"))
    tally.end()


main()
