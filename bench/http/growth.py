#!/usr/bin/env python3
"""How much longer requests take on a larger folder, over HTTP.

    growth.py SMALL LARGE [--rounds 5] [--seconds 2] [--connections 32] [--only TEXT] [--requests requests.json]

Both are folders of ../make_folder.py. A server for each is loaded in turn, round by round, with the requests that an
index can serve; the ratio, time on LARGE to time on SMALL, is the median of the rounds' ratios. Goal: 1.5.
"""
import argparse
import json
import pathlib
import shlex
import statistics

from load import HERE, SERVE, Server, lines, settle, wrk

INDEXED = ("view", "view-expand", "list-skip-total", "list-by-author", "list-indexed-page", "list-all-of", "list-expand-deep",
           "list-back-expand")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=pathlib.Path, nargs=2, metavar="FOLDER")
    parser.add_argument("--serve", default=SERVE)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="")
    parser.add_argument("--requests", type=pathlib.Path, default=HERE / "requests.json")
    options = parser.parse_args()
    servers = []
    try:
        for folder in options.folders:
            servers.append(Server(shlex.split(options.serve), folder))
        print(f"{'':20} {'small':>9} {'large':>9} {'ratio':>6}")
        for entry in json.loads(options.requests.read_text()):
            if entry["name"] not in INDEXED or options.only not in entry["name"]:
                continue
            requests = [list(lines(entry, server.dir, 1)) for server in servers]
            rounds, errors = [], 0
            for _ in range(options.rounds):
                runs = []
                for server, asked in zip(servers, requests):
                    runs.append(wrk(server.port, asked, options.connections, options.seconds))
                    settle(server)
                rounds.append((runs[0]["rps"], runs[1]["rps"], runs[0]["rps"] / max(runs[1]["rps"], 1e-9)))
                errors += runs[0]["errors"] + runs[1]["errors"]
            small, large, ratio = (statistics.median(column) for column in zip(*rounds))
            print(f"{entry['name']:20} {small:7.0f}/s {large:7.0f}/s {ratio:6.2f}" + (f"  ERRORS {errors}" if errors else ""), flush=True)
    finally:
        for server in servers:
            server.stop()


if __name__ == "__main__":
    main()
