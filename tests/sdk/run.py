#!/usr/bin/env python3
"""Runs the suites of the JavaScript SDK against a program: run.py --program SLUICE [--modules FOLDER] [--node NODE] [NAME ...]

Installs package-lock.json's packages into the folder (build/sdk) when they are not there: npm, through its registry.
Prints what failed and what was skipped, a line for each suite, and ends with `N passed, N failed`.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# Public methods that ask nothing of a server and that the SDK calls by itself: name -> why they are left out.
NOT_CALLS = {}
RESULT = re.compile(r"^(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO)\b ?(.*))?$")


def install(folder):
    """Brings node_modules up to package-lock.json. Nothing is asked of the network when it is."""
    lock = (HERE / "package-lock.json").read_text()
    done = folder / "installed-lock.json"
    if done.exists() and done.read_text() == lock:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True, timeout=500)
    done.write_text(lock)


def play(node, suite, environment):
    """(passed, failed, skipped) of one file."""
    try:
        done = subprocess.run([node, "--test-reporter=tap", str(suite)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode("utf-8", "replace"), "no end after 240 seconds"
    passed = failed = skipped = 0
    for line in output.splitlines():
        found = RESULT.match(line)
        if not found:
            continue
        if found[3] == "SKIP":
            skipped += 1
            print(f"  skipped: {found[2]}: {found[4]}")
        elif found[1]:
            failed += 1
            print(f"FAIL {suite.name} / {found[2]}")
        else:
            passed += 1
    if code and not failed or not passed + skipped:
        failed += 1
        print(f"FAIL {suite.name}: node ended with {code}")
    if failed:
        print(output)
    print(f"{suite.name.split('.')[0]}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return passed, failed


def script(name, command, environment):
    """(passed, failed, skipped) of a suite that counts for itself."""
    done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    said = re.findall(r"^(\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
    passed, failed = (int(count) for count in said[-1]) if said else (0, 1)
    if failed or done.returncode:
        print(done.stdout)
    print(f"{name}: {passed} passed, {failed} failed", flush=True)
    return passed, failed or int(done.returncode != 0), 0


def surface(folder):
    """(passed, failed): the public methods that suites drove, and those that none did."""
    known, driven = set(), set()
    for path in folder.glob("*.json"):
        one = json.loads(path.read_text())
        known.update(one["surface"])
        driven.update(one["driven"])
    missing = sorted(known - driven - set(NOT_CALLS))
    for name in missing:
        print(f"FAIL {name} is a public method of the SDK, and no suite calls it")
    for name in sorted(set(NOT_CALLS) - known):
        missing.append(name)
        print(f"FAIL {name} is no method of the SDK: take it out of run.py")
    passed = len(known & driven)
    print(f"surface: {passed} passed, {len(missing)} failed")
    return passed, len(missing) or (0 if known else 1), 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", help="names without .test.mjs, `folder`, `python`; all when none is given")
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--modules", type=pathlib.Path, default=HERE.parents[1] / "build" / "sdk", help="where the packages are installed")
    parser.add_argument("--node", default="node")
    options = parser.parse_args()
    install(options.modules)
    # Addresses are loopback ones: a proxy of the environment has no part in this.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy") and name != "NODE_OPTIONS"}
    environment.update(SLUICE_PROGRAM=str(options.program.resolve()), SLUICE_SDK_MODULES=str(options.modules.resolve() / "node_modules"))
    with tempfile.TemporaryDirectory(prefix="sluice-sdk-") as driven:
        environment["SLUICE_SDK_DRIVEN"] = driven
        results = [play(options.node, suite, environment) for suite in sorted(HERE.glob("*.test.mjs"))
                   if not options.suites or suite.name.split(".")[0] in options.suites]
        program, modules = ("--program", environment["SLUICE_PROGRAM"]), ("--modules", environment["SLUICE_SDK_MODULES"])
        if not options.suites or "folder" in options.suites:
            results.append(script("folder", [sys.executable, "-B", HERE / "folder" / "compare.py", *program, *modules, "--node", options.node], environment))
        if not options.suites or "python" in options.suites:
            packages = ("--packages", options.modules.with_name(options.modules.name + "-python"))
            results.append(script("python", [sys.executable, "-B", HERE / "python_client.py", *program, *packages], environment))
        if not options.suites:
            results.append(surface(pathlib.Path(driven)))
    passed, failed = (sum(column) for column in zip(*results)) if results else (0, 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
