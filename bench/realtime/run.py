#!/usr/bin/env python3
"""How long it takes until the last of many subscribers of one collection is told of an update.

    bench/realtime/run.py [--clients 10000] [--updates 20] [--filters 1,100] [--limit-ms 0]

Starts the server on a new folder, and `fanout`, which connects and measures; both share the machine's cores. With
--limit-ms the exit status is 1 when the median of the first line is slower.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from serving import PROGRAM, Served, raise_descriptors  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--fanout", type=pathlib.Path, help="beside the program in bench/ by default")
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--filters", default="1,100", help="different filters among the clients; several make several lines")
    parser.add_argument("--limit-ms", type=float, default=0)
    options = parser.parse_args()
    fanout = options.fanout or options.sluice.parent / "bench" / "fanout"
    allowed = raise_descriptors()
    if allowed < options.clients + 100:
        print(f"only {allowed} open files are allowed: {allowed - 100} clients", file=sys.stderr)
        options.clients = allowed - 100
    print(f"{'clients':>8} {'filters':>8} {'answered':>9} {'first':>8} {'half':>8} {'last':>8} {'worst':>8} {'server CPU':>11} {'RSS MiB':>8}   (ms, medians of {options.updates})")
    slow = False
    for number, filters in enumerate(int(text) for text in options.filters.split(",")):
        with Served(options.sluice) as server:
            server.ask("POST", "/api/collections", {"name": "tags", "type": "base", "listRule": "weight >= 0", "viewRule": "", "fields": [
                {"name": "name", "type": "text"}, {"name": "weight", "type": "number"}]})
            record = server.ask("POST", "/api/collections/tags/records", {"name": "a tag", "weight": 1})["id"]
            before = server.cpu_seconds()
            process = subprocess.Popen([fanout, str(server.port), str(options.clients), str(filters), str(options.updates), f"tags/{record}", server.token],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            process.stderr.readline()  # all are subscribed
            before = server.cpu_seconds()
            lines = process.stdout.read().splitlines()
            rss = server.status_mib("VmRSS")
            used = server.cpu_seconds() - before
            if process.wait() != 0 or len(lines) != options.updates:
                sys.exit("fanout: " + process.stderr.read())
            process.stdout.close()
            process.stderr.close()
            times = [[float(text) for text in line.split()] for line in lines]
            answered, first, half, last = (statistics.median(column) for column in zip(*times))
            print(f"{options.clients:8} {filters:8} {answered:9.1f} {first:8.1f} {half:8.1f} {last:8.1f} {max(row[3] for row in times):8.1f}"
                  f" {used / options.updates * 1000:8.1f} ms {rss:8.0f}", flush=True)
            slow = slow or (number == 0 and options.limit_ms and last > options.limit_ms)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
