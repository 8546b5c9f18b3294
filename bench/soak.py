#!/usr/bin/env python3
"""Everything together for a while: writers, subscribers, readers, downloads, backups and changes of collections.

    bench/soak.py [--minutes 10 | --seconds 20] [--writes 200]

At the end each acknowledged write must be in the database as it was acknowledged, each subscriber must have been told
of each of them once and in order, no answer may have been another than the expected, and the server's memory must be
flat: its slope over the last two thirds is reported, and fails above --slope-mib a minute. `--writes` a second, of all
writers together.
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import random
import socket
import sqlite3
import sys
import threading
import time
import zipfile

from serving import PROGRAM, Served, raise_descriptors

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "realtime"))
from wire import Stream, Wire  # noqa: E402

WRITERS, SUBSCRIBERS, READERS, DOWNLOADERS = 4, 8, 2, 2
FILE_BYTES = 8 << 20
RENEW_SECONDS = 20 * 60


class Soak:
    def __init__(self, server, writes):
        self.server, self.pause = server, WRITERS / writes
        self.over, self.lock = threading.Event(), threading.Lock()
        self.faults, self.counts, self.samples = [], {}, []
        self.kept, self.deleted = {}, set()  # acknowledged: {id: (writer, step)}
        self.steps = [0] * WRITERS
        self.threads, self.ending = [], False

    # What all of them need.

    def fault(self, text):
        with self.lock:
            if len(self.faults) < 50:
                self.faults.append(text[:500])

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + number

    def start(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            except Exception as error:
                self.fault(f"{work.__name__}: {type(error).__name__}: {error}")
        thread = threading.Thread(target=run, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def ask(self, wire, expected, method, target, body=None):
        status, data = wire.ask(method, target, self.server.token, body)
        if status not in expected:
            self.fault(f"{method} {target}: {status} {data[:200]!r}")
        return status, data

    # Who does what.

    def prepare(self):
        fields = [{"name": "writer", "type": "number"}, {"name": "step", "type": "number"}, {"name": "text", "type": "text"}]
        self.server.ask("POST", "/api/collections", {"name": "notes", "type": "base", "listRule": "", "viewRule": "", "fields": fields,
                                                     "indexes": ["CREATE INDEX idx_notes_writer ON notes (writer, step)"]})
        self.server.ask("POST", "/api/collections", {"name": "files", "type": "base", "viewRule": "", "fields": [
            {"name": "file", "type": "file", "maxSelect": 1, "maxSize": FILE_BYTES * 2}]})
        self.bytes = random.Random(1).randbytes(FILE_BYTES)
        self.digest = hashlib.sha256(self.bytes).digest()
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' + self.bytes + b"\r\n--b--\r\n"
        record = self.server.ask("POST", "/api/collections/files/records", body, headers={"Content-Type": "multipart/form-data; boundary=b"})
        self.file = f"/api/files/files/{record['id']}/{record['file']}"

    def write(self, writer):
        wire, mine, step, records = Wire(self.server.port), [], 0, "/api/collections/notes/records"
        while not self.over.is_set():
            step += 1
            if mine and step % 3 == 0:
                name = random.choice(mine)
                status, _ = self.ask(wire, (200,), "PATCH", f"{records}/{name}", {"step": step})
            else:
                status, data = self.ask(wire, (200,), "POST", records, {"writer": writer, "step": step, "text": f"note {step} " * 20})
                name = json.loads(data)["id"] if status == 200 else ""
                mine.append(name)
            if status != 200:
                return  # what came of it nobody knows; the fault is noted
            with self.lock:
                self.kept[name] = (writer, step)
                self.steps[writer] = step
            self.count("writes")
            if len(mine) > 50:
                name = mine.pop(0)
                if self.ask(wire, (204,), "DELETE", f"{records}/{name}")[0] == 204:
                    with self.lock:
                        del self.kept[name]
                        self.deleted.add(name)
                    self.count("deletes")
            time.sleep(self.pause)

    def subscribe(self):
        stream = Stream(self.server.port, timeout=3600)
        self.ask(Wire(self.server.port), (204,), "POST", "/api/realtime", {"clientId": stream.id, "subscriptions": ["notes/*"]})
        return stream, time.monotonic()

    def listen(self, seen):
        stream, begin = self.subscribe()
        seen["ready"].set()
        while True:
            try:
                _, data = stream.next()
            except ConnectionError:
                if not self.ending:
                    raise
                return
            self.take(json.loads(data), seen)
            if time.monotonic() - begin > RENEW_SECONDS and not self.over.is_set():
                stream, begin = self.renew(stream, seen)

    def renew(self, old, seen):
        """A stream ends after half an hour: another begins, and the old one is read up to what the new one tells first."""
        stream, begin = self.subscribe()
        first = stream.next()
        event = old.next()
        while event != first:
            self.take(json.loads(event[1]), seen)
            event = old.next()
        self.take(json.loads(first[1]), seen)
        old.close()
        self.count("renewed streams")
        return stream, begin

    def take(self, event, seen):
        record = event["record"]
        self.count("events")
        if event["action"] == "delete":
            seen["deleted"].add(record["id"])
            return
        writer, step = record["writer"], record["step"]
        if step != seen["steps"][writer] + 1:
            self.fault(f"writer {writer}: step {step} was told after {seen['steps'][writer]}")
        seen["steps"][writer] = step

    def come_and_go(self):
        while not self.over.is_set():
            stream = Stream(self.server.port)
            self.ask(Wire(self.server.port), (204,), "POST", "/api/realtime", {"clientId": stream.id, "subscriptions": ["notes/*", "files/*"]})
            time.sleep(random.random() / 10)
            stream.close()
            self.count("visitors")

    def never_read(self):
        """Is disconnected once too much waits; nobody else notices."""
        stream = Stream(self.server.port)
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.ask(Wire(self.server.port), (204,), "POST", "/api/realtime", {"clientId": stream.id, "subscriptions": ["notes/*"]})
        self.over.wait()

    def read(self):
        wire = Wire(self.server.port)
        while not self.over.is_set():
            writer = random.randrange(WRITERS)
            status, data = self.ask(wire, (200,), "GET", f"/api/collections/notes/records?filter=writer%3D{writer}&sort=-step&perPage=20")
            if status == 200:
                steps = [item["step"] for item in json.loads(data)["items"]]
                if steps != sorted(steps, reverse=True):
                    self.fault(f"a list is out of order: {steps}")
            self.count("lists")
            time.sleep(0.01)

    def download(self, slow):
        while not self.over.is_set():
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
                connection.sendall(f"GET {self.file} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                parts, size = [], 0
                while part := connection.recv(65536):
                    parts.append(part)
                    size += len(part)
                    if slow:
                        time.sleep(0.02)
            head, body = b"".join(parts).split(b"\r\n\r\n", 1)
            if b" 200 " not in head[:20] or hashlib.sha256(body).digest() != self.digest:
                self.fault(f"a download is {len(body)} bytes, {head[:60]!r}")
            self.count("downloads")
            time.sleep(0.05)

    def back_up(self):
        wire = Wire(self.server.port)
        while not self.over.is_set():
            self.ask(wire, (204,), "POST", "/api/backups", {"name": "soak.zip"})
            _, made = self.ask(wire, (200,), "POST", "/api/files/token")
            status, data = self.ask(wire, (200,), "GET", f"/api/backups/soak.zip?token={json.loads(made)['token']}")
            if status == 200:
                self.check_backup(data)
            self.ask(wire, (204,), "DELETE", "/api/backups/soak.zip")
            self.count("backups")
            self.over.wait(1)

    def check_backup(self, data):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.testzip() is not None:
                self.fault("a backup is damaged")
            path = pathlib.Path(self.server.tmp.name) / "backup.db"
            path.write_bytes(archive.read("data.db"))
        with sqlite3.connect(path) as db:
            found = db.execute("PRAGMA integrity_check").fetchone()[0]
        path.unlink()
        if found != "ok":
            self.fault(f"the database of a backup: {found}")

    def change(self):
        wire, number = Wire(self.server.port), 0
        while not self.over.is_set():
            number += 1
            _, data = self.ask(wire, (200,), "GET", "/api/collections/notes")
            fields = [field for field in json.loads(data)["fields"] if not field["name"].startswith("extra")]
            if number % 2:
                fields.append({"name": f"extra{number}", "type": "text"})
            self.ask(wire, (200,), "PATCH", "/api/collections/notes", {"fields": fields, "listRule": "" if number % 4 else "step > 0"})
            name = f"passing{number}"
            self.ask(wire, (200,), "POST", "/api/collections", {"name": name, "type": "base", "fields": [{"name": "a", "type": "json"}]})
            self.ask(wire, (204,), "DELETE", f"/api/collections/{name}")
            self.count("changes of collections", 3)
            self.over.wait(0.5)

    def sample(self, begin):
        while not self.over.is_set():
            self.samples.append((time.monotonic() - begin, self.server.status_mib("VmRSS"), self.server.status_mib("RssAnon"), len(os.listdir(f"/proc/{self.server.pid}/fd"))))
            self.over.wait(1)

    # The whole.

    def run(self, seconds):
        self.prepare()
        seen = [{"steps": [0] * WRITERS, "deleted": set(), "ready": threading.Event()} for _ in range(SUBSCRIBERS)]
        listeners = [self.start(self.listen, one) for one in seen]
        if not all(one["ready"].wait(30) for one in seen):
            self.fault("a subscriber did not begin")
        begin = time.monotonic()
        for writer in range(WRITERS):
            self.start(self.write, writer)
        for _ in range(READERS):
            self.start(self.read)
        for number in range(DOWNLOADERS):
            self.start(self.download, number == 0)
        for work in (self.come_and_go, self.never_read, self.back_up, self.change):
            self.start(work)
        self.start(self.sample, begin)
        while time.monotonic() - begin < seconds and len(self.faults) < 20 and self.server.process.poll() is None:
            time.sleep(0.2)
        self.over.set()
        for thread in self.threads:
            if thread not in listeners:
                thread.join(60)
        self.await_events(seen)
        self.ending = True
        self.server.process.terminate()
        if self.server.process.wait(30) != 0:
            self.fault(f"the server ended with {self.server.process.returncode}")
        self.check_rows()

    def await_events(self, seen):
        end = time.monotonic() + 30
        wanted = self.steps, self.deleted
        while time.monotonic() < end and any((one["steps"], one["deleted"]) != wanted for one in seen):
            time.sleep(0.05)
        for number, one in enumerate(seen):
            if one["steps"] != self.steps:
                self.fault(f"subscriber {number} was told up to {one['steps']}, written was {self.steps}")
            if one["deleted"] != self.deleted:
                self.fault(f"subscriber {number} missed {len(self.deleted - one['deleted'])} deletes")

    def check_rows(self):
        with sqlite3.connect(self.server.folder / "data.db") as db:
            rows = {name: (writer, step) for name, writer, step in db.execute("SELECT id, writer, step FROM notes")}
            whole = db.execute("PRAGMA integrity_check").fetchone()[0]
        if whole != "ok":
            self.fault(f"the database: {whole}")
        if rows != self.kept:
            lost = {name: value for name, value in self.kept.items() if rows.get(name) != value}
            self.fault(f"{len(lost)} acknowledged writes are lost or changed, {len(set(rows) - set(self.kept))} rows nobody wrote: {dict(list(lost.items())[:3])}")


def slope(samples, column):
    """MiB a minute, by least squares over the last two thirds."""
    part = samples[len(samples) // 3:]
    if len(part) < 3:
        return 0.0
    middle = sum(row[0] for row in part) / len(part)
    mean = sum(row[column] for row in part) / len(part)
    below = sum((row[0] - middle) ** 2 for row in part)
    return 60 * sum((row[0] - middle) * (row[column] - mean) for row in part) / below


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--writes", type=float, default=200)
    parser.add_argument("--slope-mib", type=float, default=2, help="a minute; asked of runs of five minutes and more")
    options = parser.parse_args()
    seconds = options.seconds or options.minutes * 60
    raise_descriptors()
    with Served(options.sluice) as server:
        soak = Soak(server, options.writes)
        soak.run(seconds)
    rss, growth = [row[1] for row in soak.samples], slope(soak.samples, 2)
    print(f"{seconds:.0f} s: " + ", ".join(f"{number} {what}" for what, number in sorted(soak.counts.items())))
    if rss:
        print(f"memory: {rss[0]:.0f} MiB at first, {rss[len(rss) // 2]:.0f} half way, {rss[-1]:.0f} at the end, {max(rss):.0f} at most; "
              f"anonymous {soak.samples[0][2]:.0f} to {soak.samples[-1][2]:.0f}, {growth:+.2f} MiB a minute; open files {min(row[3] for row in soak.samples)} to {max(row[3] for row in soak.samples)}")
    if seconds >= 300 and growth > options.slope_mib:
        soak.fault(f"memory grows by {growth:.2f} MiB a minute")
    for text in soak.faults:
        print("FAULT", text)
    print(f"{0 if soak.faults else 1} passed, {len(soak.faults)} failed")
    return 1 if soak.faults else 0


if __name__ == "__main__":
    sys.exit(main())
