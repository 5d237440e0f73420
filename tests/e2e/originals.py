#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every accepted record re-emits its original bytes exactly: through the real daemon, its journal and its archive.

Sent: the golden logs and bytes by chance always; the corpus and the malformed set where they are beside the repository
($NOROSHI_CORPUS, $NOROSHI_MALFORMED or ../shared). Read back: `noroshi query` over the archive, and again after a kill -9
of everything, which puts the journal's tail through the workers once more; `noroshi normalize` for the same files.
"""
import base64
import collections
import glob
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, Daemon, Skip, check, free_port, octet, run, send_tcp, send_unix  # noqa: E402

SHARED = os.path.join(ROOT, "..", "shared")
CORPUS = os.environ.get("NOROSHI_CORPUS") or os.path.join(SHARED, "corpus")
MALFORMED = os.environ.get("NOROSHI_MALFORMED") or os.path.join(SHARED, "malformed")
FRAME_MAX = 131072


def original(record):
    if "noroshi.raw" in record:
        return base64.b64decode(record["noroshi.raw"], validate=True)
    return record["event.original"].encode("utf-8")


def frame_of(message):
    """What framing_trim of intake/framing.h leaves: NUL, then LF or CR LF, then NUL."""
    if message.endswith(b"\0"):
        message = message[:-1]
    if message.endswith(b"\n"):
        message = message[:-1]
        if message.endswith(b"\r"):
            message = message[:-1]
    if message.endswith(b"\0"):
        message = message[:-1]
    return message


def lines_of(path):
    """The lines of a file as intake reads it: LF or CR LF ends one, empty ones are none."""
    with open(path, "rb") as f:
        text = f.read()
    lines = text.split(b"\n")
    lines = [line[:-1] if line.endswith(b"\r") and i + 1 < len(lines) else line for i, line in enumerate(lines)]
    return [line[:FRAME_MAX] for line in lines if line]


def by_chance(count):
    r = random.Random(20261129)
    starts = (b"", b"<13>", b"<13>1 - - - - - [a b=\"", b"CEF:0|a|b|c|", b"LEEF:1.0|a|b|", b"{\"a\":\"", b"a=\"", b"\x1b$B", b"<Event ")
    out = []
    for i in range(count):
        body = r.randbytes(r.randrange(1, 400)) if i % 2 else bytes(r.choice(b"\"\\=|,;[]{}<> \t\r\n\0\xef\xbb\xbf\x83ab01:") for _ in range(r.randrange(1, 200)))
        out.append(starts[i % len(starts)] + body)
    return [m for m in out if frame_of(m)]


def same(want, records, what):
    """As sets with counts; one frame may give several records, each with the frame's bytes."""
    got = collections.Counter()
    records = [r for r in records if "noroshi.derived" not in r]  # made of several lines: they have none of their own
    for (_, raw) in {(r["event.sequence"], original(r)) for r in records}:
        got[raw] += 1
    want = collections.Counter(want)
    lost, strange = want - got, got - want
    check(not lost, lambda: f"{what}: {sum(lost.values())} of {sum(want.values())} do not come back, such as {next(iter(lost))[:200]!r}")
    check(not strange, lambda: f"{what}: {sum(strange.values())} were never sent, such as {next(iter(strange))[:200]!r}")


def through(messages, encoding="utf-8"):
    """Counted TCP and unix datagrams, archive, then kill -9 and the journal's replay."""
    port = free_port()
    listen = [{"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}", "encoding": encoding},
              {"name": "u", "kind": "unix-dgram", "path": "@DIR@/in.sock", "encoding": encoding}]
    d = Daemon({"listen": listen})
    with d:
        frames = [frame_of(m) for m in messages]
        half = len(messages) // 2
        send_tcp(port, messages[:half], octet)
        send_unix(d.path("in.sock"), [m for m in messages[half:] if len(m) < 65000])
        sent = frames[:half] + [f for m, f in zip(messages[half:], frames[half:]) if len(m) < 65000]
        d.wait_stored(len(sent))
        d.wait_drained()
        d.close_processes()  # what is not yet in a segment comes from the journal
        d.start()
        d.wait_drained()
        d.stop()
        d.start()
        same(sent, d.query(), f"as {encoding}")


def test_golden_logs_and_bytes_by_chance():
    golden = [line for path in sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "*.log"))) for line in lines_of(path)]
    check(len(golden) > 100, "golden logs are there")
    through(golden + by_chance(600))


def test_bytes_by_chance_in_each_encoding():
    for encoding in ("cp932", "euc-jp", "iso-2022-jp"):
        through(by_chance(150), encoding)


def test_malformed_set():
    paths = sorted(glob.glob(os.path.join(MALFORMED, "*.bin")))
    if not paths:
        raise Skip("the malformed set is not here")
    messages = []
    for path in paths:
        with open(path, "rb") as f:
            message = f.read()
        if frame_of(message) and len(message) <= FRAME_MAX:
            messages.append(message)
    through(messages)


def test_corpus_through_files():
    paths = sorted(glob.glob(os.path.join(CORPUS, "*", "*", "*.log")))
    if not paths:
        raise Skip("the corpus is not here")
    # files that begin alike are one stream (intake/files.h): one of each beginning
    beginnings = {}
    for path in paths:
        with open(path, "rb") as f:
            beginnings.setdefault(f.readline(4096), path)
    paths = sorted(beginnings.values())
    d = Daemon({"listen": [{"name": "corpus", "kind": "file", "path": "@DIR@/corpus/*.log", "follow": False, "history": True}]})
    os.mkdir(d.path("corpus"))
    for n, path in enumerate(paths):
        os.symlink(path, d.path("corpus", f"{n}.log"))
    with d:
        want = [line for path in paths for line in lines_of(path)]
        d.wait_stored(len(want), timeout=180)
        d.wait_drained()
        d.stop()
        d.start()
        same(want, d.query(), "the corpus")


def test_normalize_gives_the_same_bytes():
    paths = sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "*.log"))) + sorted(glob.glob(os.path.join(CORPUS, "*", "*", "*.log")))
    for path in paths:
        out = subprocess.run([NOROSHI, "normalize", path], check=True, capture_output=True).stdout
        records = [json.loads(line) for line in out.splitlines() if line != b"{}"]
        got, want = [original(r) for r in records], lines_of(path)
        check(got == want, lambda p=path, g=got, w=want: f"{p}: {len(g)} come back of {len(w)}; first difference "
              f"{next(((a[:150], b[:150]) for a, b in zip(g, w) if a != b), '(count)')}")


run(globals())
