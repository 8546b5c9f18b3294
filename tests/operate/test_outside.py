"""Services that Sluice asks, and that are not there, hang, break off or talk nonsense: whoever needs them is told so, everybody
else is served, and all is well again when they are."""
import json
import threading
import time

from outside import Bucket, MailBox, Outside, provider, unknown_certificate
from serving import WAIT, ServingTest, ask, make_certificate

USERS = "/api/collections/users"


class OutsideTest(ServingTest):
    service = None  # set by the classes below

    def setUp(self):
        super().setUp()
        self.superuser()
        self.server = self.serve("--log-level", "off")
        self.root_token = self.token(self.server)
        self.ask("POST", "/api/collections", {"name": "notes", "type": "base", "listRule": "", "createRule": "",
                                              "fields": [{"name": "title", "type": "text"}]}, 200)

    def outside(self, *arguments):
        service = Outside(*arguments)
        self.addCleanup(service.close)
        return service

    def ask(self, method, target, body, expected, token=True):
        status, _, said = ask(self.server, method, target, body, self.root_token if token else None)
        self.assertEqual(status, expected, said)
        return json.loads(said) if said else None

    def others_are_served(self):
        self.ask("GET", "/api/health", None, 200, token=False)
        self.ask("POST", "/api/collections/notes/records", {"title": "a"}, 200, token=False)
        self.ask("GET", "/api/collections/notes/records?filter=title='a'", None, 200, token=False)

    def tries(self, service, manners, works, fails):
        """`works` asks what needs the service and is answered, `fails` asks it and is told so."""
        works()
        for manner in manners:
            with self.subTest(manner.__name__):
                service.turn(manner)
                fails()
                self.others_are_served()
                service.turn(service.well)
                works()
        with self.subTest("nobody there"):
            service.go()
            fails()
            self.others_are_served()
            service.come()
            works()
        with self.subTest("by the byte"):
            service.turn(service.by_the_byte)
            works()
        with self.subTest("silent"):
            self.waits(service, fails)
            works()

    def waits(self, service, fails):
        """Who asks a service that says nothing waits, nobody else does; when it hangs up, they are told."""
        service.turn(service.silent)
        before, failures = len(service.open), []

        def one():
            try:
                fails()
            except AssertionError as failure:
                failures.append(failure)
        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + WAIT
        while len(service.open) == before and time.monotonic() < end:
            time.sleep(0.01)
        for _ in range(10):
            self.others_are_served()
        self.assertTrue(all(thread.is_alive() for thread in threads))
        # Those that waited for a thread of ours come now, and what is tried once more.
        service.manner = service.closing
        while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
            service.hang_up()
            time.sleep(0.05)
        for thread in threads:
            thread.join(WAIT)
        self.assertEqual(failures, [])
        service.turn(service.well)


class ProviderTest(OutsideTest):
    def use(self, scheme):
        url = f"{scheme}://localhost:{self.service.port}" if scheme == "https" else f"http://127.0.0.1:{self.service.port}"
        self.ask("PATCH", USERS, {"oauth2": {"enabled": True, "providers": [{
            "name": "oidc", "clientId": "c", "clientSecret": "s", "authURL": url + "/auth", "tokenURL": url + "/token",
            "userInfoURL": url + "/me"}]}}, 200)

    def log_in(self, expected):
        return self.ask("POST", USERS + "/auth-with-oauth2", {"provider": "oidc", "code": "c", "codeVerifier": "v",
                                                              "redirectURL": "http://a.test"}, expected, token=False)

    def fails(self):
        self.assertEqual(self.log_in(400), {"data": {}, "message": "Failed to fetch OAuth2 token.", "status": 400})

    def works(self):
        self.assertEqual(self.log_in(200)["record"]["name"], "Olga")

    def test_a_provider(self):
        self.service = service = self.outside(provider)
        self.use("http")
        self.tries(service, [service.closing, service.cut, service.garbage, service.endless_head, service.endless_body], self.works, self.fails)
        self.assertLess(self.server.memory(), 400 << 20)
        service.context = unknown_certificate(make_certificate(self.root))
        service.turn(service.well)
        self.use("https")
        self.fails()
        self.others_are_served()


class MailTest(OutsideTest):
    def use(self, **more):
        self.ask("PATCH", "/api/settings", {"smtp": {"enabled": True, "host": "127.0.0.1", "port": self.service.port, "tls": False, **more}}, 200)

    def send(self, expected):
        return self.ask("POST", "/api/settings/test/email", {"email": "to@example.com", "template": "verification"}, expected)

    def fails(self):
        self.assertRegex(self.send(400)["message"], r"^Failed to send the test email\. Raw error: \n.+\.$")

    def works(self):
        before = len(self.box.mails)
        self.send(204)
        self.assertEqual(len(self.box.mails), before + 1)

    def test_a_mail_server(self):
        self.box = MailBox()
        self.service = service = self.outside(self.box, b"220 ready\r\n")
        self.use()
        self.tries(service, [service.closing, service.cut, service.garbage, service.endless_line], self.works, self.fails)
        for dies in (False, True):
            for command in ("MAIL", "RCPT", "DATA", "."):
                with self.subTest(command=command, dies=dies):
                    self.box.refused, self.box.dies = command, dies
                    self.fails()
                    self.others_are_served()
                    self.box.refused = ""
                    self.works()

    def test_what_users_are_told(self):
        self.box = MailBox()
        self.service = service = self.outside(self.box, b"220 ready\r\n")
        self.use()
        self.ask("POST", USERS + "/records", {"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"}, 200)
        user = self.ask("POST", USERS + "/auth-with-password", {"identity": "a@example.com", "password": "12345678"}, 200, token=False)["token"]
        service.go()
        status, _, said = ask(self.server, "POST", USERS + "/request-email-change", {"newEmail": "b@example.com"}, user)
        self.assertEqual((status, json.loads(said)["message"]), (400, "Failed to request email change."))
        # These tell nobody whether there is such an address.
        for target in ("/request-password-reset", "/request-verification"):
            self.ask("POST", USERS + target, {"email": "a@example.com"}, 204, token=False)
        self.others_are_served()
        service.come()
        status, _, said = ask(self.server, "POST", USERS + "/request-email-change", {"newEmail": "b@example.com"}, user)
        self.assertEqual(status, 204, said)

    def test_a_certificate_that_nobody_knows(self):
        self.box = MailBox()
        self.service = self.outside(self.box, b"220 ready\r\n")
        self.service.context = unknown_certificate(make_certificate(self.root))
        self.use(tls=True)
        self.fails()
        self.assertEqual(self.box.mails, [])
        self.others_are_served()


class BucketTest(OutsideTest):
    def use(self, url):
        self.ask("PATCH", "/api/settings", {"s3": {"enabled": True, "endpoint": url, "bucket": "b", "region": "r", "accessKey": "k",
                                                   "secret": "s", "forcePathStyle": True}}, 200)

    def fails(self):
        said = self.ask("POST", "/api/settings/test/s3", {"filesystem": "storage"}, 400)
        self.assertRegex(said["message"], r"^Failed to test the S3 filesystem\. Raw error: \nS3: .+\.$")

    def works(self):
        self.ask("POST", "/api/settings/test/s3", {"filesystem": "storage"}, 204)

    def test_a_bucket(self):
        self.service = service = self.outside(Bucket())
        self.use(f"http://127.0.0.1:{service.port}")
        self.tries(service, [service.closing, service.cut, service.garbage, service.endless_head], self.works, self.fails)
        service.context = unknown_certificate(make_certificate(self.root))
        service.turn(service.well)
        self.use(f"https://localhost:{service.port}")
        self.fails()
        self.others_are_served()
