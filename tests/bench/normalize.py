#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast `noroshi normalize` reads each product on one core.

    normalize.py [--runs N] [--core N] [--corpus DIR] [--only WORD] [--check]

Each product's lines (the golden logs of tests/golden, the tests that definitions carry, and, with
--corpus or $NOROSHI_CORPUS, FAMILY/PRODUCT/*.log of a folder) are repeated to a file of 24 MB
and read by one process on one core, output to /dev/null. A rate is of user and system
time of the process, less what an empty run takes: so another load on the machine disturbs it less
than wall time; the best of N runs counts. --check: exit 1 where a figure that is asked for is
missed. Results: build/bench/normalize.json.
"""
import argparse
import glob
import json
import os
import resource
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NOROSHI = os.environ.get("NOROSHI") or os.path.join(ROOT, "build", "release", "noroshi")
OUT = os.path.join(ROOT, "build", "bench")
ASKED = {"sshd": ("lines_per_s", 400000), "fortigate": ("lines_per_s", 300000), "sysmon json": ("mb_per_s", 250)}
BYTES = 24_000_000


def golden():
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "*.log"))):
        with open(path, "rb") as f:
            lines = [line for line in f.read().split(b"\n") if line]
        name = os.path.basename(path)[:-4]
        yield name, lines
        if name == "windows":
            yield "sysmon json", [line for line in lines if b"Sysmon" in line and line.startswith(b"{")]


def definitions():
    for path in sorted(glob.glob(os.path.join(ROOT, "config", "sources", "*.yml"))):
        with open(path, encoding="utf-8") as f:
            for document in yaml.load_all(f, yaml.BaseLoader):
                lines = [t["line"].encode() for t in (document or {}).get("tests", ())]
                lines = [line for line in lines if b"\n" not in line]
                if lines:
                    yield document["source"], lines


def corpus(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*", "*"))):
        lines = []
        for name in sorted(glob.glob(os.path.join(path, "*.log"))):
            with open(name, "rb") as f:
                lines += [line for line in f.read().split(b"\n") if line]
        if lines:
            yield "corpus " + os.path.relpath(path, folder), lines


def spent_by_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu(core, path):
    before = spent_by_children()
    subprocess.run(["taskset", "-c", str(core), NOROSHI, "normalize", "--zone", "UTC", path], check=True, stdout=subprocess.DEVNULL)
    return spent_by_children() - before


def measure(args, lines, idle):
    with tempfile.NamedTemporaryFile(suffix=".log") as f:
        block = b"\n".join(lines) + b"\n"
        times = max(1, BYTES // len(block))
        f.write(block * times)
        f.flush()
        spent = max(min(cpu(args.core, f.name) for _ in range(args.runs)) - idle, 0.01)
    return {"lines": len(lines), "bytes_per_line": len(block) / len(lines),
            "lines_per_s": times * len(lines) / spent, "mb_per_s": times * len(block) / spent / 1e6}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", type=int, default=os.cpu_count() - 1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--corpus", default=os.environ.get("NOROSHI_CORPUS"))
    parser.add_argument("--only", metavar="WORD", help="products whose name holds the word")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if not os.access(NOROSHI, os.X_OK):
        sys.exit("normalize: no noroshi: run make first, or set NOROSHI")
    idle = min(cpu(args.core, "/dev/null") for _ in range(5))
    rows, missed = {}, []
    print(f"{'product':44} {'lines/s':>9} {'MB/s':>7} {'B/line':>7}")
    for source in (golden(), definitions(), corpus(args.corpus) if args.corpus else ()):
        for name, lines in source:
            if args.only and args.only not in name:
                continue
            name = name if name not in rows else name + " (definition)"
            row = rows[name] = measure(args, lines, idle)
            unit, least = ASKED.get(name, ("", 0))
            asked = f"  asked {least:,}" if unit else ""
            print(f"{name:44} {row['lines_per_s']:9,.0f} {row['mb_per_s']:7.1f} {row['bytes_per_line']:7.0f}{asked}", flush=True)
            if unit and row[unit] < least:
                missed.append(f"{name}: {row[unit]:,.0f} {unit}, asked {least:,}")
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "normalize.json"), "w", encoding="utf-8") as f:
        json.dump({"idle_s": idle, "products": rows, "load": os.getloadavg()[0]}, f, indent=1)
    for why in missed:
        print("missed: " + why)
    return 1 if args.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
