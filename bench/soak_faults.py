"""What goes wrong in a soak with faults: the calls of the server (tests/faults/fault_preload.cc), and its clients."""
import ctypes
import errno
import mmap
import os
import random
import signal
import socket
import struct
import time

ALLOCATION, READ, WRITE, SYNC, OPEN, READ_ONLY = range(1, 7)
DAY = 86_400


class Control(ctypes.Structure):
    """sluice::faults::Control, which says the same of its layout."""
    _fields_ = [("kind", ctypes.c_int32), ("countdown", ctypes.c_int64), ("repeat", ctypes.c_int64), ("error_number", ctypes.c_int32),
                ("calls", ctypes.c_int64), ("failed", ctypes.c_int64), ("disk_left", ctypes.c_int64), ("clock_shift", ctypes.c_int64)]


class Faults:
    """Lets the calls of a server fail that was started with `environment`."""

    def __init__(self, program, path):
        library = program.resolve().parent / "tests/faults/libsluice_fault_preload.so"
        if not library.exists():
            raise SystemExit(f"{library} is not there: build sluice_fault_preload, in a build without sanitizers")
        self.environment = {"LD_PRELOAD": str(library), "SLUICE_FAULTS": str(path)}
        path.write_bytes(bytes(ctypes.sizeof(Control)))
        with open(path, "r+b") as file:
            self.control = Control.from_buffer(mmap.mmap(file.fileno(), ctypes.sizeof(Control)))
        self.control.disk_left = -1

    def end(self):
        self.control.kind, self.control.disk_left, self.control.clock_shift = 0, -1, 0

    def run(self, fault, server):
        """When it was over, so that service could begin again."""
        self.over_at, self.control.failed = None, 0
        fault(server)
        self.end()
        return self.over_at or time.monotonic()

    # Each lasts some seconds.

    def again(self, kind, calls, repeats, error=errno.EIO):
        """One of the next `calls` calls fails and up to `repeats` behind it, again and again."""
        end = time.monotonic() + random.uniform(1, 3)
        while time.monotonic() < end:
            self.control.countdown, self.control.repeat = random.randint(1, calls), random.randint(0, repeats)
            self.control.error_number = error
            self.control.kind = kind
            time.sleep(0.05)

    def no_memory(self, _):
        self.again(ALLOCATION, 2000, 200)

    def failing_reads(self, _):
        self.again(READ, 50, 20)

    def failing_writes(self, _):
        self.again(WRITE, 50, 20)

    def failing_syncs(self, _):
        self.again(SYNC, 3, 3)

    def failing_opens(self, _):
        self.again(OPEN, 5, 5, errno.EMFILE)

    def full_disk(self, _):
        self.control.disk_left = random.choice([0, 1000, 100_000, 1_000_000])
        time.sleep(random.uniform(1, 3))

    def read_only(self, _):
        self.control.kind = READ_ONLY
        time.sleep(random.uniform(1, 3))

    def clock_jumps(self, _):
        for _ in range(3):
            self.control.clock_shift = random.choice([1, -1, 60, -60, DAY, -DAY, 3650 * DAY, -3650 * DAY])
            time.sleep(random.uniform(0.2, 1))

    def standstill(self, server):
        """As when a machine sleeps."""
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(random.uniform(1, 3))
        os.kill(server.pid, signal.SIGCONT)

    def kill(self, server):
        server.kill()
        time.sleep(random.uniform(0, 1))
        self.over_at = time.monotonic()
        server.start_again()

    def all(self):
        return [self.no_memory, self.failing_reads, self.failing_writes, self.failing_syncs, self.failing_opens, self.full_disk,
                self.read_only, self.clock_jumps, self.standstill]


class RudeClients:
    """Clients that nobody else may notice. Each way takes a second at most, and says what was wrong, or nothing."""

    def __init__(self, port):
        self.port = port

    def connect(self, receive_bytes=0):
        made = socket.socket()
        made.settimeout(30)
        if receive_bytes:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        made.connect(("127.0.0.1", self.port))
        return made

    def reset(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def come_and_drop(self):
        made = [self.connect() for _ in range(50)]
        for number, connection in enumerate(made):
            if number % 3 == 0:
                connection.sendall(b"GET /api/collections/notes/records HTTP/1.1\r\nHost: a\r\n\r\n"[:random.randrange(1, 70)])
            self.reset(connection) if number % 2 else connection.close()

    def half_closed(self):
        with self.connect() as connection:
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(4096):
                answer += part
        return None if answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"}\n") else f"a half closed connection was answered {answer[:200]!r}"

    def garbage(self):
        with self.connect() as connection:
            try:
                connection.sendall(random.randbytes(random.randrange(1, 20_000)) + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass  # closed while we were talking

    def broken_off(self):
        with self.connect() as connection:
            connection.sendall(b"POST /api/collections/files/records HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n"
                               b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; "
                               b"filename=\"a.bin\"\r\n\r\n" + bytes(random.randrange(500_000)))
            self.reset(connection)

    def by_the_byte(self):
        with self.connect() as connection:
            for byte in b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(0.01)
            answer = connection.recv(4096)
        return None if answer.startswith(b"HTTP/1.1 200") else f"a request by the byte was answered {answer[:200]!r}"

    def slow_reader(self):
        with self.connect(receive_bytes=4096) as connection:
            connection.sendall(b"GET /api/collections/notes/records?perPage=500 HTTP/1.1\r\nHost: a\r\n\r\n" * 4 +
                               b"GET /api/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            for _ in range(20):
                if not connection.recv(1000):
                    break
                time.sleep(0.03)

    def stream_left(self):
        with self.connect() as connection:
            connection.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.recv(random.randrange(1, 100))
            self.reset(connection)

    def all(self):
        return [self.come_and_drop, self.half_closed, self.garbage, self.broken_off, self.by_the_byte, self.slow_reader, self.stream_left]
