"""Starting `sluice serve`, speaking to it, ending it."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["SLUICE_PROGRAM"]
SANITIZED = "libasan" in subprocess.run(["ldd", PROGRAM], capture_output=True, text=True).stdout
WAIT = 60  # seconds that anything may take before a test gives up


def make_certificate(folder, name="localhost", files=("cert.pem", "key.pem")):
    """A new key and a certificate signed by it; returns the paths."""
    paths = [os.path.join(folder, file) for file in files]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


class Server:
    """One process. `said` is what it printed until it was ready."""

    def __init__(self, folder, *flags, http="127.0.0.1:0", errors=None):
        command = [PROGRAM, "serve", "--dir", folder, "--http", http, *flags]
        self.errors = open(errors or os.devnull, "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.said = ""
        while "SQLite:" not in self.said:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"{command} ended with {self.process.wait()}")
            self.said += line
        self.port = int(re.search(r"Server started at \S+:(\d+)", self.said)[1])
        self.pid = self.process.pid

    def stop(self, how=signal.SIGTERM):
        """Its exit status."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self):
        status = self.process.wait(WAIT)
        self.process.stdout.close()
        self.errors.close()
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.wait()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run(*arguments):
    """A command that ends by itself."""
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=WAIT)


class ServingTest(unittest.TestCase):
    """Has a folder, and ends the servers that it started."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="sluice_operate_")
        self.folder = os.path.join(self.root, "data")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def serve(self, *flags, **options):
        server = Server(self.folder, *flags, **options)
        self.addCleanup(server.close)
        return server

    def path(self, name):
        return os.path.join(self.root, name)

    def superuser(self):
        """Signs a superuser in on a folder that is served or not: `upsert` makes it."""
        made = run("superuser", "upsert", "root@example.com", "12345678", "--dir", self.folder)
        self.assertEqual(made.returncode, 0, made.stderr)

    def token(self, server, **options):
        status, _, body = ask(server, "POST", "/api/collections/_superusers/auth-with-password",
                              {"identity": "root@example.com", "password": "12345678"}, **options)
        self.assertEqual(status, 200, body)
        return json.loads(body)["token"]


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=WAIT)


def trusting(certificate=None):
    """A context that trusts that certificate, or anything."""
    context = ssl.create_default_context(cafile=certificate)
    if certificate is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def ask(server, method, target, body=None, token=None, tls=None, headers=None):
    """One request on a connection of its own: status, headers, body."""
    if tls is None:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
    else:
        client = http.client.HTTPSConnection("localhost", server.port, timeout=WAIT, context=tls)
    try:
        fields = dict(headers or {})
        if token:
            fields["Authorization"] = token
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            fields["Content-Type"] = "application/json"
        client.request(method, target, body, fields)
        answer = client.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        client.close()


def read_to_end(connection):
    """What comes until the other side closes, however it does."""
    came = b""
    try:
        while block := connection.recv(65536):
            came += block
    except ConnectionError:
        pass
    return came
