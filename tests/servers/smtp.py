#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server for tests; loopback only. aiosmtpd is Debian's, hence Debian's python.

    smtp.py DIR [--port N] [--fail N] [--refuse N] [--starttls] [--require-tls] [--auth FILE]

Prints the port once it listens, runs until SIGTERM. Each mail taken becomes DIR/NNNN.eml (the bytes
as received) and DIR/NNNN.json (envelope: from, to, peer, helo, tls, user). Numbers count attempts,
from 0001: the first --fail of them are answered 451 (try again), --refuse 554 (never), and leave
NNNN.failed in place of the mail. --starttls offers TLS with a self-signed certificate, DIR/smtp.pem;
--require-tls takes no mail without it. FILE holds one user:password a line and makes AUTH needful.
"""
import argparse
import asyncio
import json
import logging
import os
import signal
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Mailbox:
    def __init__(self, directory, fail, refuse):
        self.directory, self.fail, self.refuse, self.count = directory, fail, refuse, 0

    def write(self, name, data):
        path = os.path.join(self.directory, name)
        with open(path + ".part", "wb") as f:
            f.write(data)
        os.rename(path + ".part", path)

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = f"{self.count:04d}"
        if self.count <= self.refuse:
            self.write(name + ".failed", b"554\n")
            return "554 5.7.1 refused by the test"
        if self.count <= self.fail:
            self.write(name + ".failed", b"451\n")
            return "451 4.3.0 try again, says the test"
        user = session.auth_data
        self.write(name + ".json", json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "options": envelope.mail_options,
            "peer": session.peer[0], "helo": session.host_name, "tls": session.ssl is not None,
            "user": user.login.decode() if isinstance(user, LoginPassword) else None,
        }).encode())
        # the mail itself comes last: who sees it finds its envelope beside it
        self.write(name + ".eml", envelope.original_content)
        return f"250 2.0.0 taken as {name}"


def make_certificate(directory):
    key, cert = os.path.join(directory, "smtp.key"), os.path.join(directory, "smtp.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


def read_users(path):
    with open(path, encoding="utf-8") as f:
        return dict(line.rstrip("\n").split(":", 1) for line in f if ":" in line)


async def serve(args):
    settings = {"hostname": "localhost", "enable_SMTPUTF8": True, "data_size_limit": 64 << 20}
    if args.starttls or args.require_tls:
        settings.update(tls_context=make_certificate(args.dir), require_starttls=args.require_tls)
    if args.auth:
        users = read_users(args.auth)

        def check(_server, _session, _envelope, _mechanism, data):
            right = isinstance(data, LoginPassword) \
                and users.get(data.login.decode()) == data.password.decode()
            return AuthResult(success=right, handled=False, auth_data=data)

        settings.update(authenticator=check, auth_required=True,
                        auth_require_tls=bool(args.starttls or args.require_tls))
    mailbox, loop = Mailbox(args.dir, args.fail, args.refuse), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, loop=loop, **settings), "127.0.0.1",
                                      args.port)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fail", type=int, default=0, metavar="N")
    parser.add_argument("--refuse", type=int, default=0, metavar="N")
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--require-tls", action="store_true")
    parser.add_argument("--auth", metavar="FILE")
    args = parser.parse_args()
    # the library warns of its own use of itself at each AUTH
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    os.makedirs(args.dir, exist_ok=True)
    asyncio.run(serve(args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
