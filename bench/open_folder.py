#!/usr/bin/env python3
"""How long a server takes from its start to its first answer, on a folder of many collections.

    open_folder.py [--sluice build/release/sluice] [--collections 500] [--repeat 9] [--limit-ms 0] [--keep FOLDER]

The folder is made by `sluice import`: collections of ten fields with relations to their neighbours, two indexes, and
rules that follow the relations. With --limit-ms the exit status is 1 when the median is slower.
"""
import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time


def collection(number, count):
    target = f"bench_{(number * 7 + 1) % count:012d}"
    name = f"things{number}"
    owner = '@request.auth.id != "" && peer.title ~ "a" && (n > 5 || flag = true)'
    fields = [
        {"name": "title", "type": "text", "max": 200}, {"name": "n", "type": "number"}, {"name": "flag", "type": "bool"},
        {"name": "kind", "type": "select", "maxSelect": 1, "values": ["a", "b", "c"]}, {"name": "data", "type": "json"},
        {"name": "at", "type": "date"}, {"name": "peer", "type": "relation", "collectionId": target, "maxSelect": 1},
        {"name": "peers", "type": "relation", "collectionId": target, "maxSelect": 9},
        {"name": "created", "type": "autodate", "onCreate": True},
    ]
    return {"id": f"bench_{number:012d}", "name": name, "type": "base", "fields": fields, "listRule": "", "viewRule": "",
            "createRule": owner, "updateRule": owner, "deleteRule": owner,
            "indexes": [f"CREATE INDEX idx_{name}_n ON {name} (n, created)", f"CREATE INDEX idx_{name}_peer ON {name} (peer)"]}


def make(sluice, folder, count):
    listing = folder.parent / "collections.json"
    listing.write_text(json.dumps([collection(number, count) for number in range(count)]))
    begin = time.monotonic()
    subprocess.run([sluice, "import", listing, "--dir", folder], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def ask(port, path):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    if b" 200 " not in answer[:20]:
        sys.exit(f"{path}: {answer[:200]!r}")


def start(sluice, folder, path):
    """Milliseconds to the banner, and to the first answer."""
    begin = time.monotonic()
    process = subprocess.Popen([sluice, "serve", "--dir", folder, "--http", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        ready = time.monotonic()
        ask(port, path)
        return (ready - begin) * 1000, (time.monotonic() - begin) * 1000
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=pathlib.Path(__file__).resolve().parent.parent / "build/release/sluice", type=pathlib.Path)
    parser.add_argument("--collections", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--limit-ms", type=float, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="make the folder here, or use the one that is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        folder = options.keep or pathlib.Path(tmp) / "data"
        if not (folder / "data.db").exists():
            print(f"imported {options.collections} collections in {make(options.sluice, folder, options.collections):.2f} s")
        path = f"/api/collections/things{options.collections - 1}/records?filter=n%3E1%26%26peer.title~%27a%27&sort=-created"
        runs = [start(options.sluice, folder, path) for _ in range(options.repeat)]
    ready, answered = (statistics.median(times) for times in zip(*runs))
    print(f"{options.collections} collections, median of {options.repeat}: listening after {ready:.0f} ms, first answer after {answered:.0f} ms"
          f" (best {min(run[1] for run in runs):.0f})")
    return 1 if options.limit_ms and answered > options.limit_ms else 0


if __name__ == "__main__":
    sys.exit(main())
