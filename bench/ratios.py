#!/usr/bin/env python3
"""Ratios out of Google Benchmark's JSON.

    ratios.py RUN.json              X/sluice over X/floor, of one run
    ratios.py BEFORE.json AFTER.json   the same benchmark in two runs

The figure of a benchmark is the median of its repetitions' CPU times.
"""
import json
import statistics
import sys

MICROSECONDS = {"ns": 1e-3, "us": 1, "ms": 1e3}


def medians(path):
    times = {}
    with open(path, encoding="utf-8") as file:
        for run in json.load(file)["benchmarks"]:
            if run["run_type"] == "iteration":
                times.setdefault(run["run_name"], []).append(run["cpu_time"] * MICROSECONDS[run["time_unit"]])
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    first = medians(sys.argv[1])
    if len(sys.argv) == 3:
        second = medians(sys.argv[2])
        pairs = [(name, first[name], second[name]) for name in first if name in second]
        print(f"{'benchmark':40} {'before us':>11} {'after us':>11} {'ratio':>7}")
    else:
        pairs = [(name[:-7], first[name[:-7] + "/floor"], time) for name, time in first.items() if name.endswith("/sluice")]
        print(f"{'benchmark':40} {'floor us':>11} {'sluice us':>11} {'ratio':>7}")
    for name, base, time in sorted(pairs):
        print(f"{name:40} {base:11.2f} {time:11.2f} {time / base:7.2f}")


if __name__ == "__main__":
    main()
