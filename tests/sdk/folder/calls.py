"""The calls that the `blog` fixture was written with (tests/conformance/README.md), and what was changed in it by SQL."""
import base64
import random
import sqlite3
import struct
import zlib

import schema

EMAIL, PASSWORD = "root@example.com", "correct horse"
SETTINGS = {"meta": {"appName": "Blog", "appURL": "http://localhost:8090"}, "batch": {"enabled": True, "maxRequests": 20, "timeout": 10}}


def png(width, height, rgb):
    raw = b"".join(b"\0" + bytes(rgb) * width for _ in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def rid(kind, n):
    return f"{kind}{n:0{15 - len(kind)}d}"


WORDS = "alpha beta gamma delta river stone cloud night winter summer quiet loud 100% under_score o'clock \"quoted\" naïve 東京 emoji😀 back\\slash <b>tag</b> a&b".split(" ")
BODIES = [
    "", "<p>Hello <strong>world</strong></p>", "<h1>Title</h1><p>First&nbsp;paragraph.</p><p>Second one, <a href=\"https://example.com\">linked</a>.</p>",
    "<ul><li>one</li><li>two</li></ul><script>alert(1)</script><p>after</p>", "plain text without tags", "  spaces   and\nnew\n\nlines ",
    "<p>naïve café 東京 — dashes</p><img src=x><br>break<br/>again", "<div><p>deep <em>nested <span>text</span></em></p></div>" * 4,
]
METAS = [None, {}, [], "text", 42, -1.5, True, {"a": {"b": [1, 2, {"c": "deep"}]}, "n": None}, [1, "two", None, {"k": "v"}], {"weird key": 1, "x.y": 2}, "", 0, False]


def rows():
    rng = random.Random(20261121)
    users = [rid("user", n) for n in range(1, 13)]
    for n, uid in enumerate(users, 1):
        yield "users", {"id": uid, "email": f"user{n}@example.com", "password": f"password-{n}", "passwordConfirm": f"password-{n}",
                        "verified": n % 3 != 0, "emailVisibility": n % 2 == 0, "name": ["Ana", "bob", "Čedomir", "", "Dora O'Neil", "Eve"][n % 6],
                        "bio": BODIES[n % len(BODIES)], "score": [0, 10, -3.5, 1e9, 0.1][n % 5], "manager": users[n // 2 - 1] if n > 1 else "",
                        "roles": [["admin"], [], ["reader"], ["writer", "editor"], ["reader", "writer"]][n % 5], "secretNote": f"note {n}"}
    for n in range(1, 4):
        yield "staff", {"id": rid("staff", n), "email": f"staff{n}@example.com", "username": f"staff_{n}", "password": f"password-{n}",
                        "passwordConfirm": f"password-{n}", "verified": True, "active": n != 3}
    yield "bots", {"id": rid("bot", 1), "email": "bot1@example.com", "password": "password-1", "passwordConfirm": "password-1", "purpose": "crawl"}
    tags = [rid("tag", n) for n in range(1, 13)]
    for n, tid in enumerate(tags, 1):
        yield "tags", {"id": tid, "name": f"{WORDS[n]}", "weight": (n * 17) % 101, "parent": tags[n // 3 - 1] if n >= 3 else ""}
    orgs = [rid("org", n) for n in range(1, 7)]
    for n, oid in enumerate(orgs, 1):
        yield "orgs", {"id": oid, "name": f"Org {n}", "owner": users[n - 1], "members": users[n - 1:n - 1 + (n * 2) % 5], "plan": ["free", "pro", "enterprise"][n % 3],
                       "settings": METAS[n + 4], "location": {"lon": [0, 23.32, -122.4, 179.9][n % 4], "lat": [0, 42.7, 37.77, -89.5][n % 4]},
                       "site": "https://org.example.com/" + str(n) if n % 2 else "", "contact": f"org{n}@example.com" if n % 3 else ""}
    posts = [rid("post", n) for n in range(1, 61)]
    for n, pid in enumerate(posts, 1):
        yield "posts", {"id": pid, "title": " ".join(rng.sample(WORDS, 3)), "slug": f"post-{n}" if n % 4 else "", "body": BODIES[n % len(BODIES)],
                        "author": users[n * 5 % 12], "org": orgs[n % 6] if n % 3 else "", "tags": rng.sample(tags, n % 4), "status": ["draft", "published", "published", "archived"][n % 4],
                        "labels": rng.sample(["news", "howto", "opinion", "release"], n % 4), "views": [0, 1, 7, 100, 99999][n % 5] * n, "rating": round(rng.uniform(-5, 5), 2) if n % 7 else 0,
                        "pinned": n % 5 == 0, "publishedAt": f"2025-{n % 12 + 1:02d}-{n % 28 + 1:02d} {n % 24:02d}:30:00.{n:03d}Z" if n % 6 else "", "meta": METAS[n % len(METAS)],
                        "related": rng.sample(posts[:n - 1], min(n - 1, n % 3)), "place": {"lon": n * 3 % 360 - 180, "lat": n * 1.5 - 45}, "internal": f"internal {n}"}
    comments = [rid("comm", n) for n in range(1, 151)]
    for n, cid in enumerate(comments, 1):
        yield "comments", {"id": cid, "post": posts[n * 7 % 60], "author": users[n % 12], "text": " ".join(rng.sample(WORDS, 4)), "likes": rng.sample(users, n % 5),
                           "parent": comments[n // 4 - 1] if n % 4 == 0 else ""}
    for n in range(1, 26):
        yield "follows", {"id": rid("follow", n), "follower": users[n % 12], "followee": users[(n * 5 + n // 12 + 1) % 12]}
    for n in range(1, 9):
        yield "profiles", {"id": rid("profile", n), "user": users[n - 1], "headline": f"headline {n}", "links": tags[n:n + n % 3 + 1]}
    for n in range(1, 11):
        yield "diary", {"id": rid("diary", n), "author": users[n % 12], "entry": WORDS[n], "mood": n - 5}
    for n in range(1, 4):
        yield "secrets", {"id": rid("secret", n), "key": f"key{n}", "value": f"value{n}"}


def files():
    """(collection, id, [(field, name, type, bytes)])."""
    yield "posts", rid("post", 1), [("cover", "Cover One.png", "image/png", png(80, 60, (200, 30, 30))),
                                    ("attachments", "notes.txt", "text/plain", b"first file\n"),
                                    ("attachments", "data.json", "application/json", b'{"a":1}\n')]
    yield "posts", rid("post", 2), [("cover", "two.png", "image/png", png(20, 90, (10, 200, 30)))]
    yield "users", rid("user", 1), [("avatar", "me.png", "image/png", png(160, 120, (0, 0, 250)))]


def calls():
    """All of it as JSON, in order, for a client."""
    return {
        "identity": EMAIL, "password": PASSWORD, "collections": schema.COLLECTIONS, "settings": SETTINGS,
        "records": [{"collection": name, "body": row} for name, row in rows()],
        "files": [{"collection": name, "id": record, "files": [{"field": field, "name": file, "type": kind, "base64": base64.b64encode(raw).decode()}
                                                               for field, file, kind, raw in parts]} for name, record, parts in files()],
    }


def settle(folder):
    """Fixed dates, and the odd values that old folders are found to hold."""
    with sqlite3.connect(folder / "data.db") as db:
        for (name,) in db.execute("SELECT name FROM _collections WHERE type != 'view'").fetchall():
            columns = {row[1] for row in db.execute(f'PRAGMA table_info("{name}")')}
            if {"created", "updated"} <= columns:
                for n, (record_id,) in enumerate(db.execute(f'SELECT id FROM "{name}" ORDER BY rowid').fetchall()):
                    stamp = f"2026-{n % 9 + 1:02d}-{n % 27 + 1:02d} {n % 24:02d}:{n % 60:02d}:00.{n:03d}Z"
                    db.execute(f'UPDATE "{name}" SET created = ?, updated = ? WHERE id = ?', [stamp, stamp, record_id])
        db.execute("UPDATE _collections SET created = '2026-01-01 00:00:00.000Z', updated = '2026-01-01 00:00:00.000Z'")
        odd = [("tags", "''", 57), ("tags", "'tag000000000001'", 58), ("tags", "'[\"tag000000000001\",\"missing00000000\"]'", 59),
               ("labels", "'null'", 57), ("labels", "'news'", 58), ("meta", "'{broken'", 59), ("publishedAt", "'2025-05-06'", 60),
               ("org", "'missing00000000'", 60), ("place", "'{}'", 60), ("related", "'[]'", 60)]
        for column, value, n in odd:
            db.execute(f"UPDATE posts SET {column} = {value} WHERE id = ?", [rid("post", n)])
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("VACUUM")
