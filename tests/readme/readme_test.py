#!/usr/bin/env python3
"""The steps of README.md and of the tutorial, as a new user does them: readme_test.py --program SLUICE --build BUILD …

The code is taken from the files as it stands there; only addresses, paths and folders are put in. The two commands of
the beginning (tools/dev/serve, tools/dev/test) install packages and build: who runs this has done that. Ends with
`N passed, N failed`.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "conformance"), str(HERE.parent / "sdk")]

import run as sdk  # noqa: E402
from server import Server  # noqa: E402

FIXTURE = ROOT / "tests" / "conformance" / "fixtures" / "blog"
README = (ROOT / "README.md").read_text()
TUTORIAL = (ROOT / "tools" / "examples" / "follow" / "README.md").read_text()


def block(text, language, n=0):
    """The n-th block of code in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[n]


def commands(code):
    """Lines, with those that a backslash continues, without comments."""
    return [line for line in re.sub(r"\\\n\s*", " ", code).splitlines() if line.strip() and not line.startswith("#")]


def shell(command, **options):
    done = subprocess.run(["bash", "-euc", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


class Steps:
    def __init__(self, options):
        self.options = options
        self.work = options.work
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)

    def here(self, code, server):
        """`code` for this server and this build."""
        return (code.replace("http://127.0.0.1:8090", f"http://127.0.0.1:{server.port}").replace("build/release/sluice", str(self.options.program))
                .replace("build/example", str(server.dir)).replace("curl ", "curl -sS --noproxy '*' "))

    def serve(self):
        return Server([str(self.options.program), "serve", "--dir", "{dir}", "--http", "{addr}", "--log-level", "error"], FIXTURE)

    def step_first_requests_and_explain(self):
        code = next(code for code in re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL) if code.startswith("curl"))
        lines = commands(code)
        assert [line.split()[0] for line in lines] == ["curl", "curl", "build/release/sluice"], lines
        with self.serve() as server:
            views, filtered, explained = (shell(self.here(line, server)) for line in lines)
        items = json.loads(views)["items"]
        assert len(items) == 3 and sorted(items[0]) == ["id", "title", "views"], views
        assert items[0]["views"] >= items[1]["views"] >= items[2]["views"]
        items = json.loads(filtered)["items"]
        assert items and all("a" in item["expand"]["author"]["name"].lower() for item in items), filtered
        assert "SELECT" in explained and "author" in explained, explained

    def step_sdk(self):
        sdk.install(self.options.modules)
        with self.serve() as server:
            folder = self.work / "sdk"
            folder.mkdir()
            (folder / "node_modules").symlink_to(self.options.modules / "node_modules")
            (folder / "example.mjs").write_text(self.here(block(README, "js"), server))
            said = shell(f"'{self.options.node}' example.mjs", cwd=folder)
        assert re.fullmatch(r"\d+ posts, the last one by .*: Hello\n", said), said

    def install(self):
        prefix = self.work / "prefix"
        for component in ("core", "server"):
            shell(f"cmake --install '{self.options.build}' --prefix '{prefix}' --component {component}")
        return prefix

    def build(self, source, prefix):
        shell(f"cmake -S . -B build -G '{self.options.generator}' -DCMAKE_CXX_COMPILER='{self.options.cxx}' -DCMAKE_PREFIX_PATH='{prefix}' && cmake --build build", cwd=source)
        return source / "build"

    def step_embedding(self):
        source = self.work / "app"
        source.mkdir()
        with self.serve() as probe:
            port = probe.port
        # It listens where the documentation says; for the test, on a port that is free.
        (source / "main.cc").write_text(block(README, "cpp").replace("  options.folder", f"  options.port = {port};\n  options.folder"))
        (source / "CMakeLists.txt").write_text(next(code for code in re.findall(r"^```cmake\n(.*?)^```$", README, re.MULTILINE | re.DOTALL) if "project(" in code))
        program = self.build(source, self.install()) / "app"
        folder = self.work / "app_data"
        shutil.copytree(FIXTURE, folder)
        app = subprocess.Popen([program, folder])
        try:
            answer = shell(f"for n in $(seq 200); do curl -sSf --noproxy '*' http://127.0.0.1:{port}/newest 2>/dev/null && exit 0; sleep 0.1; done; exit 1")
        finally:
            app.terminate()
            app.wait(30)
        page = json.loads(answer)
        assert len(page["items"]) == 1 and page["items"][0]["status"] == "published", answer
        assert page["items"][0]["expand"]["author"]["id"] == page["items"][0]["author"]

    def step_tutorial_says_what_the_example_does(self):
        """The tutorial's rule is the schema's, and its route is the program's."""
        example = ROOT / "tools" / "examples" / "follow"
        rule = re.search(r"^```\n(@request.*)\n```$", TUTORIAL, re.MULTILINE)[1]
        schema = json.loads((example / "schema.json").read_text())
        assert rule == next(one for one in schema if one["name"] == "follows")["createRule"]
        assert 'options.routes.push_back({"PUT", "/follow"' in TUTORIAL and '"/follow"' in (example / "main.cc").read_text()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "build", "work", "modules"):
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--node", default="node")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--generator", default="Ninja")
    steps = Steps(parser.parse_args())
    passed = failed = 0
    for name in [name for name in dir(steps) if name.startswith("step_")]:
        try:
            getattr(steps, name)()
            passed += 1
        except Exception:
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
