"""A second process takes over: nobody is refused while the first one ends."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from serving import PROGRAM, WAIT, Server, ServingTest, ask, connect, make_certificate, trusting

SECONDS = float(os.environ.get("SLUICE_HANDOVER_SECONDS", "1"))  # of load before and behind each change
WORKERS = 6


class Load:
    """Clients that read and write for as long as they are asked to, and say what failed."""

    def __init__(self, port, token, tls=None):
        self.port, self.token, self.tls = port, token, tls
        self.lock = threading.Lock()
        self.failed, self.answered, self.written, self.closed = [], 0, [], 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(WORKERS)]
        for thread in self.threads:
            thread.start()

    def connection(self):
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=WAIT, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)

    def work(self, number):
        keeps = number % 3 != 0  # a third connects anew for each request
        client = self.connection()
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            try:
                name = f"w{number}x{turn}"
                if number % 2:
                    client.request("POST", "/api/collections/things/records", json.dumps({"name": name}),
                                   {"Content-Type": "application/json", "Authorization": self.token})
                else:
                    client.request("GET", "/api/collections/things/records?perPage=5", headers={"Authorization": self.token})
                answer = client.getresponse()
                body = answer.read()
                with self.lock:
                    self.answered += 1
                    if answer.status != 200:
                        self.failed.append((answer.status, body))
                    elif number % 2:
                        self.written.append(name)
                    self.closed += answer.will_close
                if answer.will_close or not keeps:
                    client.close()
                    client = self.connection()
            except Exception as error:  # what a client would call a failed request
                with self.lock:
                    self.failed.append(repr(error))
                client.close()
                client = self.connection()
        client.close()

    def count(self):
        with self.lock:
            return self.answered

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(WAIT)


class HandoverTest(ServingTest):
    def setUp(self):
        super().setUp()
        self.superuser()

    def begin(self, *flags, tls=None):
        server = self.serve("--reuse-port", "--log-level", "error", "--log-file", self.path("log"), *flags)
        token = self.token(server, tls=tls)
        made = ask(server, "POST", "/api/collections",
                   {"name": "things", "type": "base", "listRule": "", "fields": [{"name": "name", "type": "text"}]}, token, tls)
        self.assertEqual(made[0], 200, made)
        return server, token

    def second(self, first, *flags, **options):
        return self.serve("--reuse-port", "--log-level", "error", "--log-file", self.path("log"), *flags, **options)

    def run_load(self, load):
        """Until some requests more were answered."""
        begin, end = load.count(), time.monotonic() + WAIT
        until = time.monotonic() + SECONDS
        while (load.count() < begin + 50 or time.monotonic() < until) and time.monotonic() < end:
            time.sleep(0.01)

    def check(self, load, server, token, tls=None):
        load.stop()
        self.assertEqual(load.failed, [])
        # Everything that was answered is there, once.
        found, page = [], 1
        while True:
            body = json.loads(ask(server, "GET", f"/api/collections/things/records?perPage=1000&fields=name&skipTotal=1&page={page}",
                                  token=token, tls=tls)[2])
            found += [item["name"] for item in body["items"]]
            page += 1
            if len(body["items"]) < 1000:
                break
        self.assertEqual(sorted(found), sorted(load.written))
        self.assertGreater(len(found), 50)

    def test_three_versions_under_load(self):
        server, token = self.begin()
        load = Load(server.port, token)
        try:
            self.run_load(load)
            for _ in range(2):
                follower = self.second(server, http=f"127.0.0.1:{server.port}")
                self.run_load(load)
                self.assertEqual(server.stop(), 0)
                server = follower
                self.run_load(load)
        finally:
            load.stop()
        self.check(load, server, token)
        self.assertEqual(server.stop(), 0)

    # The newer one ends, for an older that stays: a version taken back.
    def test_back_to_the_older(self):
        server, token = self.begin()
        newer = self.second(server, http=f"127.0.0.1:{server.port}")
        load = Load(server.port, token)
        try:
            self.run_load(load)
            self.assertEqual(newer.stop(), 0)
            self.run_load(load)
        finally:
            load.stop()
        self.check(load, server, token)

    def test_through_tls(self):
        certificate, key = make_certificate(self.root)
        tls = trusting(certificate)
        files = ["--tls-cert", certificate, "--tls-key", key]
        server, token = self.begin("--https", "127.0.0.1:0", *files, tls=tls)
        load = Load(server.port, token, tls)
        try:
            self.run_load(load)
            follower = self.second(server, "--https", f"127.0.0.1:{server.port}", *files, http="none")
            self.run_load(load)
            self.assertEqual(server.stop(), 0)
            self.run_load(load)
        finally:
            load.stop()
        self.check(load, follower, token, tls)

    def test_streams_end_and_idle_connections_may_ask_once_more(self):
        server, token = self.begin()
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
        idle.request("GET", "/api/health")
        idle.getresponse().read()
        stream = connect(server)
        stream.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn(b"200 OK", stream.recv(65536))
        follower = self.second(server, http=f"127.0.0.1:{server.port}")
        server.process.send_signal(signal.SIGTERM)
        # The client is told in good order, and finds the other process when it comes back.
        came = b""
        while block := stream.recv(65536):
            came += block
        self.assertTrue(came.endswith(b"0\r\n\r\n"), came)
        stream.close()
        with connect(follower) as again:
            again.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"PB_CONNECT", self.until(again, b"PB_CONNECT"))
        idle.request("GET", "/api/health")
        answer = idle.getresponse()
        self.assertEqual((answer.status, answer.getheader("Connection")), (200, "close"))
        answer.read()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(ask(follower, "GET", "/api/health")[0], 200)

    def until(self, connection, text):
        came = b""
        while text not in came and (block := connection.recv(65536)):
            came += block
        return came

    def test_alone_it_ends_as_ever(self):
        server, _ = self.begin("--drain-timeout", "60")
        idle = connect(server)
        self.assertEqual(server.stop(), 0)  # no minute
        self.assertEqual(idle.recv(1), b"")
        idle.close()

    def test_without_the_flag_a_port_is_one_process(self):
        server = self.serve()
        taken = subprocess.run([PROGRAM, "serve", "--dir", self.folder, "--http", f"127.0.0.1:{server.port}", "--reuse-port"],
                               capture_output=True, text=True, timeout=WAIT)
        self.assertEqual(taken.returncode, 1)
        self.assertIn("Address already in use", taken.stderr)


if __name__ == "__main__":
    unittest.main()
