"""Who else is at the server in soak.py: readers, downloads, backups, changes of collections, visitors of all manners."""
import hashlib
import io
import json
import pathlib
import random
import socket
import sqlite3
import sys
import time
import zipfile

from soak_faults import RudeClients

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "realtime"))
from wire import Stream, Wire  # noqa: E402

WRITERS = 4


class Line(Wire):
    calm = None  # when it was last used


def come_and_go(soak):
    while not soak.over.is_set():
        begin = soak.calm
        try:
            stream, line = Stream(soak.server.port), Line(soak.server.port)
            soak.ask(line, (204,), "POST", "/api/realtime", {"clientId": stream.id, "subscriptions": ["notes/*", "files/*"]})
            time.sleep(random.random() / 10)
            line.close()
            stream.close()
            soak.count("visitors")
        except OSError as error:
            soak.tolerate(error, begin)


def never_read(soak):
    """Is disconnected once too much waits; nobody else notices."""
    while not soak.over.is_set():
        begin, life = soak.calm, soak.lives
        try:
            stream = Stream(soak.server.port)
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            soak.ask(Line(soak.server.port), (204,), "POST", "/api/realtime", {"clientId": stream.id, "subscriptions": ["notes/*"]})
            while soak.lives == life and not soak.over.wait(1):
                pass
        except OSError as error:
            soak.tolerate(error, begin)


def be_rude(soak):
    ways = RudeClients(soak.server.port).all()
    while not soak.over.is_set():
        begin, way = soak.calm, random.choice(ways)
        try:
            if (wrong := way()) and not soak.excused(begin):
                soak.fail(wrong)
            soak.count("rude clients")
        except TimeoutError:
            soak.fail(f"a rude client waits for ever: {way.__name__}")
        except OSError as error:
            soak.tolerate(error, begin)
        soak.over.wait(0.2)


def read(soak):
    line = Line(soak.server.port)
    while not soak.over.is_set():
        writer = random.randrange(WRITERS)
        status, data = soak.ask(line, (200,), "GET", f"/api/collections/notes/records?filter=writer%3D{writer}&sort=-step&perPage=20")
        if status == 200:
            steps = [item["step"] for item in json.loads(data)["items"]]
            if steps != sorted(steps, reverse=True):
                soak.fail(f"a list is out of order: {steps}")
        soak.count("lists")
        time.sleep(0.01)


def download(soak, slow):
    while not soak.over.is_set():
        begin = soak.calm
        try:
            head, body = fetch(soak, slow)
        except OSError as error:
            soak.tolerate(error, begin)
            continue
        if b" 200 " not in head[:20] or hashlib.sha256(body).digest() != soak.digest:
            if not soak.excused(begin):
                soak.fail(f"a download is {len(body)} bytes, {head[:60]!r}")
            soak.count("downloads cut off by a fault")
        else:
            soak.count("downloads")
        time.sleep(0.05)


def fetch(soak, slow):
    with socket.create_connection(("127.0.0.1", soak.server.port), timeout=60) as connection:
        connection.sendall(f"GET {soak.file} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
            if slow:
                time.sleep(0.02)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    return head, body


def back_up(soak):
    line = Line(soak.server.port, timeout=300)
    while not soak.over.is_set():
        with soak.backing_up:
            status, _ = soak.ask(line, (204,), "POST", "/api/backups", {"name": "soak.zip"})
        # One that was not acknowledged may be there.
        expected = (204,) if status == 204 else (204, 400, 404)
        if status == 204:
            fetch_backup(soak, line)
        while soak.ask(line, expected, "DELETE", "/api/backups/soak.zip")[0] not in expected and not soak.over.is_set():
            expected = (204, 400, 404)
        soak.over.wait(1)


def fetch_backup(soak, line):
    status, made = soak.ask(line, (200,), "POST", "/api/files/token")
    if status == 200:
        status, data = soak.ask(line, (200,), "GET", f"/api/backups/soak.zip?token={json.loads(made)['token']}")
    if status == 200:
        check_backup(soak, data)
        soak.count("backups")


def check_backup(soak, data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.testzip() is not None:
            soak.fail("a backup is damaged")
        path = pathlib.Path(soak.server.tmp.name) / "backup.db"
        path.write_bytes(archive.read("data.db"))
    with sqlite3.connect(path) as db:
        found = db.execute("PRAGMA integrity_check").fetchone()[0]
    path.unlink()
    if found != "ok":
        soak.fail(f"the database of a backup: {found}")


def change(soak):
    line, number, passing = Line(soak.server.port), 0, []
    while not soak.over.is_set():
        number += 1
        status, data = soak.ask(line, (200,), "GET", "/api/collections/notes")
        if status == 200:
            fields = [field for field in json.loads(data)["fields"] if not field["name"].startswith("extra")]
            if number % 2:
                fields.append({"name": f"extra{number}", "type": "text"})
            soak.ask(line, (200,), "PATCH", "/api/collections/notes", {"fields": fields, "listRule": "" if number % 4 else "step > 0"})
        passing.append((f"passing{number}", soak.ask(line, (200,), "POST", "/api/collections", {
            "name": f"passing{number}", "type": "base", "fields": [{"name": "a", "type": "json"}]})[0] == 200))
        for one in list(passing):
            name, sure = one
            passing.remove(one)
            if soak.ask(line, (204,) if sure else (204, 404), "DELETE", f"/api/collections/{name}")[0] not in (204, 404):
                passing.append((name, False))
        soak.count("changes of collections", 3)
        soak.over.wait(0.5)
