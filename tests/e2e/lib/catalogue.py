# SPDX-License-Identifier: Apache-2.0
"""Reads a catalogue of malformed inputs (manifest.tsv and one ID.bin per row) and frames streams.

The framing here is a second reading of RFC 6587, written apart from the daemon's, so that the two
can disagree.
"""
import csv
import hashlib
import json
import os

from noroshi import Failure


class Case:
    def __init__(self, folder, row):
        self.id, self.transport, self.description = row["id"], row["transport"], row["description"]
        self.verdict, self.reason, self.conn = row["verdict"], row["reason"], row["conn"]
        low, _, high = row["records"].partition("-")
        self.low, self.high = int(low), int(high or low)
        self.marker = row["marker"].encode()
        self.expect = json.loads(row["expect"] or "{}")
        self.meta = json.loads(row["meta"] or "{}")
        with open(os.path.join(folder, self.id + ".bin"), "rb") as f:
            self.bytes = f.read()
        if hashlib.sha256(self.bytes).hexdigest() != row["sha256"]:
            raise Failure(f"{self.id}.bin is not what the manifest names")
        self.encoding = ""
        self.name = self.id

    def variant(self, name, transport=None, encoding=None):
        """The same case once more, over another transport or with a declared encoding."""
        other = object.__new__(Case)
        other.__dict__.update(self.__dict__, name=f"{self.id} ({name})")
        if transport:
            other.transport = transport
        if encoding:
            other.encoding = encoding
        return other

    def datagram(self):
        return self.transport in ("udp", "unix-dgram")

    def frames(self):
        """The messages that are in the bytes, when the framing is sound."""
        return [self.bytes] if self.datagram() else frames_of(self.bytes)


def iana_charset(codec):
    """Python's name of a codec as IANA writes it: iso2022_jp -> iso-2022-jp."""
    return codec.replace("iso2022", "iso-2022").replace("_", "-")


def load(folder, transports):
    csv.field_size_limit(1 << 28)
    cases = []
    with open(os.path.join(folder, "manifest.tsv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["transport"] not in transports:
                continue
            case = Case(folder, row)
            if case.transport == "unix":
                case.transport = "unix-dgram"
            cases.append(case)
            if "also" in case.meta:
                cases.append(case.variant(case.meta["also"], transport=case.meta["also"]))
            if "source_encoding" in case.meta:
                charset = iana_charset(case.meta["source_encoding"])
                cases.append(case.variant(charset, encoding=charset))
    return cases


def frames_of(stream):
    """RFC 6587, per message: octet counting where a count stands, else up to LF or the end."""
    out, i = [], 0
    while i < len(stream):
        digits = i
        while digits < len(stream) and digits - i < 10 and stream[digits:digits + 1].isdigit():
            digits += 1
        if digits > i and stream[i] != 0x30 and stream[digits:digits + 1] == b" ":
            end = digits + 1 + int(stream[i:digits])
            out.append(stream[digits + 1:end])
            i = end
        else:
            end = stream.find(b"\n", i)
            end = len(stream) if end < 0 else end
            out.append(stream[i:end])
            i = end + 1
    return [frame for frame in out if frame]
