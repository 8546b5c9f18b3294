#!/usr/bin/env python3
"""Loads one or two servers with the same requests (wrk, from Debian) and prints a line for each.

    load.py FOLDER [--serve 'build/release/sluice serve --dir {dir} --http {addr}'] [--peer 'OTHER COMMAND'] \
            [--seconds 3] [--rounds 3] [--connections 32] [--only TEXT] [--json OUT]

FOLDER is one of ../make_folder.py; every server works on a copy of it. With --peer the two are loaded in turn, round by
round, and the ratio is the median of the rounds' ratios. The requests are those of requests.json, with records, words,
numbers and pages drawn at random. An answer that is not 2xx (but for `bad-filter`) is counted as an error.
"""
import argparse
import json
import pathlib
import random
import re
import shlex
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORDS = "river stone cloud night winter summer quiet loud harbor lantern meadow orbit paper quartz rocket silver timber velvet willow yonder".split()
SERVE = f"{ROOT}/build/release/sluice serve --dir {{dir}} --http {{addr}} --log-level off"
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
from server import Server, token  # noqa: E402

LUA = """
local requests = {}
for line in io.lines("%s") do
  local method, path, auth, body = line:match("^(%%S+)\\t(%%S+)\\t(%%S*)\\t(.*)$")
  local headers = {["Content-Type"] = "application/json", ["Host"] = "localhost"}
  if auth ~= "" then headers["Authorization"] = auth end
  requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
end
local next_request = 0
request = function()
  next_request = next_request %% #requests + 1
  return requests[next_request]
end
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%d %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max, summary.bytes))
end
"""


def lines(entry, folder, seed, count=20_000):
    """`count` requests of one entry, with records, words, numbers and pages drawn at random."""
    rng = random.Random(seed)
    with sqlite3.connect(f"file:{folder}/data.db?mode=ro", uri=True) as db:
        size = {name: db.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in ("users", "posts", "tags")}
    tokens = {}
    for _ in range(count):
        draw = {"post": f"post{rng.randint(0, size['posts'] // 10 - 1) * 10 + rng.randint(1, 9):011d}",  # every tenth is a draft
                "user": f"user{rng.randint(1, size['users']):011d}", "tag": f"tag{rng.randint(1, size['tags']):012d}",
                "me": f"user{rng.randint(1, min(500, size['users'])):011d}",
                "word": rng.choice(WORDS), "word2": rng.choice(WORDS), "views": str(rng.randint(4000, 9500)), "weight": str(rng.randint(1, 90)),
                "page": str(rng.randint(1, 20)), "deep": str(max(1, size["posts"] * 9 // 10 // 30 // 2 - rng.randint(0, 200)))}
        put = lambda text: re.sub(r"\{(\w+)\}", lambda match: draw.get(match[1], match[0]), text)
        method, path = put(entry["do"]).split(" ", 1)
        path = urllib.parse.quote(path, safe="/?&=%:,'()@")
        auth = ""
        if entry.get("as"):
            auth = tokens.get(draw["me"]) or token(folder, entry["as"], draw["me"])
            tokens[draw["me"]] = auth
        body = ""
        if "json" in entry:
            one = json.loads(put(json.dumps(entry["json"])))
            body = json.dumps({"requests": [one] * entry["repeat"]} if "repeat" in entry else one)
        yield "\t".join([method, path, auth, body])


def wrk(port, requests, connections=32, seconds=3, prefix=()):
    """Sends the requests (tab-separated lines, as of `lines`) in a circle."""
    with tempfile.TemporaryDirectory() as tmp:
        listing, script = pathlib.Path(tmp) / "requests", pathlib.Path(tmp) / "load.lua"
        listing.write_text("\n".join(requests) + "\n")
        script.write_text(LUA % listing)
        out = subprocess.run([*prefix, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script),
                              f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True).stdout
    requests, micros, bad, broken, p50, p99, longest, size = map(int, re.search(r"RESULT (.*)", out)[1].split())
    return {"rps": requests * 1e6 / micros, "p50_ms": p50 / 1000, "p99_ms": p99 / 1000, "max_ms": longest / 1000, "errors": bad + broken,
            "kb": size / 1024 / max(requests, 1)}


def load(server, entry, options, seed):
    result = wrk(server.port, lines(entry, server.dir, seed), options.connections, options.seconds)
    settle(server)
    return result


def settle(server, seconds=60):
    """Waits until the server has finished what the load left behind."""
    ticks = lambda: sum(map(int, pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = ticks()
        time.sleep(0.25)
        if ticks() - before <= 1:
            return


def status_kib(server, name):
    """VmHWM, RssAnon and the like of the server's process."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1])


def memory(server):
    """The most that the server ever held, in MiB."""
    return status_kib(server, "VmHWM") >> 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--serve", default=SERVE)
    parser.add_argument("--peer")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="")
    parser.add_argument("--requests", type=pathlib.Path, default=HERE / "requests.json")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    servers = [Server(shlex.split(command), options.folder) for command in (options.serve, options.peer) if command]
    table = {}
    try:
        for entry in json.loads(options.requests.read_text()):
            if options.only not in entry["name"]:
                continue
            runs = [[load(server, entry, options, seed) for server in servers] for seed in range(options.rounds)]
            mid = lambda which, key: statistics.median(run[which][key] for run in runs)
            row = {key: round(mid(0, key), 3) for key in ("rps", "p50_ms", "p99_ms", "errors", "kb")}
            line = f"{entry['name']:22} {row['rps']:10.0f}/s  p50 {row['p50_ms']:8.2f}  p99 {row['p99_ms']:8.2f} ms  {row['kb']:6.1f} KiB  errors {row['errors']:.0f}"
            if options.peer:
                row.update(peer_rps=round(mid(1, "rps"), 1), peer_p99_ms=round(mid(1, "p99_ms"), 3), peer_errors=mid(1, "errors"),
                           ratio=round(statistics.median(run[0]["rps"] / max(run[1]["rps"], 1e-9) for run in runs), 2))
                line += f" | peer {row['peer_rps']:9.0f}/s  p99 {row['peer_p99_ms']:8.2f} ms  errors {row['peer_errors']:.0f} | ratio {row['ratio']:.2f}"
            table[entry["name"]] = row
            print(line, flush=True)
        table["peak memory, MiB"] = [memory(server) for server in servers]
        print("peak memory, MiB:", *table["peak memory, MiB"])
    finally:
        for server in servers:
            server.stop()
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
