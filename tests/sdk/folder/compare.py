#!/usr/bin/env python3
"""A folder made by Sluice and filled through the SDK, against the one that the peer wrote after the same calls:
compare.py --program SLUICE --modules NODE_MODULES [--node NODE].

Every row of sqlite_master, and of every cell the storage class and the value. Values that are random (ids, keys, hashes,
dates, suffixes of file names) are compared by what they look like. A table is one test; ends with `N passed, N failed`.
"""
import argparse
import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "conformance")]

import calls  # noqa: E402
from server import Server  # noqa: E402

PEER = HERE.parents[1] / "conformance" / "fixtures" / "blog" / "data.db"
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z")
# What is random in every value: what it looks like -> what stands for it.
SHAPES = [
    (re.compile(r"\$2a\$10\$[./A-Za-z0-9]{53}"), "<hash>"),
    (re.compile(r"(?<=^me)[a-z0-9]{10}(?=_[a-z0-9]{10}\.png)"), "<more>"),  # too short a name is made longer
    (re.compile(r"(?<=_)[a-z0-9]{10}(?=\.(?:png|txt|json)\b)"), "<suffix>"),
    (re.compile(r'(?<="secret":")[A-Za-z0-9]{50}(?=")'), "<secret>"),
    (re.compile(r"_clone_[A-Za-z0-9]{4}\b"), "<clone>"),
]
# (table, column): what the whole value looks like.
RANDOM = {
    ("*", "tokenKey"): re.compile(r"[A-Za-z0-9]{50}"),
    ("_superusers", "id"): re.compile(r"[a-z0-9]{15}"),
    ("_authOrigins", "id"): re.compile(r"[a-z0-9]{15}"),
    ("_authOrigins", "recordRef"): re.compile(r"[a-z0-9]{15}"),
    ("_authOrigins", "fingerprint"): re.compile(r"[0-9a-f]{32}"),  # of the client's program
    ("_params", "created"): DATE,
    ("_params", "updated"): DATE,
    ("_migrations", "applied"): re.compile(r"\d{10,16}"),
}


def without_mail_texts(text):
    """Sluice's own words in the mails of new collections (README.md, Differences); their keys and placeholders stay."""
    options = json.loads(text)
    for option in options.values():
        for template in [option, *(option.values() if isinstance(option, dict) else ())]:
            if isinstance(template, dict) and {"subject", "body"} <= set(template):
                template["subject"] = template["body"] = "".join(sorted(set(re.findall(r"\{[A-Z_]+\}", template["body"]))))
    return json.dumps(options, separators=(",", ":"))


def shape(table, column, value):
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    wanted = RANDOM.get((table, column)) or RANDOM.get(("*", column))
    if wanted and wanted.fullmatch(str(value)):
        return f"<{column}>"
    if not isinstance(value, str):
        return value
    if (table, column) == ("_collections", "options"):
        value = without_mail_texts(value)
    for pattern, name in SHAPES:
        value = pattern.sub(name, value)
    return value


def tables(database):
    return [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]


def master(database):
    return sorted(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'").fetchall(), key=str)


def cells(database, table):
    """One list for each row: (column, storage class, value or what it looks like)."""
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
    chosen = ", ".join(f'typeof("{name}"), "{name}"' for name in columns)
    rows = []
    for row in database.execute(f'SELECT {chosen} FROM "{table}" ORDER BY rowid'):
        rows.append([(name, row[2 * n], shape(table, name, row[2 * n + 1])) for n, name in enumerate(columns)])
    return rows


def compare(name, ours, theirs):
    """Prints the first differences; whether there was none."""
    if ours == theirs:
        return True
    print(f"FAIL {name}")
    if len(ours) != len(theirs):
        print(f"  {len(ours)} rows, the peer {len(theirs)}")
    shown = 0
    for n, (mine, other) in enumerate(zip(ours, theirs)):
        for a, b in zip(mine, other):
            if a != b and shown < 5:
                shown += 1
                print(f"  row {n}\n    ours: {a}\n    peer: {b}")
    if not shown:
        print(f"  only ours: {[row for row in ours if row not in theirs][:3]}\n  only the peer's: {[row for row in theirs if row not in ours][:3]}")
    return False


def fill(options, folder):
    """A folder that the program made and the SDK filled; the path of its database."""
    with tempfile.TemporaryDirectory(prefix="sluice-folder-") as scratch, Server([str(options.program), "serve", "--dir", "{dir}", "--http", "{addr}", "--log-level", "error"]) as server:
        subprocess.run([options.program, "superuser", "upsert", calls.EMAIL, calls.PASSWORD, "--dir", server.dir], check=True, stdout=subprocess.DEVNULL)
        order = pathlib.Path(scratch) / "calls.json"
        order.write_text(json.dumps(calls.calls()))
        subprocess.run([options.node, HERE / "fill.mjs", options.modules, f"http://127.0.0.1:{server.port}", order], check=True, timeout=200)
        server.process.terminate()
        if server.process.wait(30):
            raise RuntimeError(f"the server ended with {server.process.returncode}")
        calls.settle(server.dir)
        target = pathlib.Path(folder) / "data.db"
        target.write_bytes((server.dir / "data.db").read_bytes())
        return target


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--modules", required=True, type=pathlib.Path)
    parser.add_argument("--node", default="node")
    options = parser.parse_args()
    options.program = options.program.resolve()
    with tempfile.TemporaryDirectory(prefix="sluice-filled-") as folder:
        with contextlib.closing(sqlite3.connect(fill(options, folder))) as ours, contextlib.closing(sqlite3.connect(f"file:{PEER}?mode=ro", uri=True)) as theirs:
            good = [compare("sqlite_master", [[row] for row in master(ours)], [[row] for row in master(theirs)]),
                    compare("user_version", [ours.execute("PRAGMA user_version").fetchone()], [theirs.execute("PRAGMA user_version").fetchone()])]
            good += [compare(table, cells(ours, table), cells(theirs, table)) for table in tables(theirs)]
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
