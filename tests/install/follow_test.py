#!/usr/bin/env python3
"""The example `follow`, as an outsider builds it: follow_test.py BUILD SOURCE WORK [CMAKE OPTION ...]

Installs the core and the server of BUILD into WORK, configures and builds SOURCE against that tree alone, starts the
program on a new folder and asks it over HTTP. Ends with `N passed, N failed`.
"""
import contextlib
import http.client
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import threading
import traceback

NOBODY, NOTHING = "nobody000000000", "nothing00000000"


class Follow:
    """The running program, with three users: ana, bob, cleo."""

    def __init__(self, program, schema, folder):
        self.folder = folder
        self.process = subprocess.Popen([program, folder, schema, "0"], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().strip()
        self.address = line.removeprefix("http://")
        self.users, self.tokens = {}, {}
        for name in ("ana", "bob", "cleo"):
            body = {"username": name, "bio": f"I am {name}", "password": "12345678", "passwordConfirm": "12345678", "email": f"{name}@example.com"}
            status, answer = self.ask("POST", "/api/collections/users/records", body)
            assert status == 200, answer
            status, answer = self.ask("POST", "/api/collections/users/auth-with-password", {"identity": name, "password": "12345678"})
            assert status == 200, answer
            self.users[name], self.tokens[name] = json.loads(answer)["record"]["id"], json.loads(answer)["token"]

    def end(self):
        self.process.terminate()
        return self.process.wait(timeout=30)

    def send(self, method, path, body, token=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"Content-Type": "application/json", **({"Authorization": token} if token else {})}
        connection.request(method, path, body if isinstance(body, str) else json.dumps(body), headers)
        return connection

    @staticmethod
    def read(connection):
        answer = connection.getresponse()
        with contextlib.closing(connection):
            return answer.status, answer.read().decode()

    def ask(self, method, path, body="", token=None):
        return self.read(self.send(method, path, body, token))

    def put(self, follower, followee, asker=None, query=""):
        body = {"follower": self.users.get(follower, follower), "followee": self.users.get(followee, followee)}
        return self.ask("PUT", "/follow" + query, body, self.tokens.get(asker))

    def send_put(self, follower, followee, asker, query):
        body = {"follower": self.users[follower], "followee": self.users[followee]}
        return self.send("PUT", "/follow" + query, body, self.tokens[asker])

    @contextlib.contextmanager
    def writes_wait(self):
        """No write begins in here: somebody else holds the folder's lock."""
        database = sqlite3.connect(f"{self.folder}/data.db", isolation_level=None, timeout=30)
        with contextlib.closing(database):
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    def rows(self):
        database = sqlite3.connect(f"{self.folder}/data.db")
        with contextlib.closing(database):
            return database.execute("SELECT follower, followee FROM follows").fetchall()


def equal(found, wanted):
    assert found == wanted, f"\n  found:  {found}\n  wanted: {wanted}"


def invalid(*details):
    return 400, '{"message":"invalid_params","detail":[' + ",".join(details) + "]}\n"


def too(which, field):
    bound = "minimum" if which == "too_small" else "maximum"
    return ('{"code":"%s","%s":15,"type":"string","inclusive":true,"exact":true,'
            '"message":"String must contain exactly 15 character(s)","path":["%s"]}' % (which, bound, field))


def of_type(field, received, message):
    return '{"code":"invalid_type","expected":"string","received":"%s","path":["%s"],"message":"%s"}' % (received, field, message)


def failed(data):
    return 400, ('{"message":"Failed to create record.","detail":{"code":400,"message":"Failed to create record.","data":' + data + "}}\n")


MISSING = '{"code":"validation_missing_rel_records","message":"Failed to find all relation records with the provided ids."}'


def parameters_have_15_characters(server):
    for asker in (None, "ana"):
        equal(server.put("ana", "short", asker), invalid(too("too_small", "followee")))
        equal(server.put("x" * 16, "bob", asker), invalid(too("too_big", "follower")))
        equal(server.put("", "x" * 99, asker), invalid(too("too_small", "follower"), too("too_big", "followee")))


def parameters_are_texts(server):
    ask = lambda body: server.ask("PUT", "/follow", body, server.tokens["ana"])
    both = invalid(of_type("follower", "undefined", "Required"), of_type("followee", "undefined", "Required"))
    for body in ({}, "", "[]", "{", "null"):
        equal(ask(body), both)
    equal(ask({"follower": server.users["ana"]}), invalid(of_type("followee", "undefined", "Required")))
    equal(ask({"follower": 7, "followee": None}),
          invalid(of_type("follower", "number", "Expected string, received number"), of_type("followee", "null", "Expected string, received null")))


def lengths_count_utf16(server):
    equal(server.put("ana", "é" * 15, "ana"), failed('{"followee":' + MISSING + "}"))
    equal(server.put("ana", "x" * 13 + "😀", "ana"), failed('{"followee":' + MISSING + "}"))
    equal(server.put("ana", "x" * 14 + "😀", "ana"), invalid(too("too_big", "followee")))


def failures_name_their_field(server):
    equal(server.put("ana", NOBODY, "ana"), failed('{"followee":' + MISSING + "}"))
    equal(server.put(NOBODY, "bob", "ana"), failed('{"follower":' + MISSING + "}"))
    equal(server.put(NOBODY, NOTHING, "ana"), failed('{"follower":' + MISSING + ',"followee":' + MISSING + "}"))


def rules_decide(server):
    equal(server.put("ana", "bob"), failed("{}"))
    equal(server.put("bob", "ana", "ana"), failed("{}"))
    # Whoever may not make a pair does not learn that it is there.
    equal(server.put("bob", "ana", "bob")[0], 200)
    equal(server.put("bob", "ana", "ana"), failed("{}"))
    equal(server.put("bob", "ana"), failed("{}"))


def a_pair_is_made_once(server):
    status, first = server.put("cleo", "bob", "cleo")
    equal(status, 200)
    record = json.loads(first)
    equal(sorted(record), ["collectionId", "collectionName", "created", "followee", "follower", "id"])
    equal((record["follower"], record["followee"]), (server.users["cleo"], server.users["bob"]))
    equal(server.put("cleo", "bob", "cleo"), (200, first))
    equal(server.rows().count((server.users["cleo"], server.users["bob"])), 1)


def only_what_is_asked_for_is_expanded(server):
    for first in (True, False):  # made, and found again
        status, body = server.put("ana", "cleo", "ana", "?expand=follower")
        equal(status, 200)
        expand = json.loads(body)["expand"]
        equal(list(expand), ["follower"])
        user = expand["follower"]
        equal((user["username"], user["bio"], user["avatar"], user["id"]), ("ana", "I am ana", "", server.users["ana"]))
        equal(len(user["token"]), 40)
        assert "password" not in user and "tokenKey" not in user
    both = json.loads(server.put("ana", "cleo", "ana", "?expand=follower,followee")[1])["expand"]
    equal(sorted(both), ["followee", "follower"])
    assert "token" in both["follower"] and "token" not in both["followee"]


def tokens_are_their_owners(server):
    for asker in (None, "ana", "bob"):
        path = "/api/collections/users/records"
        assert '"token"' not in server.ask("GET", path, token=server.tokens.get(asker))[1]
        equal(server.ask("GET", path + "?filter=token!=''", token=server.tokens.get(asker))[0], 400)


def a_newer_request_cancels(server):
    with server.writes_wait():
        waiting = [server.send_put("bob", name, "bob", "?requestKey=k") for name in ("bob", "cleo")]
        # While no write can begin, one of them is told at once that it lost.
        answers, ended = {}, threading.Event()

        def take(n):
            answers[n] = server.read(waiting[n])
            ended.set()

        threads = [threading.Thread(target=take, args=[n]) for n in range(2)]
        for thread in threads:
            thread.start()
        assert ended.wait(30)
        equal([status for status, _ in answers.values()], [409])
    for thread in threads:
        thread.join(30)
    equal(sorted(status for status, _ in answers.values()), [200, 409])
    won = next(json.loads(body) for status, body in answers.values() if status == 200)
    rows = [row for row in server.rows() if row[0] == server.users["bob"] and row[1] != server.users["ana"]]
    equal(rows, [(won["follower"], won["followee"])])


def other_keys_and_callers_cancel_nothing(server):
    with server.writes_wait():
        waiting = [server.send_put(*request) for request in (
            ("cleo", "ana", "cleo", "?requestKey=a"), ("cleo", "cleo", "cleo", "?requestKey=b"),
            ("cleo", "bob", "cleo", ""), ("cleo", "bob", "cleo", "?requestKey="),
            ("ana", "bob", "ana", "?requestKey=a"))]
    equal([server.read(connection)[0] for connection in waiting], [200] * 5)


def what_is_committed_is_answered(server):
    for _ in range(2):
        equal(server.put("bob", "ana", "bob", "?requestKey=again")[0], 200)


def the_api_is_there(server):
    equal(server.ask("GET", "/api/health")[0], 200)
    equal(server.ask("GET", "/follow")[0], 404)
    status, body = server.ask("GET", "/api/collections/follows/records?expand=followee", token=server.tokens["cleo"])
    equal(status, 200)
    assert json.loads(body)["totalItems"] >= 1


TESTS = [parameters_have_15_characters, parameters_are_texts, lengths_count_utf16, failures_name_their_field, rules_decide, a_pair_is_made_once,
         only_what_is_asked_for_is_expanded, tokens_are_their_owners, a_newer_request_cancels, other_keys_and_callers_cancel_nothing,
         what_is_committed_is_answered, the_api_is_there]


def build(tree, source, work, options):
    """Installs, and builds against what was installed; the program."""
    shutil.rmtree(work, ignore_errors=True)
    run = lambda *command: subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    for component in ("core", "server"):
        run("cmake", "--install", tree, "--component", component, "--prefix", work / "prefix")
    private = [path for path in (work / "prefix" / "include").rglob("*.h") if path.relative_to(work / "prefix" / "include").parts[0] != "sluice"]
    assert not private, f"no public headers, and installed: {private}"
    run("cmake", "-S", source, "-B", work / "build", f"-DCMAKE_PREFIX_PATH={work / 'prefix'}", "-DCMAKE_BUILD_TYPE=Release", *options)
    run("cmake", "--build", work / "build")
    return work / "build" / "follow"


def main(tree, source, work, *options):
    source, work = pathlib.Path(source), pathlib.Path(work)
    program = build(tree, source, work, options)
    server = Follow(program, source / "schema.json", work / "pb_data")
    count = 0
    try:
        for test in TESTS:
            try:
                test(server)
            except Exception:
                count += 1
                print(f"FAIL {test.__name__}\n{traceback.format_exc()}")
    finally:
        code = server.end()
    if code:
        count += 1
        print(f"FAIL follow ended with {code}")
    # Once more on the folder that is there now: the schema is as it was.
    again = subprocess.Popen([program, work / "pb_data", source / "schema.json", "0"], stdout=subprocess.PIPE, text=True)
    if not again.stdout.readline().startswith("http://"):
        count += 1
        print("FAIL follow does not start on its folder again")
    again.terminate()
    again.wait(timeout=30)
    print(f"{len(TESTS) + 2 - count} passed, {count} failed")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
