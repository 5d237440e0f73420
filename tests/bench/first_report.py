#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alert and first report (速報) with default settings: the shipped rules, 60 s of folding, a real SMTP server.

    first_report.py [--burst 10000]

A remote-access ransomware story is sent as it happens now: a tunnel, logons from its address on three servers, shadow
copies deleted. Taken: from the send() of the deciding line to the alert's mail and to the first report's mail, by the
mail server's clock. The report is checked: fourteen items in text, HTML and JSON, in Japanese and English, none blank,
times in JST, no field name, rule id or JSON for people. Then a burst of alerts of one rule in a house of its own.
"""
import argparse
import json
import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "lib"))
from house import RULES, House, login, mails, part  # noqa: E402
from noroshi import ROOT, Server, check, send_tcp, wait_for  # noqa: E402

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def fields():
    with open(os.path.join(ROOT, "base", "ecs.def"), encoding="utf-8") as f:
        return sorted(n for n in re.findall(r'^F\(\w+, "([^"]+)"', f.read(), re.M) if "." in n)


class Story:
    """Lines whose times are now, oldest first."""

    def __init__(self):
        self.now = int(time.time())

    def at(self, ago, form):
        return time.strftime(form, time.gmtime(self.now - ago))

    def windows(self, ago, host, **more):
        body = {"EventTime": self.at(ago, "%Y-%m-%d %H:%M:%S"), "Hostname": f"{host}.ad.aoba.example", "SeverityValue": 2, "Severity": "INFO",
                "Opcode": "Info", "RecordNumber": 1, **more}
        return f"<14>{self.at(ago, '%b %d %H:%M:%S')} {host}.ad.aoba.example {body['SourceName']}[668]: {json.dumps(body)}".encode()

    def tunnel(self, ago):
        return (f'<190>date={self.at(ago, "%Y-%m-%d")} time={self.at(ago, "%H:%M:%S")} devname="FG-01" devid="FG100FTK20000001" '
                f'eventtime={self.now - ago}000000000 tz="+0000" vd="root" logid="0101039424" type="event" subtype="vpn" level="information" '
                'logdesc="SSL VPN tunnel up" action="tunnel-up" tunneltype="ssl-tunnel" tunnelid=77 remip=198.51.100.7 '
                'tunnelip=10.212.134.9 user="k-sato" group="GG-VPN" reason="tunnel established" msg="SSL tunnel established"').encode()

    def logon(self, ago, host):
        return self.windows(ago, host, EventID=4624, SourceName="Microsoft-Windows-Security-Auditing", Channel="Security",
                            EventType="AUDIT_SUCCESS", TargetUserName="sato.k", TargetDomainName="AOBA", LogonType=3,
                            IpAddress="10.212.134.9", TargetUserSid="S-1-5-21-1-2-3-1001", IpPort="50000")

    def wipe(self, ago, host):
        return self.windows(ago, host, EventID=1, SourceName="Microsoft-Windows-Sysmon", Channel="Microsoft-Windows-Sysmon/Operational",
                            UtcTime=self.at(ago, "%Y-%m-%d %H:%M:%S.000"), Image="C:\\Windows\\System32\\vssadmin.exe",
                            CommandLine="vssadmin.exe delete shadows /all /quiet", User="AOBA\\sato.k",
                            ParentImage="C:\\Windows\\explorer.exe", ParentCommandLine="explorer.exe")


def arrived(house, wanted, what, timeout):
    """The mail server's clock when the first such mail was whole."""
    def look():
        for i, m in enumerate(mails(house.server)):
            if wanted(m):
                return m, os.stat(os.path.join(house.mailbox, f"{i + 1:04d}.eml")).st_mtime
        return None

    return wait_for(look, timeout, what)


def check_report(message, ja, began):
    text, html, data = (part(message, kind) for kind in ("text/plain", "text/html", "application/json"))
    form = json.loads(data)
    check([i["n"] for i in form["items"]] == list(range(1, 15)), "fourteen items")
    for item in form["items"]:
        check(item["lines"] and all(line["value"].strip() for line in item["lines"]), f"item {item['n']} is blank")
        heading = f"{item['n']}. {item['title']}"
        check(heading in text and heading in html, f"{heading} in text and HTML")
        for line in item["lines"]:
            check(not [n for n in FIELDS if n in line["value"]], f"a field name in {line}")
            check(not UUID.search(line["value"]) and not re.search(r'[{\[]"', line["value"]), f"an id or JSON in {line}")
    visible = re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    for words in (text, visible):
        check(not [n for n in FIELDS if re.search(r"(?<![\w.])" + re.escape(n) + r"(?![\w.])", words)], "a field name")
        check(not UUID.search(words) and '{"' not in words, "a rule id or JSON")
    happened = next(i for i in form["items"] if i["n"] == 3)["lines"][0]["value"]
    check(time.strftime("%Y-%m-%d %H:%M", time.gmtime(began - 90 + 9 * 3600)) in happened and "JST" in happened,
          f"when it happened, in JST: {happened}")
    check(("速報" in form["title"]) == ja and ("佐藤 健二" in text), form["title"])
    check("<svg" in html and all(x in html for x in (("リモート", "認証", "端末") if ja else ("remote", "auth", "endpoint"))), "the picture")


def story():
    settings = {"report": {}}
    with House(rules=[RULES], **settings) as h, tempfile.TemporaryDirectory() as folder, Server("smtp.py", folder) as second:
        second.folder = folder
        english = dict(h.config["alerts"][0], name="en", language="en", to=["soc-en@aoba.example"])
        english["server"] = f"127.0.0.1:{second.said}"
        h.daemon.__exit__(None, None, None)
        config = {**h.config, "alerts": [h.config["alerts"][0], english]}
        h.daemon = type(h.daemon)(config)
        h.d = h.daemon.__enter__()
        s = Story()
        send_tcp(h.port, [s.tunnel(90), *(s.logon(60 - i, f"AS-SV0{i}") for i in range(3))])
        h.d.wait_stored(4)
        quiet = len(mails(h.server))
        began = time.time()
        send_tcp(h.port, [s.wipe(0, "AS-FS01")])
        _, at = arrived(h, lambda m: not m.is_multipart() and "重大" in m["Subject"], "the alert's mail", 30)
        report, made = arrived(h, lambda m: m.is_multipart() and "速報" in m["Subject"], "the first report", 150)
        other = wait_for(lambda: [m for m in mails(second) if m.is_multipart()], 60, "the English report")[0]
        check_report(report, True, s.now)
        check_report(other, False, s.now)
        print(f"ransomware by remote access, default settings: alert mail {at - began:.2f} s after the deciding line was sent "
              f"(limit 2), 速報 {made - began:.1f} s (limit 90); mails before it: {quiet}; 14 items in ja and en, text, HTML, JSON")
        return at - began <= 2 and made - began <= 90


def burst(count):
    with House(report={}) as h:
        began = time.time()
        send_tcp(h.port, [login(f"user{i:05}", i, f"host{i:05}") for i in range(count)])
        h.d.wait_stored(count, timeout=60)
        spent = time.time() - began
        _, made = arrived(h, lambda m: m.is_multipart(), "the first report", 150)
        wait_for(lambda: h.incidents()[0]["alerts_total"] == count, 60, "all alerts are taken")
        shown = json.loads(h.cli("--json", "incident", "show", h.incidents()[0]["number"]))
        told = [m for m in mails(h.server) if m.is_multipart()]
        singly = [m for m in mails(h.server) if not m.is_multipart()]
        good = len(h.incidents()) == 1 and len(told) <= 2 and shown["alerts_total"] == shown["records_total"] == count
        text = part(told[-1], "text/plain")
        exact = all(re.search(rf"{count}件|{count} ", x) for x in (text, part(told[-1], "text/html")))
        print(f"{count:,} alerts of one rule in {spent:.1f} s, default settings: {len(h.incidents())} incident, {len(told)} mail(s) with 速報 "
              f"({made - began:.1f} s), {len(singly)} alert mail(s); alerts {shown['alerts_total']:,}, records {shown['records_total']:,}; "
              f"counts in the report {'exact' if exact else 'WRONG'}")
        return good and exact


FIELDS = fields()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--burst", type=int, default=10000)
    a = p.parse_args()
    return 0 if all([story(), burst(a.burst)]) else 1


if __name__ == "__main__":
    sys.exit(main())
