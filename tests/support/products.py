#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brings docs/products.md up to date with config/sources and parsers/table.def.

Tier and proof are kept from the table as it stands, for people decide them; a product that is new gets a row with tier "-" and
"own lines". With --check it only says whether the table is complete (exit 1 if not).
"""
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
        _, _, _, tier, proof = known.get(name, ("", "", "", "-", "own lines"))
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
