#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the project's tests step by step and ends with their counts.

    tests/run.py check | torture | fuzz  [--only WORD]
"""
import glob
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "build", "test-logs")
CRITERION = re.compile(r"Tested: .*?(\d+).*?Passing: .*?(\d+).*?Failing: .*?(\d+).*?Crashing: .*?(\d+)")
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
SHARED = os.environ.get("NOROSHI_SHARED") or os.path.join(ROOT, "..", "shared")


class Tally:
    def __init__(self, only):
        self.passed = self.failed = self.skipped = 0
        self.notes, self.only, self.began = [], only, time.monotonic()

    def say(self, word, name, detail=""):
        print(f"[{time.monotonic() - self.began:6.0f} s] {word:4} {name}{'  ' + detail if detail else ''}", flush=True)

    def step(self, name, command, env=None, timeout=900, whole=False):
        """Run one command. Its own counts are added; without counts it counts as one test."""
        if self.only and self.only not in name:
            return True
        log = os.path.join(LOGS, re.sub(r"[^a-z0-9]+", "-", name.lower()) + ".log")
        with open(log, "w", encoding="utf-8") as out:
            try:
                done = subprocess.run(command, shell=isinstance(command, str), cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, timeout=timeout)
                code = done.returncode
            except subprocess.TimeoutExpired:
                code = -1
        with open(log, encoding="utf-8", errors="replace") as f:
            text = ESCAPES.sub("", f.read())
        passed, failed, skipped = self.counts(text) if not whole else (0, 0, 0)
        if passed + failed + skipped == 0:
            passed, failed = (1, 0) if code == 0 else (0, 1)
        elif code != 0 and failed == 0:
            failed = 1
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        for line in text.splitlines():
            if line.startswith("note: "):
                self.notes.append(line[6:])
        self.say("ok" if failed == 0 else "FAIL", name, f"{passed} passed, {failed} failed, {skipped} skipped")
        if failed:
            lines = text.splitlines()
            for line in [x for x in lines if re.search(r"FAIL|error|ERROR|Sanitizer|\[----\]|differ", x)][:15] or lines[-15:]:
                print("        " + line[:240], flush=True)
            print(f"        whole output: {os.path.relpath(log, ROOT)}" + (" (timed out)" if code == -1 else ""), flush=True)
        return failed == 0

    @staticmethod
    def counts(text):
        passed = failed = skipped = 0
        for m in CRITERION.finditer(text):
            passed += int(m.group(2))
            failed += int(m.group(3)) + int(m.group(4))
        for m in COUNTS.finditer(text):
            passed += int(m.group(1))
            failed += int(m.group(2))
            skipped += int(m.group(3) or 0)
        return passed, failed, skipped


def make(*words):
    return ["make", "--no-print-directory", "-j2", *words]


SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
              "LSAN_OPTIONS": f"suppressions={ROOT}/tests/support/lsan.supp:print_suppressions=0",
              "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"}


def unit_tests(t, san):
    words = ["MODE=debug"] + ([f"SAN={san}"] if san else [])
    label = san or "plain"
    if not t.step(f"build units ({label})", make(*words, "units"), whole=True):
        return
    out = os.path.join(ROOT, "build", "debug" + (f"-{san.replace(',', '-')}" if san else ""), "tests")
    for path in sorted(glob.glob(out + "/*.t")):
        # Criterion runs each test in a process of its own; two at a time on two cores
        t.step(f"unit {os.path.basename(path)[:-2]} ({label})", [path, "--jobs", "2"], env=SANITIZERS, timeout=300)


def thread_tests(t):
    """The threaded parts under ThreadSanitizer: queue, store, intake, respond; without Kafka (see the Makefile)."""
    t.notes.append("Kafka's parts under ThreadSanitizer: librdkafka's own threads crash there")
    if not t.step("build units (thread)", make("MODE=debug", "SAN=thread", "tsan"), whole=True):
        return
    for path in sorted(glob.glob(f"{ROOT}/build/debug-thread/plain/*.t")):
        t.step(f"unit {os.path.basename(path)[:-2]} (thread)", [path], env=SANITIZERS, timeout=600)
    for kind in ("udp", "tcp"):
        t.step(f"flood over {kind} (thread)", [f"{ROOT}/build/debug-thread/plain/flood", kind, "20000"], env=SANITIZERS, timeout=120)


def fuzz_replay(t):
    if not t.step("build fuzz targets", make("MODE=debug", "SAN=address,undefined", "fuzzers"), whole=True):
        return
    for target in sorted(glob.glob(f"{ROOT}/build/debug-address-undefined/fuzz/*")):
        name = os.path.basename(target)
        corpus = f"tests/fuzz/corpus/{name}"
        if os.path.isdir(os.path.join(ROOT, corpus)):
            t.step(f"fuzz corpus {name}", [target, corpus], env=SANITIZERS, timeout=120)
        else:
            t.say("FAIL", f"fuzz corpus {name}", "no corpus folder")
            t.failed += 1


def sigma_sets(t):
    script = os.path.join(SHARED, "sigma-tests", "check_all.py")
    if not os.path.exists(script):
        t.notes.append("the Sigma conformance sets are not here: left out")
        return
    engine = ("build/release/noroshi replay --source sigma --matches --rules {rules} --logsource {logsource} "
              "--refire {refire} --placeholders {placeholders} {events}")
    t.step("Sigma conformance", f"python3 {script} --engine '{engine}' | tee /dev/stderr | "
           "awk '/ agree, /{print $1 \" passed, \" $3 \" failed\"}'", timeout=900)


def e2e(t, slow):
    hooks = {"NOROSHID": f"{ROOT}/build/debug/noroshid", "NOROSHI": f"{ROOT}/build/debug/noroshi"}
    for path in sorted(glob.glob(f"{ROOT}/tests/e2e/*.py")):
        name = os.path.basename(path)[:-3]
        if name == "malformed" and not os.path.isdir(os.path.join(SHARED, "malformed")):
            t.notes.append("the malformed inputs are not here: left out")
            continue
        t.step(f"e2e {name}", ["/usr/bin/python3", path], env={**hooks, **({"NOROSHI_TORTURE": "1"} if slow else {})},
               timeout=7200 if slow else 900)


def check(t):
    t.step("layers", make("layers"))
    t.step("headers", make("headers"))
    t.step("build release", make("build", "build/release/tests/support/company/company"), whole=True)
    t.step("build with test hooks", make("MODE=debug", "build"), whole=True)
    t.step("no writable globals", make("globals"))
    unit_tests(t, "address,undefined")
    thread_tests(t)
    fuzz_replay(t)
    for san in ("address,undefined", "thread"):
        t.step(f"build the daemon ({san})", make("MODE=debug", f"SAN={san}", "build"), whole=True)
    t.step("rules check", ["build/release/noroshi", "check", "config/rules"])
    sigma_sets(t)
    e2e(t, False)


def torture(t):
    t.step("build with test hooks", make("MODE=debug", "build"), whole=True)
    e2e(t, True)


def fuzz(t):
    """Each target for 60 s with clang's libFuzzer; findings land in build/fuzz-findings."""
    seconds = os.environ.get("FUZZ_SECONDS", "60")
    if not t.step("build fuzzers with clang", make("MODE=debug", "CC=clang", "SAN=address,undefined,fuzzer-no-link", "libfuzz"),
                  whole=True):
        return
    os.makedirs(f"{ROOT}/build/fuzz-findings", exist_ok=True)
    for target in sorted(glob.glob(f"{ROOT}/build/libfuzz/*")):
        name = os.path.basename(target)
        os.makedirs(f"{ROOT}/build/fuzz-corpus/{name}", exist_ok=True)
        t.step(f"fuzz {name}", [target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               f"-artifact_prefix=build/fuzz-findings/{name}-", f"build/fuzz-corpus/{name}", f"tests/fuzz/corpus/{name}"],
               timeout=int(seconds) + 120)


def main():
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    os.makedirs(LOGS, exist_ok=True)
    t = Tally(only)
    {"check": check, "torture": torture, "fuzz": fuzz}[sys.argv[1] if len(sys.argv) > 1 else "check"](t)
    for note in t.notes:
        print("left out: " + note)
    print(f"{t.passed} passed, {t.failed} failed, {t.skipped} skipped", flush=True)
    return 1 if t.failed or not t.passed else 0


if __name__ == "__main__":
    sys.exit(main())
