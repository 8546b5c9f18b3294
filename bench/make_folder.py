#!/usr/bin/env python3
"""Fills a copy of the conformance fixture with many rows, straight into SQLite.

    make_folder.py FOLDER [--posts 100000]      users = posts / 10, comments = posts * 5, follows = posts

Same number, same rows: the generator is seeded. An existing FOLDER is replaced.
"""
import argparse
import json
import pathlib
import random
import shutil
import sqlite3

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "tests" / "conformance" / "fixtures" / "blog"
WORDS = "river stone cloud night winter summer quiet loud harbor lantern meadow orbit paper quartz rocket silver timber velvet willow yonder".split()


def rid(kind, n):
    return f"{kind}{n:0{15 - len(kind)}d}"


def date(n):
    return f"20{n % 7 + 20}-{n % 12 + 1:02d}-{n % 28 + 1:02d} {n % 24:02d}:{n % 60:02d}:{n // 7 % 60:02d}.{n % 1000:03d}Z"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--posts", type=int, default=100_000)
    options = parser.parse_args()
    posts, users, comments = options.posts, max(options.posts // 10, 10), options.posts * 5
    shutil.rmtree(options.folder, ignore_errors=True)
    shutil.copytree(FIXTURE, options.folder)
    rng = random.Random(7)
    text = lambda n: " ".join(rng.choices(WORDS, k=n))
    with sqlite3.connect(options.folder / "data.db") as db:
        db.execute("PRAGMA synchronous = OFF")
        hashed = db.execute("SELECT password FROM users ORDER BY id").fetchone()[0]  # of "password-1"
        for name in ("comments", "follows", "profiles", "diary", "posts", "orgs", "tags", "users", "_externalAuths", "_authOrigins"):
            db.execute(f'DELETE FROM "{name}"')

        def fill(table, columns, rows):
            marks = ",".join("?" * len(columns))
            db.executemany(f'INSERT INTO "{table}" ({",".join(columns)}) VALUES ({marks})', rows)

        fill("users", ["id", "email", "password", "tokenKey", "verified", "emailVisibility", "name", "bio", "score", "manager", "roles", "created", "updated"],
             ((rid("user", n), f"user{n}@example.com", hashed, f"key{n:047d}", 1, n % 2, text(2), f"<p>{text(8)}</p>", n % 1000, rid("user", n // 2 or 1),
               json.dumps(["reader"] + (["writer"] if n % 3 == 0 else [])), date(n), date(n)) for n in range(1, users + 1)))
        fill("orgs", ["id", "name", "owner", "members", "plan", "settings", "location", "created", "updated"],
             ((rid("org", n), f"Org {n}", rid("user", n % users + 1), json.dumps([rid("user", rng.randint(1, users)) for _ in range(20)]), ["free", "pro", "enterprise"][n % 3],
               "{}", '{"lon":%d,"lat":%d}' % (n % 180, n % 90), date(n), date(n)) for n in range(1, 201)))
        fill("tags", ["id", "name", "weight", "created", "updated"], ((rid("tag", n), f"tag {n}", n, date(n), date(n)) for n in range(1, 101)))
        fill("posts", ["id", "title", "slug", "body", "author", "org", "tags", "status", "labels", "views", "rating", "pinned", "publishedAt", "meta", "related", "place", "internal", "created", "updated"],
             ((rid("post", n), text(5), f"post-{n}", f"<p>{text(30)}</p><p>{text(20)}</p>", rid("user", rng.randint(1, users)), rid("org", n % 200 + 1),
               json.dumps([rid("tag", t) for t in rng.sample(range(1, 101), n % 5)]), "draft" if n % 10 == 0 else "published",
               json.dumps(rng.sample(["news", "howto", "opinion", "release"], n % 3)), rng.randint(0, 10000), rng.randint(-500, 500) / 100, n % 50 == 0, date(n),
               json.dumps({"lang": ["en", "bg", "ja"][n % 3], "words": n % 900}), "[]", '{"lon":%d,"lat":%d}' % (n % 360 - 180, n % 180 - 90), "", date(n), date(n)) for n in range(1, posts + 1)))
        fill("comments", ["id", "post", "author", "text", "likes", "created", "updated"],
             ((rid("comm", n), rid("post", rng.randint(1, posts)), rid("user", rng.randint(1, users)), text(8),
               json.dumps([rid("user", rng.randint(1, users)) for _ in range(n % 3)]), date(n), date(n)) for n in range(1, comments + 1)))
        pairs = {(rng.randint(1, users), rng.randint(1, users)) for _ in range(posts)}
        fill("follows", ["id", "follower", "followee", "created", "updated"],
             ((rid("follow", n), rid("user", a), rid("user", b), date(n), date(n)) for n, (a, b) in enumerate(sorted(pairs), 1)))
        db.commit()
        db.execute("ANALYZE")
    print(f"{options.folder.name}: {users} users, {posts} posts, {comments} comments, {len(pairs)} follows, {(options.folder / 'data.db').stat().st_size >> 20} MiB")


if __name__ == "__main__":
    main()
