#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make demo: a day of a company through a real noroshid, with ten attacks hidden in it.

Environment: DEMO_SEED (default 1), DEMO_LINES (default 1000000), DEMO_WORKERS (default 2).
Writes build/demo/result.json {seed, hidden, found, false, events_per_second, seconds}.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("NOROSHI_BIN") or os.path.join(ROOT, "build", "release")
OUT = os.environ.get("DEMO_OUT") or os.path.join(ROOT, "build", "demo")
TTY = sys.stdout.isatty()
COLOUR = TTY and not os.environ.get("NO_COLOR")


def tint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def day_before():
    """The day that is played: RFC 3164 has no year, so it must lie near to now."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def configuration(port, workers):
    return {
        "data": os.path.join(OUT, "data"),
        "listen": [{"name": "syslog", "kind": "tcp", "address": f"127.0.0.1:{port}", "zone": "UTC", "history": True}],
        "watchlists": os.path.join(OUT, "day", "lists"),
        "rules": [{"path": os.path.join(ROOT, "config", "rules"), "on_error": "refuse"}],
        "workers": {"count": workers, "mode": "processes"},
        "alerts": [{"kind": "file", "path": os.path.join(OUT, "alerts.ndjson")}],
        "control": os.path.join(OUT, "control.sock"),
        "users": {"separate": False},
    }


def safe(text):
    """Text from logs never reaches the terminal raw."""
    return "".join(c if c.isprintable() else "\\x%02x" % ord(c) for c in str(text))


class Watch(threading.Thread):
    """Shows alerts as they come."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.alerts, self.stop = path, [], False

    def run(self):
        rest, at = b"", 0
        while True:
            last = self.stop
            if os.path.exists(self.path):
                with open(self.path, "rb") as f:
                    f.seek(at)
                    chunk = f.read()
                at += len(chunk)
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.show(json.loads(line))
            if last:
                return
            time.sleep(0.05)

    def show(self, alert):
        self.alerts.append(alert)
        level = alert.get("log.level", "medium")
        colour = {"critical": "1;31", "high": "31", "medium": "33"}.get(level, "36")
        if TTY:
            sys.stdout.write("\r\033[K")
        print(f"  {tint(colour, f'{level:8}')} {alert['@timestamp'][11:19]}  {safe(alert.get('message', ''))}")
        if alert.get("noroshi.message_ja"):
            print(f"                     {safe(alert['noroshi.message_ja'])}")
        sys.stdout.flush()


def status():
    done = subprocess.run([os.path.join(BIN, "noroshi"), "-c", os.path.join(OUT, "noroshi.yml"), "--json", "status"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def progress(stored, total, rate):
    share = stored / total if total else 0
    if TTY:
        bar = "#" * int(30 * share)
        sys.stdout.write(f"\r  [{bar:30}] {stored:>9,} of {total:,} lines  {rate:>9,.0f}/s ")
        sys.stdout.flush()


def send(port, path):
    with socket.create_connection(("127.0.0.1", port)) as s, open(path, "rb") as f:
        s.sendfile(f)
        s.shutdown(socket.SHUT_WR)


def values(alert):
    return {str(v) for v in alert.get("noroshi.alert.group", {}).values()}


def about(alert):
    return [*values(alert), *(e["value"] for e in alert.get("noroshi.alert.entities", []))]


def seconds(attack):
    """The seconds in which its lines were written."""
    return {at[:19] for rows in attack.get("records", {}).values() for _, at in rows}


def belongs(alert, attack):
    """An alert is this attack's when its rule is one that may fire for it and it names one of the attack's things; or when
    it is about one of the attack's people, machines or addresses and counts a record of that very second."""
    if {str(v).lower() for v in about(alert)} & {n.lower() for n in attack.get("names", [])} and \
       {r["@timestamp"][:19] for r in alert.get("noroshi.alert.records", [])} & seconds(attack):
        return True
    rules = {attack["rule"], *attack.get("also", [])}
    if alert.get("rule.id") not in rules:
        return False
    marks = {str(v) for v in attack.get("entity", {}).values()} | {str(v) for v in attack.get("indicators", [])}
    text = json.dumps(alert, ensure_ascii=False)
    return bool(values(alert) & marks) or any(m in text for m in marks)


def repeats(alert):
    """What a rule says again, when its silence is over, of the same group in the same incident: no new alarm, an update."""
    return alert.get("rule.id"), json.dumps(alert.get("noroshi.alert.group")), alert.get("noroshi.incident.id")


def judge(alerts, truth):
    found, false = [], []
    for attack in truth["attacks"]:
        if any(a.get("rule.id") == attack["rule"] and belongs(a, attack) for a in alerts):
            found.append(attack["id"])
    ours = [a for a in alerts if any(belongs(a, attack) for attack in truth["attacks"])]
    told = {repeats(a) for a in ours}
    for a in alerts:
        if a not in ours and repeats(a) not in told:
            false.append({"rule": a.get("rule.id"), "name": a.get("rule.name"), "group": a.get("noroshi.alert.group"),
                          "time": a.get("@timestamp")})
    return found, false


def prepare(seed, lines):
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    print(f"A day of a company (seed {seed}, about {lines:,} lines) is being written ...", flush=True)
    subprocess.run([os.path.join(BIN, "tests/support/company/company"), "--seed", str(seed), "--lines", str(lines), "--no-files", "--date", day_before(),
                    "--out", os.path.join(OUT, "day")], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(OUT, "day", "truth.json"), encoding="utf-8") as f:
        return json.load(f)


def start(port, workers):
    with open(os.path.join(OUT, "noroshi.yml"), "w", encoding="utf-8") as f:
        json.dump(configuration(port, workers), f, indent=1)
    log = open(os.path.join(OUT, "noroshid.log"), "wb")
    daemon = subprocess.Popen([os.path.join(BIN, "noroshid"), "-c", os.path.join(OUT, "noroshi.yml")], stderr=log,
                              stdin=subprocess.DEVNULL)
    for _ in range(600):
        with open(log.name, "rb") as f:
            if b"noroshid: ready" in f.read():
                return daemon
        if daemon.poll() is not None:
            break
        time.sleep(0.05)
    with open(log.name, encoding="utf-8", errors="replace") as f:
        sys.stderr.write(f.read())
    sys.exit("noroshid did not start; see above")


def play(daemon, port, total, watch):
    """Send the day and wait until all of it is stored. Returns seconds from the first byte to the last record."""
    began = time.monotonic()
    sender = threading.Thread(target=send, args=(port, os.path.join(OUT, "day", "day.log")), daemon=True)
    sender.start()
    stored, last = 0, 0.0
    while stored < total:
        time.sleep(0.1)
        if daemon.poll() is not None:
            sys.exit(f"noroshid ended with {daemon.returncode}; see {OUT}/noroshid.log")
        stored = status().get("stored", stored)
        seconds = time.monotonic() - began
        progress(stored, total, stored / seconds)
        if not TTY and seconds - last >= 5:
            last = seconds
            print(f"  {stored:,} of {total:,} lines, {stored / seconds:,.0f}/s", flush=True)
        if seconds > 300:
            sys.exit(f"only {stored} of {total} lines were stored in 300 s; see {OUT}/noroshid.log")
    seconds = time.monotonic() - began
    while status().get("sent", 0) < status().get("alerts", 0):
        time.sleep(0.05)
    watch.stop = True
    watch.join()
    if TTY:
        sys.stdout.write("\r\033[K")
    return seconds


def main():
    seed, lines = int(os.environ.get("DEMO_SEED", "1")), int(os.environ.get("DEMO_LINES", "1000000"))
    truth = prepare(seed, lines)
    port, total = free_port(), truth["lines"]
    daemon = start(port, int(os.environ.get("DEMO_WORKERS", "2")))
    print("noroshid runs: syslog over TCP, no other server. Ten attacks are hidden; alerts as they come:", flush=True)
    watch = Watch(os.path.join(OUT, "alerts.ndjson"))
    watch.start()
    try:
        seconds = play(daemon, port, total, watch)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=60)
    found, false = judge(watch.alerts, truth)
    hidden = [a["id"] for a in truth["attacks"]]
    result = {"seed": seed, "hidden": hidden, "found": found, "false": false, "events_per_second": round(total / seconds),
              "seconds": round(seconds, 2)}
    with open(os.path.join(OUT, "result.json"), "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1, ensure_ascii=False)
    print()
    for attack in truth["attacks"]:
        mark = tint("32", "found ") if attack["id"] in found else tint("31", "MISSED")
        print(f"  {mark}  {attack['id']}  {attack['name_en']} / {attack['name_ja']}")
    for one in false:
        print(f"  {tint('31', 'FALSE ')}  {safe(one['name'])} {safe(one['group'])}")
    print(f"\nFound {len(found)} of {len(hidden)} hidden attacks, {len(false)} false alerts, "
          f"{total:,} lines in {seconds:.1f} s = {result['events_per_second']:,} lines/s.")
    rel = os.path.relpath(OUT)
    print(f"""
Look next:
  {rel}/alerts.ndjson                                     the alerts
  build/release/noroshi query --archive {rel}/data/archive 'event.outcome:failure and user.name:root' --limit 5
  build/release/noroshi verify --archive {rel}/data/archive      every byte of the evidence, checked
  build/release/noroshi replay --rules config/rules --watchlists {rel}/day/lists {rel}/day/day.log    the same alerts, offline
  README.md                                               point your own firewall at it""")
    return 0 if len(found) == len(hidden) and not false else 1


if __name__ == "__main__":
    sys.exit(main())
