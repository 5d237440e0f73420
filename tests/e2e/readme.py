#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the README tells a newcomer to type works: the installed files, the configurations, rsyslog's lines."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from noroshi import NOROSHI, ROOT, Skip, check, run  # noqa: E402
import shutil

with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
    README = readme.read()


def blocks(language):
    return [text for kind, text in re.findall(r"^```(.*)\n((?:.*\n)*?)```$", README, re.M) if kind == language]


def checked(text, share):
    """`noroshi check` of a configuration, with the rules where they are installed here."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as f:
        f.write(text.replace("/usr/local/share/noroshi", share))
        f.flush()
        job = subprocess.run([NOROSHI, "check", "-c", f.name], capture_output=True, text=True, timeout=60, check=False)
    check(job.returncode == 0 and job.stdout.startswith("ok: "), lambda: f"exit {job.returncode}: {job.stderr}\n{text}")
    return job.stdout


def install(folder):
    job = subprocess.run(["make", "--no-print-directory", "-C", ROOT, "install", f"DESTDIR={folder}"], capture_output=True, text=True,
                         timeout=600, check=False)
    check(job.returncode == 0, lambda: job.stdout + job.stderr)
    return os.path.join(folder, "usr/local")


def test_configurations_are_right():
    share = os.path.join(ROOT, "config")
    first, mail, kafka = blocks("yaml")
    said = checked(first, share)
    check(int(re.search(r"(\d+) rules", said)[1]) > 10, said)
    check("0 sinks" in said and ", 2 sinks" in checked(first + mail, share), "the mail example adds two sinks")
    check("rules" in checked(kafka, share), "the Kafka example stands alone")


def test_commands_exist():
    help_ = subprocess.run([NOROSHI, "--help"], capture_output=True, text=True, timeout=20, check=True).stdout
    used = set(re.findall(r"^(?:sudo )?noroshi ([a-z]+)", "\n".join(blocks("sh")), re.M))
    check({"check", "status", "query", "verify", "replay"} <= used, used)
    for command in used:
        check(re.search(rf"^  {command} ", help_, re.M), f"noroshi {command} is not a command")


def test_nothing_is_left_to_write():
    holes = re.findall(r"^[A-Z]+_[A-Z_]+$|TODO|FIXME", README, re.M)
    check(not holes, f"{holes} stands in the README")


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    check(links, "the README has links")
    for link in links:
        check(os.path.exists(os.path.join(ROOT, link)), f"{link} is not there")


def test_install():
    with tempfile.TemporaryDirectory() as folder:
        there = install(folder)
        for path in ("bin/noroshid", "bin/noroshi", "share/man/man1/noroshi.1", "share/man/man8/noroshid.8",
                     "lib/systemd/system/noroshid.service", "lib/sysusers.d/noroshi.conf"):
            check(os.path.exists(os.path.join(there, path)), f"{path} is not installed")
        with open(os.path.join(there, "lib/systemd/system/noroshid.service"), encoding="utf-8") as f:
            check("ExecStart=/usr/local/bin/noroshid -c /etc/noroshi/noroshi.yml" in f.read(), "the unit starts what is installed")
        with open(os.path.join(folder, "etc/noroshi/noroshi.yml"), encoding="utf-8") as f:
            own = f.read()
        check("/usr/local/share/noroshi/rules" in own, "the installed configuration names the installed rules")
        said = checked(own, os.path.join(there, "share/noroshi"))
        check(int(re.search(r"(\d+) rules", said)[1]) > 10, said)
        with open(os.path.join(folder, "etc/noroshi/noroshi.yml"), "w", encoding="utf-8") as f:
            f.write("# mine\n")
        install(folder)
        with open(os.path.join(folder, "etc/noroshi/noroshi.yml"), encoding="utf-8") as f:
            check(f.read() == "# mine\n", "a second install keeps the configuration")


def test_rsyslog_takes_our_lines():
    if shutil.which("rsyslogd") is None:
        raise Skip("rsyslogd is not installed")
    action = [block for block in blocks("") if "omfwd" in block]
    check(len(action) == 1, "the README has lines for rsyslog")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rsyslog.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f'global(workDirectory="{folder}")\nmodule(load="imuxsock" SysSock.Use="off")\n{action[0]}')
        job = subprocess.run(["rsyslogd", "-N1", "-f", path], capture_output=True, text=True, timeout=30, check=False)
        check(job.returncode == 0 and "error" not in job.stderr, job.stderr)


run(globals())
