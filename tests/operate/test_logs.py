"""What the operator is told, and where."""
import json
import os
import re
import signal
import time
import unittest

from serving import WAIT, ServingTest, ask, run

TEXT = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (DEBUG|INFO|WARN|ERROR) \S.*")


class LogTest(ServingTest):
    def lines(self, name="log"):
        with open(self.path(name)) as file:
            return file.read().splitlines()

    def test_mistakes_have_words(self):
        for flags, words in ((["--log-level", "loud"], "the log level is one of debug, info, warn, error, off"),
                             (["--log-format", "xml"], "the log format is text or json")):
            ended = run("serve", "--dir", self.folder, *flags)
            self.assertEqual((ended.returncode, words in ended.stderr), (2, True), ended.stderr)
        ended = run("serve", "--dir", self.folder, "--log-file", self.path("none/log"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("cannot write the log to", ended.stderr)
        self.assertFalse(os.path.exists(self.folder))

    def test_text_goes_to_standard_error(self):
        server = self.serve(errors=self.path("log"))
        ask(server, "GET", "/api/collections/users/records?filter=%28")
        self.assertEqual(server.stop(), 0)
        lines = self.lines()
        self.assertTrue(any("made the data folder" in line for line in lines), lines)
        for line in lines:
            self.assertRegex(line, TEXT)

    def test_every_request_at_debug(self):
        server = self.serve("--log-level", "debug", "--log-format", "json", "--log-file", self.path("log"), errors=self.path("errors"))
        hostile = "/api/x%0A%1b?a=\"\xff&b=<c>"
        ask(server, "GET", "/api/health", headers={"User-Agent": "me"})
        ask(server, "POST", "/api/collections/none/records", {"a": 1})
        with __import__("serving").connect(server) as connection:
            connection.sendall(f"GET {hostile} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode("latin-1"))
            while connection.recv(4096):
                pass
        self.assertEqual(server.stop(), 0)
        entries = [json.loads(line) for line in self.lines()]
        for entry in entries:
            self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(entry["level"], ("debug", "info", "warn", "error"))
        access = [entry for entry in entries if entry["message"] == "request"]
        # A line is written once its request has been answered, so two may change places.
        self.assertCountEqual([(entry["method"], entry["status"]) for entry in access], [("GET", 200), ("POST", 404), ("GET", 404)])
        first = next(entry for entry in access if entry["status"] == 200)
        self.assertEqual((first["url"], first["ip"], first["level"]), ("/api/health", "127.0.0.1", "debug"))
        self.assertGreater(first["bytes"], 100)
        self.assertGreaterEqual(first["ms"], 0)
        self.assertEqual(open(self.path("errors")).read(), "")

    def test_access_lines_as_text(self):
        server = self.serve("--log-level", "debug", "--log-file", self.path("log"))
        ask(server, "GET", "/api/health?a=b")
        self.assertEqual(server.stop(), 0)
        lines = self.lines()
        self.assertTrue(any(re.search(r" DEBUG request method=GET url=\"?/api/health\?a=b\"? status=200 ms=[\d.]+ bytes=\d+ ip=127.0.0.1$", line)
                            for line in lines), lines)
        for line in lines:
            self.assertRegex(line, TEXT)

    def test_no_access_lines_without_debug(self):
        server = self.serve("--log-file", self.path("log"))
        ask(server, "GET", "/api/health")
        self.assertEqual(server.stop(), 0)
        self.assertFalse([line for line in self.lines() if "/api/health" in line])

    def test_off_is_silent(self):
        server = self.serve("--log-level", "off", errors=self.path("log"))
        ask(server, "GET", "/api/collections/users/records?filter=%28")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.lines(), [])

    def test_files_are_opened_anew(self):
        server = self.serve("--log-level", "debug", "--log-file", self.path("log"))
        ask(server, "GET", "/api/health?before")
        os.rename(self.path("log"), self.path("log.1"))
        ask(server, "GET", "/api/health?between")
        end = time.monotonic() + WAIT
        # A line is written when its request is over, after the answer.
        while "?between" not in "".join(self.lines("log.1")) and time.monotonic() < end:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGHUP)
        while not os.path.exists(self.path("log")) and time.monotonic() < end:
            time.sleep(0.01)
        # The file is there a moment before lines go to it.
        while "after" not in "".join(self.lines()) and time.monotonic() < end:
            ask(server, "GET", "/api/health?after")
        self.assertEqual(server.stop(), 0)
        old = "\n".join(self.lines("log.1"))
        self.assertTrue("?before" in old and "?between" in old)
        self.assertFalse("?before" in "".join(self.lines()))


if __name__ == "__main__":
    unittest.main()
