#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`noroshi map`: real files in each encoding give a mapping that `normalize --sources` then reads by itself."""
import json
import os
import pty
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, check, run  # noqa: E402

HEADER = "No.,コンピューター名,ﾕｰｻﾞｰ名,IPアドレス,操作日時,操作種別,ファイル名,変更後ファイル名,ウィンドウタイトル,名前,結果"
FIRST = "1,PC-034,EXAMPLE\\sato,192.0.2.34,2026/4/2 8:05,ファイルコピー,C:\\業務\\予定表.xlsx,E:\\ソース一覧.xlsx,\"一覧, 表示\",甲,成功"
ROWS = [HEADER, FIRST] + [
    f"{n},PC-{n:03},user{n},192.0.2.{n},2026/4/2 9:{n:02},{what},D:\\能力\\十表{n}.txt,,ソ連の地図 ～髙﨑,乙,{result}"
    for n, what, result in [(i, ("ファイル削除", "ファイル参照", "ログオン")[i % 3], ("成功", "失敗")[i % 2]) for i in range(2, 15)]]


def noroshi(*words, stdin=subprocess.DEVNULL):
    done = subprocess.run([NOROSHI, *words], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def written(folder, name, encoding, rows=None, end="\r\n", bom=b""):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(bom + (end.join(rows or ROWS) + end).encode(encoding))
    return path


def test_every_encoding_end_to_end():
    for encoding, bom in (("cp932", b""), ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16", b"")):
        with tempfile.TemporaryDirectory() as folder:
            path = written(folder, "ops.csv", encoding, bom=bom)
            sources = os.path.join(folder, "sources")
            os.mkdir(sources)
            code, out, said = noroshi("map", "--zone", "Asia/Tokyo", "--name", "ops", "--out", os.path.join(sources, "ops.yml"), path)
            check(code == 0, said)
            shown = [json.loads(line) for line in out.splitlines()]
            check(len(shown) == 10, f"{len(shown)} records are shown, not ten")
            check(encoding in said and "written: " in said and "名前 -> (kept under its name) [AMBIGUOUS]" in said, said)
            code, out, said = noroshi("normalize", "--sources", sources, "--zone", "Asia/Tokyo",
                                      *([] if encoding == "utf-16" else ["--encoding", encoding]), path)
            check(code == 0, said)
            records = [json.loads(line) for line in out.splitlines()]
            check(len(records) == len(ROWS), "one record for each line")
            first = records[1]
            want = {"noroshi.source": "ops", "@timestamp": "2026-04-01T23:05:00.000Z", "user.name": "sato", "user.domain": "EXAMPLE",
                    "host.name": "PC-034", "source.ip": "192.0.2.34", "file.path": "E:\\ソース一覧.xlsx", "file.name": "ソース一覧.xlsx",
                    "file.Ext.original.path": "C:\\業務\\予定表.xlsx", "event.action": "ファイルコピー", "event.outcome": "success",
                    "process.title": "一覧, 表示", "ops.名前": "甲"}
            for key, value in want.items():
                check(first.get(key) == value, f"{encoding}: {key} is {first.get(key)!r}, not {value!r}")
            check(all(r["noroshi.source"] == "ops" for r in records[1:]), "every row is known by itself")
            check(records[2]["process.title"] == "ソ連の地図 ～髙﨑", records[2]["process.title"])
            check(records[2]["file.name"] == "十表2.txt" and records[2]["file.directory"] == "D:\\能力", records[2]["file.path"])


def test_as_it_is_typed_in_japan():
    """EUC-JP, tabs, cells with line ends, wide digits, eras; and a definition that no line tells by itself."""
    header = "日時\tコンピューター名\tログオンユーザー名\t操作種別\tファイル名\tファイルサイズ\t備考"
    for day, at in (("2026年11月29日 14時05分", "2026-11-29T05:05:00.000Z"), ("令和8年11月29日", "2026-11-28T15:00:00.000Z"),
                    ("2026/11/29 14:05", "2026-11-29T05:05:00.000Z"), ("２０２６／１１／２９　１４：０５", "2026-11-29T05:05:00.000Z")):
        with tempfile.TemporaryDirectory() as folder:
            rows = [header] + [f'{day}\tPC-{n}\tEXAMPLE\\sato\t{what}\tC:\\ソース\\表.txt\t１，０２４\t"一行目\r\n二行目"'
                               for n, what in enumerate(("ファイル削除", "電源ON", "FileCopy"))]
            path = written(folder, "ops.tsv", "euc_jp", rows)
            sources = os.path.join(folder, "sources")
            os.mkdir(sources)
            code, out, said = noroshi("map", "--zone", "Asia/Tokyo", "--name", "ops", "--out", os.path.join(sources, "ops.yml"), path)
            check(code == 0 and "euc-jp" in said, said)
            shown = [json.loads(line) for line in out.splitlines()]
            check([r["@timestamp"] for r in shown] == [at] * 3, f"{day}: {out}")
            check(all(r["file.size"] == 1024 and r["message"] == "一行目\r\n二行目" for r in shown), out)
            check([r["event.type"] for r in shown] == [["deletion"], ["info"], ["creation"]], out)
            code, out, said = noroshi("check", "--sources", sources)
            check(code == 0, f"{day}: its own tests hold, known by itself or not: {said}")


def test_the_tests_it_writes_are_run_by_check():
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, "ops.csv", "utf-8")
        mapping = os.path.join(folder, "ops.yml")
        code, out, said = noroshi("map", "--zone", "Asia/Tokyo", "--out", mapping, path)
        check(code == 0, said)
        code, out, said = noroshi("check", "--sources", folder)
        check(code == 0 and "1 definitions, 3 tests" in out, out + said)
        with open(mapping, encoding="utf-8") as f:
            text = f.read()
        with open(mapping, "w", encoding="utf-8") as f:
            f.write(text.replace('"host.name": "PC-034"', '"host.name": "PC-035"'))
        code, out, said = noroshi("check", "--sources", folder)
        check(code == 1 and "host.name is 'PC-034', not 'PC-035'" in said and "ops.yml:" in said, said)
        conf = written(folder, "noroshi.conf", "utf-8", rows=[f"data: '{folder}/data'", f"sources: '{folder}'"], end="\n")
        code, out, said = noroshi("-c", conf, "check")
        check(code == 1 and "not 'PC-035'" in said, said)


def test_a_mapping_goes_before_what_noroshi_knows():
    """Columns that a definition of ours would take are the operator's when he has mapped them; also in another order."""
    rows = [r.replace("ﾕｰｻﾞｰ名", "ユーザー名") for r in ROWS]
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, "ops.csv", "utf-8", rows=rows)
        code, out, said = noroshi("normalize", path)
        check(json.loads(out.splitlines()[1])["noroshi.source"] == "endpoint_operations", out)
        sources = os.path.join(folder, "sources")
        os.mkdir(sources)
        code, out, said = noroshi("map", "--name", "mine", "--out", os.path.join(sources, "mine.yml"), path)
        check(code == 0, said)
        code, out, said = noroshi("normalize", "--sources", sources, path)
        records = [json.loads(line) for line in out.splitlines()]
        check(all(r["noroshi.source"] == "mine" for r in records[1:]), out)
        turned = written(folder, "turned.csv", "utf-8", rows=["結果,操作日時,操作種別,IPアドレス,コンピューター名,No.,ユーザー名",
                                                              "成功,2026/4/2 8:05,ログオン,192.0.2.34,PC-034,1,sato"])
        code, out, said = noroshi("normalize", "--sources", sources, turned)
        r = json.loads(out.splitlines()[1])
        check(r["noroshi.source"] == "mine" and r["user.name"] == "sato" and r["host.name"] == "PC-034", out)


def test_euc_jp():
    with tempfile.TemporaryDirectory() as folder:
        rows = [r.replace("髙﨑", "高崎").replace("～", "-") for r in ROWS]
        path = written(folder, "ops.csv", "euc-jp", rows=rows, end="\n")
        code, out, said = noroshi("map", "--out", "-", path)
        check(code == 0 and "euc-jp" in said and "encoding: euc-jp" in out and "source: ops\n" in out, said)


def test_nothing_is_written_unasked():
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, "ops.csv", "utf-8")
        code, out, said = noroshi("map", path)
        check(code == 0 and len(out.splitlines()) == 10 and "--out FILE.yml" in said, said)
        check(os.listdir(folder) == ["ops.csv"], os.listdir(folder))
        there = written(folder, "there.yml", "utf-8", rows=["mine"])
        code, out, said = noroshi("map", "--out", there, path)
        check(code == 1 and "exists; --force" in said, said)
        with open(there, encoding="utf-8") as f:
            check(f.read().startswith("mine"), "the file that was there is left alone")
        code, out, said = noroshi("map", "--out", there, "--force", path)
        check(code == 0 and "written: " in said, said)
        code, out, said = noroshi("map", "--out", os.path.join(folder, "no", "such.yml"), path)
        check(code == 1 and "cannot write" in said, said)


def test_a_terminal_is_asked():
    for answer, there in (("n\n", False), ("y\n", True)):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, "ops.csv", "utf-8")
            parent, child = pty.openpty()
            job = subprocess.Popen([NOROSHI, "map", "ops.csv"], cwd=folder, stdin=child, stdout=subprocess.DEVNULL, stderr=child)
            os.close(child)
            said = b""
            while b"[y/N]" not in said:
                said += os.read(parent, 65536)
            os.write(parent, answer.encode())
            check(job.wait(60) == 0, said.decode(errors="replace"))
            os.close(parent)
            check(os.path.exists(os.path.join(folder, "ops.yml")) == there, f"after {answer!r}: {os.listdir(folder)}")


def test_what_cannot_be_mapped_is_said():
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            (written(folder, "a", "utf-8", rows=["1,2", "3,4"]), "no header row"),
            (written(folder, "b", "utf-8", rows=["one line"]), "separates columns"),
            (written(folder, "d", "utf-8", rows=["user,time"]), "no row beneath"),
            (os.path.join(folder, "none"), "No such file"),
            (folder, "Is a directory"),
        ]
        for path, words in rows:
            code, out, said = noroshi("map", path)
            check(code == 1 and words in said and not out, f"{path}: {code}: {said}")
        path = written(folder, "ops.csv", "utf-8")
        for words in (["map"], ["map", path, path], ["map", "--nmae", "x", path], ["map", "--name", "Ops", path],
                      ["map", "--separator", "x", path], ["map", "--zone", "Nowhere", path]):
            code, out, said = noroshi(*words)
            check(code == 2 and said, f"{words}: {code}: {said}")
        code, out, said = noroshi("map", "--help")
        check(code == 0 and "Examples:" in out and "Exit codes:" in out, out)


run(globals())
