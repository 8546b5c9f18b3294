"""HTTP/1.1 by hand: many requests at once on one connection, and event streams."""
import json
import socket


class Wire:
    """One connection. Requests go out together, and are answered in their order."""

    def __init__(self, port, timeout=30):
        self.port, self.timeout, self.socket, self.rest = port, timeout, None, b""

    def _send(self, data):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.rest = b""
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.rest += data

    def _answer(self):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        size = int(fields.get("content-length", 0))
        while len(self.rest) < size:
            self._more()
        body, self.rest = self.rest[:size], self.rest[size:]
        return status, body

    def ask_all(self, requests, at_once=32):
        """requests: [(method, target, headers, body or None)] -> [(status, body)]."""
        answers = []
        for begin in range(0, len(requests), at_once):
            part = requests[begin:begin + at_once]
            self._send(b"".join(encode(*request) for request in part))
            answers += [self._answer() for _ in part]
        return answers

    def ask(self, method, target, token="", body=None):
        """(status, body) of one request."""
        headers = {"Authorization": token} if token else {}
        return self.ask_all([(method, target, headers, body)])[0]

    def close(self):
        """The next request makes a new connection."""
        if self.socket:
            self.socket.close()
            self.socket = None


def encode(method, target, headers, body):
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: test"] + [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append("Content-Type: application/json")
    if body is not None or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


class Stream:
    """A client of /api/realtime: `id` is its, events come as (name, data)."""

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: test\r\n\r\n")
        self.raw, self.text = b"", b""
        while b"\r\n\r\n" not in self.raw:
            self._more()
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(head.decode("latin-1"))
        self.id = None
        name, data = self.next()
        if name != "PB_CONNECT":
            raise ConnectionError(f"the first event is {name}")
        self.id = json.loads(data)["clientId"]

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the stream ended")
        self.raw += data

    def _chunks(self):
        """Moves the whole chunks that have come from `raw` to `text`."""
        while b"\r\n" in self.raw:
            size_text, rest = self.raw.split(b"\r\n", 1)
            size = int(size_text, 16)
            if len(rest) < size + 2:
                return
            if size == 0:
                raise ConnectionError("the stream ended")
            self.text += rest[:size]
            self.raw = rest[size + 2:]

    def next(self):
        """The next event; waits for it."""
        self._chunks()
        while b"\n\n" not in self.text:
            self._more()
            self._chunks()
        message, self.text = self.text.split(b"\n\n", 1)
        fields = dict(line.split(":", 1) for line in message.decode().split("\n"))
        if self.id is not None and fields["id"] != self.id:
            raise ValueError(f"an event of {fields['id']} came to {self.id}")
        return fields["event"], fields["data"]

    def close(self):
        self.socket.close()
