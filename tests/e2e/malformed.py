#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a catalogue of malformed inputs to a running noroshid and checks what became of them.

    malformed.py [CASE…]        folder: $NOROSHI_MALFORMED, or ../shared/malformed beside the repo

The catalogue: manifest.tsv (id, transport, verdict, records, reason, conn, marker, expect, meta as
JSON, sha256) and one ID.bin per row; the udp, tcp and unix rows are run. After each case also: the
same processes, a canary on a new connection stored within 1 s, received = stored + rejected, and at
most 16 MiB more memory (PSS, so that shared pages count once). Nothing here knows a case by name.
"""
import collections
import email
import email.policy
import glob
import json
import os
import selectors
import shutil
import socket
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import catalogue  # noqa: E402
import expect  # noqa: E402
from noroshi import (ROOT, Daemon, Failure, Server, Tally, check, free_port,  # noqa: E402
                     raise_file_limit, wait_for)

FOLDER = os.environ.get("NOROSHI_MALFORMED") or os.path.join(ROOT, "..", "shared", "malformed")
TRANSPORTS = ("udp", "tcp", "unix")
IDLE = 2.0
MEMORY = 16 << 20
LEFT_OUT = ("console", "report", "webhook")
MAIL_TO = "soc@example.jp"
# A rule for anything at all: neither product, category nor service.
LOGSOURCE = {"definition": "any"}
CANARY = {
    "": "<38>Nov 22 09:59:58 web01 canary[1]: {}",
    "json": '{{"message":"{}"}}',
    "cef": "CEF:0|Noroshi|test|1|1|canary|1|msg={}",
    "leef": "LEEF:1.0|Noroshi|test|1|canary|msg={}",
    "csv": "canary,{},1",
    "kv": "canary=yes msg={}",
}


class Mails:
    """What the SMTP server beside the daemon has taken."""

    def __init__(self, folder, port):
        self.folder, self.port, self.to = folder, port, MAIL_TO

    def endpoints(self):
        return {f"0100007F:{self.port:04X}"}

    def about(self, rule_ids, case):
        words = [case.marker.decode(), *rule_ids.values()]

        def find():
            for path in sorted(glob.glob(os.path.join(self.folder, "*.eml"))):
                with open(path, "rb") as f:
                    raw = f.read()
                mail = email.message_from_bytes(raw, policy=email.policy.default)
                text = str(mail["subject"]) + "".join(
                    p.get_content() for p in mail.walk() if p.get_content_maintype() == "text")
                if any(word and word in text for word in words):
                    with open(path[:-4] + ".json", encoding="utf-8") as f:
                        check(json.load(f)["to"] == [self.to], "the mail went to others as well")
                    return raw
            return None

        return wait_for(find, 15, "a mail about the record's alert", step=0.1)


# ---- rules that the expectations need ------------------------------------------------------------

def duplicate_values(case, key):
    """The values that a JSON input gives one key."""
    found = []

    def walk(pairs):
        found.extend(v for k, v in pairs if k == key and isinstance(v, str))
        return dict(pairs)

    json.loads(case.bytes.decode(), object_pairs_hook=walk)
    return list(dict.fromkeys(found))


def rules_for(case):
    """{name: (rule id, detection)}"""
    wanted = {}
    if "mail" in case.expect.get("rendered_as_text_in", ()) \
            or "mail_headers_unchanged" in case.expect:
        wanted["mail"] = {"keywords": [case.marker.decode()], "condition": "keywords"}
    key = case.expect.get("same_value_in_rule_and_store")
    for value in duplicate_values(case, key) if key else ():
        wanted[value] = {"selection": {key: value}, "condition": "selection"}
    return {name: (str(uuid.uuid5(uuid.NAMESPACE_URL, f"noroshi:{case.name}:{name}")), detection)
            for name, detection in wanted.items()}


def write_rules(folder, cases):
    for case in cases:
        for name, (rule_id, detection) in rules_for(case).items():
            rule = {"title": f"Catalogue {case.id} {name}", "id": rule_id, "status": "test",
                    "description": "Made by the harness.", "author": "Noroshi tests",
                    # below what is reported: each alert is a mail of its own
                    "logsource": LOGSOURCE, "detection": detection, "level": "medium",
                    "noroshi": {"state": "on"}}
            with open(os.path.join(folder, f"{rule_id}.yml"), "w", encoding="utf-8") as f:
                json.dump(rule, f)


# ---- one daemon for the cases of one clock -------------------------------------------------------

def input_key(case):
    return (case.transport, case.meta.get("tz", "UTC"), case.meta.get("format", ""), case.encoding)


class House:
    """A daemon with one input for each (transport, zone, format, encoding) of its cases."""

    def __init__(self, clock, cases, mails):
        self.clock, self.cases, self.mails, self.where = clock, cases, mails, {}
        self.folder, self.daemon = tempfile.mkdtemp(prefix="noroshi-rules-"), None
        os.chmod(self.folder, 0o755)
        write_rules(self.folder, cases)

    def start(self):
        self.close()
        listen = []
        for n, key in enumerate(sorted({input_key(c) for c in self.cases})):
            transport, zone, form, charset = key
            row = {"name": f"case{n}", "kind": transport, "zone": zone}
            if transport in ("udp", "tcp"):
                port = free_port()
                row["address"], self.where[key] = f"127.0.0.1:{port}", port
            else:
                row["path"], self.where[key] = f"@DIR@/in{n}.sock", f"in{n}.sock"
            if form:
                row["format"] = form
            if charset:
                row["encoding"] = charset
            listen.append(row)
        config = {"listen": listen, "test": {"clock": self.clock},
                  "limits": {"tcp_idle": f"{IDLE:g}s"},
                  "alerts": [{"kind": "file", "path": "@DIR@/alerts.ndjson"}]}
        if os.listdir(self.folder):
            config["rules"] = [{"path": self.folder, "on_error": "refuse"}]
        if self.mails:
            config["alerts"].append({"kind": "smtp", "server": f"127.0.0.1:{self.mails.port}",
                                     "from": "noroshi@example.jp", "to": [MAIL_TO],
                                     "language": "en", "starttls": "never"})
        self.inputs = {row["name"] for row in listen}
        self.daemon, self.lines, self.canaries = Daemon(config), collections.Counter(), 0
        self.daemon.start()
        for case in {input_key(c): c for c in self.cases}.values():
            self.canary(case)
        self.daemon.wait_drained()
        self.new_records(0)
        return self.daemon

    def close(self):
        if self.daemon:
            self.daemon.close()
            self.daemon = None

    def end(self):
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, case):
        """A socket to the case's input."""
        where = self.where[input_key(case)]
        if case.transport in ("udp", "tcp"):
            family, address = socket.AF_INET, ("127.0.0.1", where)
        else:
            family, address = socket.AF_UNIX, self.daemon.path(where)
        kind = socket.SOCK_DGRAM if case.datagram() else socket.SOCK_STREAM
        s = socket.socket(family, kind)
        s.settimeout(10)
        s.connect(address)
        if family == socket.AF_INET and kind == socket.SOCK_STREAM:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def canary(self, case):
        """One good message on a new connection; its token, once the counter shows it stored."""
        self.canaries += 1
        token = f"canary-{os.getpid()}-{self.canaries}"
        text = CANARY[case.meta.get("format", "")].format(token).encode()
        before = self.daemon.status()["stored"]
        with self.open(case) as s:
            s.sendall(text if case.datagram() else text + b"\n")
        wait_for(lambda: self.daemon.status()["stored"] > before, 1.0, "the canary is stored",
                 0.01)
        return token

    def new_records(self, at_least, token=None):
        """Records of our inputs since the last call, without canaries, once all are there."""
        got = []

        def complete():
            out = self.daemon.cli("query", "*", "--archive", self.daemon.archive,
                                  "--format", "json", binary=True)
            self.latest = collections.Counter(out.splitlines())
            fresh = [json.loads(line.decode()) for line in (self.latest - self.lines).elements()]
            ours = [r for r in fresh if r.get("noroshi.input", "case0") in self.inputs]
            got[:] = [r for r in ours if f"canary-{os.getpid()}-" not in json.dumps(r)]
            seen = not token or any(token in json.dumps(r) for r in ours)
            return len(got) >= at_least and seen

        try:
            wait_for(complete, 10, lambda: f"{at_least} records and the canary in the archive, "
                     f"{len(got)} are there", step=0.1)
        finally:
            self.lines = self.latest
        return list(got)


# ---- sending -------------------------------------------------------------------------------------

def send_datagram(house, case):
    with house.open(case) as s:
        s.send(case.bytes)


def write_paced(s, case):
    step, pause = case.meta.get("pace_bytes"), case.meta.get("pace_ms", 50) / 1000
    cuts = list(range(0, len(case.bytes), step)) if step else [0, *case.meta.get("split_at", ())]
    for start, end in zip(cuts, cuts[1:] + [len(case.bytes)]):
        s.sendall(case.bytes[start:end])
        if end < len(case.bytes):
            time.sleep(pause)


def closed_within(s, seconds):
    """True when the peer ends the connection by itself in that time."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            if not s.recv(65536):
                return True
        except socket.timeout:
            return False
        except OSError:
            return True
    return False


def send_stream(house, case):
    with house.open(case) as s:
        try:
            write_paced(s, case)
        except OSError:
            check(case.conn != "keep", "the connection was closed while it was written to")
            return
        if "hold_s" in case.meta:
            # held until the idle limit must have struck, never longer
            ended = closed_within(s, min(case.meta["hold_s"], IDLE + 3))
            check(ended or case.conn != "close", "the connection stays open past the idle limit")
        elif case.conn == "close":
            check(closed_within(s, IDLE * 0.75), "the connection stays open")
        elif case.conn == "keep":
            check(not closed_within(s, 0.3), "the connection was closed")
        try:
            s.shutdown(socket.SHUT_WR)
        except OSError:
            return
        closed_within(s, 5)


def send_many(house, case, count):
    """All connections open at once, then each its message, then all closed."""
    sockets, waiting = [], selectors.DefaultSelector()
    deadline = time.monotonic() + 10
    try:
        for _ in range(count):
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", house.where[input_key(case)]))
            sockets.append(s)
            waiting.register(s, selectors.EVENT_WRITE)
        while waiting.get_map() and time.monotonic() < deadline:
            for key, _ in waiting.select(0.2):
                waiting.unregister(key.fileobj)
                try:
                    key.fileobj.send(case.bytes)
                except OSError:
                    pass
    finally:
        waiting.close()
        for s in sockets:
            s.close()


def send(house, case):
    if case.datagram():
        send_datagram(house, case)
    elif "connections" in case.meta:
        send_many(house, case, case.meta["connections"])
    else:
        send_stream(house, case)


def settle(daemon, before, case):
    """The counters once they rest; they get time to move first where something must come."""
    enough = time.monotonic() + (3.0 if case.low else 0.5)
    # many connections close one by one: rest is longer there
    last, pause = None, 0.5 if case.meta.get("connections", 1) > 1 else 0.04
    for _ in range(400):
        now = daemon.status()
        moved = now["stored"] - before["stored"] >= max(case.low, 1) \
            or now.reasons() != before.reasons()
        if last == (now["received"], now["stored"], now.reasons()) and not now["in_flight"] \
                and (moved or time.monotonic() > enough):
            return now
        last = (now["received"], now["stored"], now.reasons())
        time.sleep(pause)
    raise Failure(f"the counters do not come to rest: {daemon.status().brief()}")


# ---- judging -------------------------------------------------------------------------------------

def judge(case, run, before, after):
    """The verdict column, word for word; a list of what is wrong."""
    wrong, count = [], len(run.records)
    moved = {r for r, n in after.reasons().items() if n > before.reasons().get(r, 0)}
    flagged = {f for r in run.records for f in expect.flags(r)}
    rejected = after["rejected"].get(case.reason, 0) - before["rejected"].get(case.reason, 0)
    named = not case.reason or case.reason in flagged | moved
    if not case.low <= count <= case.high:
        wrong.append(f"{count} records are stored, not {case.low}-{case.high}")
    if case.low and case.marker and not any(
            expect.has_marker(r, case.marker) for r in run.records):
        wrong.append("no stored record has the marker")
    if case.verdict == "accept":
        if not named:
            wrong.append(f"{case.reason} is neither flagged nor counted")
        if not case.reason and flagged:
            wrong.append(f"flagged {sorted(flagged)}")
        if after["unparsed"] != before["unparsed"]:
            wrong.append("kept as unparsed")
    elif case.verdict == "accept_raw":
        if case.reason not in flagged:
            wrong.append(f"flags {sorted(flagged)} lack {case.reason}")
        try:
            expect.raw_kept(run, True)
        except Failure as why:
            wrong.append(str(why))
    elif case.verdict == "reject":
        if rejected < 1:
            wrong.append(f"not counted as rejected {case.reason}: {after['rejected']}")
    elif not named and (not count or after["unparsed"] != before["unparsed"]
                        or after["rejected"] != before["rejected"]):
        # stored and parsed needs no reason; anything else must be counted under this one
        wrong.append(f"{case.reason} is neither flagged nor counted: {sorted(moved | flagged)}")
    return wrong


def balance(before, after):
    moved = {k: after.total(k) - before.total(k) for k in ("rejected", "dropped")}
    received, stored = (after[k] - before[k] for k in ("received", "stored"))
    if received == stored + moved["rejected"]:
        return []
    return [f"received {received} is not stored {stored} + rejected {moved['rejected']}"
            f" (dropped {moved['dropped']})"]


def one_case(house, case):
    daemon = house.daemon or house.start()
    run = expect.Run(case, daemon, [])
    run.mails, run.rule_ids = house.mails, {n: i for n, (i, _) in rules_for(case).items()}
    run.files_before, run.connections_before = (
        expect.files_outside(daemon), expect.outbound(daemon))
    roles, before, memory = daemon.roles(), daemon.status(), daemon.pss()
    cpu = daemon.cpu_ns()
    wrong = []
    try:
        send(house, case)
    except Failure as why:
        wrong.append(str(why))
    after = settle(daemon, before, case)
    run.cpu_ms = (daemon.cpu_ns() - cpu) / 1e6
    token = house.canary(case)
    run.records = house.new_records(after["stored"] - before["stored"], token)
    run.pss_delta = daemon.pss() - memory
    if daemon.roles() != roles:
        wrong.append(f"processes were {roles}, are {daemon.roles()}")
    if run.pss_delta > MEMORY:
        wrong.append(f"{run.pss_delta / 2**20:.1f} MiB more memory")
    wrong += balance(before, after) + judge(case, run, before, after) + expect.check_all(run)
    check(not wrong, "; ".join(wrong))


def run_case(house, case):
    try:
        one_case(house, case)
    except BaseException:
        # the next case gets a daemon that this one has not touched, if it broke
        if house.daemon and (house.daemon.job.poll() is not None
                             or set(house.daemon.roles().values()) == {"noroshid"}):
            house.close()
        raise


def main():
    tally = Tally()
    if not os.path.exists(os.path.join(FOLDER, "manifest.tsv")):
        tally.skip("malformed", "no catalogue in $NOROSHI_MALFORMED or ../shared/malformed")
        tally.end()
    raise_file_limit()
    cases = [c for c in catalogue.load(FOLDER, TRANSPORTS)
             if not sys.argv[1:] or c.id in sys.argv[1:]]
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case.meta.get("clock", ""), case.encoding].append(case)
    folder = tempfile.mkdtemp(prefix="noroshi-mail-")
    try:
        with Server("smtp.py", folder) as server:
            mails = Mails(folder, int(server.said))
            for (clock, _), members in groups.items():
                house = House(clock, members, mails)
                try:
                    for case in members:
                        tally.run(case.name, lambda c=case: run_case(house, c))
                finally:
                    house.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("left out until they exist: records shown by " + ", ".join(LEFT_OUT))
    tally.end()


if __name__ == "__main__":
    main()
