"""A bucket of S3, by moto, and the server that uses it."""
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

import server as http  # noqa: E402

# What the server of moto[server] needs for S3 and for the users whose signatures it checks.
MOTO = "5.2.5"
PACKAGES = {"moto": f"moto[s3]=={MOTO}", "flask": "flask>=3", "flask_cors": "flask-cors>=5", "boto3": "boto3"}
REGION = "us-east-1"
FILES, BACKUPS = "sluice-files", "sluice-backups"


def installed(name):
    """The version that an import would give, or nothing."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def need():
    """Makes the packages importable; installs those that are missing into $S3_PYTHON, or beside the temporary files."""
    folder = pathlib.Path(os.environ.get("S3_PYTHON") or pathlib.Path(tempfile.gettempdir()) / "s3-python")
    sys.path.insert(0, str(folder))
    missing = [wanted for name, wanted in PACKAGES.items() if importlib.util.find_spec(name) is None]
    # Others check signatures of listings otherwise.
    if PACKAGES["moto"] not in missing and installed("moto") != MOTO:
        missing.append(PACKAGES["moto"])
    if missing:
        print("installing " + ", ".join(missing) + " with pip", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder), *missing], check=True)
        importlib.invalidate_caches()


class Bucket:
    """moto on a free port of loopback, and boto3 as the witness of what is in it."""

    def __init__(self):
        import logging
        import boto3
        from botocore.config import Config
        from moto.server import ThreadedMotoServer
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.port, self.url = port, f"http://{host}:{port}"

        # What an earlier one of this process has left.
        self.tell("reset", b"")
        self.tell("reset-auth", b"inf")

        def client(service, key, secret):
            return boto3.client(service, endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION,
                                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
        iam = client("iam", "any", "any")
        iam.create_user(UserName="sluice")
        made = iam.create_access_key(UserName="sluice")["AccessKey"]
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="sluice", PolicyName="all", PolicyDocument=json.dumps(rights))
        # From now on every signature is checked.
        self.tell("reset-auth", b"0")
        self.s3 = client("s3", self.key, self.secret)
        for name in (FILES, BACKUPS):
            self.s3.create_bucket(Bucket=name)

    def tell(self, what, body):
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/{what}", body, {"Content-Type": "text/plain"}, method="POST")).read()

    def settings(self, of=FILES, **more):
        return {"enabled": True, "endpoint": self.url, "region": REGION, "bucket": of, "accessKey": self.key, "secret": self.secret, "forcePathStyle": True, **more}

    def keys(self, prefix="", bucket=FILES):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def read(self, key, bucket=FILES):
        return self.s3.get_object(Bucket=bucket, Key=key)

    def uploads(self):
        return [found["Key"] for found in self.s3.list_multipart_uploads(Bucket=FILES).get("Uploads", [])]

    def stop(self):
        self.server.stop()


class Silent:
    """Takes connections and says nothing, until it is told to hang up."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.taken, self.over = [], False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            if self.over:
                connection.close()
            else:
                self.taken.append(connection)

    def hang_up(self):
        self.over = True
        for connection in self.taken:
            connection.close()

    def stop(self):
        self.hang_up()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Breaking:
    """On the way to a bucket: hangs up when a connection has brought so many bytes."""

    def __init__(self, port, limit):
        self.target, self.limit, self.broken = port, limit, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self._pump, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, self.limit), daemon=True).start()

    def _pump(self, source, sink, limit):
        try:
            while data := source.recv(65536 if limit is None else min(65536, max(limit, 1))):
                sink.sendall(data)
                if limit is not None:
                    limit -= len(data)
                    if limit <= 0:
                        self.broken += 1
                        break
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Play:
    """The server on a copy of the conformance fixture, asked as its superuser."""

    def __init__(self, command, log=subprocess.DEVNULL):
        self.server = http.Server(command, HERE.parent / "conformance" / "fixtures" / "blog", log)
        self.dir, self.port = self.server.dir, self.server.port
        with sqlite3.connect(f"file:{self.dir}/data.db?mode=ro", uri=True) as db:
            self.root = db.execute("SELECT id FROM _superusers WHERE email = 'root@example.com'").fetchone()[0]
        self.tokens = {kind: http.token(self.dir, "_superusers", self.root, kind) for kind in ("auth", "file")}
        self.passed = self.failed = 0
        self.flow = ""

    def stop(self):
        self.server.stop()

    # Requests. Each of a thread has a connection of its own.

    def ask(self, method, target, body=None, headers=None, form=None, auth=True):
        """(status, headers, body bytes)"""
        import http.client
        headers = dict(headers or {})
        if auth:
            headers["Authorization"] = self.tokens["auth"]
        if form is not None:
            headers["Content-Type"], body = multipart(form)
        elif body is not None and not isinstance(body, bytes):
            headers["Content-Type"], body = "application/json", json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def said(self, *args, **more):
        """(status, JSON)"""
        status, _, body = self.ask(*args, **more)
        return status, json.loads(body) if body else None

    def settings(self, **groups):
        status, answer = self.said("PATCH", "/api/settings", groups)
        if status != 200:
            raise RuntimeError(f"the settings were not taken: {status} {answer}")
        return answer

    def create(self, collection, **parts):
        """A record made by a form; lists are repeated, pairs are files."""
        status, answer = self.said("POST", f"/api/collections/{collection}/records", form=parts)
        if status != 200:
            raise RuntimeError(f"no record was made: {status} {answer}")
        return answer

    # Verdicts

    def check(self, what, found, wanted=True):
        if found == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {self.flow}: {what}\n  found  {str(found)[:1500]}\n  wanted {str(wanted)[:1500]}", flush=True)

    def until(self, what, read, wanted, seconds=20):
        """For what the server does behind its answer."""
        end = time.monotonic() + seconds
        while (found := read()) != wanted and time.monotonic() < end:
            time.sleep(0.02)
        self.check(what, found, wanted)


def multipart(parts):
    """{name: text | bytes of (filename, content) | list of these} -> (content type, body)"""
    boundary, body = "----s3rig0123456789", b""
    for name, values in parts.items():
        for value in values if isinstance(values, list) else [values]:
            head = f'Content-Disposition: form-data; name="{name}"'
            if isinstance(value, tuple):
                quoted = value[0].replace("\\", "\\\\").replace('"', '\\"')
                head += f'; filename="{quoted}"\r\nContent-Type: application/octet-stream'
                value = value[1]
            body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + (value if isinstance(value, bytes) else str(value).encode()) + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()
