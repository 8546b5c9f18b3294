#!/usr/bin/env python3
"""The checks find what they are for."""
import pathlib
import sys
import tempfile

import check_layers
import check_style

STYLE = [  # (file, text, the check that must object, or None)
    ("a.cc", "int a;  // FIXME\n", check_style.fixmes),
    ("a.cc", "int a; \n", check_style.trailing_blanks),
    ("a.h", "#pragma once\n\tint a;\n", check_style.tabs),
    ("a.cc", "x" * 141 + "\n", check_style.long_lines),
    ("a.cc", "sprintf(a, b);\n", check_style.banned_calls),
    ("a.cc", "int x = rand();\n", check_style.banned_calls),
    ("a.cc", "using namespace std;\n", check_style.banned_calls),
    ("a.cc", 'Call("system(1)");  // rand()\n', None),
    ("a.md", "see /ro" + "ot/x\n", check_style.machine_paths),
    ("a.cc", "int a;\n  GTEST_SKIP();\n", check_style.switched_off_tests),
    ("a.cc", "  // No server here.\n  GTEST_SKIP();\n", None),
    ("tools/a.cc", 'Run("SELECT 1");\n', check_style.sql_text),
    ("sqlgen/a.cc", 'Run("SELECT 1");\n', None),
    ("tools/a.cc", "// SELECT 1\n", None),
    ("a.h", "int a;\n", check_style.pragma_once),
    ("a.cc", "int a;\n\n", check_style.final_newline),
]
LAYERS = [  # (file, include, allowed)
    ("grammar/parser.cc", "tao/pegtl.hpp", True),
    ("grammar/include/sluice/ast.h", "tao/pegtl.hpp", False),
    ("grammar/parser.cc", "sluice/plan.h", False),
    ("engine/binder.cc", "sluice/parser.h", True),
    ("engine/binder.cc", "engine/null_row.h", True),
    ("engine/binder.cc", "sluice/sql.h", False),
    ("sqlgen/select.cc", "engine/null_row.h", False),
    ("sqlgen/select.cc", "sqlite3.h", False),
    ("tools/server/http/session.cc", "sluice/plan.h", False),
    ("tools/server/http/session.cc", "boost/asio/post.hpp", True),
    ("tools/server/store/connection.cc", "tools/server/http/message.h", False),
    ("tools/server/records/list.cc", "sqlite3.h", False),
    ("tools/server/records/list.cc", "tools/server/auth/token.h", False),
    ("tools/server/auth/token.cc", "tools/server/records/list.h", False),
    ("tools/server/collections/list.cc", "tools/server/records/list.h", True),
    ("tools/server/app.cc", "tools/server/auth/token.h", True),
]


PUBLIC = check_layers.public_headers(pathlib.Path(__file__).resolve().parents[2])


def style_fails(name, text, check):
    path = pathlib.PurePosixPath(name)
    lines = list(enumerate(text[:-1].split("\n"), 1))
    found = [one for one in check_style.CHECKS if one(path, lines)]
    return found != ([check] if check else [])


def layer_fails(name, include, expected):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True)
        path.write_text(f'#include "{include}"\n')
        return any(check_layers.check(pathlib.Path(folder), PUBLIC).values()) == expected


def main():
    failed = [case for case in STYLE if style_fails(*case)] + [case for case in LAYERS if layer_fails(*case)]
    for case in failed:
        print("FAIL", case)
    print(f"{len(STYLE) + len(LAYERS) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
