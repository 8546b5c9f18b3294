#!/usr/bin/env python3
"""Files and backups on S3, by the program and moto: run.py --serve 'sluice serve --dir {dir} --http {addr}' [NAME ...] [-v]

Each flow is a function of flows_*.py and gets a server and a bucket of its own. Prints what differs and ends with
`N passed, N failed`.
"""
import argparse
import shlex
import sys
import traceback

import rig

rig.need()

import flows_backups  # noqa: E402
import flows_failures  # noqa: E402
import flows_files  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="parts of the names of flows; all when none is given")
    parser.add_argument("--serve", required=True)
    parser.add_argument("-v", action="store_true", help="show what the server prints")
    options = parser.parse_args()
    flows = [flow for module in (flows_files, flows_failures, flows_backups) for flow in module.FLOWS]
    passed = failed = 0
    for flow in flows:
        if options.names and not any(name in flow.__name__ for name in options.names):
            continue
        bucket, play = rig.Bucket(), rig.Play(shlex.split(options.serve), None if options.v else rig.subprocess.DEVNULL)
        play.flow = flow.__name__
        try:
            flow(play, bucket)
        except Exception:
            play.failed += 1
            print(f"FAIL {flow.__name__}: {traceback.format_exc()}", flush=True)
        finally:
            play.stop()
            bucket.stop()
        print(f"{'FAIL' if play.failed else 'ok  '} {flow.__name__}: {play.passed} checks", flush=True)
        passed, failed = passed + play.passed, failed + play.failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
