#!/usr/bin/env python3
"""Rates of logins beside a plain view, in one run: how fast, and what they do to others.

    bench/auth_rates.py [--seconds 10] [--connections 16]

Needs wrk (Debian: wrk). Rows: a view of a record as a guest; auth-refresh, goal at least half of that; auth-with-password,
goal 0.95 of what bcrypt alone allows at the stored cost on the cores that the load leaves: those that the threads for
passwords had, or that were idle, over the CPU time of one hash in a plain loop of libcrypt. Last, the 99th percentile
of views alone and while logins saturate their threads; goal at most 5 times.
"""
import argparse
import ctypes
import ctypes.util
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from serving import PROGRAM, Served

USERS = 200
TICK = os.sysconf("SC_CLK_TCK")


def hash_loop(setting, seconds, results):
    """CPU seconds of one hash, in a loop of libcrypt."""
    crypt = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    end, begin, count = time.monotonic() + seconds, time.process_time(), 0
    while time.monotonic() < end or count == 0:
        crypt(b"password-0", setting.encode())
        count += 1
    results.put((time.process_time() - begin) / count)


def bcrypt_seconds(hashed, seconds):
    """The same on all cores at once."""
    results = multiprocessing.Queue()
    setting = "$2y" + hashed[3:29]
    loops = [multiprocessing.Process(target=hash_loop, args=(setting, seconds, results)) for _ in range(os.cpu_count())]
    for loop in loops:
        loop.start()
    times = [results.get() for _ in loops]
    for loop in loops:
        loop.join()
    return sum(times) / len(times)


class Load:
    """One run of wrk."""

    def __init__(self, server, seconds, connections, target, method="GET", token="", bodies=()):
        self.script = tempfile.NamedTemporaryFile("w", suffix=".lua")
        headers = f'wrk.headers["Authorization"] = "{token}"\n' if token else ""
        if bodies:
            headers += 'wrk.headers["Content-Type"] = "application/json"\n'
            texts = ", ".join(json.dumps(body) for body in bodies)
            request = f'local bodies = {{{texts}}}\nlocal n = 0\nfunction request()\n  n = n % #bodies + 1\n  return wrk.format("{method}", nil, nil, bodies[n])\nend\n'
        else:
            request = f'wrk.method = "{method}"\n'
        self.script.write(headers + request)
        self.script.flush()
        self.process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "--latency", "-s", self.script.name,
                                         f"http://127.0.0.1:{server.port}{target}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait(self):
        """(requests a second, 99th percentile in ms)."""
        text = self.process.communicate()[0]
        self.script.close()
        if self.process.returncode or "Non-2xx" in text or "Socket errors" in text:
            sys.exit("wrk: " + text)
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
        return rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def hash_threads(server):
    """(number, niceness, CPU seconds) of the threads for passwords: those that give way to others."""
    found = []
    for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        if int(fields[16]) > 0:
            found.append((int(fields[16]), (int(fields[11]) + int(fields[12])) / TICK))
    return len(found), max((nice for nice, _ in found), default=0), sum(seconds for _, seconds in found)


def idle_seconds():
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(fields[4]) + int(fields[5])) / TICK


def fill(server):
    made = server.ask("POST", "/api/collections/users/records", {"email": "user0@example.com", "password": "password-0", "passwordConfirm": "password-0"})
    with sqlite3.connect(server.folder / "data.db", timeout=30) as db:
        hashed = db.execute("SELECT password FROM users WHERE id = ?", [made["id"]]).fetchone()[0]
        db.executemany("INSERT INTO users (id, email, password, tokenKey, verified) VALUES (?, ?, ?, ?, 1)",
                       [(f"bench{n:010d}", f"user{n}@example.com", hashed, f"key{n:047d}") for n in range(1, USERS)])
    server.ask("PATCH", "/api/collections/users", {"authAlert": {"enabled": False}})
    server.ask("POST", "/api/collections", {"name": "notes", "type": "base", "listRule": "", "viewRule": "", "fields": [
        {"name": "title", "type": "text"}, {"name": "body", "type": "text"}, {"name": "n", "type": "number"}]})
    note = server.ask("POST", "/api/collections/notes/records", {"title": "a note", "body": "some words " * 10, "n": 7})
    return hashed, f"/api/collections/notes/records/{note['id']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is needed (Debian: apt-get install wrk)")
    seconds, connections = options.seconds, options.connections
    with Served(options.sluice) as server:
        hashed, view = fill(server)
        password = "/api/collections/users/auth-with-password"
        token = server.ask("POST", password, {"identity": "user1@example.com", "password": "password-0"}, token="")["token"]
        logins = [json.dumps({"identity": f"user{n}@example.com", "password": "password-0"}) for n in range(USERS)]

        hash_before = bcrypt_seconds(hashed, min(seconds, 5))
        views, _ = Load(server, seconds, connections, view).wait()
        print(f"{'':24} {'a second':>10} {'of':>10} {'ratio':>7}   goal")
        print(f"{'view':24} {views:10.0f}")
        refreshes, _ = Load(server, seconds, connections, "/api/collections/users/auth-refresh", "POST", token).wait()
        print(f"{'auth-refresh':24} {refreshes:10.0f} {views:10.0f} {refreshes / views:7.2f}   0.5", flush=True)

        load = Load(server, seconds, connections, password, "POST", bodies=logins)
        time.sleep(1)
        begin, idle, (count, nice, cpu) = time.monotonic(), idle_seconds(), hash_threads(server)
        rate, _ = load.wait()
        # wrk counts what came in its whole time; so does this.
        wall = time.monotonic() - begin
        spent, unused = hash_threads(server)[2] - cpu, idle_seconds() - idle
        hash_after = bcrypt_seconds(hashed, min(seconds, 5))
        one = (hash_before + hash_after) / 2
        allowed = (spent + unused) / wall / one
        print(f"{'auth-with-password':24} {rate:10.1f} {allowed:10.1f} {rate / allowed:7.2f}   0.95   (one hash {one * 1000:.1f} ms of CPU; the threads had {spent / wall:.2f} cores, {unused / wall:.2f} were idle)")
        print(f"{'threads for passwords':24} {count:10} of niceness {nice}")

        _, alone = Load(server, seconds, 2, view).wait()
        load = Load(server, seconds + 2, connections, password, "POST", bodies=logins)
        time.sleep(1)
        beside_rate, beside = Load(server, seconds, 2, view).wait()
        load.wait()
        print(f"{'p99 of views, ms':24} {beside:10.2f} {alone:10.2f} {beside / alone:7.2f}   5 at most   ({beside_rate:.0f} views a second beside the logins)")
    good = refreshes >= 0.5 * views and rate >= 0.95 * allowed and beside <= 5 * alone
    print("all goals are met" if good else "NOT all goals are met")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
