#!/usr/bin/env python3
"""Checks who includes whom: check_layers.py SOURCE_FOLDER. One folder is one test.

An include is named as it is written: `sluice/plan.h` (public), `engine/null_row.h` (private), `boost/...`.
A folder may always include its own headers and the standard library.
"""
import pathlib
import re
import sys

# Public headers of a library, which are those in its include/sluice/.
GRAMMAR = ["<grammar>"]
ENGINE = GRAMMAR + ["<engine>"]
CORE = ENGINE + ["<sqlgen>"]
BASE = ["sluice/status.h", "sluice/strings.h", "sluice/diagnostic.h"]
THREADS = ["tools/server/threads/"]
ABSEIL = ["absl/"]
JSON = ["boost/json", "boost/system", "boost/container"]

# Folder -> what it may include beside itself. The first that matches a file's path counts; a folder
# that is not here may include the standard library only: give it a row when you make it.
TABLE = {
    "grammar/include/": GRAMMAR + ABSEIL,
    "grammar/": GRAMMAR + ABSEIL + ["tao/pegtl"],
    "engine/include/": ENGINE + ABSEIL,
    "engine/": ENGINE + ABSEIL,
    "sqlgen/include/": CORE + ABSEIL,
    "sqlgen/": CORE + ABSEIL,
    "tools/server/json/": [],
    "tools/server/threads/": ["sluice/status.h"],
    "tools/server/text/": BASE + ["tools/server/json/"],
    "tools/server/observe/": BASE + ["tools/server/json/"],
    "tools/server/http/": THREADS + BASE + ABSEIL + JSON + ["boost/asio", "boost/beast", "boost/url", "linux/filter.h", "openssl/", "tools/server/json/"],
    "tools/server/store/": THREADS + CORE + ABSEIL + JSON + ["sqlite3.h", "libpq-fe.h"],
    "tools/server/auth/": CORE + ABSEIL + JSON + ["openssl/", "crypt.h", "boost/asio/ip/", "tools/server/http/", "tools/server/json/", "tools/server/store/"],
    "tools/server/s3/": THREADS + BASE + ABSEIL + ["curl/", "openssl/", "tools/server/http/"],
    "tools/server/files/": THREADS + BASE + ABSEIL + JSON + ["openssl/", "vips/", "tools/server/http/", "tools/server/json/", "tools/server/s3/",
                                                  "tools/server/auth/random_text.h"],
    "tools/server/records/": CORE + ABSEIL + JSON + ["gumbo.h", "tools/server/http/", "tools/server/json/", "tools/server/store/",
                                                    "tools/server/auth/principal.h"],
    "tools/server/login/": THREADS + CORE + ABSEIL + JSON + ["tools/server/auth/", "tools/server/fields/", "tools/server/http/", "tools/server/json/", "tools/server/mail/",
                                                   "tools/server/settings/checks.h", "tools/server/store/", "tools/server/writes/"],
    "tools/server/oauth2/": THREADS + CORE + ABSEIL + JSON + ["curl/", "openssl/", "tools/server/auth/", "tools/server/collections/meta.h", "tools/server/collections/providers.h",
                                                    "tools/server/http/", "tools/server/login/methods.h", "tools/server/store/", "tools/server/text/"],
    "tools/server/mail/": THREADS + BASE + ABSEIL + ["curl/", "spawn.h", "tools/server/auth/random_text.h", "tools/server/json/", "tools/server/store/settings.h"],
    # Values of writes are decoded by what reads them.
    "tools/server/fields/": CORE + ABSEIL + JSON + ["tools/server/auth/random_text.h", "tools/server/files/mime.h", "tools/server/http/", "tools/server/json/", "tools/server/text/",
                                                   "tools/server/records/date_text.h", "tools/server/records/field_json.h", "tools/server/records/json_check.h",
                                                   "tools/server/records/json_walk.h", "tools/server/records/number_text.h", "tools/server/records/quoted_text.h"],
    # The same list and view over another table (F-124, S-45): the one feature that stands on another.
    "tools/server/collections/": THREADS + CORE + ABSEIL + JSON + ["boost/crc.hpp", "tools/server/http/", "tools/server/json/", "tools/server/store/",
                                                        "tools/server/auth/principal.h", "tools/server/auth/random_text.h", "tools/server/records/",
                                                        "tools/server/text/"],
    # What happened to records is told by the rules and in the words of reads.
    "tools/server/realtime/": THREADS + CORE + ABSEIL + JSON + ["tools/server/auth/", "tools/server/fields/", "tools/server/http/", "tools/server/json/", "tools/server/records/",
                                                     "tools/server/store/", "tools/server/writes/"],
    "tools/server/logs/": THREADS + CORE + ABSEIL + JSON + ["tools/server/http/", "tools/server/json/", "tools/server/records/", "tools/server/store/"],
    "tools/server/backups/": THREADS + BASE + ABSEIL + ["archive", "tools/server/files/attrs.h", "tools/server/http/", "tools/server/s3/", "tools/server/store/"],
    "tools/server/crons/": THREADS + CORE + ABSEIL + ["tools/server/fields/", "tools/server/logs/", "tools/server/store/", "tools/server/writes/"],
    "tools/server/settings/": CORE + ABSEIL + JSON + ["openssl/", "tools/server/http/", "tools/server/json/", "tools/server/store/", "tools/server/text/"],
    # What a fresh folder holds is made by the parts that own it.
    "tools/server/folder/": CORE + ABSEIL + JSON + ["tools/server/auth/random_text.h", "tools/server/collections/", "tools/server/json/",
                                                   "tools/server/settings/", "tools/server/store/"],
    "tools/server/config.h": ["tools/server/editions/", "tools/server/observe/", "tools/server/records/answer_limits.h"],
    "tools/server/editions/": BASE + ABSEIL + JSON + ["tools/server/http/"],
    # Records are stored: by what fields make of a body and by what records read.
    "tools/server/writes/": THREADS + CORE + ABSEIL + JSON + ["tools/server/http/", "tools/server/json/", "tools/server/store/", "tools/server/fields/",
                                                   "tools/server/records/", "tools/server/auth/", "tools/server/collections/providers.h"],
    # What a program that embeds the server includes.
    "tools/server/include/": ENGINE + ["<tools/server>"],
    "tools/server/embed/": CORE + ABSEIL + JSON + ["tools/server/", "<tools/server>"],
    "tools/server/api/": CORE + ABSEIL + JSON + ["tools/server/"],
    "tools/server/app.": CORE + ABSEIL + JSON + ["tools/server/"],
    # Programs on the installed package: what it installs, and their own headers.
    "tools/examples/": CORE + ABSEIL + ["<tools/server>", "follow.h", "params.h", "requests.h"],
    "tools/cli/": CORE + ABSEIL + JSON + ["boost/program_options", "tools/server/", "tools/cli/"],
}

# (file, include): why it may.
EXCEPTIONS = {
}

# Libraries that stay behind one folder, whatever the table says.
HIDDEN = {
    "sqlite3.h": ("tools/server/store/", "tests/", "bench/", "fuzz/"),
    "libpq-fe.h": ("tools/server/store/", "tests/", "bench/"),
    "tao/pegtl": ("grammar/", "tests/grammar/"),
    "curl/": ("tools/server/mail/", "tools/server/oauth2/", "tools/server/s3/", "tests/server/"),
    "gumbo.h": ("tools/server/records/", "tests/server/"),
    "openssl/": ("tools/server/auth/", "tools/server/files/", "tools/server/http/", "tools/server/oauth2/", "tools/server/s3/", "tools/server/settings/", "tests/"),
}

STANDARD = re.compile(r"[a-z_0-9]+|c[a-z]+|(sys|netinet|arpa|net)/\w+\.h|(unistd|sched|signal|fcntl|poll|pthread|netdb|errno|time|dirent|dlfcn|immintrin|emmintrin)\.h")


def includes(text):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.MULTILINE)


def public_headers(root):
    """{include: library} of the public headers."""
    return {path.relative_to(root / library / "include").as_posix(): f"<{library}>"
            for library in ("grammar", "engine", "sqlgen", "tools/server") for path in (root / library / "include").rglob("*.h")}


def allowed(name, include, public):
    if STANDARD.fullmatch(include) or (name, include) in EXCEPTIONS:
        return True
    for folder, may in TABLE.items():
        if name.startswith(folder):
            return any(include.startswith(prefix) or public.get(include) == prefix for prefix in [folder, *may])
    return False


def hidden(name, include):
    return any(include.startswith(library) and not name.startswith(homes) for library, homes in HIDDEN.items())


def check(root, public):
    """Returns {folder: [fault]}."""
    faults = {}
    for top in ("grammar", "engine", "sqlgen", "tools", "tests", "bench", "fuzz"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".cc", ".h") or "tests/install/" in path.as_posix():
                continue
            name = path.relative_to(root).as_posix()
            found = faults.setdefault(str(pathlib.PurePosixPath(name).parent), [])
            for include in includes(path.read_text(encoding="utf-8")):
                if include.startswith(".") or hidden(name, include) or (top not in ("tests", "bench", "fuzz") and not allowed(name, include, public)):
                    found.append(f"{name} includes {include}")
    return faults


def main(root):
    faults = check(root, public_headers(root))
    for folder, found in sorted(faults.items()):
        print("\n".join([f"{'FAIL' if found else 'ok  '} {folder}", *(f"  {fault}" for fault in found)]))
    failed = sum(bool(found) for found in faults.values())
    print(f"{len(faults) - failed} passed, {failed} failed")
    return 1 if failed or not faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
