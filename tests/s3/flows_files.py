"""Files of records on S3."""
import hashlib
import http.client
import sqlite3
import struct
import threading
import zlib

import rig

PICS = {"name": "pics", "listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": "",
        "fields": [{"name": "title", "type": "text"},
                   {"name": "pic", "type": "file", "maxSelect": 5, "maxSize": 300000000, "thumbs": ["50x0", "30x30"]},
                   {"name": "album", "type": "relation", "collectionId": "", "cascadeDelete": True}],
        "indexes": ["CREATE UNIQUE INDEX ix_title ON pics (title) WHERE title != ''"]}


def png(width, height):
    """A picture of noise, so that its size does not tell it from a thumb."""
    rows = b"".join(b"\0" + hashlib.sha512(str(y).encode()).digest()[:3] * width for y in range(height))
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def size_of(picture):
    return struct.unpack(">II", picture[16:24])


def pattern(size):
    return b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(size // 32 + 1))[:size]


def prepare(play, bucket, s3=True):
    """The collection pics of albums; files on S3."""
    album = play.said("POST", "/api/collections", {"name": "albums", "deleteRule": "", "createRule": "", "fields": [{"name": "cover", "type": "file"}]})[1]
    fields = [{**field, "collectionId": album["id"]} if field["type"] == "relation" else field for field in PICS["fields"]]
    status, made = play.said("POST", "/api/collections", {**PICS, "fields": fields})
    play.check("the collection is made", status, 200)
    if s3:
        play.settings(s3=bucket.settings())
    return made["id"], album["id"]


def local_files(play):
    return sorted(path.name for path in (play.dir / "storage").rglob("*") if path.is_file() and "pbc_" in str(path))


def uploads(play, bucket):
    """What is uploaded is in the bucket, with its type, and comes back as from the disk."""
    pics, _ = prepare(play, bucket)
    picture, text = png(300, 200), "Grüße".encode()
    made = play.create("pics", pic=[("My Picture.PNG", picture), ("ünïcode %20 & \"quotes\".txt", text), ("empty.bin", b"")])
    keys = [f"{pics}/{made['id']}/{name}" for name in made["pic"]]
    play.check("objects", sorted(bucket.keys()), sorted(keys))
    play.check("nothing on the disk", local_files(play), [])
    objects = [bucket.read(key) for key in keys]
    play.check("contents", [found["Body"].read() for found in objects], [picture, text, b""])
    play.check("types", [found["ContentType"] for found in objects], ["image/png", "text/plain; charset=utf-8", "text/plain; charset=utf-8"])
    play.check("names", objects[0]["Metadata"]["original-filename"], "My%20Picture.PNG")
    # The same answers as of the same files on the disk.
    play.settings(s3={"enabled": False})
    local = play.create("pics", pic=[("My Picture.PNG", picture), ("ünïcode %20 & \"quotes\".txt", text), ("empty.bin", b"")])
    asks = [("GET", "", {}), ("HEAD", "", {}), ("GET", "?download=1", {}), ("GET", "?thumb=9x9", {}), ("GET", "", {"Range": "bytes=2-5"}), ("GET", "", {"Range": "bytes=-3"}),
            ("GET", "", {"Range": "bytes=0-1,3-4"}), ("GET", "", {"Range": "bytes=999999-"}), ("GET", "", {"Range": "bytes=5-2"}), ("HEAD", "", {"Range": "bytes=0-1"}),
            ("GET", "", {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}), ("GET", "", {"If-Unmodified-Since": "Thu, 01 Jan 2009 00:00:00 GMT"}), ("GET", "", {"If-None-Match": "*"})]

    def answers(record):
        found = []
        for method, query, headers in asks:
            for name in record["pic"]:
                status, fields, body = play.ask(method, f"/api/files/pics/{record['id']}/{name}{query}", headers=headers, auth=False)
                kind, _, boundary = fields.get("content-type", "").partition("; boundary=")
                shown = {key: value.replace(name, "NAME") for key, value in fields.items() if key not in ("date", "last-modified", "content-type")}
                found.append((method, query, headers, status, shown, kind, "last-modified" in fields, body.replace(boundary.encode() or b"\0none", b"BOUNDARY")))
        return found
    from_disk = answers(local)
    play.settings(s3={"enabled": True})
    for wanted, found in zip(from_disk, answers(made)):
        play.check(f"answer to {wanted[:3]}", found, wanted)
    last = play.ask("GET", f"/api/files/pics/{made['id']}/{made['pic'][0]}", auth=False)[1]["last-modified"]
    play.check("the date is S3's", play.ask("GET", f"/api/files/pics/{made['id']}/{made['pic'][0]}", headers={"If-Modified-Since": last}, auth=False)[0], 304)


def large(play, bucket):
    """A file of many parts; readers that do not read, and a server that does not grow by them."""
    pics, _ = prepare(play, bucket)
    content = pattern(60_000_000)
    made = play.create("pics", pic=("big.bin", content))
    key = f"{pics}/{made['id']}/{made['pic'][0]}"
    stored = bucket.read(key)
    play.check("it went in parts", stored["ETag"].strip('"').endswith("-4"))
    play.check("it is whole", hashlib.sha256(stored["Body"].read()).digest(), hashlib.sha256(content).digest())
    play.check("no upload is left open", bucket.uploads(), [])
    target = f"/api/files/pics/{made['id']}/{made['pic'][0]}"
    memory = lambda: int(next(line.split()[1] for line in open(f"/proc/{play.server.process.pid}/status") if line.startswith("VmRSS:"))) * 1024
    before = memory()
    slow = []
    for _ in range(24):
        connection = http.client.HTTPConnection("127.0.0.1", play.port, timeout=60)
        connection.request("GET", target)
        slow.append((connection, connection.getresponse()))
    play.check("slow readers hold no thread", play.said("GET", "/api/collections/pics/records")[0], 200)
    status, _, body = play.ask("GET", target)
    play.check("download beside them", (status, hashlib.sha256(body).digest()), (200, hashlib.sha256(content).digest()))
    status, fields, body = play.ask("GET", target, headers={"Range": "bytes=30000000-39999999"})
    play.check("a range from the middle", (status, body), (206, content[30_000_000:40_000_000]))
    play.check("memory is bounded", memory() - before < 80_000_000)
    # The settings change; who reads already reads on.
    play.settings(s3={"enabled": False})
    play.check("the first of the slow readers gets all", hashlib.sha256(slow[0][1].read()).digest(), hashlib.sha256(content).digest())
    for connection, answer in slow:
        answer.close()
        connection.close()
    play.check("after they left", play.ask("GET", "/api/health")[0], 200)


def thumbs(play, bucket):
    """Made once, kept on S3, gone with their file."""
    pics, _ = prepare(play, bucket)
    made = play.create("pics", pic=("a.png", png(300, 200)))
    name = made["pic"][0]
    target, folder = f"/api/files/pics/{made['id']}/{name}", f"{pics}/{made['id']}/thumbs_{name}/"
    found = [None] * 8

    def ask(i):
        found[i] = play.ask("GET", f"{target}?thumb=50x0", auth=False)
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    play.check("all get it", [(status, size_of(body)) for status, _, body in found], [(200, (50, 33))] * 8)
    play.check("its name", found[0][1]["content-disposition"], f"inline; filename=50x0_{name}")
    play.check("its object", bucket.keys(folder), [folder + "50x0_" + name])
    kept = bucket.read(folder + "50x0_" + name)
    play.check("its type", kept["ContentType"], "image/png")
    play.ask("GET", f"{target}?thumb=50x0", auth=False)
    play.check("it is not made again", bucket.s3.head_object(Bucket=rig.FILES, Key=folder + "50x0_" + name)["LastModified"], kept["LastModified"])
    play.check("a range of it", play.ask("GET", f"{target}?thumb=50x0", headers={"Range": "bytes=16-23"}, auth=False)[2], struct.pack(">II", 50, 33))
    play.check("100x100 needs no listing", size_of(play.ask("GET", f"{target}?thumb=100x100", auth=False)[2]), (100, 100))
    play.check("another size is the original", size_of(play.ask("GET", f"{target}?thumb=7x7", auth=False)[2]), (300, 200))
    # A picture that is none.
    bad = play.create("pics", pic=("b.png", png(300, 200)[:60]))
    status, fields, body = play.ask("GET", f"/api/files/pics/{bad['id']}/{bad['pic'][0]}?thumb=50x0", auth=False)
    play.check("what cannot be made is the original", (status, len(body)), (200, 60))
    play.said("PATCH", f"/api/collections/pics/records/{made['id']}", form={"pic": ("new.txt", b"x")})
    play.until("they go with their file", lambda: len(bucket.keys(f"{pics}/{made['id']}/")), 1)


def removals(play, bucket):
    """Replaced files, deleted records, cascades and collections take their objects with them, and no others."""
    pics, albums = prepare(play, bucket)
    keep = play.create("pics", pic=("keep.txt", b"keep"))
    kept = [f"{pics}/{keep['id']}/{keep['pic'][0]}"]
    two = play.create("pics", pic=[("one.txt", b"1"), ("two.txt", b"2")])
    status, changed = play.said("PATCH", f"/api/collections/pics/records/{two['id']}", {"pic-": two["pic"][0]})
    play.check("one is dropped", (status, changed["pic"]), (200, two["pic"][1:]))
    play.until("the dropped object goes", lambda: bucket.keys(f"{pics}/{two['id']}/"), [f"{pics}/{two['id']}/{two['pic'][1]}"])
    play.check("delete", play.ask("DELETE", f"/api/collections/pics/records/{two['id']}")[0], 204)
    play.until("the record's go", lambda: sorted(bucket.keys()), kept)
    album = play.create("albums", cover=("c.txt", b"c"))
    for i in range(30):
        play.create("pics", pic=[("p.txt", b"p"), ("q.txt", b"q")], album=album["id"])
    play.check("all are there", len(bucket.keys()), 62)
    play.check("delete", play.ask("DELETE", f"/api/collections/albums/records/{album['id']}")[0], 204)
    play.until("the cascade's go", lambda: sorted(bucket.keys()), kept)
    # The id is used again at once: what the new record has must stay.
    for i in range(10):
        play.create("pics", id="same00000000id1", pic=("old.txt", b"old"))
        play.ask("DELETE", "/api/collections/pics/records/same00000000id1")
        made = play.create("pics", id="same00000000id1", pic=("new.txt", b"new"))
        play.until("only the new one's", lambda: bucket.keys(f"{pics}/same00000000id1/"), [f"{pics}/same00000000id1/{made['pic'][0]}"])
        play.ask("DELETE", "/api/collections/pics/records/same00000000id1")
    bucket.s3.put_object(Bucket=rig.FILES, Key=pics + "x/other.txt", Body=b"of another collection")
    play.check("truncate", play.ask("DELETE", "/api/collections/pics/truncate")[0], 204)
    play.until("all records' go", lambda: bucket.keys(), [pics + "x/other.txt"])
    play.create("pics", pic=("a.txt", b"a"))
    play.check("delete the collection", play.ask("DELETE", "/api/collections/pics")[0], 204)
    play.until("the collection's go", lambda: bucket.keys(), [pics + "x/other.txt"])


def failed_writes(play, bucket):
    """What is not written leaves no object."""
    pics, _ = prepare(play, bucket)
    play.create("pics", title="taken", pic=("a.txt", b"a"))
    before = bucket.keys()
    status, answer = play.said("POST", "/api/collections/pics/records", form={"title": "taken", "pic": [("b.txt", b"b"), ("c.txt", b"c")]})
    play.check("a unique value", (status, answer["data"]), (400, {"title": {"code": "validation_not_unique", "message": "Value must be unique."}}))
    play.until("nothing is left", bucket.keys, before)
    play.settings(batch={"enabled": True, "maxRequests": 50, "timeout": 3})

    def batch(*titles):
        requests = [{"method": "POST", "url": "/api/collections/pics/records", "body": {"title": title}} for title in titles]
        form = {"@jsonPayload": rig.json.dumps({"requests": requests})}
        form.update({f"requests.{i}.pic": [(f"f{i}.txt", title.encode()), (f"g{i}.txt", b"g")] for i, title in enumerate(titles)})
        return play.said("POST", "/api/batch", form=form)
    status, answer = batch("one", "two", "taken")
    play.check("the third fails", (status, list(answer["data"]["requests"])), (400, ["2"]))
    play.until("nothing of the batch is left", bucket.keys, before)
    status, answer = batch("one", "two", "three")
    play.check("all three", status, 200)
    wanted = [f"{pics}/{part['body']['id']}/{name}" for part in answer for name in part["body"]["pic"]]
    play.check("their objects", sorted(set(bucket.keys()) - set(before)), sorted(wanted))
    play.check("their contents", bucket.read(wanted[2])["Body"].read(), b"two")
    # An update in a batch that is rolled back leaves the old file.
    first = answer[0]["body"]
    requests = [{"method": "PATCH", "url": f"/api/collections/pics/records/{first['id']}", "body": {"title": "other"}}, {"method": "POST", "url": "/api/collections/pics/records", "body": {"title": "taken"}}]
    held = bucket.keys()
    status, _ = play.said("POST", "/api/batch", form={"@jsonPayload": rig.json.dumps({"requests": requests}), "requests.0.pic": ("new.txt", b"new")})
    play.check("rolled back", status, 400)
    play.until("as before", bucket.keys, held)
    play.check("the file is served", play.ask("GET", f"/api/files/pics/{first['id']}/{first['pic'][0]}", auth=False)[2], b"one")
    requests[1] = {"method": "PUT", "url": "/api/collections/pics/records", "body": {"id": "upsert000000001", "title": "upsert"}}
    status, answer = play.said("POST", "/api/batch", form={"@jsonPayload": rig.json.dumps({"requests": requests}), "requests.0.pic": ("new.txt", b"new"), "requests.1.pic": ("up.txt", b"up")})
    play.check("update and upsert", status, 200)
    play.until("the old ones are replaced", lambda: bucket.keys(f"{pics}/{first['id']}/"), [f"{pics}/{first['id']}/{answer[0]['body']['pic'][0]}"])
    play.check("the upsert's is there", bucket.read(f"{pics}/upsert000000001/{answer[1]['body']['pic'][0]}")["Body"].read(), b"up")


def switched(play, bucket):
    """From the disk to S3 and back, while serving."""
    prepare(play, bucket, s3=False)
    disk = play.create("pics", pic=("disk.txt", b"disk"))
    target = lambda record: f"/api/files/pics/{record['id']}/{record['pic'][0]}"
    play.settings(s3=bucket.settings())
    there = play.create("pics", pic=("there.txt", b"there"))
    play.check("on S3", [play.ask("GET", target(one), auth=False)[0] for one in (disk, there)], [404, 200])
    play.settings(s3={"enabled": False})
    play.check("on the disk", [play.ask("GET", target(one), auth=False)[0] for one in (disk, there)], [200, 404])
    play.check("one object", len(bucket.keys()), 1)
    # By hand, as an operator would move them: the same keys (S-58).
    for path in sorted((play.dir / "storage").rglob("*")):
        if path.is_file() and path.suffix != ".attrs":
            bucket.s3.put_object(Bucket=rig.FILES, Key=str(path.relative_to(play.dir / "storage")), Body=path.read_bytes(), ContentType="text/plain")
    play.settings(s3={"enabled": True})
    play.check("moved", [play.ask("GET", target(one), auth=False)[2] for one in (disk, there)], [b"disk", b"there"])
    # As a host of the bucket's own, without the path.
    play.settings(s3={"forcePathStyle": False, "endpoint": f"http://localhost:{bucket.port}"})
    status, answer = play.said("POST", "/api/settings/test/s3", {"filesystem": "storage"})
    play.check("virtual-hosted", (status, answer), (204, None))
    play.check("served so", play.ask("GET", target(there), auth=False)[2], b"there")


def odd_names(play, bucket):
    """Names that the server never makes, but a folder may hold."""
    pics, _ = prepare(play, bucket)
    made = play.create("pics", pic=("a.txt", b"a"))
    names = ["a b+c&d=e@f,g;h!i*j'k(l)~.txt", "ünïcödé 日本.txt", "100%25.txt", "a?b#c.txt", "..txt", "[x]{y}|z^`.txt", "\"quoted\"\\.txt", "a:b$.txt"]
    with sqlite3.connect(play.dir / "data.db", timeout=20) as db:
        db.execute("UPDATE pics SET pic = ? WHERE id = ?", (rig.json.dumps(names), made["id"]))
    for name in names:
        bucket.s3.put_object(Bucket=rig.FILES, Key=f"{pics}/{made['id']}/{name}", Body=name.encode(), ContentType="text/plain")
        from urllib.parse import quote
        status, _, body = play.ask("GET", f"/api/files/pics/{made['id']}/{quote(name, safe='')}", auth=False)
        play.check(name, (status, body), (200, name.encode()))
    play.check("delete", play.ask("DELETE", f"/api/collections/pics/records/{made['id']}")[0], 204)
    play.until("all go", bucket.keys, [])


def protected(play, bucket):
    """Rules are asked as ever."""
    prepare(play, bucket)
    play.said("PATCH", "/api/collections/albums", {"viewRule": None, "fields": [{"name": "cover", "type": "file", "protected": True}]})
    made = play.create("albums", cover=("c.txt", b"c"))
    target = f"/api/files/albums/{made['id']}/{made['cover']}"
    play.check("without a token", play.ask("GET", target, auth=False)[0], 404)
    play.check("with one", play.ask("GET", f"{target}?token={play.tokens['file']}", auth=False)[::2], (200, b"c"))


FLOWS = [uploads, large, thumbs, removals, failed_writes, switched, odd_names, protected]
