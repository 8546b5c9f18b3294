#!/usr/bin/env python3
"""Whether the time of an answer tells who has an account: known and unknown identities, asked in turn.

    bench/auth_timing.py [--tries 200] [--users 2000]

Each row is one kind of request. `known` and `unknown` are asked in a random order, on one connection; what is compared
is the median. `noise` is what the same comparison says of the unknown ones alone, every other against the rest: no
difference below it means anything. The goal is less than 5 %.
"""
import argparse
import pathlib
import random
import socket
import sqlite3
import statistics
import sys
import tempfile
import time

from serving import PROGRAM, Served

GOAL = 5.0


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path, body):
        """Microseconds until the answer was there, and its status."""
        data = body.encode()
        request = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data
        begin = time.perf_counter_ns()
        self.socket.sendall(request)
        answer = self.socket.recv(65536)
        took = (time.perf_counter_ns() - begin) / 1000
        return took, int(answer.split(b" ", 2)[1])


def fill(server, users):
    """Users 0 to N-1, all with the password of one that was made by the API; odd ones are verified."""
    server.ask("PATCH", "/api/collections/users", {"otp": {"enabled": True, "duration": 300, "length": 8}})
    made = server.ask("POST", "/api/collections/users/records", {"email": "first@example.com", "password": "password-0", "passwordConfirm": "password-0"})
    with sqlite3.connect(server.folder / "data.db", timeout=30) as db:
        hashed = db.execute("SELECT password FROM users WHERE id = ?", [made["id"]]).fetchone()[0]
        db.executemany("INSERT INTO users (id, email, password, tokenKey, verified, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       [(f"bench{n:010d}", f"user{n:06d}@example.com", hashed, f"key{n:047d}", n % 2, "2026-01-01 00:00:00.000Z", "2026-01-01 00:00:00.000Z") for n in range(users)])


KNOWN = "user{:06d}@example.com"
UNKNOWN = "nobd{:06d}@example.com"  # as long
LOGIN = '{{"identity":"{}","password":"not-that-one"}}'
EMAIL = '{{"email":"{}"}}'
# What, path, body, and which users the known ones are: each another, or the same again.
CASES = [
    ("auth-with-password", "auth-with-password", LOGIN, lambda n: 2 * n, 400),
    ("the same user", "auth-with-password", LOGIN, lambda n: 7, 400),
    ("request-password-reset", "request-password-reset", EMAIL, lambda n: 2 * n, 204),
    ("asked again", "request-password-reset", EMAIL, lambda n: 2, 204),
    ("request-otp", "request-otp", EMAIL, lambda n: 2 * n, 200),
    ("asked again, eleven times", "request-otp", EMAIL, lambda n: 2, 200),
    ("request-verification", "request-verification", EMAIL, lambda n: 2 * n, 204),
    ("verified", "request-verification", EMAIL, lambda n: 2 * n + 1, 204),
]


def measure(server, case, tries, rng):
    what, path, body, number, status = case
    connection = Connection(server.port)
    times = {"known": [], "unknown": []}
    order = ["known", "unknown"] * tries
    rng.shuffle(order)
    for n in range(20):
        connection.post(f"/api/collections/users/{path}", body.format(UNKNOWN.format(900_000 + n)))
    for kind in order:
        n = len(times[kind])
        email = KNOWN.format(number(n)) if kind == "known" else UNKNOWN.format(n)
        took, got = connection.post(f"/api/collections/users/{path}", body.format(email))
        if got != status:
            sys.exit(f"{what}: {kind} is answered {got}")
        times[kind].append(took)
    connection.socket.close()
    medians = {kind: statistics.median(all_of) for kind, all_of in times.items()}
    noise = [statistics.median(times["unknown"][part::2]) for part in (0, 1)]
    difference = (medians["known"] / medians["unknown"] - 1) * 100
    return medians["known"], medians["unknown"], difference, abs(noise[0] / noise[1] - 1) * 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--only", default="", help="cases whose path holds this")
    options = parser.parse_args()
    rng = random.Random(6)
    bad = 0
    with tempfile.TemporaryDirectory() as mails, Served(options.sluice, flags=["--mail-dir", mails]) as server:
        fill(server, max(options.users, 2 * options.tries + 2))
        print(f"{'request':28} {'known':>10} {'unknown':>10} {'difference':>11} {'noise':>8}   (µs, medians of {options.tries})")
        for case in CASES:
            if options.only not in case[1]:
                continue
            known, unknown, difference, noise = measure(server, case, options.tries, rng)
            bad += abs(difference) >= GOAL
            print(f"{case[0]:28} {known:10.0f} {unknown:10.0f} {difference:+10.1f}% {noise:7.1f}%{'' if abs(difference) < GOAL else '   <-- tells'}", flush=True)
    print(f"{len(CASES) - bad} of {len(CASES)} differ by less than {GOAL:.0f} %" if not options.only else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
