#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Incidents through a real daemon: folded, mailed, reported, handled; what the company says of itself decides."""
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from house import PEOPLE, House, envelopes, login, mails, part, reports, watchlists  # noqa: E402
from noroshi import Daemon, Server, check, free_port, run, send_tcp, wait_for  # noqa: E402


def test_alert_at_once_and_report_after_the_fold():
    with House() as h:
        began = time.time()
        send_tcp(h.port, [login("sato.k", 1)])
        wait_for(lambda: mails(h.server), 5, "the alert's mail")
        check(time.time() - began <= 2.5, f"the mail took {time.time() - began:.1f} s")
        wait_for(lambda: reports(h.server), 30, "the report")
        message = reports(h.server)[0]
        check("速報" in message["Subject"] and "INC-" in message["Subject"], message["Subject"])
        text, html, data = part(message, "text/plain"), part(message, "text/html"), part(message, "application/json")
        form = json.loads(data)
        check([i["n"] for i in form["items"]] == list(range(1, 15)), "fourteen items in JSON")
        for item in form["items"]:
            check(item["lines"] and all(line["value"].strip() for line in item["lines"]), f"item {item['n']} is blank")
            check(f"{item['n']}. {item['title']}" in text and f"{item['n']}. {item['title']}" in html, item["title"])
        for words in (text, html):
            for bad in ("event.action", "user.name", "source.ip", "noroshi.", "11111111-2222"):
                check(bad not in words, f"a reader sees {bad}")
            check("佐藤 健二" in words and "設計部" in words and "JST" in words, "name, department and time for people")
            check("198.51.100.7" in words and "青葉精工" in words, "where from, and who writes")
        jst = time.strftime("%Y-%m-%d %H", time.gmtime(began + 9 * 3600))
        check(jst in text, f"the time in JST, {jst}")
        one = h.incidents()[0]
        check(one["notified"] and one["number"].startswith("INC-"), one)
        events = h.cli("incident", "events", one["number"])
        check("sato.k" in events and "ssh_login" in events, events)
        check("sato.k" in h.cli("timeline", "sato.k", "--around", one["first"]), "the timeline by person")
        check("インシデント速報" in h.cli("report", "incident", one["number"], "--lang", "ja"), "the report by hand")
        check("<svg" in h.cli("report", "incident", one["number"], "--format", "html"), "a picture of the course")


def test_ten_thousand_alerts_of_one_rule_are_one_incident():
    with House() as h:
        count = 10000
        send_tcp(h.port, [login(f"user{i:05}", i, f"host{i:05}") for i in range(count)])
        h.d.wait_stored(count, timeout=60)
        wait_for(lambda: h.incidents() and h.incidents()[0]["alerts_total"] == count, 90,
                 lambda: [i["alerts_total"] for i in h.incidents("--all")])
        check(len(h.incidents()) == 1, [i["number"] for i in h.incidents()])
        wait_for(lambda: reports(h.server), 30, "the report")
        time.sleep(3)
        check(len(reports(h.server)) <= 2, f"{len(reports(h.server))} reports")
        check(len(mails(h.server)) - len(reports(h.server)) <= 5, f"{len(mails(h.server))} mails in all")
        shown = json.loads(h.cli("--json", "incident", "show", h.incidents()[0]["number"]))
        check(shown["alerts_total"] == count and shown["records_total"] == count, "exact counts")


def test_handling_follows_the_five_stages():
    with House() as h:
        send_tcp(h.port, [login("ito.m", 1)])
        number = wait_for(lambda: h.incidents() and h.incidents()[0]["number"], 20, "an incident")
        h.cli("incident", "stage", number, "3", code=1)
        h.cli("incident", "stage", number, "2", code=1)
        h.cli("incident", "close", number, code=1)
        h.cli("ack", number)
        h.cli("incident", "stage", number, "2", "--set", "owner=ito", "--set", "first_action=パスワードを変更した")
        h.cli("incident", "level", number, "L3", "--reason", "customer data")
        h.cli("incident", "note", number, "called the user")
        h.cli("incident", "stage", number, "4", code=1)
        h.cli("incident", "stage", number, "4", "--reason", "cause known", "--set", "recovery=x", "--set", "recovered_at=2026-01-01")
        h.cli("incident", "close", number, "--set", "outline=o", "--set", "effect=e", "--set", "action=a", "--set", "prevention=p")
        one = json.loads(h.cli("--json", "incident", "show", number))
        check(one["status"] == "closed" and one["level"] == 3 and one["stage"] == 5 and one["acknowledged"], one)
        check([x["what"] for x in one["history"]][:2] == ["opened", "alert"], [x["what"] for x in one["history"]])
        check({"ack", "stage", "level", "note", "close"} <= {x["what"] for x in one["history"]}, "all is in the history")
        check(all(x["by"] for x in one["history"]), "who did it")
        h.cli("incident", "show", "INC-19990101-001", code=1)


def test_a_drill_is_marked_everywhere():
    with House() as h:
        h.cli("drill", "autumn")
        wait_for(lambda: mails(h.server), 20, "the drill's mail")
        wait_for(lambda: reports(h.server), 30, "the drill's report")
        for message in mails(h.server):
            check("訓練" in message["Subject"], message["Subject"])
        check("訓練" in part(reports(h.server)[0], "text/plain"), "in the report")
        check("[DRILL]" in h.cli("incident", "list"), "in the list")


def test_nobody_outside_is_told_without_a_person():
    with House(to=("soc@aoba.example", "boss@partner.example")) as h:
        send_tcp(h.port, [login("sato.k", 1)])
        wait_for(lambda: reports(h.server), 30, "the report")
        check("partner.example" not in reports(h.server)[0]["To"], reports(h.server)[0]["To"])
        check(not [e for e in envelopes(h.server) if "partner.example" in str(e["to"])], "by the word of the mail server")
        number = h.incidents()[0]["number"]
        h.cli("incident", "approve", number, "--to", "boss@partner.example")
        wait_for(lambda: len(reports(h.server)) > 1, 30, "the next report")
        check("boss@partner.example" in reports(h.server)[1]["To"], reports(h.server)[1]["To"])
        told = wait_for(lambda: [x["text"] for x in json.loads(h.cli("--json", "incident", "show", number))["history"]
                                 if x["what"] == "told"][2:], 10, "alert, report, report")
        check("boss@partner.example" in told[0] and "soc@aoba.example" in told[0], told)


def test_two_mail_servers_tell_nobody_twice():
    with tempfile.TemporaryDirectory() as folder, Server("smtp.py", folder) as second, House() as h:
        second.folder = folder
        both = [dict(kind="smtp", name=name, server=f"127.0.0.1:{server.said}", to=[to], language=language, min_level="high",
                     starttls="never", **{"from": "noroshi@aoba.example"})
                for name, server, to, language in (("a", h.server, "soc@aoba.example", "ja"), ("b", second, "boss@aoba.example", "en"))]
        h.daemon.__exit__(None, None, None)
        h.daemon = Daemon({**h.config, "alerts": both})
        h.d = h.daemon.__enter__()
        send_tcp(h.port, [login("sato.k", 1)])
        wait_for(lambda: reports(h.server) and reports(second), 40, "a report from each")
        check([e["to"] for e in envelopes(h.server)] == [["soc@aoba.example"]] * 2, envelopes(h.server))
        check([e["to"] for e in envelopes(second)] == [["boss@aoba.example"]] * 2, envelopes(second))
        check("速報" in reports(h.server)[0]["Subject"] and "速報" not in reports(second)[0]["Subject"], "each in its language")


def test_nobody_answers_and_the_second_address_is_told():
    notify = [{"level": 0, "to": ["lead@aoba.example"], "after": "3s", "then": ["chief@aoba.example"]}]
    with House(notify=notify) as h:
        send_tcp(h.port, [login("sato.k", 1)])
        wait_for(lambda: any("chief@aoba.example" in (m["To"] or "") for m in mails(h.server)), 30, "the second address")
        wait_for(lambda: any("lead@aoba.example" in m["To"] and "chief@" not in m["To"] for m in reports(h.server)), 30,
                 "the level's recipients get the report")
        told = [m for m in mails(h.server) if "chief@aoba.example" in (m["To"] or "")]
        check("未確認" in told[0]["Subject"], told[0]["Subject"])
        time.sleep(4)
        check(len([m for m in mails(h.server) if "chief@aoba.example" in (m["To"] or "")]) == 1, "once")


def test_the_heartbeat_beats():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "beat")
        with House(heartbeat={"file": path, "every": "1s"}) as h:
            wait_for(lambda: os.path.exists(path), 20, "the file")
            before = open(path, encoding="utf-8").read()
            wait_for(lambda: open(path, encoding="utf-8").read() != before, 20, "another beat")
            check(h.d.status()["ready"], "all is well")


def test_a_heartbeat_that_fails_is_counted_and_said_once():
    url = f"http://127.0.0.1:{free_port()}/beat"
    with House(heartbeat={"url": url, "every": "1s"}) as h:
        wait_for(lambda: h.d.status()["heartbeat_failed"] >= 2, 20, "failures are counted")
        check(h.d.said().count("heartbeat cannot be given") == 1, "and said once")


def test_kills_of_the_responder_lose_and_double_nothing():
    with House() as h:
        count = 3000
        send_tcp(h.port, [login(f"user{i:05}", i, f"host{i:05}") for i in range(count)])
        for _ in range(6):
            h.d.wait_role("respond", other_than=h.d.kill("respond"))
        h.d.wait_stored(count, timeout=60)
        wait_for(lambda: sum(i["alerts_total"] for i in h.incidents()) >= count, 60, "all alerts are taken")
        check(len(h.incidents()) == 1, h.incidents())
        shown = json.loads(h.cli("--json", "incident", "show", h.incidents()[0]["number"]))
        check(shown["alerts_total"] == count and shown["records_total"] == count, (shown["alerts_total"], shown["records_total"]))
        wait_for(lambda: reports(h.server), 40, "the report")
        check(len({m["Message-ID"] for m in reports(h.server)}) == 1, "one report")
        h.cli("verify")


def test_the_way_of_alarms_can_be_tried():
    notify = [{"level": 3, "to": ["lead@aoba.example"], "after": "15m", "then": ["chief@aoba.example", "pc@partner.example"]}]
    with House(notify=notify) as h:
        said = h.cli("route", "test")
        check(all(a in said for a in ("soc@aoba.example", "lead@aoba.example", "chief@aoba.example", "900 s")), said)
        check("pc@partner.example  (outside" in said, said)
        check("lead@" not in h.cli("route", "test", "--level", "L2"), "not for lower levels")
        h.cli("route", "test", "--level", "high", code=2)
        check(not mails(h.server), "nothing is sent unasked")
        h.cli("route", "test", "--send")
        wait_for(lambda: mails(h.server), 20, "the test mail")
        check("【テスト】" in mails(h.server)[0]["Subject"], mails(h.server)[0]["Subject"])
        check(sorted(envelopes(h.server)[0]["to"]) == ["chief@aoba.example", "lead@aoba.example", "soc@aoba.example"], envelopes(h.server))
        check(h.incidents("--all") == [], "no incident comes of it")
        wait_for(lambda: h.d.status()["spooled"] == 0, 10, "nothing waits")


def test_a_changed_history_is_found():
    with House() as h:
        send_tcp(h.port, [login("sato.k", 1)])
        number = wait_for(lambda: h.incidents() and h.incidents()[0]["number"], 20, "an incident")
        h.cli("incident", "note", number, "called the user")
        h.cli("verify")
        h.d.stop()
        base = os.path.join(os.path.dirname(h.d.archive), "cases", "cases.db")
        with contextlib.closing(sqlite3.connect(base)) as db, db:
            db.execute("UPDATE incident_history SET text='nobody was called' WHERE what='note'")
        h.d.cli("verify", code=1)
        with contextlib.closing(sqlite3.connect(base)) as db, db:
            db.execute("UPDATE incident_history SET text='called the user' WHERE what='note'")
        h.d.cli("verify")


HOSTILE = "<script>alert(1)</script>=cmd|' /C calc'!A0<!channel>"


def test_what_logs_say_stays_text():
    with House() as h:
        send_tcp(h.port, [login(HOSTILE.replace(" ", "_"), 1)])
        wait_for(lambda: reports(h.server), 30, "the report")
        message = reports(h.server)[0]
        check("<script>" not in part(message, "text/html"), "HTML stays text")
        check("\x1b" not in part(message, "text/plain"), "no terminal sequence")
        number = h.incidents()[0]["number"]
        check("\x1b" not in h.cli("incident", "show", number), "nor on the terminal")


def test_new_watchlists_come_into_force_without_a_pause():
    with House() as h:
        send_tcp(h.port, [login("k-sato", 1)])
        wait_for(lambda: h.d.query("noroshi.identity.user:sato.k"), 20, "known by the VPN name")
        watchlists(h.lists, people=PEOPLE.replace("k-sato", "satok"))
        wait_for(lambda: h.d.status()["lists_rows"], 10, "rows are counted")
        wait_for(lambda: (send_tcp(h.port, [login("satok", 2)]), h.d.query("user.name:satok and noroshi.identity.user:sato.k"))[1],
                 30, "the new name is known", step=1)
        check(h.d.role("engine"), "the same engine")


run(globals())
