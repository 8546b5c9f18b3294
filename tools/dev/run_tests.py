#!/usr/bin/env python3
"""Builds and runs the suites, and sums what they report: run_tests.py [release] [dev] [tsan].

Called by tools/dev/test. A suite's cases are counted from the XML report of GoogleTest, or from the line
`N passed, N failed` that a script prints; any other ctest test is one case. A suite that fails, crashes or does
not report is at least one failed case. The last line printed is the sum.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = str(os.cpu_count() or 2)
START = time.monotonic()
REPORT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
# What runs threads of its own; the rest would only take time under the thread sanitizer. The whole server takes
# too long for every run: `tsan-full` is for a person, before a change of anything concurrent is called done.
CONCURRENT = re.compile(r"http_\w*test")
CONCURRENT_FULL = re.compile(r"(http|store|server|app|reader|catalog|collections|settings|writer|stress|write_load)_\w*test|conformance")
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1",
}


def say(text):
    seconds = int(time.monotonic() - START)
    print(f"[{seconds // 60:02}:{seconds % 60:02}] {text}", flush=True)


def run(*command, **options):
    return subprocess.run([str(part) for part in command], cwd=ROOT, **options).returncode


def configure(preset, *options):
    say(f"{preset}: configuring")
    if shutil.which("ccache"):
        options += ("-DCMAKE_C_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
    log = ROOT / "build" / "logs" / f"configure-{preset}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as out:
        failed = run("cmake", "--preset", preset, "-DSLUICE_BUILD_TESTS=ON", "-DSLUICE_BUILD_TOOLS=ON", "-DSLUICE_PCH=ON", *options, stdout=out, stderr=out)
    if failed:
        print(log.read_text()[-4000:])
    return not failed


def build(preset, *targets):
    say(f"{preset}: building" + (f" {len(targets)} targets" if targets else ""))
    command = ["cmake", "--build", f"build/{preset}", "-j", CORES]
    environment = {**os.environ, "CCACHE_SLOPPINESS": "pch_defines,time_macros", "NINJA_STATUS": f"[{preset} %f/%t, %e s] "}
    return run(*command, *(["--target", *targets] if targets else []), env=environment) == 0


def tests_of(preset):
    listing = subprocess.run(["ctest", "--test-dir", f"build/{preset}", "--show-only=json-v1"], cwd=ROOT, capture_output=True, text=True)
    try:
        return [test["name"] for test in json.loads(listing.stdout)["tests"]]
    except (ValueError, KeyError):
        return []


def google_cases(results, name):
    """(passed, failed) of the XML reports of a program, or None when it wrote none."""
    passed = failed = 0
    reports = [path for path in results.glob("*.xml") if re.fullmatch(rf"{re.escape(name)}(_\d+)?", path.stem)]
    for report in reports:
        try:
            suites = xml.parse(report).getroot()
        except xml.ParseError:
            return None
        for case in suites.iter("testcase"):
            if case.find("failure") is not None:
                failed += 1
            elif case.get("status") == "run" and case.get("result") == "completed":
                passed += 1
    return (passed, failed) if reports else None


def count(test, results):
    """(passed, failed, remark) of one ctest test, an element of ctest's JUnit report."""
    name, status = test.get("name"), test.get("status")
    output = test.findtext("system-out") or ""
    cases = google_cases(results, name)
    said = REPORT.findall(output)
    if cases is None and said:
        cases = int(said[-1][0]), int(said[-1][1])
    if status == "run":
        if cases is None and name.endswith("_test") and "self_test" not in name:
            return 0, 1, "ended well, but reported nothing"
        return (*(cases or (1, 0)), "")
    passed, failed = cases or (0, 0)
    return passed, max(failed, 1), "" if failed else f"ended badly ({status})"


def test(preset, names, *options, prefix=()):
    results = ROOT / "build" / preset / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    junit = results.parent / "ctest.xml"
    junit.unlink(missing_ok=True)
    say(f"{preset}: testing, {len(names)} suites")
    run(*prefix, "ctest", "--test-dir", f"build/{preset}", "-j", CORES, "--output-on-failure", "--output-junit", junit,
        "--test-output-size-passed", 1 << 20, "--test-output-size-failed", 1 << 20, *options,
        env={**os.environ, **SANITIZERS, "GTEST_OUTPUT": f"xml:{results}/", "CTEST_OUTPUT_ON_FAILURE": "1"})
    passed = failed = 0
    reported = set()
    for case in xml.parse(junit).getroot().iter("testcase") if junit.exists() else ():
        ok, bad, remark = count(case, results)
        reported.add(case.get("name"))
        passed, failed = passed + ok, failed + bad
        print(f"  {'FAIL' if bad else 'ok  '} {case.get('name')}: {ok} passed, {bad} failed {remark}".rstrip())
    for name in sorted(set(names) - reported):
        failed += 1
        print(f"  FAIL {name}: did not run")
    if not names:
        failed += 1
        print("  FAIL no suite was found")
    say(f"{preset}: {passed} passed, {failed} failed")
    return passed, failed


def release():
    if not configure("release", "-DSLUICE_BUILD_BENCH=ON", "-DSLUICE_INSTALL=ON", "-DCMAKE_VERIFY_INTERFACE_HEADER_SETS=ON") or not build("release"):
        return 0, 1
    return test("release", tests_of("release"))


def dev():
    """The same suites under the address and undefined behaviour sanitizers."""
    if not configure("dev") or not build("dev"):
        return 0, 1
    listing = subprocess.run(["ctest", "--test-dir", "build/dev", "-N", "-L", "^static$"], cwd=ROOT, capture_output=True, text=True).stdout
    static = set(re.findall(r"Test +#\d+: (\S+)", listing))
    return test("dev", [name for name in tests_of("dev") if name not in static], "-LE", "^static$")


def runs(command, prefix=()):
    try:
        return subprocess.run([*prefix, *command], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def tsan(wanted=CONCURRENT):
    """What is concurrent, under the thread sanitizer."""
    if not configure("tsan"):
        return 0, 1
    names = [name for name in tests_of("tsan") if wanted.fullmatch(name)]
    targets = [name for name in names if name.endswith("_test")]
    if "conformance" in names:
        targets.append("sluice_cli")
    if not build("tsan", *targets):
        return 0, 1
    # The sanitizer of GCC 12 does not start where addresses are spread wider than it knows.
    program, fixed = [str(ROOT / "build" / "tsan" / "tests" / "http_message_test"), "--gtest_list_tests"], ("setarch", os.uname().machine, "-R")
    prefix = next((one for one in ((), fixed) if runs(program, one)), None)
    if prefix is None:
        say("tsan: programs with the thread sanitizer do not start on this kernel: NOT TESTED")
        return 0, 0
    return test("tsan", names, "-R", "^(" + "|".join(names) + ")$", prefix=prefix)


def main(chosen):
    phases = {"release": release, "dev": dev, "tsan": tsan, "tsan-full": lambda: tsan(CONCURRENT_FULL)}
    if set(chosen) - set(phases):
        print(f"usage: test [{'] ['.join(phases)}]", file=sys.stderr)
        return 2
    passed = failed = 0
    for name in chosen or ("release", "dev", "tsan"):
        try:
            ok, bad = phases[name]()
        except Exception as fault:  # the sum line comes whatever happens
            print(f"FAIL {name}: {type(fault).__name__}: {fault}")
            ok, bad = 0, 1
        passed, failed = passed + ok, failed + bad
    say("done")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
