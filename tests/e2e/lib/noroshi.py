# SPDX-License-Identifier: Apache-2.0
"""What an end-to-end test of Noroshi needs: a daemon of its own, senders, readers, counters.

    from noroshi import Daemon, free_port, run, send_udp

    def test_udp():
        port = free_port()
        udp = {"name": "u", "kind": "udp", "address": f"127.0.0.1:{port}"}
        with Daemon({"listen": [udp]}) as d:
            send_udp(port, [b"<38>Nov 22 09:59:58 web01 sshd[1]: hello"])
            d.wait_stored(1)

    run(globals())

Binaries: $NOROSHID and $NOROSHI, by default those of build/release. Nothing here sleeps for a
fixed time: what is awaited is asked for until it is there or the time given is over.
"""
import glob
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
SERVERS = os.path.join(ROOT, "tests", "servers")
sys.path.insert(0, SERVERS)

NOROSHID = os.environ.get("NOROSHID") or os.path.join(ROOT, "build", "release", "noroshid")
NOROSHI = os.environ.get("NOROSHI") or os.path.join(ROOT, "build", "release", "noroshi")
ROLES = ("noroshi-intake", "noroshi-engine", "noroshi-worker", "noroshi-respond",
         "noroshi-signer", "noroshi-console")
TICK = os.sysconf("SC_CLK_TCK")
ALL = "*"


class Failure(Exception):
    """The test found what it looks for."""


class Skip(Exception):
    """The test cannot be run here; the text says why."""


def check(condition, why):
    if not condition:
        raise Failure(why() if callable(why) else why)


def wait_for(condition, timeout, what, step=0.02):
    """The condition's first true value; Failure when none came in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(step)


def free_port():
    """A port that is free now for TCP and UDP alike on 127.0.0.1."""
    for _ in range(50):
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise Failure("no port is free")


# ---- /proc ---------------------------------------------------------------------------------------

def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def process_tree(pid, depth=99):
    """{pid: comm} of a process and its descendants down to a depth; zombies left out."""
    children, names = {}, {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        head, _, tail = _read(path).rpartition(")")
        if not tail:
            continue
        number, _, comm = head.partition(" (")
        fields = tail.split()
        if fields[0] in "ZX":
            continue
        names[int(number)] = comm
        children.setdefault(int(fields[1]), []).append(int(number))
    tree, level = {}, [pid] if pid in names else []
    while level and depth >= 0:
        tree.update((one, names[one]) for one in level)
        level = [child for one in level for child in children.get(one, [])]
        depth -= 1
    return tree


def pss(pids):
    """Bytes resident, shared pages divided among those that share them."""
    total = 0
    for pid in pids:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def cpu_seconds(pids):
    """Of the processes, their threads, and their children that have ended."""
    ticks = 0
    for pid in pids:
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        if fields:
            ticks += sum(int(x) for x in fields[11:15])
    return ticks / TICK


def cpu_ns(pids):
    """Of the threads alive: finer than a clock tick, for short spans."""
    return sum(int((_read(path).split() or [0])[0])
               for pid in pids for path in glob.glob(f"/proc/{pid}/task/*/schedstat"))


# ---- senders -------------------------------------------------------------------------------------

def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def send_udp(port, messages, address="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for message in messages:
            s.sendto(message, (address, port))


def lf(messages):
    return b"".join(m + b"\n" for m in messages)


def octet(messages):
    return b"".join(b"%d %s" % (len(m), m) for m in messages)


def send_tcp(port, messages, framing=lf, address="127.0.0.1"):
    """One connection; returns when the peer has taken all and closed as well."""
    with socket.create_connection((address, port), timeout=30) as s:
        s.sendall(framing(messages))
        s.shutdown(socket.SHUT_WR)
        s.settimeout(30)
        while s.recv(4096):
            pass


def send_unix(path, messages, framing=None):
    """Datagrams, or one stream when a framing is given."""
    kind = socket.SOCK_STREAM if framing else socket.SOCK_DGRAM
    with socket.socket(socket.AF_UNIX, kind) as s:
        s.connect(path)
        if framing:
            s.sendall(framing(messages))
        else:
            for message in messages:
                s.send(message)


# ---- the daemon ----------------------------------------------------------------------------------

class Daemon:
    """One noroshid in a directory of its own.

    The configuration is a dict (written as JSON, which is YAML) or text; @DIR@ in it becomes the
    directory. `data`, `control`, `console` and an alert file are added to a dict that lacks them.
    """

    def __init__(self, config, prefix=(), env=None, directory=None, keep=False):
        self.keep = keep or bool(os.environ.get("NOROSHI_KEEP")) or directory is not None
        self.dir = directory or tempfile.mkdtemp(prefix="noroshi-")
        # roles run as users of their own when the test runs as root
        os.chmod(self.dir, 0o777)
        self.prefix, self.env, self.job = list(prefix), env, None
        self.conf = os.path.join(self.dir, "noroshi.yml")
        self.stderr = os.path.join(self.dir, "stderr")
        self.alerts_path = os.path.join(self.dir, "alerts.ndjson")
        self.console = None
        self.configure(config)

    def configure(self, config):
        """(Re)writes noroshi.yml; a running daemon learns of it by reload()."""
        if isinstance(config, dict):
            config = dict(config)
            config.setdefault("data", "@DIR@/data")
            config.setdefault("control", "@DIR@/control.sock")
            # what was stored is looked for at once
            config["limits"] = {"evidence_flush": "100ms", **config.get("limits", {})}
            config.setdefault("alerts", [{"kind": "file", "path": "@DIR@/alerts.ndjson"}])
            if "console" not in config:
                self.console = self.console or f"127.0.0.1:{free_port()}"
                config["console"] = {"address": self.console}
            else:
                self.console = config["console"].get("address")
            text = json.dumps(config, indent=1, ensure_ascii=False)
        else:
            text = config
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(text.replace("@DIR@", self.dir) + "\n")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    @property
    def archive(self):
        return self.path("data", "archive")

    # -- life --

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
            elif not issubclass(kind, Skip):
                print("  " + "\n  ".join(["noroshid said:", *self.said().splitlines()[-10:]]))
        finally:
            self.close()

    def close_processes(self):
        """kill -9 of everything at once."""
        if self.job and self.job.poll() is None:
            for pid in sorted(self.tree(), reverse=True):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.job.wait()

    def close(self):
        """Ends what may be left, by pid, and removes the directory."""
        self.close_processes()
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def spawn(self):
        if not os.access(NOROSHID, os.X_OK):
            raise Failure(f"{NOROSHID} is not there: run make first, or set NOROSHID")
        self.log_from = os.path.getsize(self.stderr) if os.path.exists(self.stderr) else 0
        env = dict(os.environ, **(self.env or {}))
        with open(self.stderr, "ab") as err, open(self.path("stdout"), "ab") as out:
            self.job = subprocess.Popen(self.prefix + [NOROSHID, "-c", self.conf, "--foreground"],
                                        stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                                        cwd=self.dir)
        return self

    def start(self, timeout=30.0):
        self.spawn()
        wait_for(self.ready, timeout, lambda: f"noroshid is ready\n{self.said()}")
        return self

    def ready(self):
        if self.job.poll() is not None:
            raise Failure(f"noroshid ended with {self.job.returncode}: {self.said()}")
        if "noroshid: ready" in self.said():
            return True
        if not self.console:
            return False
        try:
            with urllib.request.urlopen(f"http://{self.console}/healthz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def said(self):
        """stderr since the last start, its end."""
        with open(self.stderr, encoding="utf-8", errors="replace") as f:
            f.seek(self.log_from)
            return f.read()[-4000:]

    def stop(self, timeout=30.0):
        """SIGTERM; exit code 0 and no process left, or Failure."""
        left = self.tree()
        self.job.send_signal(signal.SIGTERM)
        try:
            code = self.job.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"still there {timeout} s after SIGTERM: {self.tree()}") from None
        check(code == 0, lambda: f"exit code {code} after SIGTERM: {self.said()}")
        # a pid may have been given to another program meanwhile: only our names count
        lost = {p: n for p, n in left.items()
                if _read(f"/proc/{p}/comm").strip() == n and p != self.job.pid}
        check(not lost, f"left behind: {lost}")

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        self.job.send_signal(signal.SIGHUP)

    @property
    def pid(self):
        return self.job.pid

    def tree(self):
        """{pid: comm} of noroshid and its roles (a prefix such as taskset made way by exec)."""
        return process_tree(self.job.pid)

    def roles(self):
        """{pid: comm} of noroshid and its roles, without what these fork for a moment."""
        return process_tree(self.job.pid, 1)

    def role(self, name):
        """Pids of a role, oldest first: "worker" or "noroshi-worker"."""
        name = name if name.startswith("noroshi") else "noroshi-" + name
        return sorted(p for p, comm in self.roles().items() if comm == name[:15])

    def kill(self, name, number=signal.SIGKILL, which=0):
        """Signals one process of a role; "parent" is noroshid. Returns its pid."""
        if name == "parent":
            pid = self.job.pid
        else:
            pids = wait_for(lambda: self.role(name), 10, f"role {name} runs")
            pid = pids[which % len(pids)]
        os.kill(pid, number)
        return pid

    def wait_role(self, name, other_than=None, timeout=10.0):
        """Pid of a role's process once one runs that is not `other_than`."""
        def fresh():
            return [p for p in self.role(name) if p != other_than]

        return wait_for(fresh, timeout, f"role {name} runs again")[0]

    def pss(self):
        return pss(self.tree())

    def cpu(self):
        return cpu_seconds(self.tree())

    def cpu_ns(self):
        return cpu_ns(self.tree())

    # -- command line --

    def cli(self, *args, timeout=60, code=0, binary=False):
        """stdout of `noroshi -c CONF ...`; Failure when it ends with another code than asked for."""
        job = subprocess.run([NOROSHI, "-c", self.conf, *args], stdin=subprocess.DEVNULL,
                             capture_output=True, timeout=timeout, cwd=self.dir, check=False)
        if code is not None:
            check(job.returncode == code, lambda: f"noroshi {' '.join(args)}: exit "
                  f"{job.returncode}: {job.stderr.decode(errors='replace')[-2000:]}")
        return job.stdout if binary else job.stdout.decode()

    def status(self):
        return Status(json.loads(self.cli("status", "--json")))

    def query(self, expr=ALL, *args):
        """Stored records as dicts."""
        out = self.cli("query", expr, "--archive", self.archive, "--format", "json", *args)
        # not splitlines: U+2028 and U+0085 inside a text are no line's end
        return [json.loads(line) for line in out.split("\n") if line.strip()]

    def alerts(self):
        """Whole lines of the alert file so far."""
        try:
            with open(self.alerts_path, "rb") as f:
                text = f.read()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    # -- waiting --

    def wait_stored(self, count, timeout=30.0):
        last = []

        def enough():
            last[:] = [self.status()]
            return last[0] if last[0]["stored"] >= count else None

        return wait_for(enough, timeout, lambda: f"{count} stored: {last[0].brief()}")

    def wait_drained(self, timeout=60.0):
        """Nothing in flight and nothing new for two readings in a row."""
        seen = []

        def still():
            seen.append(self.status())
            return len(seen) > 1 and not seen[-1]["in_flight"] \
                and seen[-1]["received"] == seen[-2]["received"] and seen[-1]

        return wait_for(still, timeout, lambda: f"drained: {seen[-1].brief()}", step=0.05)


class Status(dict):
    """`noroshi status --json`."""

    def total(self, name):
        return sum(self.get(name, {}).values())

    def accounted(self):
        """design: received = stored + rejected + dropped + in_flight."""
        return self["received"] == self["stored"] + self.total("rejected") \
            + self.total("dropped") + self["in_flight"]

    def reasons(self):
        """{reason: count} over every table of reasons that the status has."""
        sums = {}
        for name in ("rejected", "dropped", "flagged"):
            for reason, count in self.get(name, {}).items():
                sums[reason] = sums.get(reason, 0) + count
        return sums

    def brief(self):
        keys = ("received", "stored", "parsed", "unparsed", "rejected", "dropped", "flagged",
                "in_flight", "alerts")
        return {k: self.get(k) for k in keys}


# ---- servers beside the daemon -------------------------------------------------------------------

class Server:
    """A program of tests/servers that prints one line once it is ready and ends with SIGTERM."""

    def __init__(self, name, *args):
        self.job = subprocess.Popen([os.path.join(SERVERS, name), *map(str, args)],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.said = self.job.stdout.readline().strip()
        if not self.said:
            self.job.wait()
            raise Failure(f"{name} {' '.join(map(str, args))} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.job.terminate()
        try:
            self.job.wait(10)
        except subprocess.TimeoutExpired:
            self.job.kill()
            self.job.wait()
        self.job.stdout.close()


class Kafka:
    """tests/servers/kafka; the mock cluster (and `real` False) where Kafka cannot be had."""

    def __init__(self, *flags, directory=None):
        self.dir, self.keep = directory or tempfile.mkdtemp(prefix="noroshi-kafka-"), directory
        self.real = self._run("available", check=False).returncode == 0
        if flags and not self.real:
            raise Skip("librdkafka's mock cluster has no SASL and no TLS")
        self.flags = list(flags) if self.real else ["--mock"]
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise

    def _run(self, order, *args, check=True):
        job = subprocess.run([os.path.join(SERVERS, "kafka"), order, *args], check=False,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90)
        if check and job.returncode:
            raise Failure(job.stderr.strip())
        return job

    def start(self):
        lines = self._run("start", self.dir, *self.flags).stdout.split("\n")
        self.brokers = lines[0]
        self.more = dict(line.split(" ", 1) for line in lines[1:] if line)

    def stop(self):
        self._run("stop", self.dir)

    def kill(self):
        self._run("kill", self.dir)

    def create_topic(self, name, partitions=1):
        self._run("create-topic", self.dir, name, str(partitions))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run("kill", self.dir, check=False)
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)


# ---- running tests -------------------------------------------------------------------------------

class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def ok(self, name):
        self.passed += 1
        print(f"ok {name}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        print(f"FAIL {name}: {why}", flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip {name}: {why}", flush=True)

    def run(self, name, function):
        try:
            function()
        except Skip as why:
            self.skip(name, why)
        except Failure as why:
            self.fail(name, why)
        except Exception:  # a test that breaks has failed, and the next one runs
            self.fail(name, traceback.format_exc().strip().replace("\n", "\n  "))
        else:
            self.ok(name)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        sys.exit(1 if self.failed else 0)


def run(names):
    """Runs every test_* function of a module (or those named on the command line), then exits."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tally = Tally()
    for name, function in list(names.items()):
        if name.startswith("test_") and callable(function) \
                and (not sys.argv[1:] or name in sys.argv[1:]):
            tally.run(name, function)
    tally.end()
