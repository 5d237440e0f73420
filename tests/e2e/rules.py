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


def rules_test(*paths):
    out = subprocess.run([NOROSHI, "rules", "test", "--json", *paths], capture_output=True, text=True, timeout=600)
    return out.returncode, [json.loads(line) for line in out.stdout.splitlines()], out.stderr


def shipped(rules):
    code, tests, said = rules_test(RULES)
    check(code == 0 and len({t["rule"] for t in tests}) >= rules, f"exit {code}, {len(tests)} tests; {said[-500:]}"
          f" {[t for t in tests if not t['ok']][:5]}")


OWN = """title: A word in a message
id: word
logsource: {product: example}
detection: {a: {message|contains: secret}, condition: a}
noroshi:
  tests:
    - {name: fires, expect: fires, events: [{logsource: {product: example}, message: a secret}]}
    - {name: wrong, expect: quiet, events: [{logsource: {product: example}, message: the secret}]}
    - {name: never, expect: fires, events: [{logsource: {product: example}, message: nothing}]}
    - {name: odd, expect: perhaps, events: []}
"""


def failing():
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as f:
        f.write(OWN)
        f.flush()
        code, tests, _ = rules_test(f.name)
        plain = subprocess.run([NOROSHI, "rules", "test", f.name], capture_output=True, text=True, timeout=60).stdout
    check(code == 1, f"exit {code}")
    check([t["ok"] for t in tests] == [True, False, False, False], f"which fail: {tests}")
    check("it fired; fired: word" in tests[1]["why"], tests[1]["why"])
    check("it stayed quiet; fired: nothing" in tests[2]["why"], tests[2]["why"])
    check(f"{f.name}:8:" in plain and "4 tests of rules, 3 failed" in plain, plain)


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
    tally.run("noroshi rules test says the same of all of them", lambda: shipped(output))
    tally.run("noroshi rules test tells what fails, and where", failing)
    tally.run("rules with tests are there", lambda: check(output >= 20, f"{output} rules carry tests"))
    tally.end()


main()
