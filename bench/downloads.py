#!/usr/bin/env python3
"""The server's memory while one large file is downloaded by many, some of whom hardly read.

    bench/downloads.py [--connections 64] [--slow 8] [--size-mib 1024] [--limit-mib 100]

The slow ones take 64 KiB a second, and leave when the others have all of it. The file is one of a record, with holes
instead of bytes, so that the disk does not count. With --limit-mib the exit status is 1 when the peak is higher.
"""
import argparse
import os
import pathlib
import selectors
import socket
import sys
import time

from serving import PROGRAM, Served, raise_descriptors


def store_file(server, size):
    """The path of the file that is downloaded."""
    server.ask("POST", "/api/collections", {"name": "files", "type": "base", "listRule": "", "viewRule": "", "fields": [
        {"name": "file", "type": "file", "maxSelect": 1, "maxSize": 1 << 34}]})
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--b--\r\n'
    record = server.ask("POST", "/api/collections/files/records", body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    os.truncate(server.folder / "storage" / record["collectionId"] / record["id"] / record["file"], size)
    return f"/api/files/files/{record['id']}/{record['file']}"


class Download:
    def __init__(self, port, target, slow):
        self.socket = socket.create_connection(("127.0.0.1", port))
        if slow:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.slow, self.taken, self.left, self.next = slow, 0, None, 0.0
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

    def begin(self, size):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(4096)
        head, rest = head.split(b"\r\n\r\n", 1)
        if b" 200 " not in head[:20] or f"content-length: {size}".encode() not in head.lower():
            raise SystemExit(f"the download did not begin: {head!r}")
        self.taken, self.left = len(rest), size - len(rest)

    def take(self):
        """False when the connection ended early. What comes is thrown away by the system."""
        got = self.socket.recv(65536 if self.slow else 1 << 20, socket.MSG_TRUNC)
        self.taken += len(got)
        self.left -= len(got)
        return bool(got)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--slow", type=int, default=8, help="how many of them hardly read")
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--limit-mib", type=float, default=0)
    options = parser.parse_args()
    raise_descriptors()
    size = options.size_mib << 20
    with Served(options.sluice) as server:
        target = store_file(server, size)
        before = server.status_mib("VmRSS")
        begin, cpu = time.monotonic(), server.cpu_seconds()
        downloads = [Download(server.port, target, number < options.slow) for number in range(options.connections)]
        with selectors.DefaultSelector() as ready:
            for one in downloads:
                one.begin(size)
                if not one.slow:
                    ready.register(one.socket, selectors.EVENT_READ, one)
            open_fast, peak, sampled = options.connections - options.slow, 0.0, 0.0
            while open_fast:
                now = time.monotonic()
                if now - sampled > 0.05:
                    sampled, peak = now, max(peak, server.status_mib("VmRSS"))
                    for one in downloads[:options.slow]:
                        if now >= one.next:
                            one.next = now + 1
                            one.take()
                for key, _ in ready.select(0.05):
                    one = key.data
                    if not one.take():
                        raise SystemExit(f"a download ended {one.left} bytes early")
                    if one.left == 0:
                        ready.unregister(one.socket)
                        open_fast -= 1
        seconds = time.monotonic() - begin
        total = sum(one.taken for one in downloads)
        highest = server.status_mib("VmHWM")
        print(f"{options.connections} connections ({options.slow} slow), {options.size_mib} MiB each: {total / 2**30:.1f} GiB in {seconds:.1f} s, "
              f"{total / 2**30 / seconds:.2f} GiB/s, server CPU {server.cpu_seconds() - cpu:.1f} s")
        print(f"memory of the server: {before:.0f} MiB before, peak {max(peak, highest):.0f} MiB (VmHWM {highest:.0f}), {server.status_mib('RssAnon'):.0f} MiB anonymous at the end")
        for one in downloads:
            one.socket.close()
        return 1 if options.limit_mib and max(peak, highest) > options.limit_mib else 0


if __name__ == "__main__":
    sys.exit(main())
