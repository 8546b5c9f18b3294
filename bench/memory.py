#!/usr/bin/env python3
"""The server's memory: at rest, under load, and with connections that do nothing.

    bench/memory.py FOLDER [--connections 32] [--seconds 3] [--idle 10000]

Anonymous memory is what the server asked for itself. What it maps of the database's file is the system's, and goes when
others need it; both are shown. Each kind of request of the workload runs once, then the idle ones are opened: each has
asked once and keeps its connection. Goals: 80 MiB under load, 20 KiB an idle connection.
"""
import argparse
import json
import pathlib
import resource
import shlex
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "http"))
from load import HERE, SERVE, Server, lines, settle, status_kib, wrk  # noqa: E402


def say(server, when):
    anonymous, file, highest = (status_kib(server, name) for name in ("RssAnon", "RssFile", "VmHWM"))
    print(f"{when:34} {anonymous / 1024:7.1f} MiB anonymous, {file / 1024:7.1f} MiB mapped from files, {highest / 1024:7.1f} MiB together at most", flush=True)
    return anonymous


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--serve", default=SERVE)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=10000)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = Server(shlex.split(options.serve), options.folder)
    try:
        say(server, "at rest")
        highest = 0
        for entry in json.loads((HERE / "requests.json").read_text()):
            wrk(server.port, lines(entry, server.dir, 1), options.connections, options.seconds)
            highest = max(highest, say(server, entry["name"]))
            settle(server)
        before = say(server, "after the workload")
        idle = []
        for _ in range(options.idle):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")
            if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"no answer on connection {len(idle)}")
            idle.append(connection)
        after = say(server, f"with {options.idle} idle connections")
        print(f"most anonymous memory under load: {highest / 1024:.1f} MiB; an idle connection: {(after - before) / options.idle:.1f} KiB")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
