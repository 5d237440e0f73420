#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brings docs/products.md up to date with config/sources and parsers/table.def.

Tier and proof are kept from the table as it stands, for people decide them; a product that is new gets a row with tier "-" and
"own lines, UNPROVEN". Where no real lines prove a product that has a file in tests/japan, the proof is counted from the source that each of its
lines names. With --check it only says whether the table is complete (exit 1 if not).
"""
import collections
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOC = os.path.join(ROOT, "docs", "products.md")
CONTAINERS = {"json", "gelf", "sigma", "cef", "leef", "w3c", "kv", "csv"}
HEAD = "| source | product | kind | tier | proven by |\n| --- | --- | --- | --- | --- |\n"


def definitions():
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "config", "sources", "*.yml"))):
        with open(path, encoding="utf-8") as f:
            text = f.read().split("\ntests:")[0]
        words = dict(re.findall(r"^(source|title|kind): *(.+)$", text, re.M))
        found[words["source"]] = (words.get("title", words["source"]), words.get("kind", "-"))
    with open(os.path.join(ROOT, "parsers", "table.def"), encoding="utf-8") as f:
        for name in re.findall(r"^P\((\w+)\)", f.read(), re.M):
            if name not in CONTAINERS:
                found.setdefault(name, (name, "row in C"))
    return found


def japan(name):
    """What the lines of tests/japan/NAME.log come from, or None where there is no such file."""
    path = os.path.join(ROOT, "tests", "japan", name + ".log")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        text = f.read()
    how = dict(re.findall(r"^#source (\S+) (\w+);", text, re.M))
    count = collections.Counter(how[key] for key in re.findall(r"^([^#\t\n]+)\t", text, re.M))
    words = (("documented", "lines by the vendor's document"), ("published", "as others published them"),
             ("kinds", "by the kinds that the vendor names (columns ours)"), ("memory", "from memory"))
    return "tests/japan, UNPROVEN: " + ", ".join(f"{count[k]} {text}" for k, text in words if count[k])


def rows(text):
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and cells[0] not in ("source", "---"):
            yield cells


def main():
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    known = {cells[0]: cells for cells in rows(text)}
    found = definitions()
    missing, gone = sorted(set(found) - set(known)), sorted(set(known) - set(found))
    if "--check" in sys.argv:
        print(f"products: {len(found)}; not in the table: {missing or 'none'}; no more there: {gone or 'none'}")
        return 1 if missing or gone else 0
    table = HEAD
    for name in sorted(found):
        title, kind = found[name]
        _, _, _, tier, proof = known.get(name, ("", "", "", "-", "own lines, UNPROVEN"))
        if proof != "real lines":
            proof = japan(name) or proof
        table += f"| {name} | {title} | {kind} | {tier} | {proof} |\n"
    at = text.index(HEAD)
    end = at
    for line in text[at:].splitlines(keepends=True):
        if not line.startswith("|"):
            break
        end += len(line)
    with open(DOC, "w", encoding="utf-8") as f:
        f.write(text[:at] + table + text[end:])
    return 0


sys.exit(main())
