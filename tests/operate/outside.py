"""A service that Sluice asks, on loopback, which misbehaves as told: `manner` is a method of it, taken at each connection."""
import json
import random
import socket
import ssl
import threading
import time

from serving import WAIT

SLOW = 0.002  # seconds between two bytes


class Outside:
    """`answer(request)` is what a good one says: bytes to the bytes of a whole request, or None where it is not whole."""

    def __init__(self, answer, greeting=b""):
        self.answer, self.greeting = answer, greeting
        self.manner, self.context, self.listener = self.well, None, None
        self.open, self.asked = [], []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.come()

    def come(self):
        """Listens, on the port that it always has."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def turn(self, manner):
        """Has that manner from now on; no connection is kept from before."""
        self.manner = manner
        self.hang_up()

    def go(self):
        """Connections are refused from now on."""
        listener, self.listener = self.listener, None
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        self.hang_up()

    def close(self):
        if self.listener:
            self.go()

    def hang_up(self):
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is gone

    def serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            with connection:
                connection.settimeout(WAIT)
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
                self.open.append(connection)
                self.manner(connection)
        except OSError:
            pass  # who asks has had enough

    def read(self, connection):
        """The answers to what comes, one after the other; sends none."""
        came = b""
        while part := connection.recv(65536):
            came += part
            said = self.answer(came)
            if said is not None:
                self.asked.append(came)
                came = b""
                yield said

    # Manners.

    def well(self, connection):
        connection.sendall(self.greeting)
        for said in self.read(connection):
            connection.sendall(said)

    def by_the_byte(self, connection):
        for said in self.whole(connection):
            for byte in said:
                connection.sendall(bytes([byte]))
                time.sleep(SLOW)

    def whole(self, connection):
        yield self.greeting
        yield from self.read(connection)

    def silent(self, connection):
        while connection.recv(65536):
            pass

    def closing(self, _):
        pass

    def cut(self, connection):
        """Goes in the middle of the first answer."""
        said = self.greeting or next(self.read(connection))
        connection.sendall(said[:len(said) - 3])

    def garbage(self, connection):
        connection.sendall(random.Random(1).randbytes(5000) + b"\r\n\r\n")

    def endless_line(self, connection):
        for _ in range(1000):
            connection.sendall(b"220-" + b"x" * 100_000)

    def endless_head(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            connection.sendall(f"X-{number}: {'x' * 1000}\r\n".encode())

    def endless_body(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"")
        for _ in range(10_000):
            connection.sendall(b"x" * 100_000)


def http_answer(status, body=b"", headers=""):
    return f"HTTP/1.1 {status} Said\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def whole_request(came):
    """(method, path) of a whole HTTP request, else None."""
    head, end, body = came.partition(b"\r\n\r\n")
    if not end:
        return None
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    if len(body) < int(fields.get("content-length", 0)):
        return None
    return tuple(lines[0].split(" ")[:2])


def provider(came):
    """OpenID: takes every code."""
    if (request := whole_request(came)) is None:
        return None
    said = {"access_token": "a", "expires_in": 60} if request[1] == "/token" else {
        "sub": "s1", "name": "Olga", "email": "olga@example.com", "email_verified": True}
    return http_answer(200, json.dumps(said).encode(), "Content-Type: application/json\r\n")


class Bucket:
    """S3 without signatures; tests/s3 has a strict one."""

    def __init__(self):
        self.objects = {}

    def __call__(self, came):
        if (request := whole_request(came)) is None:
            return None
        method, path = request[0], request[1].partition("?")[0]
        if method == "PUT":
            self.objects[path] = came.partition(b"\r\n\r\n")[2]
        if method == "DELETE":
            self.objects.pop(path, None)
            return http_answer(204)
        if "list-type=2" in request[1]:
            listed = "".join(f"<Contents><Key>{key.split('/', 2)[2]}</Key><Size>{len(body)}</Size></Contents>" for key, body in self.objects.items())
            return http_answer(200, f"<ListBucketResult>{listed}</ListBucketResult>".encode())
        if path not in self.objects:
            return http_answer(404)
        said = http_answer(200, self.objects[path] if method != "PUT" else b"", 'ETag: "t"\r\n')
        return said.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else said


class MailBox:
    """SMTP; `refused` is the command that it refuses, "." the mail itself, and `dies` that it goes there instead."""

    def __init__(self):
        self.refused, self.dies, self.in_data, self.mails = "", False, False, []

    def __call__(self, came):
        if self.in_data:
            if not came.endswith(b"\r\n.\r\n"):
                return None
            self.in_data = False
            return self.say(".", b"250 taken\r\n", came)
        if not came.endswith(b"\r\n"):
            return None
        command = came[:4].decode("latin-1").upper()
        if command == "EHLO":
            return b"250-localhost\r\n250 8BITMIME\r\n"
        said = self.say(command, b"354 go on\r\n" if command == "DATA" else b"221 bye\r\n" if command == "QUIT" else b"250 good\r\n")
        self.in_data = command == "DATA" and said.startswith(b"354")
        return said

    def say(self, command, good, mail=None):
        if self.refused == command:
            if self.dies:
                raise ConnectionError("as told")
            return b"550 not here, thanks\r\n"
        if mail:
            self.mails.append(mail)
        return good


def unknown_certificate(paths):
    """A context whose certificate nobody has signed that anybody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)
    return context
