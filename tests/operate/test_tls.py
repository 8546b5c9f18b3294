"""HTTPS by given certificate files."""
import json
import os
import signal
import socket
import ssl
import time
import unittest

from serving import WAIT, ServingTest, ask, make_certificate, read_to_end, run, trusting


class FlagsTest(ServingTest):
    def refused(self, *flags):
        ended = run("serve", "--dir", self.folder, "--http", "127.0.0.1:0", *flags)
        self.assertNotEqual(ended.returncode, 0)
        self.assertEqual(ended.stdout, "")
        self.assertFalse(os.path.exists(self.folder), "a refused start has made the folder")
        return ended.stderr

    def test_mistakes_have_words(self):
        certificate, key = make_certificate(self.root)
        at = ["--https", "127.0.0.1:0"]
        self.assertIn("automatic certificates are not part of Sluice", self.refused("example.com"))
        self.assertIn("automatic certificates are not part of Sluice", self.refused(*at))
        self.assertIn("--tls-cert FILE and --tls-key FILE", self.refused(*at, "--tls-cert", certificate))
        self.assertIn("need --https", self.refused("--tls-cert", certificate, "--tls-key", key))
        self.assertIn("--https takes ADDRESS:PORT", self.refused("--https", "443", "--tls-cert", certificate, "--tls-key", key))
        self.assertIn("none cannot be used: No such file", self.refused(*at, "--tls-cert", self.path("none"), "--tls-key", key))
        self.assertIn("the key", self.refused(*at, "--tls-cert", certificate, "--tls-key", certificate))
        make_certificate(self.root, files=("other.pem", "other.key"))
        self.assertIn("mismatch", self.refused(*at, "--tls-cert", certificate, "--tls-key", self.path("other.key")))


class TlsTest(ServingTest):
    def setUp(self):
        super().setUp()
        self.certificate, self.key = make_certificate(self.root)

    def serve_tls(self, *flags, **options):
        return self.serve("--https", "127.0.0.1:0", "--tls-cert", self.certificate, "--tls-key", self.key, *flags, **options)

    def subject(self, server):
        """The name in the certificate that is shown."""
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT) as plain:
            with trusting().wrap_socket(plain) as wrapped:
                found = ssl.DER_cert_to_PEM_cert(wrapped.getpeercert(True))
        return next(name for name in ("first", "second", "localhost") if found == self.known.get(name))

    def test_the_api_in_the_open_and_through_tls(self):
        self.superuser()
        server = self.serve_tls("--log-level", "off")
        tls = trusting(self.certificate)
        self.assertEqual(ask(server, "GET", "/api/health", tls=tls)[0], 200)
        token = self.token(server, tls=tls)
        status, _, made = ask(server, "POST", "/api/collections", {
            "name": "papers", "type": "base", "listRule": "", "viewRule": "",
            "fields": [{"name": "file", "type": "file", "maxSelect": 1, "maxSize": 200 << 20}]}, token, tls)
        self.assertEqual(status, 200, made)
        # Larger than what is kept in memory, so through a spooled upload, and back from the disk.
        data = os.urandom(1 << 16) * 400
        form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n" + data + b"\r\n--b--\r\n"
        status, _, made = ask(server, "POST", "/api/collections/papers/records", form, token, tls,
                              {"Content-Type": "multipart/form-data; boundary=b"})
        self.assertEqual(status, 200, made)
        record = json.loads(made)
        target = f"/api/files/papers/{record['id']}/{record['file']}"
        self.assertEqual(ask(server, "GET", target, tls=tls)[2], data)
        status, headers, part = ask(server, "GET", target, tls=tls, headers={"Range": "bytes=100000-300000"})
        self.assertEqual((status, part), (206, data[100000:300001]))
        # Events, told as they happen.
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT) as plain:
            stream = tls.wrap_socket(plain, server_hostname="localhost").makefile("rwb")
            stream.write(b"GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n")
            stream.flush()
            while not (line := stream.readline()).startswith(b"data:"):
                self.assertTrue(line)
            client = json.loads(line[5:])["clientId"]
            self.assertEqual(ask(server, "POST", "/api/realtime", {"clientId": client, "subscriptions": ["papers/*"]}, tls=tls)[0], 204)
            self.assertEqual(ask(server, "DELETE", f"/api/collections/papers/records/{record['id']}", token=token, tls=tls)[0], 204)
            while b'"delete"' not in (line := stream.readline()):
                self.assertTrue(line)
        self.assertEqual(server.stop(), 0)

    def test_http_leads_to_https(self):
        server = self.serve_tls()
        port = server.port
        server.port = int(server.said.split("from:      http://127.0.0.1:")[1].split()[0])
        status, headers, _ = ask(server, "GET", "/api/health?x=1", headers={"Host": "example.com:80"})
        self.assertEqual((status, headers["Location"]), (302, f"https://example.com:{port}/api/health?x=1"))
        self.assertEqual(ask(server, "POST", "/api/batch", "{}")[::2], (400, b"Use HTTPS\n"))
        self.assertEqual(server.stop(), 0)
        server = self.serve_tls(http="none")
        self.assertNotIn("from:", server.said)

    def test_certificates_are_read_again(self):
        self.known = {"first": open(self.certificate).read()}
        server = self.serve_tls("--log-file", self.path("log"))
        self.assertEqual(self.subject(server), "first")
        make_certificate(self.root, "second", ("new.pem", "new.key"))
        self.known["second"] = open(self.path("new.pem")).read()
        # By a signal: at once.
        os.rename(self.path("new.pem"), self.certificate)
        os.rename(self.path("new.key"), self.key)
        server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + WAIT
        while self.subject(server) != "second" and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.subject(server), "second")
        # By itself: within some seconds. What cannot be used changes nothing and is logged.
        make_certificate(self.root, "localhost")
        self.known["localhost"] = open(self.certificate).read()
        while self.subject(server) != "localhost" and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.subject(server), "localhost")
        open(self.key, "w").close()
        while "the old certificate stays" not in open(self.path("log")).read() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertIn("the old certificate stays", open(self.path("log")).read())
        self.assertEqual(self.subject(server), "localhost")
        self.assertEqual(server.stop(), 0)

    def test_old_and_plain_speech(self):
        server = self.serve_tls()
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"Client sent an HTTP request to an HTTPS server.", read_to_end(plain))
        context = trusting()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT) as plain:
            with context.wrap_socket(plain) as wrapped:
                self.assertEqual((wrapped.selected_alpn_protocol(), wrapped.version()), ("http/1.1", "TLSv1.3"))
        # Silence, and a handshake that stops in the middle, hold nothing up.
        silent = [socket.create_connection(("127.0.0.1", server.port), timeout=WAIT) for _ in range(200)]
        for connection in silent[::2]:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")
        self.assertEqual(ask(server, "GET", "/api/health", tls=trusting(self.certificate))[0], 200)
        for connection in silent:
            connection.close()


if __name__ == "__main__":
    unittest.main()
