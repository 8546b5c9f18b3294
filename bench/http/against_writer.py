#!/usr/bin/env python3
"""Creates over HTTP against a hand-written writer that has the machine for itself.

    against_writer.py FOLDER [--sluice PROGRAM] [--writer build/release/bench/writer_rate] [--rounds 5] [--seconds 4]

For each case the writer (one thread, a loop over the SQLite C API, `--group` rows in a commit) and the server (32
connections, wrk beside it on the same cores) run in turn, each on its own copy of FOLDER. The ratio is the median of the
rounds' ratios; the target is 0.6. The server's 99th percentile stands beside the writer's longest commit.
"""
import argparse
import pathlib
import shlex
import shutil
import statistics
import subprocess
import tempfile

from load import ROOT, SERVE, Server, lines, memory, settle, wrk

COMMENT = {"post": "{post}", "author": "{me}", "text": "quiet river"}
# Name, rows in a commit of the writer, rows in a request, the request.
CASES = [
    ("create", 32, 1, {"do": "POST /api/collections/comments/records", "as": "users", "json": COMMENT}),
    ("batch of 20", 20, 20, {"do": "POST /api/batch", "as": "users", "repeat": 20,
                             "json": {"method": "POST", "url": "/api/collections/comments/records", "body": COMMENT}}),
]


def write(program, folder, group, rows, seed):
    out = subprocess.run([program, folder, "--group", str(group), "--rows", str(rows), "--seed", str(seed)],
                         check=True, capture_output=True, text=True).stdout
    rate, _, p99, longest = map(float, out.split())
    return {"rps": rate, "p99_ms": p99, "max_ms": longest}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--serve", default=SERVE)
    parser.add_argument("--writer", default=ROOT / "build/release/bench/writer_rate", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rows", type=int, default=40_000, help="rows of the writer in a round")
    options = parser.parse_args()
    print(f"{'':12} {'writer':>9} {'worst':>8} {'server':>9} {'p50':>7} {'p99':>7} {'longest':>8} {'ratio':>6}   errors")
    with tempfile.TemporaryDirectory() as tmp, Server(shlex.split(options.serve), options.folder) as server:
        copy = pathlib.Path(tmp) / "data"
        shutil.copytree(options.folder, copy)
        for name, group, rows, entry in CASES:
            rounds = []
            for seed in range(1, options.rounds + 1):
                floor = write(options.writer, copy, group, options.rows, seed * 1000 + group)
                ours = wrk(server.port, lines(entry, server.dir, seed), options.connections, options.seconds)
                settle(server)
                rounds.append((floor, ours))
            mid = lambda which, key: statistics.median(one[which][key] for one in rounds)
            ratio = statistics.median(ours["rps"] * rows / floor["rps"] for floor, ours in rounds)
            print(f"{name:12} {mid(0, 'rps'):7.0f}/s {max(one[0]['max_ms'] for one in rounds):5.1f} ms {mid(1, 'rps') * rows:7.0f}/s"
                  f" {mid(1, 'p50_ms'):7.2f} {mid(1, 'p99_ms'):7.2f} {max(one[1]['max_ms'] for one in rounds):8.1f} {ratio:6.2f}"
                  f"   {sum(one[1]['errors'] for one in rounds):.0f}", flush=True)
        print("peak memory, MiB:", memory(server))


if __name__ == "__main__":
    main()
