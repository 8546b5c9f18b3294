#!/usr/bin/env python3
"""Checks the text of the sources: check_style.py SOURCE_FOLDER. One check is one test."""
import pathlib
import re
import sys

CODE = {".cc", ".h"}
TEXT = CODE | {".txt", ".cmake", ".in", ".json", ".md", ".py", ".sh", ".case", ""}
COLUMNS = 100  # the formatter keeps 100; this is for what it cannot break
SKIPPED = ("build/", ".git/", "tests/conformance/fixtures/", "tests/conformance/recorded/", "tests/conformance/scenarios/",
           "tests/style/", "fuzz/corpus/", "fuzz/findings/")
# Where SQL may be written: the printer, and what reads the folder's own tables.
SQL_HOMES = ("sqlgen/", "tools/server/store/", "tests/", "bench/", "fuzz/")

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
SQL = re.compile(r"\b(SELECT\s+\S|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s)")
BANNED = {
    r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(": "a call without bounds",
    r"(?<![\w.>:])rand\s*\(\s*\)|\bsrand\s*\(": "rand(): pass a generator in",
    r"\bstd::regex\b|<regex>": "std::regex: slow, and overflows the stack",
    r"(?<![\w.>])(std::)?system\s*\(": "system()",
    r"\busing\s+namespace\s+(?!std::\w*literals\b)": "using namespace",
}


def code_of(line):
    """The line without string literals and line comment, so that words in them do not count."""
    return re.sub(r"//.*", "", LITERAL.sub('""', line))


def fixmes(path, lines):
    return [(n, "FIXME: fix it, or write a TODO with its condition") for n, line in lines if "FIXME" in line]


def trailing_blanks(path, lines):
    if path.suffix in (".case", ".txt") and path.name != "CMakeLists.txt":  # data: a blank may be the point
        return []
    return [(n, "trailing blank") for n, line in lines if line != line.rstrip()]


def tabs(path, lines):
    return [(n, "tab") for n, line in lines if path.suffix in CODE and "\t" in line]


def long_lines(path, lines):
    if path.suffix not in CODE:
        return []
    # What is inside of a text cannot be broken, be it quoted or raw.
    found, raw = [], False
    for n, line in lines:
        if not raw and 'R"' not in line and len(LITERAL.sub('""', line)) > COLUMNS:
            found.append((n, f"{len(line)} columns, {COLUMNS} allowed"))
        opened = re.search(r'R"(\w*)\(', line)
        if opened and f'){opened[1]}"' not in line[opened.end():]:
            raw = f'){opened[1]}"'
        elif raw and raw in line:
            raw = False
    return found


def banned_calls(path, lines):
    if path.suffix not in CODE:
        return []
    return [(n, why) for n, line in lines for pattern, why in BANNED.items() if re.search(pattern, code_of(line))]


def machine_paths(path, lines):
    return [(n, "a path of one machine") for n, line in lines if re.search(r"/(work|root|home/\w+|tmp/bash_jobs)/", line)]


def switched_off_tests(path, lines):
    """Skipping and disabling need a reason: a message, or a comment on the line or the one before."""
    found = []
    for index, (n, line) in enumerate(lines):
        if path.suffix not in CODE or not re.search(r"\bGTEST_SKIP\b|\bDISABLED_", code_of(line)):
            continue
        before = lines[index - 1][1] if index else ""
        if "//" not in line and "//" not in before and not re.search(r'GTEST_SKIP\(\)\s*<<\s*"\w', line):
            found.append((n, "a test is switched off without a reason"))
    return found


def sql_text(path, lines):
    if path.suffix not in CODE or str(path).startswith(SQL_HOMES):
        return []
    return [(n, "SQL text belongs into sqlgen/ or tools/server/store/")
            for n, line in lines for text in LITERAL.findall(line) if SQL.search(text)]


def pragma_once(path, lines):
    if path.suffix != ".h" or any(line == "#pragma once" for _, line in lines):
        return []
    return [(1, "no #pragma once")]


def final_newline(path, lines):
    return [(len(lines), "no newline, or an empty line, at the end")] if lines and lines[-1][1] == "" else []


CHECKS = [fixmes, trailing_blanks, tabs, long_lines, banned_calls, machine_paths, switched_off_tests, sql_text, pragma_once, final_newline]


def sources(root):
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and path.suffix in TEXT and not name.startswith(SKIPPED) and "__pycache__" not in name:
            yield path


def unbuilt_folders(root):
    """Folders of tests that no CMake file builds."""
    folders = {path.parent for path in root.glob("tests/*/*_test.cc")}
    return [f"{folder.relative_to(root)}: has tests, no CMake file builds them" for folder in sorted(folders)
            if not (folder / "CMakeLists.txt").exists() and not list(folder.glob("*.cmake"))]


def main(root):
    faults = {check.__name__: [] for check in CHECKS}
    faults["unbuilt_folders"] = unbuilt_folders(root)
    for path in sources(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = list(enumerate((text[:-1] if text.endswith("\n") else text).split("\n"), 1))
        name = path.relative_to(root)
        for check in CHECKS:
            faults[check.__name__] += [f"{name}:{n}: {why}" for n, why in check(name, lines)]
    for check, found in faults.items():
        print("\n".join([f"{'FAIL' if found else 'ok  '} {check}", *(f"  {fault}" for fault in found)]))
    failed = sum(bool(found) for found in faults.values())
    print(f"{len(faults) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
