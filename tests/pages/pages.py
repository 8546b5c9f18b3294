#!/usr/bin/env python3
"""The pages behind the links of mails, in a real browser: open the link of a mail, do what it asks, see that it is done.

    pages.py --serve 'build/release/sluice serve --dir {dir} --http {addr} --mail-dir {mails}' [--driver chromedriver] [--chromium chromium]

Each case ends with a look at the console: no script failed, and nothing violated the pages' policy (S-77).
"""
import argparse
import contextlib
import email
import email.policy
import json
import pathlib
import re
import shlex
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

from browser import Browser  # noqa: E402
from server import Server, token  # noqa: E402

FIXTURE = pathlib.Path(__file__).resolve().parents[1] / "conformance" / "fixtures" / "blog"
USER, ADDRESS, PASSWORD = "user00000000003", "user3@example.com", "password-3"


class Site:
    def __init__(self, server, mails, browser):
        self.server, self.mails, self.browser, self.seen = server, mails, browser, set()
        with contextlib.closing(sqlite3.connect(f"file:{server.dir}/data.db?mode=ro", uri=True)) as db:
            root = db.execute("SELECT id FROM _superusers WHERE email = 'root@example.com'").fetchone()[0]
        self.root = token(server.dir, "_superusers", root)
        # Links are to lead here.
        self.ask("PATCH", "/api/settings", {"meta": {"appURL": f"http://127.0.0.1:{server.port}"}}, self.root)

    def send(self, method, target, body, auth=""):
        headers = {"Content-Type": "application/json", **({"Authorization": auth} if auth else {})}
        status, _, data = self.server.request(method, target, headers, json.dumps(body).encode())
        return status, data

    def ask(self, method, target, body, auth=""):
        status, data = self.send(method, target, body, auth)
        assert status < 300, (method, target, status, data)
        return json.loads(data) if data else None

    def login(self, identity, password):
        return self.send("POST", "/api/collections/users/auth-with-password", {"identity": identity, "password": password})[0]

    def link(self, to):
        """The link in the next mail, which must be to that address."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for path in sorted(set(self.mails.iterdir()) - self.seen):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if message["To"] is None:
                    continue  # still being written
                self.seen.add(path)
                assert to in message["To"], message["To"]
                return re.search(r'href="([^"]+/_/#/auth/[^"]+)"', message.get_body(("html",)).get_content())[1]
            time.sleep(0.02)
        raise AssertionError(f"no mail to {to} came")


def verification(site):
    site.ask("POST", "/api/collections/users/request-verification", {"email": ADDRESS})
    link = site.link(ADDRESS)
    site.browser.open(link)
    assert site.browser.text("#title") == "Confirm your address"
    # Opening alone does nothing: programs open links, too.
    record = f"/api/collections/users/records/{USER}"
    assert site.ask("GET", record, None, site.root)["verified"] is False
    site.browser.click("#send")
    site.browser.wait_for("#message", "your address is confirmed")
    assert not site.browser.shows("#form")
    assert site.ask("GET", record, None, site.root)["verified"] is True


def password_reset(site):
    site.ask("POST", "/api/collections/users/request-password-reset", {"email": ADDRESS})
    link = site.link(ADDRESS)
    site.browser.open(link)
    site.browser.type("#password", "a new password")
    site.browser.type("#again", "another one")
    site.browser.click("#send")
    site.browser.wait_for("#message", "Values don't match")
    expect_refusal(site.browser)
    site.browser.open(link)
    site.browser.type("#password", "a new password")
    site.browser.type("#again", "a new password")
    site.browser.click("#send")
    site.browser.wait_for("#message", "Your new password is set")
    assert site.login(ADDRESS, "a new password") == 200
    assert site.login(ADDRESS, PASSWORD) == 400
    # Once is enough.
    site.browser.open(link)
    site.browser.type("#password", "a third password")
    site.browser.type("#again", "a third password")
    site.browser.click("#send")
    site.browser.wait_for("#message", "Invalid or expired token")
    expect_refusal(site.browser)


def email_change(site):
    auth = token(site.server.dir, "users", USER)
    site.ask("POST", "/api/collections/users/request-email-change", {"newEmail": "moved@example.com"}, auth)
    site.browser.open(site.link("moved@example.com"))
    assert not site.browser.shows("#again")
    site.browser.type("#password", "not that one")
    site.browser.click("#send")
    site.browser.wait_for("#message", "could not be changed")
    expect_refusal(site.browser)
    site.browser.run("document.getElementById('password').value = ''")
    site.browser.type("#password", "a new password")
    site.browser.click("#send")
    site.browser.wait_for("#message", "Your address is changed")
    assert site.login("moved@example.com", "a new password") == 200
    assert site.login(ADDRESS, "a new password") == 400


def oauth2_pages(site):
    for name, said in (("success", "You are signed in"), ("failure", "That did not work")):
        site.browser.open(f"http://127.0.0.1:{site.server.port}/_/#/auth/oauth2-redirect-{name}")
        site.browser.wait_for("#title", said)
        assert not site.browser.shows("#form")
    # As a provider sends people back: without a state that anybody waits for.
    site.browser.open(f"http://127.0.0.1:{site.server.port}/api/oauth2-redirect?state=nobody&code=x")
    site.browser.wait_for("#title", "That did not work")
    # Each tries to close its window, which these are not to be: nobody opened them.
    found = site.browser.complaints()
    assert len(found) == 3 and all("Scripts may close only the windows" in text for text in found), found
    # A pop-up closes.
    site.browser.open(f"http://127.0.0.1:{site.server.port}/_/")
    site.browser.run("window.popup = window.open('/_/#/auth/oauth2-redirect-success', '', 'popup'); return 1")
    end = time.monotonic() + 20
    while not site.browser.run("return window.popup !== null && window.popup.closed"):
        assert time.monotonic() < end, "the pop-up stays open"
        time.sleep(0.05)


def hostile_links(site):
    base = f"http://127.0.0.1:{site.server.port}/_/#/auth/"
    for link in ("", "nothing/x", "__proto__/x", "confirm-verification", "confirm-verification/<img src=x onerror=alert(1)>",
                 "confirm-verification/%3Cscript%3Ealert(1)%3C/script%3E.e30.x", "confirm-password-reset/a.eyJjb2xsZWN0aW9uSWQiOiIuLi8uLi8uLi9ldmlsIn0.b"):
        site.browser.open(base + link)
        assert site.browser.run("return document.querySelectorAll('script, img').length") == 1, link
        if site.browser.shows("#form"):
            for field in ("#password", "#again"):
                if site.browser.shows(field):
                    site.browser.type(field, "some password")
            site.browser.click("#send")
            site.browser.wait_for("#message", "o")
            time.sleep(0.3)
    site.browser.complaints()  # refused requests are noted there; scripts would have left an alert


def policy_holds(site):
    """That a violation would be noticed: what the policy forbids is tried, and shows in the console."""
    site.browser.open(f"http://127.0.0.1:{site.server.port}/_/")
    site.browser.run("const s = document.createElement('script'); s.textContent = 'window.evil = 1'; document.body.append(s)")
    site.browser.run("const i = document.createElement('img'); i.src = 'http://127.0.0.1:1/x.png'; document.body.append(i)")
    time.sleep(0.3)
    assert site.browser.run("return window.evil === undefined")
    found = site.browser.complaints()
    assert sum("Content Security Policy" in text for text in found) >= 2, found


def expect_refusal(browser):
    """A request that was refused is noted in the console, and nothing else is."""
    found = browser.complaints()
    assert len(found) == 1 and "status of 400" in found[0], found


CASES = [verification, password_reset, email_change, oauth2_pages, hostile_links, policy_holds]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--serve", required=True)
    options.add_argument("--driver", default=shutil.which("chromedriver"))
    options.add_argument("--chromium", default=shutil.which("chromium"))
    options = options.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="sluice-mails-") as mails:
        command = [part.replace("{mails}", mails) for part in shlex.split(options.serve)]
        browser = Browser(options.driver, options.chromium)
        try:
            with Server(command, FIXTURE) as server:
                site = Site(server, pathlib.Path(mails), browser)
                for case in CASES:
                    try:
                        case(site)
                        found = browser.complaints()
                        assert not found, found
                        passed += 1
                    except (AssertionError, RuntimeError, TypeError) as error:
                        failed += 1
                        print(f"FAIL {case.__name__}: {error}")
        finally:
            browser.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
