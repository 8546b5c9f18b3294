#!/usr/bin/env python3
"""The server on one core against a bare epoll loop on the same core that sends the same bytes.

    against_bare.py FOLDER [--rounds 5] [--seconds 3] [--connections 32]

wrk has another core. Both run in turn, round by round; the ratio is the median of the rounds' ratios. Of a list the
loop alone is no measure, so it is compared with what loop and hand-written SQL (list_endpoint_bench, in the same run)
would take together: 1 / (1 / loop + SQL).
"""
import argparse
import contextlib
import json
import pathlib
import shlex
import statistics
import subprocess
import tempfile

from load import ROOT, SERVE, Server, lines, settle, wrk
from server import free_port

# Name, request, the case of list_endpoint_bench whose floor counts, target.
CASES = [
    ("health", {"do": "GET /api/health"}, None, 0.6),
    ("view", {"do": "GET /api/collections/posts/records/{post}"}, None, 0.35),
    ("list of 30", {"do": "GET /api/collections/posts/records?skipTotal=1&page={page}"}, "list30_as_guest", 0.8),
]


@contextlib.contextmanager
def bare_loop(program, answer, prefix):
    with tempfile.NamedTemporaryFile() as file:
        file.write(answer)
        file.flush()
        port = free_port()
        process = subprocess.Popen([*prefix, program, str(port), file.name])
        try:
            yield port
        finally:
            process.terminate()
            process.wait()


def whole_answer(server, line):
    """Head and body as the server sends them."""
    method, path, _, _ = line.split("\t")
    status, headers, body = server.request(method, path)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} OK\r\n{head}\r\n".encode() + body


def floor_micros(bench, case, folder, prefix):
    out = subprocess.run([*prefix, bench, f"--benchmark_filter=^{case}/floor", "--benchmark_format=json"], check=True, capture_output=True,
                         text=True, env={"SLUICE_BENCH_FOLDER": str(folder)}).stdout
    result = json.loads(out)["benchmarks"][0]
    return result["cpu_time"] / {"ns": 1000, "us": 1, "ms": 0.001}[result["time_unit"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--serve", default=SERVE)
    parser.add_argument("--bare", default=ROOT / "build/release/bench/bare_loop", type=pathlib.Path)
    parser.add_argument("--floor", default=ROOT / "build/release/bench/list_endpoint_bench", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--core", default="0")
    parser.add_argument("--wrk-core", default="1")
    options = parser.parse_args()
    here, there = (["taskset", "-c", core] for core in (options.core, options.wrk_core))
    print(f"{'':12} {'bare':>9} {'floor':>9} {'server':>9} {'p99':>8} {'ratio':>6} {'target':>7}")
    with Server([*here, *shlex.split(options.serve)], options.folder) as server:
        for name, entry, floor, target in CASES:
            requests = list(lines(entry, server.dir, 1))
            rounds = []
            with bare_loop(options.bare, whole_answer(server, requests[0]), here) as port:
                for _ in range(options.rounds):
                    bare = wrk(port, requests, options.connections, options.seconds, there)["rps"]
                    micros = floor_micros(options.floor, floor, options.folder, here) if floor else 0
                    ours = wrk(server.port, requests, options.connections, options.seconds, there)
                    settle(server)
                    rounds.append((bare, micros, ours["rps"], ours["p99_ms"], ours["rps"] * (1 / bare + micros / 1e6), ours["errors"]))
            bare, micros, rate, p99, ratio, _ = (statistics.median(column) for column in zip(*rounds))
            errors = sum(one[5] for one in rounds)
            print(f"{name:12} {bare:7.0f}/s {micros:6.0f} us {rate:7.0f}/s {p99:5.2f} ms {ratio:6.2f} {target:7.2f}" + (f"  ERRORS {errors}" if errors else ""), flush=True)


if __name__ == "__main__":
    main()
