"""Backups on S3."""
import http.client
import io
import time
import zipfile

import rig


def keys(play):
    return [found["key"] for found in play.said("GET", "/api/backups")[1]]


def backups(play, bucket):
    """Created, listed, sent, uploaded, deleted."""
    play.settings(backups={"s3": bucket.settings(rig.BACKUPS)})
    play.check("none", play.said("GET", "/api/backups"), (200, []))
    play.check("create", play.said("POST", "/api/backups", {"name": "one.zip"}), (204, None))
    play.check("on S3", bucket.keys(bucket=rig.BACKUPS), ["one.zip"])
    stored = bucket.read("one.zip", rig.BACKUPS)
    content = stored["Body"].read()
    play.check("its type", stored["ContentType"], "application/zip")
    play.check("not in the folder", (play.dir / "backups").exists(), False)
    play.check("its database", "data.db" in zipfile.ZipFile(io.BytesIO(content)).namelist())
    found = play.said("GET", "/api/backups")[1][0]
    play.check("listed", (found["key"], found["size"], found["modified"][:16]), ("one.zip", len(content), stored["LastModified"].strftime("%Y-%m-%d %H:%M")))
    taken = play.said("POST", "/api/backups", {"name": "one.zip"})
    play.check("the name is taken", (taken[0], taken[1]["data"]["name"]["code"]), (400, "validation_backup_name_exists"))
    target = "/api/backups/one.zip?token="
    play.check("sent", play.ask("GET", target + play.tokens["file"], auth=False)[::2], (200, content))
    play.check("a part", play.ask("GET", target + play.tokens["file"], headers={"Range": "bytes=2-9"}, auth=False)[::2], (206, content[2:10]))
    play.check("not without a token", play.ask("GET", target, auth=False)[0], 403)
    play.check("one that is not", play.ask("GET", "/api/backups/no.zip?token=" + play.tokens["file"], auth=False)[0], 404)
    play.check("upload", play.said("POST", "/api/backups/upload", form={"file": ("Mine & other.zip", content)}), (204, None))
    taken = play.said("POST", "/api/backups/upload", form={"file": ("Mine & other.zip", content)})
    play.check("upload again", (taken[0], taken[1]["data"]["file"]["code"]), (400, "validation_backup_name_exists"))
    bucket.s3.put_object(Bucket=rig.BACKUPS, Key="folder/of/others.zip", Body=b"x")
    play.check("both", keys(play), ["Mine & other.zip", "one.zip"])
    play.check("delete", play.ask("DELETE", "/api/backups/Mine%20&%20other.zip")[0], 204)
    again = play.said("DELETE", "/api/backups/Mine%20&%20other.zip")
    play.check("delete again", (again[0], again[1]["message"][:45]), (400, "Invalid or already deleted backup file. Raw e"))
    play.check("one is left", keys(play), ["one.zip"])
    play.check("large ones go in parts", play.said("POST", "/api/backups/upload", form={"file": ("large.zip", content + bytes(40_000_000))}), (204, None))
    play.check("and are whole", bucket.s3.head_object(Bucket=rig.BACKUPS, Key="large.zip")["ContentLength"], len(content) + 40_000_000)


def restore(play, bucket):
    """What was backed up comes back."""
    play.settings(backups={"s3": bucket.settings(rig.BACKUPS)})
    count = lambda: (play.said("GET", "/api/collections/tags/records") or (0, {}))[1].get("totalItems")
    before = count()
    play.check("create", play.ask("POST", "/api/backups", {"name": "one.zip"})[0], 204)
    play.check("truncate", play.ask("DELETE", "/api/collections/tags/truncate")[0], 204)
    play.check("none are left", count(), 0)
    missing = play.said("POST", "/api/backups/no.zip/restore")
    play.check("one that is not", (missing[0], missing[1]["message"]), (400, "Missing or invalid backup file."))
    play.check("restore", play.ask("POST", "/api/backups/one.zip/restore")[0], 204)

    def quietly():
        try:
            return count()
        except (OSError, ValueError, http.client.HTTPException):
            return None
    play.until("all are back", quietly, before)
    play.check("the backup is still there", keys(play), ["one.zip"])
    bucket.s3.put_object(Bucket=rig.BACKUPS, Key="bad.zip", Body=b"PK\x03\x04 no zip")
    play.check("a bad one", play.ask("POST", "/api/backups/bad.zip/restore")[0], 204)
    play.until("is given up", lambda: play.ask("POST", "/api/backups", {"name": "two.zip"})[0], 204)
    play.check("and changes nothing", count(), before)


def scheduled(play, bucket):
    """By the cron, as many as are to be kept, and no others."""
    bucket.s3.put_object(Bucket=rig.BACKUPS, Key="mine.zip", Body=b"x")
    play.settings(backups={"cron": "0 0 1 1 *", "cronMaxKeep": 2, "s3": bucket.settings(rig.BACKUPS)})
    seen = set()
    for _ in range(3):
        play.check("run", play.ask("POST", "/api/crons/__pbAutoBackup__")[0], 204)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            new = {key for key in bucket.keys(bucket=rig.BACKUPS) if key.startswith("@auto_pb_backup_")} - seen
            if new:
                break
            time.sleep(0.05)
        seen |= new
        time.sleep(1.1)  # a name is of one second
    play.check("three were made", len(seen), 3)
    play.until("two are kept", lambda: bucket.keys(bucket=rig.BACKUPS), sorted(seen)[1:] + ["mine.zip"])


def unreachable(play, bucket):
    """Told as it is."""
    play.settings(backups={"s3": bucket.settings(rig.BACKUPS, bucket="no-such-bucket")})
    status, answer = play.said("GET", "/api/backups")
    play.check("list", (status, answer["message"]), (503, "Failed to reach the backups. Raw error: \nS3: NoSuchBucket: The specified bucket does not exist."))
    status, answer = play.said("POST", "/api/backups", {"name": "one.zip"})
    play.check("create", (status, answer["message"]), (503, "Failed to reach the backups. Raw error: \nS3: NoSuchBucket: The specified bucket does not exist."))
    play.check("nothing is left over", sorted(path.name for path in play.dir.rglob("*.zip")), [])
    play.settings(backups={"s3": bucket.settings(rig.BACKUPS, endpoint="http://127.0.0.1:1")})
    status, answer = play.said("GET", "/api/backups")
    play.check("nobody there", (status, answer["message"][:62]), (503, "Failed to reach the backups. Raw error: \nS3: Failed to connect"))
    play.settings(backups={"s3": {"enabled": False}})
    play.check("on the disk", play.said("POST", "/api/backups", {"name": "one.zip"}), (204, None))
    play.check("it is there", (play.dir / "backups" / "one.zip").exists())
    play.check("and listed", keys(play), ["one.zip"])


FLOWS = [backups, restore, scheduled, unreachable]
