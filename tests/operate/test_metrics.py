"""Figures for Prometheus: the text format, read strictly, and what the figures say."""
import http.client
import json
import re
import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

from serving import WAIT, ServingTest, ask, connect, make_certificate, run, trusting

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
VALUE = re.compile(r"[+-]?Inf|NaN|[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


class FormatError(Exception):
    pass


def parse(text):
    """{(name, ((label, value), …)): number}; strict, in the text format of version 0.0.4."""
    if not text.endswith("\n"):
        raise FormatError("the last line does not end")
    samples, types, family = {}, {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            if family in types or not NAME.fullmatch(family):
                raise FormatError(f"again, or no name: {line}")
            types[family] = None
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != family or types[name] is not None or kind not in ("counter", "gauge", "histogram"):
                raise FormatError(f"out of place: {line}")
            types[name] = kind
        else:
            key, number = parse_sample(line)
            allowed = {family} if types[family] != "histogram" else {family + end for end in ("_bucket", "_sum", "_count")}
            if key[0] not in allowed or key in samples:
                raise FormatError(f"not of {family}, or again: {line}")
            if types[family] == "counter" and not (family.endswith("_total") and number >= 0):
                raise FormatError(f"no counter: {line}")
            samples[key] = number
    for name, kind in types.items():
        if kind is None:
            raise FormatError(f"{name} has no type")
        if kind == "histogram":
            check_histogram(name, samples)
    return samples


def parse_sample(line):
    name = NAME.match(line)
    at, labels = name.end(), []
    if line[at] == "{":
        at += 1
        while line[at] != "}":
            label = LABEL.match(line, at)
            if not label or label[1] in dict(labels):
                raise FormatError(f"labels of {line}")
            labels.append((label[1], re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), label[2])))
            at = label.end() + (line[label.end()] == ",")
        at += 1
    if line[at] != " " or not VALUE.fullmatch(line[at + 1:]):
        raise FormatError(f"value of {line}")
    return (name[0], tuple(labels)), float(line[at + 1:].replace("Inf", "inf"))


def check_histogram(name, samples):
    series = {}
    for (sample, labels), number in samples.items():
        if sample == name + "_bucket":
            rest = tuple(label for label in labels if label[0] != "le")
            series.setdefault(rest, []).append((float(dict(labels)["le"].replace("Inf", "inf")), number))
    for rest, steps in series.items():
        if steps != sorted(steps) or [count for _, count in steps] != sorted(count for _, count in steps):
            raise FormatError(f"steps of {name}{rest} do not grow")
        if steps[-1][0] != float("inf") or steps[-1][1] != samples[(name + "_count", rest)] or (name + "_sum", rest) not in samples:
            raise FormatError(f"{name}{rest} is not whole")


class ParserTest(unittest.TestCase):
    def test_it_refuses(self):
        head = "# HELP a_total x\n# TYPE a_total counter\n"
        self.assertEqual(parse(head + 'a_total{b="c\\"\\n"} 1\n'), {("a_total", (("b", 'c"\n'),)): 1})
        for text in ("a_total 1", "a_total 1\na_total 1\n", "a_total -1\n", "b_total 1\n", 'a_total{b="c} 1\n', 'a_total{b="c"} x\n',
                     'a_total{b="c",b="d"} 1\n', "# TYPE a_total counter\n", "# HELP a_total x\n"):
            with self.assertRaises((FormatError, IndexError), msg=text):
                parse(head + text)


class MetricsTest(ServingTest):
    def setUp(self):
        super().setUp()
        self.superuser()

    def serve_figures(self, *flags, **options):
        server = self.serve("--metrics", "127.0.0.1:0", "--log-level", "off", *flags, **options)
        self.port = int(re.search(r"metrics:\s+http://127.0.0.1:(\d+)/metrics", server.said)[1])
        return server

    def figures(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        client.request("GET", "/metrics")
        answer = client.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        text = answer.read().decode()
        client.close()
        return parse(text)

    def one(self, samples, name, **labels):
        return sum(number for (sample, found), number in samples.items()
                   if sample == name and all(dict(found).get(key) == value for key, value in labels.items()))

    def test_only_when_asked_and_nothing_else(self):
        plain = self.serve()
        self.assertNotIn("metrics:", plain.said)
        self.assertEqual(ask(plain, "GET", "/metrics")[0], 404)
        plain.stop()
        server = self.serve_figures()
        self.assertEqual(ask(server, "GET", "/metrics")[0], 404)
        server.port = self.port
        self.assertEqual(ask(server, "GET", "/api/health")[0], 404)
        self.assertEqual(run("serve", "--dir", self.folder, "--metrics", "9100").returncode, 2)

    def test_what_the_figures_say(self):
        server = self.serve_figures()
        before = self.figures()
        for name in ("process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds", "process_threads",
                     "sluice_build_info", "sluice_database_bytes", "sluice_http_connections_max"):
            self.assertGreater(self.one(before, name), 0, name)
        token = self.token(server)
        for i in range(5):
            self.assertEqual(ask(server, "GET", "/api/health")[0], 200)
        self.assertEqual(ask(server, "GET", "/api/collections/users/records?filter=%28", token=token)[0], 400)
        self.assertEqual(ask(server, "GET", "/nowhere\"\\")[0], 404)
        self.assertEqual(ask(server, "POST", "/api/collections", {"name": "things", "type": "base", "fields": [{"name": "n", "type": "number"}]},
                             token)[0], 200)
        for i in range(20):
            self.assertEqual(ask(server, "POST", "/api/collections/things/records", {"n": i}, token)[0], 200)
        with connect(server) as stream:
            stream.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(stream.recv(100))
            after = self.figures()
            self.assertEqual(self.one(after, "sluice_realtime_subscribers"), 1)
            self.assertGreaterEqual(self.one(after, "sluice_http_connections"), 1)
        requests = "sluice_http_requests_total"
        records = "/api/collections/{collection}/records"
        self.assertEqual(self.one(after, requests, method="GET", route="/api/health", status="200"), 5)
        self.assertEqual(self.one(after, requests, method="GET", route=records, status="400"), 1)
        self.assertEqual(self.one(after, requests, method="POST", route=records, status="200"), 20)
        self.assertGreaterEqual(self.one(after, requests, status="404"), 1)
        self.assertEqual(self.one(after, "sluice_http_request_duration_seconds_count", route="/api/health"), 5)
        self.assertGreaterEqual(self.one(after, "sluice_writer_jobs_total"), 20)
        groups = self.one(after, "sluice_writer_groups_total")
        self.assertTrue(0 < groups <= self.one(after, "sluice_writer_jobs_total"))
        self.assertGreater(self.one(after, "sluice_http_sent_bytes_total"), self.one(before, "sluice_http_sent_bytes_total"))
        self.assertGreaterEqual(self.one(after, "sluice_http_connections_accepted_total"), 28)
        for queue in ("passwords", "mails", "fetches", "log", "events"):
            self.assertIn(("sluice_queue_depth", (("queue", queue),)), after)
        self.assertEqual(server.stop(), 0)

    def test_a_password_is_compared_for_nobody_too(self):
        """Who asks for an unknown identity costs as much (A-40): one that is not compared would never wait."""
        server = self.serve_figures()
        target = "/api/collections/_superusers/auth-with-password"
        answers = {}
        for identity in ("root@example.com", "nobody@example.com"):
            form = {"identity": identity, "password": "wrong"}
            with ThreadPoolExecutor(8) as pool:
                asked = [pool.submit(ask, server, "POST", target, form) for _ in range(8)]
                waiting = 0
                while not waiting and not all(one.done() for one in asked):
                    waiting = self.one(self.figures(), "sluice_queue_depth", queue="passwords")
            self.assertGreater(waiting, 0, identity)
            answers[identity] = {(one.result()[0], one.result()[2]) for one in asked}
        self.assertEqual(len(answers["root@example.com"]), 1)
        self.assertEqual(answers["root@example.com"], answers["nobody@example.com"])

    def test_time_outs_refusals_and_tls(self):
        certificate, key = make_certificate(self.root)
        server = self.serve_figures("--https", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key, "--max-connections", "2",
                                    "--head-timeout", "1", "--handshake-timeout", "1", http="none")
        self.assertEqual(ask(server, "GET", "/api/health", tls=trusting(certificate))[0], 200)
        with connect(server) as silent:
            self.assertEqual(silent.recv(1), b"")
        with connect(server) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.assertTrue(plain.recv(100))
        held = [connect(server) for _ in range(4)]
        for connection in held:
            try:
                connection.recv(1)
            except ConnectionError:
                pass
            connection.close()
        figures = self.figures()
        self.assertEqual(self.one(figures, "sluice_tls_handshakes_total", result="ok"), 1)
        self.assertGreaterEqual(self.one(figures, "sluice_tls_handshakes_total", result="failed"), 1)
        self.assertGreaterEqual(self.one(figures, "sluice_http_timeouts_total", what="handshake"), 1)
        self.assertGreaterEqual(self.one(figures, "sluice_http_connections_refused_total"), 1)


if __name__ == "__main__":
    unittest.main()
