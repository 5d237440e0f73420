#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What senders put around their messages, through the real daemon: GELF, tables with headers, encodings, clocks."""
import gzip
import json
import os
import socket
import sys
import urllib.request
import zlib
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import Daemon, check, free_port, octet, run, send_tcp, send_udp, wait_for  # noqa: E402

SSHD = "Failed password for root from 192.0.2.7 port 4022 ssh2"


def records(d, count, what):
    return wait_for(lambda: (r := d.query()) and len(r) >= count and r, 20, lambda: f"{count} records: {what}: {d.query()}")


def by(rows, field):
    return {r.get(field): r for r in rows}


def gelf(text, **more):
    return json.dumps({"version": "1.1", "host": "app1.example.com", "short_message": text, "timestamp": 1795341598.25, "level": 4, **more}).encode()


def chunks(message, ident, size):
    parts = [message[i:i + size] for i in range(0, len(message), size)]
    return [b"\x1e\x0f" + ident + bytes([i, len(parts)]) + p for i, p in enumerate(parts)]


def test_gelf():
    port = free_port()
    listen = [{"name": "gu", "kind": "udp", "address": f"127.0.0.1:{port}", "format": "gelf"},
              {"name": "gt", "kind": "tcp", "address": f"127.0.0.1:{port}", "format": "gelf"}]
    with Daemon({"listen": listen, "limits": {"gelf_wait": "300ms"}}) as d:
        parts = chunks(zlib.compress(gelf("in pieces", _source_ip="192.0.2.8", full_message="in pieces\nof " + "x" * 3000)), b"01234567", 30)
        check(len(parts) > 1, "it is more than one piece")
        send_udp(port, [gelf("plain", _user_name="sato"), zlib.compress(gelf("zlib")), gzip.compress(gelf("gzip")), *reversed(parts)])
        send_udp(port, chunks(gelf("never whole"), b"89abcdef", 60)[1:] + [b"\x1e\x0f89abcdef\x09\x02x"])
        send_udp(port, [zlib.compress(b"{" + b" " * (64 << 20) + b"}")])
        send_tcp(port, [gelf("over tcp"), gelf(f"<38>Nov 22 09:59:58 web01 sshd[1]: {SSHD}")], lambda ms: b"".join(m + b"\0" for m in ms))
        rows = records(d, 7, "GELF")
        have = by(rows, "message")
        for text in ("plain", "zlib", "gzip", "over tcp"):
            check(have[text]["host.name"] == "app1.example.com" and have[text]["@timestamp"] == "2026-11-22T09:59:58.250Z", f"{text}: {have[text]}")
        check(have["plain"]["user.name"] == "sato", "a member of the sender's own")
        whole = [r for r in rows if r.get("message", "").startswith("in pieces")]
        check(len(whole) == 1 and whole[0]["source.ip"] == "192.0.2.8" and len(json.loads(whole[0]["event.original"])["full_message"]) == 3013,
              "a frame in the journal is the whole message")
        check(have[SSHD]["noroshi.source"] == "sshd" and have[SSHD]["host.name"] == "web01", "a message inside")
        bomb = [r for r in rows if "oversize" in r.get("noroshi.flags", [])]
        check(len(bomb) == 1 and len(bomb[0]["event.original"]) == 131072, "a bomb is cut at frame_max")
        status = wait_for(lambda: (s := d.status())["dropped"].get("chunk_timeout") and s, 10, lambda: d.status().brief())
        check(status["dropped"]["chunk_timeout"] == 1 and status["rejected"]["chunk"] == 1, f"by reason: {status.brief()}")
        check(status["chunks_waiting"] == 0 and status.accounted(), f"{status.brief()}")
        with urllib.request.urlopen(f"http://{d.console}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
        check("noroshi_gelf_chunks_waiting 0" in metrics and 'noroshi_dropped_total{reason="chunk_timeout"} 1' in metrics, "metrics")


HEAD1 = "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: date time c-ip cs-method cs-uri-stem sc-status sc-win32-status\r\n"
HEAD2 = "#Fields: date time cs-username c-ip sc-status cs-method cs-uri-stem sc-win32-status\r\n"


def append(path, text):
    with open(path, "a", encoding="utf-8", newline="") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())


def test_header_midway_and_kill():
    d = Daemon({"listen": [{"name": "w", "kind": "file", "path": "@DIR@/logs/*.log", "zone": "Asia/Tokyo"}], "workers": {"count": 3}})
    os.mkdir(d.path("logs"))
    path = d.path("logs", "u_ex.log")
    with d:
        append(path, HEAD1 + "".join(f"2026-11-22 09:00:{i:02} 198.51.100.{i} GET /a 200 0\r\n" for i in range(20)))
        d.wait_stored(22)
        d.close_processes()  # kill -9 of all, in the middle of the file
        append(path, "2026-11-22 09:10:00 203.0.113.1 GET /behind-the-kill 404 2\r\n")
        d.start()
        records(d, 23, "behind the kill")
        append(path, HEAD2 + "2026-11-22 09:20:00 EXAMPLE\\sato 203.0.113.2 403 POST /another-header 5\r\n")
        records(d, 25, "another header")
        first = d.kill("intake")
        d.wait_role("intake", first)
        append(path, "2026-11-22 09:30:00 - 203.0.113.3 500 GET /behind-intake 64\r\n")
        rows = records(d, 26, "intake fell")
    # the archive is read when all is closed; the daemon is gone, the records were read before
    paths = by(rows, "url.path")
    check(paths["/behind-the-kill"]["source.ip"] == "203.0.113.1" and paths["/behind-the-kill"]["http.response.status_code"] == 404, paths["/behind-the-kill"])
    check(paths["/another-header"]["user.name"] == "sato" and paths["/another-header"]["source.ip"] == "203.0.113.2", paths["/another-header"])
    check(paths["/behind-intake"]["source.ip"] == "203.0.113.3" and paths["/behind-intake"]["http.response.status_code"] == 500, paths["/behind-intake"])
    check(paths["/another-header"]["@timestamp"] == "2026-11-22T09:20:00.000Z", "W3C dates are UTC, whatever the input's zone")
    check(not [r for r in rows if r.get("noroshi.unparsed") or r.get("noroshi.flags")], "every line is known")


def test_header_in_a_file_that_begins_otherwise_and_kill():
    d = Daemon({"listen": [{"name": "w", "kind": "file", "path": "@DIR@/logs/*.log"}], "workers": {"count": 2}})
    os.mkdir(d.path("logs"))
    path = d.path("logs", "proxy.log")
    with d:
        append(path, "the proxy of the second floor\r\n" + HEAD1 +
               "".join(f"2026-11-22 09:00:{i:02} 198.51.100.{i} GET /a 200 0\r\n" for i in range(20)))
        d.wait_stored(23)
        d.close_processes()  # kill -9 of all: the header is known by journal and file alone
        append(path, "2026-11-22 09:10:00 203.0.113.1 GET /behind-the-kill 404 2\r\n")
        d.start()
        records(d, 24, "behind the kill")
        first = d.kill("intake")
        d.wait_role("intake", first)
        append(path, "2026-11-22 09:30:00 203.0.113.3 GET /behind-intake 500 64\r\n")
        rows = records(d, 25, "intake fell")
    paths = by(rows, "url.path")
    check(paths["/behind-the-kill"]["source.ip"] == "203.0.113.1" and paths["/behind-the-kill"]["http.response.status_code"] == 404, paths["/behind-the-kill"])
    check(paths["/behind-intake"]["source.ip"] == "203.0.113.3", paths["/behind-intake"])


CSV = "日時,コンピューター名,ユーザー名,ファイル名,備考\r\n" \
      "2026/9/6 8:05,PC-0012,sato,C:\\共有\\予定表.xlsx,\"一行目\r\n二行目, \"\"引用\"\"\"\r\n" \
      "2026/9/6 18:05,PC-0013,表 花子,D:\\ソフト\\能力表.docx,\r\n"


def test_file_names_with_backslash_bytes():
    """ソ 0x83 0x5C, 表 0x95 0x5C, 能 0x94 0x5C in CP932."""
    listen = []
    for name, encoding in (("sjis", "cp932"), ("euc", "euc-jp"), ("bom", "utf-8"), ("wide", "utf-8")):
        listen.append({"name": name, "kind": "file", "path": f"@DIR@/{name}.csv", "format": "csv", "encoding": encoding, "zone": "Asia/Tokyo"})
    with Daemon({"listen": listen}) as d:
        for name, codec in (("sjis", "cp932"), ("euc", "euc_jp"), ("bom", "utf-8-sig"), ("wide", "utf-16")):
            with open(d.path(f"{name}.csv"), "wb") as f:
                f.write(CSV.encode(codec))
        rows = records(d, 12, "four files of a header and two records")
        for name in ("sjis", "euc", "bom", "wide"):
            mine = [r for r in rows if r["noroshi.input"] == name]
            check(len(mine) == 3, f"{name}: {mine}")
            text = json.dumps(mine, ensure_ascii=False)
            check("予定表.xlsx" in text and "能力表.docx" in text and "ソフト" in text and "\ufffd" not in text, f"{name}: {text}")
            notes = [r for r in mine if r.get("csv.備考")]
            check(len(notes) == 1 and notes[0]["csv.備考"] == "一行目\r\n二行目, \"引用\"", f"{name}: {notes}")
            times = sorted(r["@timestamp"] for r in mine)[-2:]
            check("2026-09-05T23:05:00.000Z" in times or "2026-09-05T23:05:00.000Z" in [r["@timestamp"] for r in mine], f"{name}: {times}")
            check(not [r for r in mine if r.get("noroshi.flags")], f"{name}: {[r.get('noroshi.flags') for r in mine]}")


def test_messages_in_japanese_encodings():
    texts = {"cp932": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp"}
    ports = {name: free_port() for name in texts}
    listen = [{"name": n, "kind": "tcp", "address": f"127.0.0.1:{p}", "encoding": n} for n, p in ports.items()]
    with Daemon({"listen": listen}) as d:
        for name, codec in texts.items():
            line = "<13>Nov 22 09:59:58 fs01 CEF:0|Example|監査|1|7|表示|3|fname=C:\\\\共有\\\\ソフト一覧表.xlsx suser=佐藤 cs1=ＡＢＣ１２３ cs1Label=memo"
            send_tcp(ports[name], [line.encode(codec)], octet)
        rows = records(d, 3, "three encodings")
        for r in rows:
            name = r["noroshi.input"]
            check(r["file.name"] == "ソフト一覧表.xlsx", f"{name}: {r}")
            check(r.get("file.path", "").endswith("共有\\ソフト一覧表.xlsx") and r["noroshi.charset"] == name, f"{name}: {r}")
            check("ＡＢＣ１２３" in json.dumps(r, ensure_ascii=False) and "noroshi.flags" not in r, f"{name}: {r}")


def test_mail_subjects():
    port = free_port()
    head = "<22>Nov 22 09:59:58 mx1 postfix/cleanup[9]: 4A3B2C1D0: warning: header Subject: "
    tail = " from relay.example.com[192.0.2.40]; from=<a@example.com> to=<b@example.jp> proto=ESMTP helo=<relay.example.com>"
    subjects = ["=?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=", "=?UTF-8?B?6KaL56mN?= =?UTF-8?B?5pu4?=", "=?utf-8?Q?=E8=A6=8B=E7=A9=8D=E6=9B=B8?=", "=?Shift_JIS?B?jKmQz4+R?="]
    with Daemon({"listen": [{"name": "u", "kind": "udp", "address": f"127.0.0.1:{port}"}]}) as d:
        send_udp(port, [(head + s + tail).encode() for s in subjects])
        rows = [r for r in records(d, 4, "subjects") if "email.subject" in r]
        check([r["email.subject"] for r in rows] == ["見積書"] * 4, [r["email.subject"] for r in rows])
        found = d.query("email.subject:見積書")
        check(len(found) == 4, "and they are found as people write them")


def test_clock_skew_per_source():
    port = free_port()
    with Daemon({"listen": [{"name": "u", "kind": "udp", "address": f"127.0.0.1:{port}"}]}) as d:
        now = datetime.now(timezone.utc)
        stamp = (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        good = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        send_udp(port, [f"<13>1 {stamp} fast app - - - x".encode()] * 3 + [f"<13>1 {good} good app - - - x".encode()] * 3 + [b"<13>app: no time at all"])
        d.wait_stored(7)
        sources = wait_for(lambda: (s := d.status()["sources"]) and len(s) >= 3 and s, 10, "three sources")
        fast = [s for s in sources if " fast" in s["name"]][0]
        right = [s for s in sources if " good" in s["name"]][0]
        silent = [s for s in sources if " fast" not in s["name"] and " good" not in s["name"]][0]
        check(7190 < fast["skew_seconds"] < 7210, f"two hours: {fast}")
        check(abs(right["skew_seconds"]) < 10, f"none: {right}")
        check(silent["skew_seconds"] is None, f"what names no time has no clock: {silent}")
        with urllib.request.urlopen(f"http://{d.console}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
        check("noroshi_sources_skewed 1\n" in metrics, "one clock is off by more than time.skew")
        check([line for line in metrics.splitlines() if line.startswith("noroshi_source_clock_skew_seconds{") and "fast" in line], "and it is named")
        flagged = [r for r in records(d, 7, "all of them") if "clock_skew" in r.get("noroshi.flags", [])]
        check(len(flagged) == 3, "its records are flagged")


run(globals())
