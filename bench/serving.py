"""A server on a new folder, for the measurements of this folder: started, asked, watched, ended."""
import http.client
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "build/release/sluice"
ROOT = "root@example.com", "correct horse"


def raise_descriptors():
    """As many open files as the system allows; children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Served:
    """`program serve` on `folder`, or on a new one that goes with it; with the superuser's token. `environment` is added
    to ours; `errors` is a file for what it says on standard error."""

    def __init__(self, program=PROGRAM, folder=None, flags=(), environment=None, errors=None):
        self.tmp = tempfile.TemporaryDirectory(prefix="sluice-bench-")
        self.folder = pathlib.Path(folder or pathlib.Path(self.tmp.name) / "data")
        self.program, self.flags, self.errors = program, flags, errors
        self.environment = {**os.environ, **(environment or {})}
        try:
            self.process = self.launch(0)
        except OSError as error:
            raise SystemExit(f"{self.program}: {error.strerror}: it is to be built first") from None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the server did not start")
        self.port = int(line.rsplit(":", 1)[1])
        subprocess.run([program, "superuser", "upsert", *ROOT, "--dir", self.folder], check=True, stdout=subprocess.DEVNULL)
        self.token = ""
        self.token = self.ask("POST", "/api/collections/_superusers/auth-with-password", {"identity": ROOT[0], "password": ROOT[1]})["token"]

    def launch(self, port):
        return subprocess.Popen([self.program, "serve", "--dir", self.folder, "--http", f"127.0.0.1:{port}", "--log-level", "error", *self.flags],
                                stdout=subprocess.PIPE, stderr=self.errors, env=self.environment, text=True)

    def kill(self):
        """Ends it in the middle of whatever it does."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def start_again(self):
        """After kill: the same folder and port."""
        self.process = self.launch(self.port)
        if not self.process.stdout.readline():
            raise ConnectionError("the server did not start again")

    @property
    def pid(self):
        return self.process.pid

    def send(self, method, target, body=None, token=None, headers=None):
        """(status, body bytes), on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Authorization": self.token if token is None else token, "Content-Type": "application/json", **(headers or {})}
            connection.request(method, target, data, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, method, target, body=None, **options):
        status, data = self.send(method, target, body, **options)
        if status >= 300:
            raise SystemExit(f"{method} {target}: {status} {data.decode(errors='replace')}")
        return json.loads(data) if data else None

    def status_mib(self, name):
        """VmRSS, VmHWM or RssAnon of the server."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.tmp.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def wait_until(condition, seconds=30, step=0.01):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("waited too long")
        time.sleep(step)
