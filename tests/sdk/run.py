#!/usr/bin/env python3
"""Runs the suites of the JavaScript SDK against a program: run.py --program SLUICE [--modules FOLDER] [--node NODE] [NAME ...]

Installs package-lock.json's packages into the folder (build/sdk) when they are not there: npm, through its registry.
Prints what failed and what was skipped, a line for each suite, and ends with `N passed, N failed`.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
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
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True, timeout=200)
    done.write_text(lock)


def play(node, suite, environment):
    """(passed, failed, skipped) of one file."""
    try:
        done = subprocess.run([node, "--test-reporter=tap", str(suite)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode("utf-8", "replace"), "no end after 120 seconds"
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", help="names without .test.mjs; all when none is given")
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--modules", type=pathlib.Path, default=HERE.parents[1] / "build" / "sdk", help="where the packages are installed")
    parser.add_argument("--node", default="node")
    options = parser.parse_args()
    install(options.modules)
    # Addresses are loopback ones: a proxy of the environment has no part in this.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy") and name != "NODE_OPTIONS"}
    environment.update(SLUICE_PROGRAM=str(options.program.resolve()), SLUICE_SDK_MODULES=str(options.modules.resolve() / "node_modules"))
    results = [play(options.node, suite, environment) for suite in sorted(HERE.glob("*.test.mjs"))
               if not options.suites or suite.name.split(".")[0] in options.suites]
    passed, failed = (sum(column) for column in zip(*results)) if results else (0, 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
