"""Clients that are slow, silent, half closed, or too many."""
import resource
import socket
import struct
import subprocess
import time
import unittest

from serving import PROGRAM, SANITIZED, WAIT, ServingTest, ask, connect, read_to_end, run

GET = b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n"


class FlagsTest(ServingTest):
    def test_mistakes_have_words(self):
        for flags, words in ((["--head-timeout", "0"], "--head-timeout takes 1 to 86400 seconds"),
                             (["--idle-timeout", "100000"], "--idle-timeout takes 1 to 86400 seconds"),
                             (["--max-connections", "0"], "--max-connections takes at least 1"),
                             (["--max-connections", "many"], "max-connections"),
                             (["--body-timeout"], "body-timeout")):
            ended = run("serve", "--dir", self.folder, *flags)
            self.assertEqual(ended.returncode, 2, ended.stderr)
            self.assertIn(words, ended.stderr)

    def test_few_open_files_are_said(self):
        errors = self.path("errors")

        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (300, 600))
        with open(errors, "wb") as file:
            process = subprocess.Popen([PROGRAM, "serve", "--dir", self.folder, "--http", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, stderr=file, preexec_fn=few, text=True)
        try:
            while "SQLite:" not in process.stdout.readline():
                pass
            with open(f"/proc/{process.pid}/limits") as limits:
                self.assertRegex(limits.read(), r"Max open files +600 +600")
        finally:
            process.terminate()
            process.wait(WAIT)
            process.stdout.close()
        self.assertIn("only 600 open files are allowed (ulimit -n): at most 344 connections", open(errors).read())


class SlowTest(ServingTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--head-timeout", "1", "--body-timeout", "1", "--idle-timeout", "1", "--write-timeout", "1",
                                 "--log-level", "off")

    def ends(self, connection):
        """What came until the server closed."""
        with connection:
            return read_to_end(connection)

    def trickle(self, connection, begin):
        """Says one byte now and then, for as long as somebody listens."""
        with connection:
            connection.sendall(begin)
            connection.settimeout(0.1)
            end = time.monotonic() + WAIT
            while time.monotonic() < end:
                try:
                    if not (came := connection.recv(65536)):
                        return True
                    self.assertTrue(came)
                except TimeoutError:
                    pass
                except ConnectionError:
                    return True
                try:
                    connection.sendall(b"x")
                except ConnectionError:
                    return True
        return False

    def test_heads_by_the_byte(self):
        self.assertTrue(self.trickle(connect(self.server), b"GET /api/health HTTP/1.1\r\nX: "))

    def test_bodies_by_the_byte(self):
        self.assertTrue(self.trickle(connect(self.server), b"POST /api/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"))
        self.assertTrue(self.trickle(connect(self.server), b"POST /api/collections/users/records HTTP/1.1\r\nHost: a\r\nContent-Type: "
                                     b"multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n--b\r\n"))

    def test_silence(self):
        self.assertEqual(self.ends(connect(self.server)), b"")
        idle = connect(self.server)
        idle.sendall(GET)
        self.assertTrue(self.ends(idle).startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_clients_that_do_not_read(self):
        self.superuser()
        token = self.token(self.server)
        # Answers that nobody takes: many requests in a row, until the windows are full.
        many = socket.socket()
        many.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        many.connect(("127.0.0.1", self.server.port))
        many.settimeout(0.5)
        request = f"GET /api/collections?perPage=500 HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\n\r\n".encode()
        end = time.monotonic() + WAIT
        with many, self.assertRaises(ConnectionError):
            while time.monotonic() < end:
                try:
                    many.sendall(request * 50)
                except TimeoutError:
                    pass

    def test_half_closed(self):
        with connect(self.server) as half:
            half.sendall(GET)
            half.shutdown(socket.SHUT_WR)
            self.assertTrue(read_to_end(half).endswith(b"}\n"))
        with connect(self.server) as half:
            half.sendall(GET[:20])
            half.shutdown(socket.SHUT_WR)
            self.assertEqual(read_to_end(half), b"")


class ManyTest(ServingTest):
    def test_more_than_allowed_are_told_so(self):
        server = self.serve("--max-connections", "5")
        kept = [connect(server) for _ in range(5)]
        for connection in kept:
            connection.sendall(GET)
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200"))
        with connect(server) as one_more:
            self.assertTrue(read_to_end(one_more).startswith(b"HTTP/1.1 503"))
        kept.pop().close()
        end = time.monotonic() + WAIT
        while (status := ask(server, "GET", "/api/health")[0]) == 503 and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(status, 200)
        for connection in kept:
            connection.close()

    def test_ten_thousand_come_and_go(self):
        server = self.serve("--log-level", "off")
        ask(server, "GET", "/api/health")
        before, memory = server.descriptors(), server.memory()
        says = (b"", b"GET /api/he", GET, b"POST /api/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
        for batch in range(20):
            held = []
            for i in range(500):
                connection = connect(server)
                connection.sendall(says[i % 4])
                if i % 3 == 0:  # dropped rather than closed
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                held.append(connection)
            for connection in held:
                connection.close()
        end = time.monotonic() + WAIT
        while server.descriptors() > before + 8 and time.monotonic() < end:
            time.sleep(0.05)
        # Each I/O thread opens the database when it first needs it.
        self.assertLessEqual(server.descriptors(), before + 8)
        self.assertEqual(ask(server, "GET", "/api/health")[0], 200)
        if not SANITIZED:  # which keeps freed memory
            self.assertLess(server.memory() - memory, 64 << 20)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
