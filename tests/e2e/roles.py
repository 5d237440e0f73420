#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each role is and may; poison, draining, accounting under load."""
import os
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import Daemon, Skip, check, free_port, run, send_tcp, send_udp, wait_for  # noqa: E402

LINE = b"<38>1 2026-03-02T08:00:00Z web01 sshd %d - - Failed password for root from 192.0.2.7 port %d ssh2"


def facts(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)


def tcp(port, **more):
    return {"name": "t", "kind": "tcp", "address": f"127.0.0.1:{port}", "history": True, **more}


def test_each_role_has_a_user_and_few_rights():
    if os.geteuid() != 0:
        raise Skip("users of their own need root")
    port = free_port()
    with Daemon({"listen": [tcp(port)]}) as d:
        seen = {}
        for name in ("intake", "worker", "engine", "respond", "signer", "console"):
            f = facts(wait_for(lambda n=name: d.role(n), 5, f"{name} runs")[0])
            uid = f["Uid"].split()[0]
            check(uid != "0" and uid not in seen, f"{name} has uid {uid}, as has {seen.get(uid)}")
            seen[uid] = name
            check(f["NoNewPrivs"] == "1", f"{name}: no new privileges")
            check(int(f["CapEff"], 16) == 0, f"{name}: capabilities {f['CapEff']}")
            if name == "worker":
                check(f["Seccomp"] == "2", f"the worker's system-call filter: {f['Seccomp']}")
        key = d.path("data", "keys", "seal.key")
        check(os.stat(key).st_mode & 0o777 == 0o400, "the key is its owner's alone")


def test_workers_cannot_write_evidence():
    with Daemon({"listen": [tcp(free_port())], "limits": {"slots": 8}}) as d:
        worker, engine = d.role("worker")[0], d.role("engine")[0]

        def shared(pid, rights):
            with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
                return sum(1 for line in f if line.split()[1] == rights and "/dev/zero" in line)

        check(shared(worker, "r--s") >= 8, "heads, frames and raw bytes of the slots are read-only for a worker")
        check(shared(engine, "r--s") == 0, "and not for the engine")


def test_a_worker_that_breaks_the_rules_is_ended_and_nothing_is_lost():
    port = free_port()
    with Daemon({"listen": [tcp(port)], "workers": {"count": 2}}) as d:
        for n in range(5):
            send_tcp(port, [LINE % (n * 100 + i, 1024 + i) for i in range(100)])
            old = d.kill("worker", which=n)
            d.wait_role("worker", other_than=old)
        d.wait_stored(500)
        check(d.status()["unparsed"] == 0, "no line was given up")
        check(d.status().accounted(), "received = stored + rejected + dropped + in flight")


def test_one_message_that_ends_workers_is_set_aside():
    port = free_port()
    lines = [LINE % (i, 1024 + i) for i in range(300)]
    lines[137] += b" eat this: xyzzy-poison"
    with Daemon({"listen": [tcp(port)]}, env={"NOROSHI_POISON": "xyzzy-poison"}) as d:
        send_tcp(port, lines)
        d.wait_stored(300, timeout=60)
        bad = wait_for(lambda: [r for r in d.query() if "poison" in r.get("noroshi.flags", [])], 20, "the message is kept and flagged")
        check(len(bad) == 1 and bad[0]["event.original"].endswith("xyzzy-poison"), bad)
        alert = wait_for(d.alerts, 10, "an alert tells of it")[0]
        check(alert["rule.id"] == "noroshi.poison", alert)
        check(d.status()["unparsed"] == 1, "the other 299 are read")


def test_stopping_drains_what_is_in():
    port, count = free_port(), 20000
    with Daemon({"listen": [tcp(port)]}) as d:
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"".join(LINE % (i, 1024 + i % 60000) + b"\n" for i in range(count)))
            wait_for(lambda: d.status()["received"] >= count, 20, "all lines are received")
            d.stop()
        check(len(d.query()) == count, lambda: f"{len(d.query())} of {count} lines are in the archive")
        d.cli("verify", "--archive", d.archive)
        d.start()


def test_udp_is_counted_to_the_datagram():
    port, count = free_port(), 30000
    udp = {"name": "u", "kind": "udp", "address": f"127.0.0.1:{port}", "history": True}
    with Daemon({"listen": [udp]}) as d:
        senders = [threading.Thread(target=send_udp, args=(port, [LINE % (k, i) for i in range(count // 3)])) for k in range(3)]
        for s in senders:
            s.start()
        for s in senders:
            s.join()
        status = d.wait_drained()
        check(status.accounted(), status.brief())
        wait_for(lambda: d.status()["stored"] + d.status().total("dropped") == count, 10,
                 lambda: f"sent = stored + dropped: {d.status().brief()}")


def test_a_full_journal_holds_the_senders_back_and_loses_nothing():
    """With checkpoints hours apart the journal may hold 192 MiB: past that TCP waits, and goes on after a checkpoint."""
    port, count = free_port(), 60000
    with Daemon({"listen": [tcp(port)], "limits": {"journal_max": "192MiB", "checkpoint": "1h", "checkpoint_bytes": "16GiB"}}) as d:
        big = b"x" * 6000
        feeder = threading.Thread(target=send_tcp, args=(port, [LINE % (i, i % 60000) + b" " + big for i in range(count)]))
        feeder.start()
        d.wait_stored(count, timeout=120)
        feeder.join()
        check(d.status().accounted() and d.status().total("dropped") == 0, d.status().brief())


def test_hangup_of_one_role_is_not_the_end():
    port = free_port()
    with Daemon({"listen": [tcp(port)]}) as d:
        for name in ("engine", "intake", "respond", "signer", "console"):
            old = d.kill(name, signal.SIGSEGV)
            d.wait_role(name, other_than=old)
        wait_for(lambda: d.status()["ready"], 20, "ready again")
        send_tcp(port, [LINE % (1, 1)])
        wait_for(d.query, 10, "the line is in the archive")


run(globals())
