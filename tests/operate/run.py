#!/usr/bin/env python3
"""Runs the suites of this folder: run.py PROGRAM [TOPIC...]. The last line is `N passed, N failed`."""
import importlib
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOPICS = sorted(path.stem[5:] for path in HERE.glob("test_*.py"))


def main(program, topics):
    os.environ["SLUICE_PROGRAM"] = os.path.abspath(program)
    sys.path.insert(0, str(HERE))
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(f"test_{topic}"))
                               for topic in topics or TOPICS)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len({str(test) for test, _ in result.failures + result.errors}) + len(result.unexpectedSuccesses)
    print(f"{max(result.testsRun - failed - len(result.skipped), 0)} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
