#!/usr/bin/env python3
"""Everything together for a while: writers, subscribers, readers, downloads, backups and changes of collections.

    bench/soak.py [--minutes 10 | --seconds 20] [--writes 200] [--faults]

At the end each acknowledged write must be in the database as it was acknowledged, each subscriber must have been told
of each of them once and in order, no answer may have been another than the expected, and the server's memory must be
flat: its slope over the last two thirds is reported, and fails above --slope-mib a minute. `--writes` a second, of all
writers together.

With --faults, something fails every few seconds: memory, reads, writes, syncs, opens, the disk, the clock, or the whole
process stands still; in the last third it is also killed (memory is then measured before that). Rude clients come all
the time. While a fault is on, requests may be refused in words or cut off, but not left without an end; what was
acknowledged then must be there, too, and what was not may be there or not. Once it is over, a write must be acknowledged
within ten seconds and everything be as without faults; subscribers are owed what was acknowledged in between.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import sqlite3
import string
import sys
import tempfile
import threading
import time

from serving import PROGRAM, Served, raise_descriptors
from soak_faults import Faults
from soak_ledger import Ledger, Subscriber
import soak_visitors as visitors
from soak_visitors import WRITERS, Line, Stream

SUBSCRIBERS, READERS, DOWNLOADERS = 8, 2, 2
FILE_BYTES = 8 << 20
RENEW_SECONDS = 20 * 60
SERVICE_SECONDS = 10  # after a fault
NOTES = "/api/collections/notes/records"
MARKER = WRITERS  # writes what says that all before it was told


class Soak:
    def __init__(self, server, writes, faults=None):
        self.server, self.pause, self.faults = server, WRITERS / writes, faults
        self.over, self.lock = threading.Event(), threading.Lock()
        self.failures, self.counts, self.samples = [], {}, []
        self.ledger = Ledger(WRITERS + 1)
        self.subscribers = [Subscriber(self.ledger, WRITERS + 1) for _ in range(SUBSCRIBERS)]
        self.threads, self.ending = [], False
        # Even while all is well, odd while a fault is on; each change is a new number.
        self.calm, self.lives, self.killing = 1, 1, False
        self.now, self.bursts, self.refusals, self.marks = "", {}, {}, 0
        self.backing_up = threading.Lock()

    # What all of them need.

    def fail(self, text):
        with self.lock:
            if len(self.failures) < 50:
                self.failures.append(text[:500])

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + number

    def start(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            except Exception as error:
                self.fail(f"{work.__name__}: {type(error).__name__}: {error}")
        thread = threading.Thread(target=run, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def excused(self, begin):
        """Whether a fault was on at some time since `calm` was `begin`."""
        return begin % 2 == 1 or self.calm != begin

    def ask(self, line, expected, method, target, body=None):
        """(status, body); the status is 0 where a fault cut the answer off."""
        begin = self.calm
        if line.calm != begin:
            line.close()  # who knows what a fault left of it
            line.calm = begin
        try:
            status, data = line.ask(method, target, self.server.token, body)
        except OSError as error:
            line.close()
            if isinstance(error, TimeoutError) or not self.excused(begin):
                self.fail(f"{method} {target}: {type(error).__name__}: {error}")
            self.count("requests cut off by a fault")
            time.sleep(0.05)
            return 0, b""
        if status not in expected:
            why = reason(data)
            if not self.excused(begin) or not why:
                self.fail(f"{method} {target}: {status} {data[:200]!r}")
            with self.lock:
                key = (self.now, method, f"{status} {why}")
                self.refusals[key] = self.refusals.get(key, 0) + 1
            time.sleep(0.05)
        return status, data

    def tolerate(self, error, begin):
        if isinstance(error, TimeoutError) or not self.excused(begin):
            raise error
        time.sleep(0.1)

    # Writers and subscribers; the others are in soak_visitors.py.

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

    def put(self, line, writer, step, name=None):
        """Creates a note, or changes the one that is named. Its id, or None where it was not acknowledged."""
        begin, created = self.calm, name is None
        if created:
            name, before = "".join(random.choices(string.ascii_lowercase + string.digits, k=15)), None
            body = {"id": name, "writer": writer, "step": step, "text": f"note {step} " * 20}
        else:
            before, body = self.ledger.kept[name], {"step": step}
        method, target = ("POST", NOTES) if created else ("PATCH", f"{NOTES}/{name}")
        status, _ = self.ask(line, (200,), method, target, body)
        if status != 200:
            self.ledger.doubt(name, {before}, (writer, step), "refused" if status else "cut off")
            return None
        self.ledger.keep(name, (writer, step), owed=not self.excused(begin))
        self.count("writes")
        return name

    def remove(self, line, name):
        """Whether that was acknowledged, or it was not there."""
        begin = self.calm
        before = self.ledger.unsure.get(name) or {self.ledger.kept[name]}
        status, _ = self.ask(line, (204, 404) if None in before else (204,), "DELETE", f"{NOTES}/{name}")
        if status not in (204, 404):
            self.ledger.doubt(name, before, None, "refused" if status else "cut off")
            return False
        self.ledger.remove(name, owed=status == 204 and not self.excused(begin))
        self.count("deletes", status == 204)
        return True

    def look_after(self, line, name):
        """One of which nobody knows what came of it: is as it may be, and goes. Whether that is done."""
        begin, allowed = self.calm, self.ledger.unsure[name]
        status, data = self.ask(line, (200, 404), "GET", f"{NOTES}/{name}")
        if status not in (200, 404) or self.excused(begin):
            return False
        record = json.loads(data)
        found = (record["writer"], record["step"]) if status == 200 else None
        if found not in allowed:
            self.fail(f"{name} is {found}, and may only be one of {allowed}")
        how, wanted = self.ledger.doubts[name]
        self.count(f"writes {how} and {'done' if found == wanted else 'not done'}")
        return self.remove(line, name)

    def write(self, writer):
        line, mine, unsure, step = Line(self.server.port), [], [], 0
        while not self.over.is_set():
            step += 1
            changed = random.choice(mine) if mine and step % 3 == 0 else None
            name = self.put(line, writer, step, changed)
            if name and not changed:
                mine.append(name)
            if not name and changed:
                mine.remove(changed)
            if len(mine) > 50:
                self.remove(line, mine.pop(0))
            if self.calm % 2 == 0 and (unsure or step % 10 == 0):
                unsure = unsure or self.ledger.unsure_of(writer)
                if unsure and self.look_after(line, unsure[-1]):
                    unsure.pop()
            time.sleep(self.pause)

    def subscribe(self):
        stream = Stream(self.server.port)
        line = Line(self.server.port)
        status, _ = self.ask(line, (204,), "POST", "/api/realtime", {"clientId": stream.id, "subscriptions": ["notes/*"]})
        line.close()
        if status != 204:
            raise ConnectionError("no subscription")
        stream.socket.settimeout(3600)
        return stream, time.monotonic()

    def listen(self, subscriber):
        while not self.ending:
            try:
                self.follow(subscriber)
            except OSError as error:
                if self.ending:
                    return
                if self.calm % 2 == 0 or isinstance(error, TimeoutError):
                    raise
                self.count("streams cut off by a fault")
                time.sleep(0.1)

    def follow(self, subscriber):
        stream, begin = self.subscribe()
        try:
            while True:
                self.take(stream.next(), subscriber)
                if time.monotonic() - begin > RENEW_SECONDS and self.calm % 2 == 0 and not self.over.is_set():
                    stream, begin = self.renew(stream, subscriber)
        finally:
            stream.close()

    def renew(self, old, subscriber):
        """A stream ends after half an hour: another begins, and the old one is read up to what the new one tells first."""
        calm = self.calm
        stream, begin = self.subscribe()
        old.socket.settimeout(60)
        try:
            first = stream.next()
            event = old.next()
            while event != first:
                self.take(event, subscriber)
                event = old.next()
        except TimeoutError:
            if not self.excused(calm):
                raise
        self.take(first, subscriber)
        old.close()
        self.count("renewed streams")
        return stream, begin

    def take(self, event, subscriber):
        self.count("events")
        if wrong := subscriber.take(json.loads(event[1])):
            self.fail(wrong)

    def mark(self, seconds):
        """Writes until each subscriber was told of one: all are there, and have all before it. When the first write was acknowledged."""
        line, begin, served = Line(self.server.port), time.monotonic(), None
        while time.monotonic() - begin < seconds:
            self.marks += 1
            if not self.put(line, MARKER, self.marks):
                continue
            served = served or time.monotonic()
            end = min(time.monotonic() + 5, begin + seconds)
            while time.monotonic() < end and not self.died():
                if all(one.steps[MARKER] >= self.marks for one in self.subscribers):
                    line.close()
                    return served
                time.sleep(0.01)
            if self.died():
                break
        last = [one.steps[MARKER] for one in self.subscribers]
        self.fail(f"within {seconds} s " + ("no write was acknowledged" if served is None else f"subscribers were not told of write {self.marks}: {last}"))
        return served

    def sample(self, begin):
        while not self.over.is_set():
            life = self.lives
            try:
                files = len(os.listdir(f"/proc/{self.server.pid}/fd"))
                row = (time.monotonic() - begin, self.server.status_mib("VmRSS"), self.server.status_mib("RssAnon"), files)
                if life == 1 and self.lives == 1 and not self.killing:
                    self.samples.append(row)
            except OSError:
                pass  # it was killed
            self.over.wait(1)

    # What goes wrong.

    def died(self):
        return not self.killing and self.server.process.poll() is not None

    def inject(self, begin, seconds):
        while not self.over.wait(random.uniform(3, 8)) and not self.died():
            kinds = self.faults.all()
            if time.monotonic() - begin > seconds * 2 / 3 and random.random() < 0.3:
                kinds = [self.faults.kill]
            self.burst(random.choice(kinds))

    def burst(self, fault):
        # libarchive ends the process when it has no memory.
        backup_lock = self.backing_up if fault == self.faults.no_memory else threading.Lock()
        with backup_lock:
            self.calm += 1
            self.settle()
            self.now = fault.__name__
            self.killing = fault == self.faults.kill
            if self.killing:
                self.lives += 1
            end = self.faults.run(fault, self.server)
            self.killing = False
            served = self.mark(60)
            took = 60.0 if served is None else served - end
            if took > SERVICE_SECONDS:
                self.fail(f"after {fault.__name__}: no service for {took:.1f} s")
        number, calls, longest = self.bursts.get(fault.__name__, (0, 0, 0.0))
        self.bursts[fault.__name__] = number + 1, calls + self.faults.control.failed, max(longest, took)
        if not self.died():
            self.ledger.settle(self.subscribers)  # nobody owes what was in between
            self.calm += 1

    def settle(self):
        """Each subscriber was told what it is owed so far."""
        self.mark(60)
        for text in self.ledger.settle(self.subscribers):
            self.fail(text)

    # The whole.

    def run(self, seconds):
        self.prepare()
        listeners = [self.start(self.listen, one) for one in self.subscribers]
        self.mark(60)
        self.calm += 1
        begin = time.monotonic()
        for writer in range(WRITERS):
            self.start(self.write, writer)
        for _ in range(READERS):
            self.start(visitors.read, self)
        for number in range(DOWNLOADERS):
            self.start(visitors.download, self, number == 0)
        for work in (visitors.come_and_go, visitors.never_read, visitors.back_up, visitors.change):
            self.start(work, self)
        self.start(self.sample, begin)
        if self.faults:
            self.start(visitors.be_rude, self)
            self.start(self.inject, begin, seconds)
        while time.monotonic() - begin < seconds and len(self.failures) < 20 and not self.died():
            time.sleep(0.2)
        self.over.set()
        for thread in self.threads:
            if thread not in listeners:
                thread.join(300)
        if self.died():
            self.fail(f"the server ended by itself with {self.server.process.poll()}")
        else:
            self.settle()
        self.ending = True
        self.server.process.terminate()
        if self.server.process.wait(30) != 0:
            self.fail(f"the server ended with {self.server.process.returncode}")
        self.check_rows()

    def check_rows(self):
        with sqlite3.connect(self.server.folder / "data.db") as db:
            rows = {name: (writer, step) for name, writer, step in db.execute("SELECT id, writer, step FROM notes")}
            whole = db.execute("PRAGMA integrity_check").fetchone()[0]
        if whole != "ok":
            self.fail(f"the database: {whole}")
        lost, unknown = self.ledger.lost(rows)
        if lost or unknown:
            self.fail(f"{len(lost)} acknowledged writes are lost or changed, {len(unknown)} rows nobody wrote: {dict(list(lost.items())[:3])} {sorted(unknown)[:3]}")


def reason(data):
    try:
        return json.loads(data)["message"]
    except (ValueError, KeyError, TypeError):
        return ""


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
    parser.add_argument("--faults", action="store_true", help="let things fail meanwhile; needs sluice_fault_preload beside the program")
    options = parser.parse_args()
    seconds = options.seconds or options.minutes * 60
    raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as tmp:
        tmp = pathlib.Path(tmp)
        faults = Faults(options.sluice, tmp / "faults") if options.faults else None
        with open(tmp / "errors", "w+") as errors:
            said = {"environment": faults.environment, "errors": errors} if faults else {}
            with Served(options.sluice, **said) as server:
                soak = Soak(server, options.writes, faults)
                soak.run(seconds)
            errors.seek(0)
            lines = errors.read().splitlines()
    report(soak, seconds, options.slope_mib)
    if soak.failures and lines:
        print("the server said at the end:", *lines[-30:], sep="\n  ")
    print(f"{0 if soak.failures else 1} passed, {len(soak.failures)} failed")
    return 1 if soak.failures else 0


def report(soak, seconds, slope_mib):
    rss, growth = [row[1] for row in soak.samples], slope(soak.samples, 2)
    print(f"{seconds:.0f} s: " + ", ".join(f"{number} {what}" for what, number in sorted(soak.counts.items())))
    for name, (number, calls, longest) in sorted(soak.bursts.items()):
        print(f"fault {name}: {number} times, {calls} calls failed, service again within {longest:.2f} s")
    for (fault, method, text), number in sorted(soak.refusals.items()):
        print(f"{number} {method} refused by {fault}: {text}")
    if rss:
        print(f"memory: {rss[0]:.0f} MiB at first, {rss[len(rss) // 2]:.0f} half way, {rss[-1]:.0f} at the end, {max(rss):.0f} at most; "
              f"anonymous {soak.samples[0][2]:.0f} to {soak.samples[-1][2]:.0f}, {growth:+.2f} MiB a minute over {soak.samples[-1][0]:.0f} s; "
              f"open files {min(row[3] for row in soak.samples)} to {max(row[3] for row in soak.samples)}")
    if seconds >= 300 and growth > slope_mib:
        soak.fail(f"memory grows by {growth:.2f} MiB a minute")
    for text in soak.failures:
        print("FAILURE", text)


if __name__ == "__main__":
    sys.exit(main())
