#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real HTTP server for tests; loopback only.

    webserver.py DIR [--fail N] [--refuse N]

Prints the port once it listens, runs until SIGTERM. Each request becomes DIR/NNNN.json (method, path, headers, body as
text). The first --fail requests are answered 503, the first --refuse 400.
"""
import argparse
import http.server
import json
import os
import signal
import sys


def main():
    p = argparse.ArgumentParser()
    p.add_argument("directory")
    p.add_argument("--fail", type=int, default=0)
    p.add_argument("--refuse", type=int, default=0)
    a = p.parse_args()
    os.makedirs(a.directory, exist_ok=True)
    count = [0]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            count[0] += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code = 400 if count[0] <= a.refuse else 503 if count[0] <= a.fail else 200
            path = os.path.join(a.directory, f"{count[0]:04d}.json")
            with open(path + ".part", "w", encoding="utf-8") as f:
                json.dump({"method": self.command, "path": self.path, "headers": dict(self.headers), "code": code,
                           "body": body.decode("utf-8", "replace")}, f, ensure_ascii=False)
            os.rename(path + ".part", path)
            said = b"\x1b[31mno" if code != 200 else b"ok"
            self.send_response(code)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
