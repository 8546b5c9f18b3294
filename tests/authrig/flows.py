#!/usr/bin/env python3
"""Plays the flows that need a mail server or an identity provider, and compares what happens with what was recorded.

    flows.py run    --serve 'build/release/sluice serve --dir {dir} --http {addr}' [--only TEXT] [-v]
    flows.py record --serve 'pocketbase serve --dir {dir} --http {addr}'   [--only TEXT]
    flows.py list

Every flow gets a server of its own on a copy of the conformance fixture, and prints one JSON line a step: the request
with its normalised answer, a mail with its normalised text, or what the provider was asked. See README.md.
"""
import argparse
import json
import pathlib
import shlex
import sys

import packages

packages.need()

import flows_mail  # noqa: E402
import flows_oauth  # noqa: E402
import flows_providers  # noqa: E402
from play import Rig  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
FILES = {"mail": flows_mail.FLOWS, "oauth": flows_oauth.FLOWS, "providers": flows_providers.FLOWS}
FLOWS = {name: flow for flows in FILES.values() for name, flow in flows.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["run", "record", "list"])
    parser.add_argument("--serve", help="the command that serves {dir} at {addr}")
    parser.add_argument("--only", default="", help="only the flows whose name holds this text")
    parser.add_argument("--file", choices=sorted(FILES), help="only the flows of this file")
    parser.add_argument("--recorded", type=pathlib.Path, default=HERE / "recorded.json")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every step as a JSON line in run mode too")
    options = parser.parse_args()
    chosen = {name: flow for name, flow in (FILES[options.file] if options.file else FLOWS).items() if options.only in name}
    if options.mode == "list":
        print("\n".join(f"{name}: {flow.__doc__}" for name, flow in chosen.items()))
        return 0
    if not options.serve:
        parser.error("--serve is needed")
    rig = Rig(shlex.split(options.serve), quiet=options.mode == "run" and not options.verbose)
    recorded = json.loads(options.recorded.read_text()) if options.recorded.exists() else {}
    passed = failed = 0
    try:
        for name, flow in chosen.items():
            lines = rig.play(name, flow)
            if options.mode == "record":
                recorded[name] = lines
                continue
            want = recorded.get(name, [])
            for number in range(max(len(want), len(lines))):
                expected, got = (part[number] if number < len(part) else None for part in (want, lines))
                crashed = expected and got and expected.get("status", 0) >= 500 > got.get("status", 0) >= 400  # the peer crashed there
                if expected == got or crashed:
                    passed += 1
                else:
                    failed += 1
                    print(f"FAIL {name} / {number + 1}\n  want {json.dumps(expected, ensure_ascii=False)}\n  got  {json.dumps(got, ensure_ascii=False)}")
            print(f"{name}: {'equal' if lines == want else 'differs'}", flush=True)
    finally:
        rig.stop()
    if options.mode == "record":
        recorded = {name: recorded[name] for name in FLOWS if name in recorded}
        options.recorded.write_text("{\n" + ",\n".join(json.dumps(name) + ": [\n" + ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n]" for name, lines in recorded.items()) + "\n}\n")
        print(f"recorded {sum(map(len, recorded.values()))} steps of {len(recorded)} flows", file=sys.stderr)
        return 0
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
