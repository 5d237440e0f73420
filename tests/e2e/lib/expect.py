# SPDX-License-Identifier: Apache-2.0
"""What a catalogue row expects of the records that its bytes became: one function per kind.

A function gets the run (below) and the wanted value, and raises Failure. A key without a function
is a field name: the stored value must equal the wanted one.
"""
import base64
import csv
import email
import email.policy
import html
import io
import json
import os
import re
import socket
from datetime import datetime

from noroshi import Failure, check

# What a mail may say about itself; anything else came from somebody else's log line.
MAIL_HEADERS = {"from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type",
                "content-transfer-encoding", "content-language", "auto-submitted", "references",
                "in-reply-to", "reply-to", "precedence", "x-auto-response-suppress", "user-agent",
                "x-mailer", "importance", "priority"}
MAIL_ONCE = ("from", "to", "subject", "date", "message-id", "content-type")
ABSENT = object()


class Run:
    """One case after it was sent: the records stored for it, figures, and the daemon."""

    def __init__(self, case, daemon, records):
        self.case, self.daemon, self.records = case, daemon, records
        self.cpu_ms, self.pss_delta = 0.0, 0
        self.files_before, self.connections_before = set(), set()
        self.rule_ids = {}
        self.mails = None


def field(record, name):
    """Flat dotted keys, as the output format says; objects within are walked as well."""
    if name in record:
        return record[name]
    here = record
    for part in name.split("."):
        if not isinstance(here, dict) or part not in here:
            return ABSENT
        here = here[part]
    return here


def instant(text):
    """An RFC 3339 time as (seconds, nanoseconds), or None when the text is none."""
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)",
                     text if isinstance(text, str) else "")
    if not m:
        return None
    zone = "+00:00" if m[3] == "Z" else m[3]
    return datetime.fromisoformat(m[1] + zone).timestamp(), int((m[2] or "0").ljust(9, "0"))


def same(got, want):
    if want == "localhost-name":  # the catalogue's word for the receiving machine's own name
        return got == socket.gethostname()
    if instant(want) is not None:
        return instant(got) == instant(want)
    if isinstance(want, bool) or isinstance(got, bool):
        return got is want
    return got == want


def raw_bytes(record):
    """The bytes as received."""
    if "noroshi.raw" in record:
        return base64.b64decode(record["noroshi.raw"], validate=True)
    return record.get("event.original", "").encode("utf-8", "surrogatepass")


def flags(record):
    value = record.get("noroshi.flags", [])
    return value if isinstance(value, list) else [value]


def has_marker(record, marker):
    raw = raw_bytes(record)
    return marker in raw or marker in raw.replace(b"\0", b"") \
        or marker in json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")


def own(run):
    """The records that carry the case's marker; all of them when none is given."""
    found = [r for r in run.records if run.case.marker and has_marker(r, run.case.marker)]
    return found or run.records


def some(run, test, why):
    """At least one record of the case passes; without any record only an optional case does."""
    if not run.records and run.case.low == 0:
        return
    check(run.records, "no record is stored")
    check(any(test(r) for r in own(run)), why)


def check_field(run, name, want):
    name = re.sub(r"^sd\.", "log.syslog.structured_data.", name)
    # a list with null in it names alternatives: the value, or no such field
    any_of = want if isinstance(want, list) and None in want else [want]

    def test(record):
        got = field(record, name)
        return any(got is ABSENT or got is None if w is None else same(got, w) for w in any_of)

    def shown():
        values = [field(r, name) for r in own(run)]
        return f"{name}: {['(absent)' if v is ABSENT else v for v in values]} is not {want!r}"

    some(run, test, shown)


# ---- text ----------------------------------------------------------------------------------------

def raw_kept(run, _want):
    """Raw bytes are a piece of what was sent, unchanged; all of it, where nothing was cut."""
    sent, pieces = run.case.bytes, [raw_bytes(r) for r in run.records]
    for raw in pieces:
        check(raw and raw in sent,
              lambda raw=raw: f"raw bytes differ from those sent: {raw[:80]!r}")
    if "oversize" in {f for r in run.records for f in flags(r)} or not pieces:
        return
    whole = {frame.rstrip(b"\r\n") for frame in run.case.frames()}
    check(any(raw.rstrip(b"\r\n") in whole for raw in pieces) or not run.case.datagram(),
          lambda: f"raw bytes are cut: {[len(p) for p in pieces]} of {len(sent)}")


def if_cut_flagged(run, _want):
    for record in run.records:
        cut = len(raw_bytes(record).rstrip(b"\r\n")) < max(
            len(f.rstrip(b"\r\n")) for f in run.case.frames())
        check(not cut or run.case.reason in flags(record), f"cut without {run.case.reason}")


def stored_text_is_valid_utf8(run, _want):
    for record in run.records:
        try:
            json.dumps(record, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as why:
            raise Failure(f"a lone surrogate is stored: {why}") from None


def message(record):
    text = field(record, "message")
    return text if isinstance(text, str) else ""


def message_contains(run, want):
    some(run, lambda r: want in message(r), lambda: f"message lacks {want!r}")


def message_starts_with(run, want):
    some(run, lambda r: message(r).startswith(want),
         lambda: f"message is {[message(r)[:60] for r in own(run)]}")


def no_trailing_newline(run, _want):
    for record in run.records:
        check(not message(record).endswith(("\r", "\n")), "message ends with a line end")


def second_intact(run, _want):
    last = run.case.frames()[-1]
    check(any(raw_bytes(r).rstrip(b"\r\n") == last.rstrip(b"\r\n") for r in run.records),
          lambda: f"the message after the bad one is not stored as sent: {last[:60]!r}")


def if_source_encoding_set(run, want):
    if not run.case.encoding:
        return
    for text in want.values():
        some(run, lambda r, t=text: t in message(r) or t in str(r.get("event.original")),
             lambda: f"decoded text is {[message(r)[:60] for r in own(run)]}")


def if_not_parsed(run, want):
    for record in own(run):
        if run.case.reason in flags(record):
            for name, value in want.items():
                check(same(field(record, name), value),
                      lambda n=name, r=record: f"{n} is {field(r, n)!r}, not the arrival")


def user_not_equal(run, want):
    for record in run.records:
        for name, value in record.items():
            check(want not in (value if isinstance(value, list) else [value]),
                  f"{name} equals {want!r}")


# ---- where it came from --------------------------------------------------------------------------

def source_address_is_peer(run, _want):
    for record in run.records:
        peer = record.get("noroshi.peer") or record.get("log.source.address") or ""
        check(re.match(r"127\.0\.0\.1(:\d+)?$", peer), f"the peer is given as {peer!r}")


def peer_pid_recorded(run, _want):
    some(run, lambda r: r.get("noroshi.peer.pid") == os.getpid(),
         lambda: f"noroshi.peer.pid: {[r.get('noroshi.peer.pid') for r in run.records]}, "
         f"the sender is {os.getpid()}")


# ---- figures -------------------------------------------------------------------------------------

def cpu_ms_at_most(run, want):
    check(run.cpu_ms <= want, f"{run.cpu_ms:.0f} ms of CPU, at most {want}")


def rss_delta_mib_at_most(run, want):
    check(run.pss_delta <= want << 20, f"{run.pss_delta / 2**20:.1f} MiB more resident")


def watermark_at_most(run, want):
    mark = run.daemon.status()["watermark"]
    check(instant(mark) is not None and instant(mark) <= instant(want), f"watermark is {mark}")


# ---- what people see -----------------------------------------------------------------------------

def _shown(run, form):
    """`noroshi query MARKER` in one of its formats, as text; it must show the record."""
    out = run.daemon.cli("query", f'"{run.case.marker.decode()}"', "--archive", run.daemon.archive,
                         "--format", form, binary=True)
    try:
        text = out.decode()
    except UnicodeDecodeError as why:
        raise Failure(f"query --format {form} is not UTF-8: {why}") from None
    check(run.case.marker.decode() in text, f"query --format {form} does not show the record")
    return text


def cli_output_has_no_byte(run, want):
    found = {ord(c) for c in _shown(run, "table")} & set(want)
    check(not found, f"query --format table passes through {sorted(map(hex, found))}")


def csv_is_text(run):
    rows = list(csv.reader(io.StringIO(_shown(run, "csv"))))
    check(len({len(row) for row in rows if row}) == 1, "CSV rows differ in length")
    # the first row is ours: field names
    for cell in (cell for row in rows[1:] for cell in row):
        check(not re.match(r"[=+@\t\r]|-(?![\d.]|$)", cell),
              f"a CSV cell is a formula: {cell[:60]!r}")


def alert_mail(run):
    """The mail about this case's record: parsed, headers ours alone, text as text."""
    if not run.mails:
        raise Failure("no SMTP server runs beside this case")
    raw = run.mails.about(run.rule_ids, run.case)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    names = [name.lower() for name in mail.keys()]
    strange = {n for n in names if n not in MAIL_HEADERS and not n.startswith("x-noroshi-")}
    check(not strange, f"mail headers that are not ours: {sorted(strange)}")
    check(not mail.defects, f"the mail is malformed: {mail.defects}")
    for name in MAIL_ONCE:
        check(names.count(name) <= 1, f"mail header {name} stands twice")
    check(str(mail["to"]) == run.mails.to, f"mail goes to {mail['to']}")
    return mail


def mail_is_text(run):
    mail = alert_mail(run)
    body = re.escape(run.case.marker.decode())
    lines = [line for r in own(run) for line in message(r).splitlines() if re.search(body, line)]
    for part in mail.walk():
        if part.get_content_type() == "text/html":
            page = part.get_content()
            for line in lines:
                check(line == html.escape(line) or line not in page, "mail holds markup of the log")


def rendered_as_text_in(run, want):
    """Where the thing exists: CSV and mail. The others are named by the runner as left out."""
    if "csv" in want:
        csv_is_text(run)
    if "mail" in want:
        mail_is_text(run)


def mail_headers_unchanged(run, _want):
    alert_mail(run)


def same_value_in_rule_and_store(run, want):
    """For each value that the input gives the key there is a rule; what fired is what is stored."""
    fired = {value for value, rule in run.rule_ids.items()
             if any(rule in json.dumps(a) for a in run.daemon.alerts())}
    stored = set()
    for record in own(run):
        for name, value in record.items():
            if name.split(".")[-1] == want or name in (want, f"{want}.name"):
                stored |= set(value if isinstance(value, list) else [value])
    check(stored, f"the stored record has no {want}")
    check(fired == stored, f"rules saw {sorted(fired)}, the archive shows {sorted(stored)}")


# ---- side effects --------------------------------------------------------------------------------

def files_outside(daemon):
    """Files of the daemon's directory that are not below data/, and what it holds open elsewhere."""
    found = set()
    for folder, _, names in os.walk(daemon.dir):
        if not (folder + "/").startswith(daemon.path("data") + "/"):
            found |= {os.path.join(folder, n) for n in names}
    for pid in daemon.tree():
        for fd in _fds(pid):
            try:
                path = os.readlink(fd)
                flags_line = open(fd.replace("/fd/", "/fdinfo/"), encoding="ascii").read()
            except OSError:
                continue
            mode = int(re.search(r"flags:\s*(\d+)", flags_line)[1], 8) & os.O_ACCMODE
            if path.startswith("/") and mode != os.O_RDONLY \
                    and not path.startswith((daemon.dir + "/", "/dev/", "/memfd:", "/proc/")):
                found.add(path)
    return found


def _fds(pid):
    try:
        return [f"/proc/{pid}/fd/{n}" for n in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def no_file_outside_data_dir(run, _want):
    new = files_outside(run.daemon) - run.files_before
    check(not new, f"files outside the data folder: {sorted(new)}")


def outbound(daemon):
    """Remote ends of the daemon's TCP and UDP connections that it did not accept."""
    inodes = set()
    for pid in daemon.tree():
        for fd in _fds(pid):
            try:
                m = re.match(r"socket:\[(\d+)\]", os.readlink(fd))
            except OSError:
                continue
            if m:
                inodes.add(m[1])
    rows = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with open(f"/proc/net/{table}", encoding="ascii") as f:
            rows += [line.split() for line in f.readlines()[1:]]
    listening = {r[1].rpartition(":")[2] for r in rows if r[3] == "0A"}
    return {r[2] for r in rows if r[9] in inodes and r[3] in ("01", "02")
            and r[1].rpartition(":")[2] not in listening}


def no_new_outbound_connection(run, _want):
    ours = run.mails.endpoints() if run.mails else set()
    new = outbound(run.daemon) - run.connections_before - ours
    check(not new, f"new connections to {sorted(new)}")


KINDS = {f.__name__: f for f in (
    raw_kept, if_cut_flagged, stored_text_is_valid_utf8, message_contains, message_starts_with,
    no_trailing_newline, second_intact, if_source_encoding_set, if_not_parsed, user_not_equal,
    source_address_is_peer, peer_pid_recorded, cpu_ms_at_most, rss_delta_mib_at_most,
    watermark_at_most, cli_output_has_no_byte, rendered_as_text_in, mail_headers_unchanged,
    same_value_in_rule_and_store, no_file_outside_data_dir, no_new_outbound_connection)}


def check_all(run):
    """Every expectation of the case; all that fail are told."""
    wrong = []
    for name, want in run.case.expect.items():
        try:
            if name in KINDS:
                KINDS[name](run, want)
            else:
                check_field(run, name, want)
        except Failure as why:
            wrong.append(str(why))
    return wrong
