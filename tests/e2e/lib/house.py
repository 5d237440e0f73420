# SPDX-License-Identifier: Apache-2.0
"""A company with mail, watchlists and one loud rule, for tests of incidents, reports and alarms."""
import email
import email.policy
import glob
import json
import os
import tempfile
import time

from noroshi import ROOT, Daemon, Server, free_port

RULES = os.path.join(ROOT, "config", "rules")
PEOPLE = "user,name,department,mail,pc,mac,vpn\n" \
         "sato.k,佐藤 健二,設計部,kenji.sato@aoba.example,AS-PC0001,00:1c:42:00:00:01,k-sato\n" \
         "ito.m,伊藤 美香,総務部,mika.ito@aoba.example,AS-PC0002,00:1c:42:00:00:02,m-ito\n"
ASSETS = "host,address,role,important\nAS-FS01,10.10.1.5,file server,yes\n"
NETWORKS = "network,role\n10.20.0.0/16,client\n10.212.134.0/24,vpn pool\n10.9.0.10,proxy\n"
LOUD = """title: Test login
id: 11111111-2222-4333-8444-555555555555
level: high
logsource: {product: linux, service: sshd}
detection: {s: {event.action: ssh_login, event.outcome: success}, condition: s}
tags: [attack.initial-access, attack.t1078]
noroshi:
  group-by: [user.name]
  title_ja: 試験用のログイン
  sentence_en: '%user.name% logged in.'
  sentence_ja: '%user.name% がログインしました。'
  first_action_en: Look at it.
  first_action_ja: 内容を確認する。
"""


def watchlists(folder, **lists):
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o755)
    for name, text in lists.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8") as f:
            f.write(text)


def stamp(seconds=0):
    return time.strftime("%b %d %H:%M:%S", time.gmtime(time.time() + seconds))


def login(user, n, host="app01"):
    return f"<38>{stamp()} {host} sshd[{n}]: Accepted password for {user} from 198.51.100.7 port 40001 ssh2".encode()


def mails(server):
    out = []
    for path in sorted(glob.glob(os.path.join(server.folder, "*.eml"))):
        with open(path, "rb") as f:
            out.append(email.message_from_binary_file(f, policy=email.policy.default))
    return out


def envelopes(server):
    return [json.load(open(path, encoding="utf-8")) for path in sorted(glob.glob(os.path.join(server.folder, "*.json")))]


def reports(server):
    return [m for m in mails(server) if m.is_multipart()]


def part(message, kind):
    for one in message.walk():
        if one.get_content_type() == kind:
            return one.get_content()
    return None


class House:
    """A daemon with one rule that is loud, mail, and short patience."""

    def __init__(self, to=("soc@aoba.example",), rules=None, **settings):
        self.folder = tempfile.mkdtemp(prefix="noroshi-incidents-")
        os.chmod(self.folder, 0o755)
        self.mailbox = os.path.join(self.folder, "mail")
        os.makedirs(self.mailbox)
        self.server = Server("smtp.py", self.mailbox)
        self.server.folder = self.mailbox
        self.rule = os.path.join(self.folder, "rules.yml")
        with open(self.rule, "w", encoding="utf-8") as f:
            f.write(LOUD)
        self.lists = os.path.join(self.folder, "watchlists")
        watchlists(self.lists, people=PEOPLE, assets=ASSETS, networks=NETWORKS)
        self.settings, self.to, self.rules = settings, list(to), rules

    def __enter__(self):
        self.server.__enter__()
        self.port = free_port()
        config = {"listen": [{"name": "tcp", "kind": "tcp", "address": f"127.0.0.1:{self.port}", "zone": "UTC"}],
                  "rules": [{"path": p} for p in (self.rules or [self.rule])], "watchlists": self.lists,
                  "organisation": {"name": "青葉精工株式会社", "contact": "情報システム部 03-0000-0000", "domains": ["aoba.example"]},
                  "report": {"fold": "2s"},
                  "alerts": [{"kind": "smtp", "name": "mail", "server": f"127.0.0.1:{self.server.said}", "from": "noroshi@aoba.example",
                              "to": self.to, "language": "ja", "min_level": "high", "starttls": "never"}]}
        config.update(self.settings)
        self.config = config
        self.daemon = Daemon(config)
        self.d = self.daemon.__enter__()
        return self

    def __exit__(self, *why):
        self.daemon.__exit__(*why)
        self.server.__exit__(*why)

    def cli(self, *args, code=0):
        return self.d.cli(*args, code=code)

    def incidents(self, *args):
        return json.loads(self.cli("--json", "incident", "list", *args))
