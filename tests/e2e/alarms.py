#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The alarm chain and what is said in it: heartbeat, second addresses, drills, webhooks, the month; hostile logs stay text in all."""
import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from house import House, envelopes, login, mails, part, reports  # noqa: E402
from noroshi import NOROSHI, Server, check, run, send_tcp, wait_for  # noqa: E402


class Web(Server):
    """tests/servers/webserver.py and what was asked of it."""

    def __init__(self, *args):
        self.folder = tempfile.mkdtemp(prefix="noroshi-web-")
        super().__init__("webserver.py", self.folder, *args)
        self.url = f"http://127.0.0.1:{self.said}"

    def __exit__(self, *why):
        super().__exit__(*why)
        shutil.rmtree(self.folder, ignore_errors=True)

    def asked(self):
        out = []
        for name in sorted(n for n in os.listdir(self.folder) if n.endswith(".json")):
            with open(os.path.join(self.folder, name), encoding="utf-8") as f:
                out.append(json.load(f))
        return out


def month():
    return time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3600))


def test_the_heartbeat_asks_a_server_and_its_silence_shows_there():
    with Web("--fail", "2") as web, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "beat")
        with House(heartbeat={"url": web.url + "/ping/noroshi", "file": path, "every": "1s"}) as h:
            wait_for(lambda: len(web.asked()) >= 4, 30, "beats")
            asked = web.asked()
            check({(x["method"], x["path"]) for x in asked} == {("GET", "/ping/noroshi")}, asked[0])
            wait_for(lambda: "heartbeat is given again" in h.d.said(), 10, "the recovery is said")
            check(h.d.status()["heartbeat_failed"] == 2, h.d.status()["heartbeat_failed"])
            check("2" in next(x for x in h.cli("status").splitlines() if "heartbeat" in x.lower()), h.cli("status"))
            check(h.d.said().count("heartbeat cannot be given") == 1, "one warning for both")
            check(os.path.exists(path), "the file too, whatever the server says")
            h.d.close_processes()
            silent = len(web.asked())
            before = os.stat(path).st_mtime_ns
            time.sleep(2.5)  # a silence has no sign that could be awaited
            check(len(web.asked()) == silent and os.stat(path).st_mtime_ns == before, "who is dead does not beat")
            h.d.start()
            wait_for(lambda: len(web.asked()) > silent, 20, "it beats again")


def test_an_answer_keeps_the_second_address_quiet():
    notify = [{"level": 0, "to": ["lead@aoba.example"], "after": "3s", "then": ["chief@aoba.example"]},
              {"level": 4, "to": ["board@aoba.example"], "after": "3s", "then": ["president@aoba.example"]}]
    with House(notify=notify) as h:
        send_tcp(h.port, [login("sato.k", 1, "app01")])
        first = wait_for(lambda: h.incidents() and h.incidents()[0]["number"], 20, "an incident")
        h.cli("ack", first)
        send_tcp(h.port, [login("ito.m", 2, "app02").replace(b"198.51.100.7", b"203.0.113.9")])
        second = wait_for(lambda: [i["number"] for i in h.incidents() if i["number"] != first], 20, "another")[0]
        told = wait_for(lambda: [m for m in mails(h.server) if "chief@aoba.example" in (m["To"] or "")], 30, "the second address")
        check(len(told) == 1 and second in told[0]["Subject"] and first not in told[0]["Subject"], [m["Subject"] for m in told])
        check(f"noroshi ack {second}" in told[0].get_body().get_content() if told[0].is_multipart() is False
              else f"noroshi ack {second}" in part(told[0], "text/plain"), "it says what to type")
        wait_for(lambda: len([m for m in reports(h.server) if part(m, "text/html")]) >= 2, 30, "both reports")
        everybody = {a for e in envelopes(h.server) for a in e["to"]}
        check("lead@aoba.example" in everybody, everybody)
        check(not everybody & {"board@aoba.example", "president@aoba.example"}, "L4's people are not told of L1")
        shown = json.loads(h.cli("--json", "incident", "show", second))
        check("chief@aoba.example" in [x["text"] for x in shown["history"] if x["what"] == "escalated"][0], "who was called is kept")
        late = [m for m in mails(h.server) if "chief@" in (m["To"] or "") and first in m["Subject"]]
        check(not late, "an acknowledged incident calls nobody else")


def test_a_drill_is_a_drill_in_every_place():
    notify = [{"level": 0, "to": ["lead@aoba.example"], "after": "2s", "then": ["chief@aoba.example"]}]
    with Web() as web, House(notify=notify) as h:
        h.daemon.__exit__(None, None, None)
        hooks = [{"kind": "webhook", "name": form, "url": f"{web.url}/{form}", "form": form, "language": "ja"}
                 for form in ("json", "slack", "teams")]
        english = dict(h.config["alerts"][0], name="en", language="en", to=["soc-en@aoba.example"])
        h.daemon = type(h.daemon)({**h.config, "alerts": [h.config["alerts"][0], english, *hooks]})
        h.d = h.daemon.__enter__()
        h.cli("drill", "autumn")
        wait_for(lambda: len([m for m in reports(h.server) if part(m, "text/html")]) >= 2, 30, "reports in both languages")
        wait_for(lambda: [m for m in mails(h.server) if "chief@" in (m["To"] or "")], 30, "the second address is drilled too")
        wait_for(lambda: len(web.asked()) >= 3, 20, "three webhooks")
        for m in mails(h.server):
            mark = re.compile("訓練" if m["Content-Language"] == "ja" else "DRILL|drill")
            check(mark.search(m["Subject"]), m["Subject"])
            for one in m.walk():
                if one.get_content_maintype() == "text" or one.get_content_type() == "application/json":
                    text = one.get_content()
                    check(mark.search(text if isinstance(text, str) else text.decode()), (m["Subject"], one.get_content_type()))
        for asked in web.asked():
            body = json.loads(asked["body"])
            check(body.get("noroshi.alert.drill") is True if asked["path"] == "/json" else "訓練" in asked["body"], asked)
        number = h.incidents()[0]["number"]
        check(number.startswith("DRILL-") and h.incidents()[0]["drill"], number)
        check("[DRILL]" in h.cli("incident", "list") and "【訓練】" in h.cli("incident", "list", "--lang", "ja"), "list")
        check("[DRILL]" in h.cli("incident", "show", number), h.cli("incident", "show", number))
        for form in ("text", "html", "json"):
            check("【訓練】" in h.cli("report", "incident", number, "--lang", "ja", "--format", form), f"report in {form}")
        page = json.loads(h.cli("report", "monthly", month(), "--format", "json"))
        check(page["drills"] == 1, page["drills"])
        check(sum(page["levels"]) == sum(page["severities"]) == page["notice"]["n"] == len(page["rules"]) == page["unanswered"] == 0, page)


SCRIPT = "<script>alert(1)</script>"
NAMES = [SCRIPT, "=cmd|'/C_calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "<!channel>", "<https://evil.example|click>", "[x](https://evil.example)",
         "*bold*", "\x1b[31mred\x1b[0m", "\x1b]0;owned\x07", "\u202egpj.exe", "a\\r\\nBcc:evil@evil.example", "${jndi:ldap://x}", "\"'--;"]


def test_what_logs_say_stays_text_in_every_output():
    with Web() as web, House() as h:
        h.daemon.__exit__(None, None, None)
        hooks = [{"kind": "webhook", "name": form, "url": f"{web.url}/{form}", "form": form} for form in ("json", "slack", "teams")]
        english = dict(h.config["alerts"][0], name="en", language="en", to=["soc-en@aoba.example"])
        h.daemon = type(h.daemon)({**h.config, "alerts": [h.config["alerts"][0], english, *hooks]})
        h.d = h.daemon.__enter__()
        send_tcp(h.port, [login(name, i, "app01" if name[0] == "@" else name) for i, name in enumerate(NAMES)])
        h.d.wait_stored(len(NAMES))
        wait_for(lambda: len([m for m in reports(h.server) if part(m, "text/html")]) >= 2, 40, "reports")
        wait_for(lambda: h.incidents()[0]["alerts_total"] == len(NAMES), 20, h.incidents)
        number, around = h.incidents()[0]["number"], h.incidents()[0]["first"]
        outputs = {}
        for lang in ("ja", "en"):
            for words in (["incident", "list"], ["incident", "show", number], ["incident", "events", number], ["alerts"],
                          ["timeline", "198.51.100.7", "--around", around], ["report", "incident", number],
                          ["report", "incident", number, "--format", "json"], ["report", "monthly", month()],
                          ["report", "incident", number, "--format", "html"], ["report", "monthly", month(), "--format", "html"],
                          ["report", "monthly", month(), "--format", "json"]):
                lone = words[0] == "alerts" and lang == "en"
                outputs[" ".join([*words, lang])] = h.cli(*words, *([] if lone else ["--lang", lang]))
        for form in ("table", "csv", "json"):
            outputs[f"query {form}"] = h.cli("query", "*", "--archive", h.d.archive, "--format", form)
        for i, m in enumerate(mails(h.server)):
            check(not m.defects and m["Bcc"] is None and set(m.keys()) <= {
                "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Language", "Auto-Submitted", "X-Auto-Response-Suppress",
                "Content-Type", "Content-Transfer-Encoding", "X-Noroshi-Alert", "X-Noroshi-Level"}, (m.keys(), m.defects))
            check("\n" not in m["Subject"] and "\r" not in m["Subject"], m["Subject"])
            outputs[f"mail {i} subject"] = m["Subject"]
            for kind in ("text/plain", "text/html", "application/json"):
                text = part(m, kind) if m.is_multipart() else (m.get_content() if kind == "text/plain" else None)
                if text:
                    outputs[f"mail {i} {kind}"] = text if isinstance(text, str) else text.decode()
        check(not [e for e in envelopes(h.server) if "evil" in str(e["to"])], "nobody else is mailed")
        for name, text in outputs.items():
            bad = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text.replace("\r\n", "\n"))
            check(not bad, f"{name}: {text[max(0, bad.start() - 60):bad.end() + 20]!r}" if bad else "")
            if "json" not in name:
                check("\u202e" not in text, f"{name}: text that runs backwards")
            if "html" in name:
                check("<script" not in text and "</script" not in text, f"{name}: HTML obeys")
                check(set(re.findall(r"<([a-z0-9!]+)", text)) <= {
                    "!doctype", "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
                    "svg", "text", "line", "circle", "br", "div", "strong", "ol", "li", "rect", "g", "path", "polyline"} | {"!"},
                      (name, set(re.findall(r"<([a-z0-9!]+)", text))))
            if "json" in name and not name.startswith(("query", "mail")):
                json.loads(text)
        check(SCRIPT in outputs["incident events " + number + " en"] or SCRIPT in outputs["query table"], "it is there, as text")
        for row in list(csv.reader(io.StringIO(outputs["query csv"])))[1:]:
            check(len(row) == 9 and not [c for c in row if c[:1] in ("=", "+", "-", "@", "\t", "\r")], row)
        check(len([a for a in web.asked() if a["path"] == "/json"]) == len(NAMES), "machines get them all")
        for asked in web.asked():
            body = json.loads(asked["body"])
            check("\x1b" not in asked["body"], asked["path"])
            if asked["path"] == "/slack":
                check(not re.search("[<>]", body["text"]), body["text"])
                check({b["text"]["type"] for b in body["blocks"]} == {"plain_text"}, body)
            if asked["path"] == "/teams":
                check('"TextBlock"' not in asked["body"], "no Markdown")
        pdf = os.path.join(h.folder, "r.pdf")
        h.cli("report", "incident", number, "--lang", "ja", "--format", "pdf", "-o", pdf)
        with open(pdf, "rb") as f:
            raw = f.read()
        check(raw.startswith(b"%PDF") and not re.search(rb"/(JavaScript|JS|Launch|OpenAction|SubmitForm)\b", raw), "a PDF that does nothing")
        text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout
        check(number in text and re.search("[ぁ-ん]", text), "its number and Japanese letters can be read in it: " + text[:300])


def test_the_command_line_says_what_to_type_next():
    """Whoever types what `show` and the refusals say comes from the alert to the final report, in either language."""
    for lang, words in (("en", ("next: ", "add:")), ("ja", ("次の操作：", "追加してください："))):
        with House() as h:
            send_tcp(h.port, [login("ito.m", 1)])
            number = wait_for(lambda: h.incidents() and h.incidents()[0]["number"], 20, "an incident")

            def say(*args):
                job = subprocess.run([NOROSHI, "-c", h.d.conf, *args, "--lang", lang], capture_output=True, text=True, check=False)
                return job.returncode, job.stdout, job.stderr

            code, _, refused = say("incident", "stage", number, "2")
            check(code == 1 and words[1] in refused and "--set owner=" in refused, refused)
            check(("発見" in refused) is False and (lang == "ja") == bool(re.search("[ぁ-ん]", refused)), f"in the asker's language: {refused}")
            for args in (("incident", "stage", number), ("incident", "stage", number, "6"), ("incident", "level", number, "L9"),
                         ("incident", "assign", number), ("incident", "nonsense"), ("incident", "list", "--lang", "fr"), ("ack",)):
                check(say(*args)[0] == 2, args)
            check(say("ack", "INC-19990101-001")[0] == 1, "not found")
            for _ in range(8):
                _, shown, _ = say("incident", "show", number)
                step = [line[len(words[0]):] for line in shown.splitlines() if line.startswith(words[0])]
                if not step:
                    break
                code, out, err = say(*shlex.split(step[0])[1:])
                check(code == 0, (step, out, err))
            one = json.loads(h.cli("--json", "incident", "show", number))
            check(one["status"] == "closed" and one["stage"] == 5 and one["verdict"] == "true-positive", one)
            check({"owner", "first_action", "scope", "cause", "recovery", "recovered_at", "outline", "effect", "action", "prevention"}
                  == set(one["fields"]), one["fields"])
            check([x["text"] for x in one["history"] if x["what"] == "stage"] == ["① → ②", "② → ③", "③ → ④", "④ → ⑤"], one["history"])
            check(all(x["by"] and x["at"] for x in one["history"]), "who and when")
            h.cli("verify")


def test_the_hourly_cap_tells_its_number():
    with House(report={"fold": "1s", "per_hour": 1}, incidents={"window": "1s", "hub_degree": 2}) as h:
        for i in range(3):
            send_tcp(h.port, [login(f"user{i}", i, f"host{i}").replace(b"198.51.100.7", f"203.0.113.{i + 1}".encode())])
        wait_for(lambda: len(h.incidents()) == 3, 30, lambda: [i["number"] for i in h.incidents()])
        digest = wait_for(lambda: [m for m in mails(h.server) if "まとめ" in m["Subject"]], 30, "the digest")[0]
        withheld = int(re.search(r"速報(\d+)件", digest["Subject"]).group(1))
        text = part(digest, "text/plain") if digest.is_multipart() else digest.get_content()
        told = [m for m in reports(h.server) if part(m, "text/html")]
        check(len(told) == 1 and withheld >= 1, (len(told), withheld))
        check(len(re.findall(r"INC-\d+-\d+", text)) == withheld and str(withheld) in text, text)


def test_the_month_of_a_house_that_stood_still():
    with House() as h:
        send_tcp(h.port, [login("sato.k", 1)])
        number = wait_for(lambda: h.incidents() and h.incidents()[0]["number"], 20, "an incident")
        h.cli("ack", number)
        h.cli("incident", "close", number, "--verdict", "nonsense", "--reason", "x", code=1)
        h.cli("incident", "close", number, "--verdict", "benign", "--reason", "計画した作業")
        h.d.restart()
        wait_for(lambda: json.loads(h.cli("report", "monthly", month(), "--format", "json"))["uptime"]["starts"] == 2, 20, "two starts")
        page = json.loads(h.cli("report", "monthly", month(), "--format", "json"))
        check(page["rules"][0]["benign"] == 1 and page["rules"][0]["precision"] == 0, page["rules"])
        check(page["closed"] == 1 and page["closing"]["n"] == 1 and page["light"] in ("yellow", "red"), page)
        check(len(page["recommendations"]) == 3 and page["reason"], page)
        check(json.loads(h.cli("--json", "incident", "show", number))["verdict"] == "benign", "the verdict is kept")
        for lang in ("ja", "en"):
            html = h.cli("report", "monthly", month(), "--lang", lang, "--format", "html")
            check(not re.search(r"<td[^>]*></td>", html), "no blank cell")


run(globals())
