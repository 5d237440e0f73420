#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lines of tests/japan as files, in UTF-8 with BOM, CP932 and EUC-JP: `normalize` finds the header, knows the product and gives the
same records."""
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, check, run  # noqa: E402

ENCODINGS = (("utf-8", "UTF-8"), ("cp932", "CP932"), ("euc-jp", "EUC-JP-MS"))
MINE = {"event.id", "event.sequence", "event.ingested", "noroshi.charset", "noroshi.raw", "event.created"}
TIER1 = {"yamaha_rtx", "ifilter", "mfilter", "skysea", "lanscope", "mylogstar"}


def blocks(path):
    """(header or None, [(line, only Unicode can say it)]) for each header of the file."""
    found, unicode_only = [(None, [])], False
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith("#columns"):
                found.append((line[len("#columns "):] or None, []))
            elif line == "#unicode":
                unicode_only = True
            elif line and not line.startswith("#"):
                found[-1][1].append((line.partition("\t")[2], unicode_only))
                unicode_only = False
    return [b for b in found if b[1]]


def read(path, encoding):
    out = subprocess.run([NOROSHI, "normalize", "--zone", "Asia/Tokyo", "--clock", "2026-11-22T10:00:00Z", "--encoding", encoding, path],
                         check=True, capture_output=True, timeout=60).stdout
    return [json.loads(line) for line in out.splitlines()]


def test_every_product_as_a_file_in_each_encoding():
    products = set()
    for log in sorted(glob.glob(os.path.join(ROOT, "tests", "japan", "*.log"))):
        product = os.path.basename(log)[:-len(".log")]
        products.add(product)
        for header, lines in blocks(log):
            first = None
            said = [line for line, unicode_only in lines if not unicode_only]
            text = "".join(line + "\r\n" for line in ([header] if header else []) + said)
            for encoding, name in ENCODINGS:
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, "export.csv" if header else "export.log")
                    raw = subprocess.run(["iconv", "-f", "UTF-8", "-t", name], input=text.encode(), check=True, capture_output=True).stdout
                    with open(path, "wb") as f:
                        f.write((b"\xef\xbb\xbf" if encoding == "utf-8" else b"") + raw)
                    records = read(path, encoding)
                if header:
                    records = records[1:]
                check(len(records) == len(said), f"{product} in {encoding}: {len(records)} records of {len(said)} lines under {header}")
                for record, line in zip(records, said):
                    check(record.get("noroshi.source") == product, f"{product} in {encoding} is taken for {record.get('noroshi.source')}: {line}")
                # the evidence keeps the mark that begins the file
                plain = [{k: v.removeprefix("\ufeff") if k == "event.original" else v for k, v in record.items() if k not in MINE}
                         for record in records]
                first = first or plain
                for a, b, line in zip(first, plain, said):
                    check(a == b, f"{product} in {encoding}: {({k for k in set(a) | set(b) if a.get(k) != b.get(k)})} of {line}")
    check(TIER1 <= products, f"no lines of {TIER1 - products}")


run(globals())
