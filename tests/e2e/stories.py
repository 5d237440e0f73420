#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks that cross three kinds of logs, each of which names the person otherwise, become one incident; with a kind of log
missing the incident is lower or absent and says what was missing; the same steps of unrelated people give nothing."""
import calendar
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, Daemon, check, free_port, run, send_tcp, wait_for  # noqa: E402

RULES = os.path.join(ROOT, "config", "rules")
LISTS = {
    "people": "user,name,department,mail,pc,mac,admin_account,vpn\n"
              "sato.k,佐藤 健二,設計部,kenji.sato@aoba.example,AS-PC0001,00:1c:42:00:00:01,adm-sato,k-sato\n"
              "ito.m,伊藤 美香,総務部,mika.ito@aoba.example,AS-PC0002,00:1c:42:00:00:02,,m-ito\n",
    "assets": "host,address,role,important\nAS-FS01,10.10.1.5,file server,yes\nAS-SV01,10.10.1.11,server,no\n",
    "networks": "network,role\n10.20.0.0/16,client\n10.212.134.0/24,vpn pool\n10.9.0.10,proxy\n",
}
NAMES = {"sato.k": ("kenji.sato@aoba.example", "k-sato", "10.20.1.5", "00:1c:42:00:00:01", "AS-PC0001"),
         "ito.m": ("mika.ito@aoba.example", "m-ito", "10.20.1.6", "00:1c:42:00:00:02", "AS-PC0002")}
DAY = calendar.timegm((2026, 11, 20, 0, 0, 0))


def at(clock):
    hours, minutes, seconds = (int(x) for x in clock.split(":"))
    return DAY + hours * 3600 + minutes * 60 + seconds


def bsd(clock):
    return "Nov 20 " + clock


def lease(clock, who):
    _, _, ip, mac, pc = NAMES[who]
    return ("dhcp", at(clock), f"<190>{bsd(clock)} dhcp01 dhcpd[812]: DHCPACK on {ip} to {mac} ({pc}) via ens192")


def mail(clock, who):
    to, host = NAMES[who][0], f"<22>{bsd(clock)} mx1 postfix"
    return [("mail", at(clock), f"{host}/smtpd[100]: 4F21AB: client=mail.partner.example[198.51.100.20]"),
            ("mail", at(clock), f"{host}/cleanup[101]: 4F21AB: message-id=<x1@partner.example>"),
            ("mail", at(clock), f"{host}/qmgr[102]: 4F21AB: from=<billing@partner.example>, size=20480, nrcpt=1 (queue active)"),
            ("mail", at(clock), f"{host}/lmtp[103]: 4F21AB: to=<{to}>, relay=imap1[10.10.1.9]:24, delay=0.3, delays=0.1/0/0.1/0.1, "
                                "dsn=2.0.0, status=sent (250 2.0.0 Saved)"),
            ("mail", at(clock), f"{host}/qmgr[102]: 4F21AB: removed")]


def squid(clock, who, method, url, size=300):
    return ("proxy", at(clock), f"<174>{bsd(clock)} proxy1 squid[2211]: {at(clock)}.500    740 {NAMES[who][2]} TCP_MISS/200 400000 "
                                f"{method} {url} - HIER_DIRECT/192.0.2.77 application/x-msdownload {size}")


def windows(family, clock, host, **fields):
    body = {"EventTime": f"2026-11-20 {clock}", "Hostname": f"{host}.ad.aoba.example", "SeverityValue": 2, "Severity": "INFO",
            "Opcode": "Info", "RecordNumber": 1, **fields}
    return (family, at(clock), f"<14>{bsd(clock)} {host}.ad.aoba.example {body['SourceName']}[668]: {json.dumps(body)}")


def sysmon(clock, host, number, **fields):
    return windows("endpoint", clock, host, EventID=number, SourceName="Microsoft-Windows-Sysmon",
                   Channel="Microsoft-Windows-Sysmon/Operational", UtcTime=f"2026-11-20 {clock}.000", **fields)


def program(clock, host, who, image, command):
    return sysmon(clock, host, 1, Image=image, CommandLine=command, User="AOBA\\" + who, ParentImage="C:\\Windows\\explorer.exe",
                  ParentCommandLine="explorer.exe")


def security(clock, host, number, **fields):
    return windows("auth", clock, host, EventID=number, SourceName="Microsoft-Windows-Security-Auditing", Channel="Security",
                   EventType="AUDIT_SUCCESS", **fields)


def logon(clock, host, account, ip):
    return security(clock, host, 4624, TargetUserName=account, TargetDomainName="AOBA", LogonType=3, IpAddress=ip,
                    TargetUserSid="S-1-5-21-1-2-3-1001", IpPort="50000")


def fortigate(family, clock, text):
    return (family, at(clock), f'<190>date=2026-11-20 time={clock} devname="FG-01" devid="FG100FTK20000001" '
                               f'eventtime={at(clock)}000000000 tz="+0000" vd="root" {text}')


def tunnel(clock, who):
    return fortigate("remote", clock, 'logid="0101039424" type="event" subtype="vpn" level="information" logdesc="SSL VPN tunnel up" '
                     f'action="tunnel-up" tunneltype="ssl-tunnel" tunnelid=77 remip=198.51.100.7 tunnelip=10.212.134.9 user="{NAMES[who][1]}" '
                     'group="GG-VPN" dst_host="N/A" reason="tunnel established" msg="SSL tunnel established"')


def blocked(clock, ip):
    return fortigate("firewall", clock, 'logid="0316013056" type="utm" subtype="webfilter" eventtype="ftgd_blk" level="warning" policyid=5 '
                     f'srcip={ip} srcport=50123 srcintf="lan" dstip=192.0.2.66 dstport=443 dstintf="wan1" proto=6 service="HTTPS" '
                     'hostname="evil.example" action="blocked" url="/" msg="URL belongs to a denied category" cat=26 '
                     'catdesc="Malicious Websites"')


def phishing(a="sato.k", b="sato.k", c="sato.k"):
    return [lease("08:00:00", "sato.k"), lease("08:00:01", "ito.m"), *mail("09:00:00", a),
            squid("10:00:00", b, "GET", "http://192.0.2.77/dl/update.exe"),
            program("10:02:00", NAMES[c][4], c, f"C:\\Users\\{c}\\Downloads\\update.exe", "update.exe")]


def ransomware(a="sato.k", b="sato.k", c="sato.k"):
    return [tunnel("01:00:00", a), *(logon(f"01:1{i}:00", f"AS-SV0{i}", b, "10.212.134.9") for i in range(3)),
            program("01:30:00", "AS-FS01", c, "C:\\Windows\\System32\\vssadmin.exe", "vssadmin.exe delete shadows /all /quiet")]


def exfiltration(a="sato.k", b="sato.k", c="sato.k"):
    return [lease("08:00:00", "sato.k"), lease("08:00:01", "ito.m"),
            *(security(f"10:00:{i:02}", "AS-FS01", 5145, SubjectUserName=a, SubjectDomainName="AOBA", IpAddress=NAMES[a][2],
                       ShareName="\\\\*\\design", RelativeTargetName=f"zumen\\{i}.dwg", ObjectType="File") for i in range(32)),
            program("10:10:00", NAMES[b][4], b, "C:\\Program Files\\7-Zip\\7z.exe", "7z.exe a out.7z zumen"),
            squid("10:20:00", c, "POST", "http://up.filebin.example/box", 60000000)]


def credentials(a="sato.k", b="sato.k", c="sato.k"):
    return [lease("08:00:00", "sato.k"), lease("08:00:01", "ito.m"),
            sysmon("10:00:00", NAMES[a][4], 10, SourceImage="C:\\Users\\Public\\m.exe", TargetImage="C:\\Windows\\System32\\lsass.exe",
                   GrantedAccess="0x1410", SourceUser="AOBA\\" + a),
            *(logon(f"10:0{i + 1}:00", f"AS-SV0{i}", "adm-helpdesk", NAMES[b][2]) for i in range(4)),
            blocked("10:20:00", NAMES[c][2])]


STORIES = [("noroshi_story_phishing", phishing, {"mail", "proxy", "endpoint"}),
           ("noroshi_story_ransomware", ransomware, {"remote", "auth", "endpoint"}),
           ("noroshi_story_exfiltration", exfiltration, {"auth", "endpoint", "proxy"}),
           ("noroshi_story_credentials", credentials, {"endpoint", "auth", "firewall"})]


def rule_id(name):
    with open(os.path.join(RULES, "stories.yml"), encoding="utf-8") as f:
        before = f.read().split(f"\nname: {name}\n")[0]
    return before.rsplit("\nid: ", 1)[1].split("\n")[0]


def lists_in(folder):
    for name, text in LISTS.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8") as f:
            f.write(text)
    return folder


def replay(lines, *more):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "day.log")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(text for _, _, text in sorted(lines, key=lambda x: x[1])) + "\n")
        os.mkdir(os.path.join(folder, "lists"))
        done = subprocess.run([NOROSHI, "replay", "--rules", RULES, "--watchlists", lists_in(os.path.join(folder, "lists")), "--year", "2026",
                               *more, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def worst(alerts):
    return max((a.get("noroshi.incident.level", 0) for a in alerts), default=0)


def test_each_story_is_one_incident_of_all_its_sources():
    for name, story, families in STORIES:
        alerts, key = replay(story()), rule_id(name)
        told = [a for a in alerts if a["rule.id"] == key]
        check(len(told) == 1, f"{name}: {[a['rule.name'] for a in alerts]}")
        ids = {a["noroshi.incident.id"] for a in alerts if "noroshi.incident.id" in a}
        gone = {m for a in alerts for m in a.get("noroshi.incident.merged", [])}
        check(len(ids - gone) == 1, f"{name}: {len(ids - gone)} incidents")
        check(families <= set(told[0]["noroshi.incident.families"]), f"{name}: {told[0]['noroshi.incident.families']}")
        persons = {e["value"] for e in told[0]["noroshi.alert.entities"] if e["kind"] in ("person", "host")}
        check(persons & {"sato.k", "as-pc0001"}, f"{name}: {persons}")
        seqs = [r["event.sequence"] for r in told[0]["noroshi.alert.records"]]
        lines = [family for family, _, _ in sorted(story(), key=lambda x: x[1])]
        seen = {lines[n - 1] for n in seqs}
        check(seqs == sorted(seqs) and families <= seen, f"{name}: events of all sources in order, {seen}")
        check(told[0]["noroshi.incident.level"] >= 3, f"{name}: L{told[0]['noroshi.incident.level']}")


def test_a_source_that_is_missing_lowers_it_and_is_named():
    for name, story, families in STORIES:
        whole = worst(replay(story()))
        for family in families:
            rest = replay([line for line in story() if line[0] != family])
            check(rule_id(name) not in {a["rule.id"] for a in rest}, f"{name} without {family} still fires")
            check(worst(rest) < whole, f"{name} without {family}: L{worst(rest)}, whole L{whole}")
            missing = {m["family"] for a in rest for m in a.get("noroshi.incident.missing", [])}
            check(not rest or family in missing, f"{name} without {family}: {missing} {[a['rule.name'] for a in rest]}")


def test_two_unrelated_people_give_no_story():
    for name, story, _ in STORIES:
        for who in (("sato.k", "ito.m", "ito.m"), ("ito.m", "sato.k", "ito.m"), ("ito.m", "ito.m", "sato.k")):
            alerts = replay(story(*who))
            check(rule_id(name) not in {a["rule.id"] for a in alerts}, f"{name} of {who}")


def test_two_stories_at_once_behind_one_proxy_stay_two():
    """Two people open two mails in the same minutes; the firewall sees the proxy call the same bad place for both."""
    for first, second in ((phishing, phishing), (exfiltration, phishing), (exfiltration, exfiltration), (phishing, credentials)):
        one, two = first(*["sato.k"] * 3), second(*["ito.m"] * 3)
        shared = [blocked(f"10:0{i}:30", "10.9.0.10") for i in range(6)]
        lines = sorted(one + two + shared, key=lambda x: x[1])
        owner = {n: "sato.k" if line in one and line not in two else "ito.m" if line in two and line not in one else ""
                 for n, line in enumerate(lines, 1)}
        alerts = replay(lines)
        gone = {m: a["noroshi.incident.id"] for a in alerts for m in a.get("noroshi.incident.merged", [])}
        holds = {}
        for a in alerts:
            i = a.get("noroshi.incident.id")
            while i in gone:
                i = gone[i]
            holds.setdefault(i, set()).update({owner[r["event.sequence"]] for r in a["noroshi.alert.records"]} - {""})
        names = f"{first.__name__} and {second.__name__}"
        check(all(len(who) <= 1 for who in holds.values()), f"{names}: {holds}")
        check({"sato.k"} in holds.values() and {"ito.m"} in holds.values(), f"{names}: {holds}")


def test_live_says_what_replay_says_and_the_commands_answer():
    """Five commands name the first entry, the machines, the accounts and what left: docs/investigating.md."""
    folder = tempfile.mkdtemp(prefix="noroshi-lists-")
    os.chmod(folder, 0o755)
    port = free_port()
    config = {"listen": [{"name": "tcp", "kind": "tcp", "address": f"127.0.0.1:{port}", "zone": "UTC", "history": True}],
              "rules": [{"path": RULES}], "watchlists": lists_in(folder)}
    lines = sorted(ransomware() + exfiltration(), key=lambda x: x[1])
    with Daemon(config) as d:
        send_tcp(port, [text.encode() for _, _, text in lines])
        d.wait_stored(len(lines))
        offline = sorted(a["rule.id"] for a in replay(lines))
        wait_for(lambda: sorted(a["rule.id"] for a in d.alerts()) == offline, 30, lambda: (offline, [a["rule.name"] for a in d.alerts()]))
        wait_for(lambda: json.loads(d.cli("--json", "incident", "list")), 20, "incidents")
        found = json.loads(d.cli("--json", "incident", "list"))
        shows = {i["number"]: d.cli("incident", "show", i["number"]) for i in found}
        number = next((n for n, text in shows.items() if "Ransomware by remote access" in text), None)
        check(number, shows)
        check("sato.k" in shows[number] and "as-fs01" in shows[number], shows[number])
        # the archive has a record within limits: evidence_flush
        wait_for(lambda: "filebin" in d.cli("timeline", "sato.k", "--around", "2026-11-20T10:15:00Z"), 20, "the archive has it")
        events = d.cli("incident", "events", number)
        check("vssadmin" in events, events)
        around = d.cli("timeline", "sato.k", "--around", "2026-11-20T01:15:00Z", "--span", "30m")
        check("tunnel-up" in around and "AS-SV0" in around.upper() and "vssadmin" in around, around)
        left = d.cli("query", "noroshi.identity.user:sato.k and http.request.bytes > 1000000")
        check("60000000" in left or "filebin" in left or "10.20.1.5" in left, left)
        check("INC-" in d.cli("report", "incident", number, "--lang", "ja"), "the report")


run(globals())
