"""S3 that refuses, is not there, or says nothing."""
import http.client
import threading

import rig
from flows_files import pattern, png, prepare

TEST = "/api/settings/test/s3"
RAW = "Failed to test the S3 filesystem. Raw error: \n"


def settings_test(play, bucket):
    """POST /api/settings/test/s3."""
    play.check("of nobody", play.ask("POST", TEST, {"filesystem": "storage"}, auth=False)[0], 401)
    status, answer = play.said("POST", TEST, {"filesystem": "storage"})
    play.check("not enabled", (status, answer["message"]), (400, RAW + "S3 storage filesystem is not enabled."))
    status, answer = play.said("POST", TEST, {"filesystem": "other"})
    play.check("no such filesystem", (status, answer["message"], list(answer["data"])), (400, "Failed to test the S3 filesystem.", ["filesystem"]))
    for name, group in (("storage", lambda s3: {"s3": s3}), ("backups", lambda s3: {"backups": {"s3": s3}})):
        say = lambda **more: play.settings(**group(bucket.settings(rig.FILES if name == "storage" else rig.BACKUPS, **more))) and play.said("POST", TEST, {"filesystem": name})
        play.check(name, say(), (204, None))
        status, answer = say(secret="wrong")
        play.check("a wrong secret", (status, answer["message"][:len(RAW) + 26]), (400, RAW + "S3: SignatureDoesNotMatch:"))
        status, answer = say(accessKey="AKIANOBODY")
        play.check("a wrong key", (status, answer["message"]), (400, RAW + "S3: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records."))
        status, answer = say(bucket="no-such-bucket")
        play.check("no bucket", (status, answer["message"]), (400, RAW + "S3: NoSuchBucket: The specified bucket does not exist."))
        status, answer = say(endpoint="http://127.0.0.1:1")
        play.check("nobody there", (status, answer["message"][:len(RAW) + 21]), (400, RAW + "S3: Failed to connect"))
        play.check("nothing is left", bucket.keys() + bucket.keys(bucket=rig.BACKUPS), [])


def refused(play, bucket):
    """Credentials and buckets that are no good: a clear answer, and nothing half done."""
    pics, _ = prepare(play, bucket)
    made = play.create("pics", pic=("a.png", png(300, 200)))
    target = f"/api/files/pics/{made['id']}/{made['pic'][0]}"
    for name, wrong in (("secret", {"secret": "wrong"}), ("bucket", {"bucket": "no-such-bucket"}), ("endpoint", {"endpoint": "http://127.0.0.1:1"})):
        play.settings(s3={**bucket.settings(), **wrong})
        status, answer = play.said("POST", "/api/collections/pics/records", form={"pic": [("b.txt", b"b"), ("c.txt", b"c")]})
        play.check(f"upload, wrong {name}", (status, answer), (503, {"data": {}, "message": "Service Unavailable.", "status": 503}))
        play.check(f"download, wrong {name}", play.ask("GET", target, auth=False)[0], 404 if name == "bucket" else 503)
        play.check(f"thumb, wrong {name}", play.ask("GET", target + "?thumb=50x0", auth=False)[0], 404 if name == "bucket" else 503)
        play.check("records without files", play.said("POST", "/api/collections/pics/records", {"title": f"t{name}"})[0], 200)
        play.check("reads", play.said("GET", "/api/collections/pics/records?filter=" + f"title='t{name}'")[1]["totalItems"], 1)
    play.settings(s3=bucket.settings())
    play.check("good again", play.ask("GET", target, auth=False)[0], 200)
    play.check("as before", bucket.keys(), [f"{pics}/{made['id']}/{made['pic'][0]}"])


def silent(play, bucket):
    """An endpoint that takes connections and says nothing: only who needs it waits."""
    prepare(play, bucket)
    made = play.create("pics", pic=("a.png", png(300, 200)))
    play.settings(batch={"enabled": True, "maxRequests": 50, "timeout": 3})
    gone = [play.create("pics", pic=("x.txt", b"x"))["id"] for _ in range(20)]
    nobody = rig.Silent()
    play.settings(s3=bucket.settings(endpoint=nobody.url))
    found, target = [], f"/api/files/pics/{made['id']}/{made['pic'][0]}"

    def ask(*args, **more):
        found.append(play.ask(*args, **more)[0])
    requests = rig.json.dumps({"requests": [{"method": "POST", "url": "/api/collections/pics/records", "body": {}}]})
    threads = [threading.Thread(target=ask, args=args, kwargs=more) for _ in range(10) for args, more in (
        (("GET", target), {}), (("GET", target + "?thumb=50x0"), {}), (("POST", "/api/collections/pics/records"), {"form": {"pic": ("b.txt", b"b")}}),
        (("POST", "/api/batch"), {"form": {"@jsonPayload": requests, "requests.0.pic": ("c.txt", b"c")}}), (("POST", TEST, {"filesystem": "storage"}), {}))]
    [thread.start() for thread in threads]
    for one in gone:
        play.check("delete", play.ask("DELETE", f"/api/collections/pics/records/{one}")[0], 204)
    play.until("it is asked", lambda: len(nobody.taken) >= 16, True)
    for i in range(20):
        play.check("writes go on", play.said("POST", "/api/collections/pics/records", {"title": f"w{i}"})[0], 200)
        play.check("reads go on", play.said("GET", "/api/collections/pics/records?perPage=1")[0], 200)
    play.check("nobody who needs it is answered", found, [])
    nobody.hang_up()
    [thread.join() for thread in threads]
    play.check("then they are told", sorted(found), [400] * 10 + [503] * 40)
    play.settings(s3=bucket.settings())
    play.check("good again", play.ask("GET", target)[0], 200)
    nobody.stop()


def breaking(play, bucket):
    """Connections that break off in the middle of a file: it is whole all the same, or the answer is cut."""
    prepare(play, bucket)
    content = pattern(20_000_000)
    made = play.create("pics", pic=("big.bin", content))
    target = f"/api/files/pics/{made['id']}/{made['pic'][0]}"
    way = rig.Breaking(bucket.port, 3_000_000)
    play.settings(s3=bucket.settings(endpoint=way.url))
    status, _, body = play.ask("GET", target)
    play.check("whole", (status, body == content), (200, True))
    play.check("it did break", way.broken >= 6)
    play.check("a range", play.ask("GET", target, headers={"Range": "bytes=1000000-12345678"})[2] == content[1_000_000:12_345_679])
    connection = http.client.HTTPConnection("127.0.0.1", play.port, timeout=60)
    connection.request("GET", target)
    answer = connection.getresponse()
    begin = answer.read(1_000_000)
    way.stop()
    try:
        rest = answer.read()
    except http.client.IncompleteRead as cut:
        rest = cut.partial
    play.check("cut where nothing more comes", (len(begin + rest) < len(content), content.startswith(begin + rest)), (True, True))
    connection.close()
    play.check("and then told", play.ask("GET", target)[0], 503)


def stopped(play, bucket):
    """S3 goes away and comes back; a server that ends waits for nobody."""
    prepare(play, bucket)
    made = play.create("pics", pic=("big.bin", pattern(20_000_000)))
    nobody = rig.Silent()
    play.settings(s3=bucket.settings(endpoint=nobody.url))
    threads = [threading.Thread(target=lambda: _quietly(play, "GET", f"/api/files/pics/{made['id']}/{made['pic'][0]}")) for _ in range(5)]
    threads += [threading.Thread(target=lambda: _quietly(play, "POST", "/api/collections/pics/records", form={"pic": ("b.txt", b"b")})) for _ in range(5)]
    [thread.start() for thread in threads]
    play.until("they wait", lambda: len(nobody.taken) >= 10, True)
    play.server.process.terminate()
    play.check("the server ends", play.server.process.wait(20), 0)
    [thread.join() for thread in threads]
    nobody.stop()


def _quietly(play, *args, **more):
    try:
        play.ask(*args, **more)
    except OSError:
        pass
    except http.client.HTTPException:
        pass


FLOWS = [settings_test, refused, silent, breaking, stopped]
