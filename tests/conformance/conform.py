#!/usr/bin/env python3
"""Replays recorded requests against a server, and compares every answer with the recorded one.

    conform.py run    --serve 'build/release/sluice serve --dir {dir} --http {addr}' [--only TEXT] [-v] [SCENARIO.json ...]
    conform.py record --serve 'pocketbase serve --dir {dir} --http {addr}'   [SCENARIO.json ...]

A scenario file is a JSON list. An item is either
  {"name", "reads": [STEP, ...]}    requests that change nothing: one server answers them all
  {"name", "steps": [STEP, ...]}    requests in order, on a server and a folder copy of their own
A step is
  {"do": "GET /api/...", "query": {..}, "as": "users/ID" | "root" | "KIND:users/ID", "headers": {..},
   "json": any | "raw": text | "form": [part, ...], "save": {"name": "path.in.body"}, "mask": ["path"], "why": text}
{{name}} in a later step stands for a saved value; in answers, saved values, tokens and fresh dates are
replaced by their names before the comparison. {{KIND-token:users/ID}} stands for a token made for that record
(KIND: auth, file, verification, passwordReset, emailChange); {{KIND-token:users/ID?exp=1&newEmail=x}} sets claims
(null drops one), `alg`, `secret` (another kind's, or a text) and `loose` (a signature's unused bits set). A step's "show" names response headers that are
compared as well, and "claims": true compares what the tokens of an answer say. "binary": true compares, instead of
the bytes, the pixels' size of a PNG, GIF or JPEG (encoders differ) and a hash of anything else, "binary": "whole"
always a hash, both with content type and disposition. What matches one of the "random" patterns counts as equal.
A header that is null is not sent, one of Content-Length is sent as it is.
A step's "defect" says why the peer's answer is no model: it is played, but not compared. Where the peer
crashed (500), a 4xx is equal.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import re
import shlex
import signal
import sqlite3
import struct
import sys
import tempfile
import time
import urllib.parse

from server import Server, describe, multipart, token

HERE = pathlib.Path(__file__).parent
JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z")
BAD_ENDS = []
HTTP_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")


def at(value, path):
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def loose_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def digest(data, whole):
    """What is compared of a binary body."""
    if not whole and data.startswith(b"\x89PNG"):
        return "PNG of %d x %d" % struct.unpack(">II", data[16:24])
    if not whole and data.startswith(b"GIF8"):
        return "GIF of %d x %d" % struct.unpack("<HH", data[6:10])
    if not whole and data.startswith(b"\xff\xd8"):
        place = 2
        while data[place + 1] not in (0xC0, 0xC1, 0xC2):  # the frame headers of baseline and progressive JPEG
            place += 2 + int.from_bytes(data[place + 2:place + 4], "big")
        return "JPEG of %d x %d" % struct.unpack(">HH", data[place + 5:place + 9])[::-1]
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}"


class Session:
    def __init__(self, server):
        self.server, self.saved, self.tokens = server, {}, {}
        self.start = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() - 120))

    def token(self, name):
        if name not in self.tokens:
            kind, _, record = name.partition("?")[0].rpartition(":")
            if record == "root":
                with sqlite3.connect(f"file:{self.server.dir}/data.db?mode=ro", uri=True) as db:
                    record = "_superusers/" + db.execute("SELECT id FROM _superusers ORDER BY created, id").fetchone()[0]
            claims = {key: loose_json(value) for key, value in urllib.parse.parse_qsl(name.partition("?")[2], keep_blank_values=True)}
            self.tokens[name] = token(self.server.dir, *record.split("/"), kind=kind or "auth", **claims)
        return self.tokens[name]

    def fill(self, value):
        if isinstance(value, str):
            value = re.sub(r"\{\{(\w+)-token:([\w/]+(?:\?[^{}]*)?)\}\}", lambda m: self.token(f"{m[1]}:{m[2]}"), value)
            return re.sub(r"\{\{(\w+)\}\}", lambda m: str(self.saved.get(m[1], m[0])), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return value

    def normal(self, text, claims=False, random=()):
        for pattern in random:
            text = re.sub(pattern, "<random>", text)
        if claims:
            text = JWT.sub(lambda m: describe(self.server.dir, m[0]), text)
        for name, value in sorted(self.saved.items(), key=lambda item: -len(str(item[1]))):
            if len(str(value)) > 5:
                text = text.replace(str(value), "{{" + name + "}}")
        text = JWT.sub("<jwt>", text)
        return DATE.sub(lambda m: "<now>" if m[0] >= self.start else m[0], text)

    def send(self, step):
        method, _, target = self.fill(step["do"]).partition(" ")
        query = self.fill(step.get("query", {}))
        if query:
            target += ("&" if "?" in target else "?") + urllib.parse.urlencode(query, doseq=True)
        headers = dict(self.fill(step.get("headers", {})))
        if step.get("as"):
            headers["Authorization"] = self.token(step["as"])
        body = None
        if "json" in step:
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(self.fill(step["json"])).encode()
        elif "form" in step:
            headers["Content-Type"], body = multipart(self.fill(step["form"]))
        elif "raw" in step:
            headers.setdefault("Content-Type", "application/json")
            body = self.fill(step["raw"]).encode()
        headers = {name: value for name, value in headers.items() if value is not None}
        status, found, data = self.server.request(method, target, headers, body)
        text = data.decode("utf-8", "replace")
        for name, path in step.get("save", {}).items():
            try:
                self.saved[name] = at(json.loads(text), path)
            except (ValueError, KeyError, IndexError, TypeError):
                pass
        shown, random = step.get("show", []), step.get("random", [])
        if step.get("binary") and status < 400:
            shown = ["content-type", "content-disposition", *shown]
            text = digest(data, step["binary"] == "whole")
        answer = {"status": status, "type": found.get("content-type", ""), "body": self.normal(text, step.get("claims", False), random)}
        if shown:
            answer["headers"] = {name: HTTP_DATE.sub("<date>", self.normal(found[name], random=random)) for name in shown if name in found}
        if step.get("mask"):
            try:
                answer["json"] = json.loads(answer["body"])
                for path in step["mask"]:
                    parent, _, key = path.rpartition(".")
                    holder = at(answer["json"], parent) if parent else answer["json"]
                    holder[int(key) if isinstance(holder, list) else key] = "<masked>"
                answer["body"] = json.dumps(answer["json"])
                del answer["json"]
            except (ValueError, KeyError, IndexError, TypeError):
                answer.pop("json", None)
        return answer


def meaning(answer):
    try:
        body = json.loads(answer["body"])
    except (ValueError, RecursionError):
        body = answer["body"]
    return answer["status"], body, answer.get("headers")


def play(command, item, fixture, gets=False):
    """Yields (number, step, answer); a fault of the server or of the connection is an answer of its own."""
    steps = list(enumerate(item.get("steps") or item["reads"]))
    if gets:
        steps = [(number, step) for number, step in steps if "reads" in item and step["do"].startswith("GET ")]
        if not steps:
            return
    with tempfile.TemporaryFile() as log:
        try:
            with Server(command, fixture, log) as server:
                session = Session(server)
                for number, step in steps:
                    try:
                        yield number, step, session.send(step)
                    except Exception as fault:  # a server that drops a connection falls short, the run goes on
                        yield number, step, {"status": 0, "type": "", "body": f"{type(fault).__name__}: {fault}"}
            code = server.process.returncode
        except RuntimeError as fault:
            for number, step in steps:
                yield number, step, {"status": 0, "type": "", "body": str(fault)}
            code = -1
        if code not in (0, -signal.SIGTERM):  # a sanitizer has found something, or the server fell over
            log.seek(0)
            BAD_ENDS.append(f"{item['name']}: the server ended with {code}\n{log.read()[-4000:].decode('utf-8', 'replace')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["run", "record"])
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--serve", required=True, help="the command that serves {dir} at {addr}")
    parser.add_argument("--fixture", type=pathlib.Path, default=HERE / "fixtures" / "blog")
    parser.add_argument("--only", default="", help="only the items whose name holds this text")
    parser.add_argument("--gets", action="store_true", help="only the GET requests that need nothing done before them")
    parser.add_argument("--exact", action="store_true", help="count an answer that is equal, but not byte for byte, as failed")
    parser.add_argument("-v", "--verbose", action="store_true", help="show every difference whole")
    parser.add_argument("--json", type=pathlib.Path, help="write the tally here")
    options = parser.parse_intermixed_args()
    command = shlex.split(options.serve)
    files = options.files or sorted((HERE / "scenarios").glob("*.json"))
    tally = collections.OrderedDict()
    for file in files:
        recorded = file.parent.parent / "recorded" / file.name
        expected = json.loads(recorded.read_text()) if options.mode == "run" else {}
        found = {}
        passed = exact = failed = 0
        for item in json.loads(file.read_text()):
            if options.only not in item["name"]:
                continue
            answers = found[item["name"]] = []
            for number, step, answer in play(command, item, options.fixture, options.gets):
                answers.append(answer)
                if options.mode == "record":
                    continue
                if step.get("defect"):
                    continue
                want = expected[item["name"]][number]
                equal = meaning(answer) == meaning(want) or want["status"] >= 500 > answer["status"] >= 400
                exact += equal and answer == want
                if equal and not (options.exact and answer != want):
                    passed += 1
                else:
                    failed += 1
                    cut = None if options.verbose else 400
                    print(f"FAIL {file.stem} / {item['name']} / {number}: {step['do']} {json.dumps(step.get('query', ''), ensure_ascii=False)} as {step.get('as', 'guest')}"
                          f"\n  want {want['status']} {want['body'][:cut]}\n  got  {answer['status']} {answer['body'][:cut]}")
        if options.mode == "record":
            recorded.parent.mkdir(exist_ok=True)
            recorded.write_text(json.dumps(found, indent=0, ensure_ascii=False) + "\n")
            statuses = collections.Counter(answer["status"] for answers in found.values() for answer in answers)
            print(f"{file.stem}: recorded {sum(statuses.values())} answers {dict(sorted(statuses.items()))}")
        else:
            tally[file.stem] = {"passed": passed, "failed": failed, "exact": exact}
            print(f"{file.stem}: {passed} of {passed + failed} equal, {exact} byte for byte")
    if options.mode == "run":
        passed, failed = (sum(row[key] for row in tally.values()) for key in ("passed", "failed"))
        if options.json:
            options.json.write_text(json.dumps(tally, indent=1) + "\n")
        for end in BAD_ENDS:
            print("FAIL", end)
        failed += len(BAD_ENDS)
        print(f"{passed} passed, {failed} failed")
        return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
