// Logging in by password and by one-time password, refreshing, impersonating, and the three flows that go by mail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, getTokenPayload, id, isTokenExpired, serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const users = () => server.guest().collection("users");
let made = 0;

/** A record of its own for each test: changes of passwords end the sessions of others. */
async function someone(more = {}) {
  const email = `sdk${++made}@example.com`;
  const record = await root.collection("users").create({ email, password: "password-0", passwordConfirm: "password-0", ...more });
  return { email, id: record.id };
}

test("listAuthMethods", async () => {
  const methods = await users().listAuthMethods();
  assert.deepEqual(methods.password, { enabled: true, identityFields: ["email"] });
  assert.deepEqual(methods.otp, { enabled: true, duration: 300 });
  assert.equal(methods.mfa.enabled, false);
  assert.deepEqual(methods.oauth2, { enabled: false, providers: [] });
});

test("authWithPassword: store, expand, fields", async () => {
  const pb = server.guest();
  const { record, token } = await pb.collection("users").authWithPassword("user2@example.com", "password-2", { expand: "manager", fields: "token,record.id,record.expand.manager.id" });
  assert.equal(record.expand.manager.id, id("user", 1));
  assert.deepEqual([pb.authStore.token, pb.authStore.record.id, pb.authStore.isValid, pb.authStore.isSuperuser], [token, id("user", 2), true, false]);
  const claims = getTokenPayload(token);
  assert.deepEqual([claims.id, claims.type, claims.collectionId, claims.refreshable], [id("user", 2), "auth", "_pb_users_auth_", true]);
  assert.equal(isTokenExpired(token), false);
  assert.equal(root.authStore.isSuperuser, true);
});

test("authWithPassword: another identity, rules of collections, wrong passwords", async () => {
  const wrong = await failure(users().authWithPassword("user2@example.com", "nope"));
  assert.deepEqual([wrong.status, wrong.response.message], [400, "Failed to authenticate."]);
  const unknown = await failure(users().authWithPassword("nobody@example.com", "nope"));
  assert.deepEqual(unknown.response, wrong.response);
  assert.equal((await failure(server.guest().collection("bots").authWithPassword("bot1@example.com", "password-1"))).status, 403);
  const empty = await failure(users().authWithPassword("", ""));
  assert.deepEqual(Object.keys(empty.response.data).sort(), ["identity", "password"]);
});

test("MFA: a password, then a one-time password", async () => {
  const staff = server.guest();
  const first = await failure(staff.collection("staff").authWithPassword("staff_1", "password-1"));
  assert.equal(first.status, 401);
  const { mfaId } = first.response;
  assert.match(mfaId, /^[a-z0-9]{15}$/);
  const { otpId } = await staff.collection("staff").requestOTP("staff1@example.com");
  const code = (await server.mail("staff1@example.com")).match(/one-time password is: (\d{6})\b/)[1];
  const { record } = await staff.collection("staff").authWithOTP(otpId, code, { mfaId });
  assert.equal(record.id, id("staff", 1));
});

test("authRefresh: a new token, the record as it is now", async () => {
  const pb = await server.user(4);
  await root.collection("users").update(id("user", 4), { name: "Renamed" });
  const { record, token } = await pb.collection("users").authRefresh();
  assert.equal(record.name, "Renamed");
  assert.equal(pb.authStore.token, token);
  assert.equal((await failure(users().authRefresh())).status, 401);
});

test("impersonate: a client of its own, whose token is not renewed", async () => {
  const pb = await root.collection("users").impersonate(id("user", 5), 60);
  assert.equal(pb.authStore.record.id, id("user", 5));
  const seconds = getTokenPayload(pb.authStore.token).exp - Date.now() / 1000;
  assert.ok(seconds > 50 && seconds < 61, `${seconds}`);
  assert.equal((await pb.collection("people").getOne(id("user", 5))).id, id("user", 5));
  const { token } = pb.authStore;
  assert.equal((await pb.collection("users").authRefresh()).token, token);
  assert.equal((await failure((await server.user(1)).collection("users").impersonate(id("user", 5), 60))).status, 403);
});

test("superusers: refreshed in time when their token was made for it", async () => {
  const pb = server.guest();
  await pb.collection("_superusers").authWithPassword("root@example.com", "correct horse", { autoRefreshThreshold: 30 * 60 });
  assert.equal((await pb.collection("_superusers").getList(1, 1)).items[0].email, "root@example.com");
});

test("requestVerification, confirmVerification", async () => {
  const one = await someone();
  assert.equal(await users().requestVerification(one.email), true);
  const token = await server.mailedToken(one.email, "confirm-verification");
  const pb = server.guest();
  await pb.collection("users").authWithPassword(one.email, "password-0");
  assert.equal(pb.authStore.record.verified, false);
  assert.equal(await pb.collection("users").confirmVerification(token), true);
  assert.equal(pb.authStore.record.verified, true);
  assert.equal((await root.collection("users").getOne(one.id)).verified, true);
  const bad = await failure(users().confirmVerification("bad"));
  assert.equal(bad.response.data.token.code, "validation_invalid_token_claims");
});

test("requestPasswordReset, confirmPasswordReset", async () => {
  const one = await someone();
  const pb = server.guest();
  await pb.collection("users").authWithPassword(one.email, "password-0");
  assert.equal(await users().requestPasswordReset(one.email), true);
  const token = await server.mailedToken(one.email, "confirm-password-reset");
  assert.ok((await failure(users().confirmPasswordReset(token, "password-new", "different"))).response.data.passwordConfirm);
  assert.equal(await users().confirmPasswordReset(token, "password-new", "password-new"), true);
  assert.equal((await failure(users().authWithPassword(one.email, "password-0"))).status, 400);
  assert.equal((await users().authWithPassword(one.email, "password-new")).record.id, one.id);
  assert.equal((await failure(pb.collection("users").authRefresh())).status, 401, "the old session has ended");
  assert.equal((await failure(users().confirmPasswordReset(token, "password-3rd", "password-3rd"))).status, 400);
  assert.equal(await users().requestPasswordReset("nobody@example.com"), true);
});

test("requestEmailChange, confirmEmailChange", async () => {
  const one = await someone();
  const pb = server.guest();
  await pb.collection("users").authWithPassword(one.email, "password-0");
  const address = `new-${one.email}`;
  assert.equal(await pb.collection("users").requestEmailChange(address), true);
  const token = await server.mailedToken(address, "confirm-email-change");
  assert.ok((await failure(users().confirmEmailChange(token, "wrong password"))).response.data.password);
  assert.equal(await pb.collection("users").confirmEmailChange(token, "password-0"), true);
  assert.equal(pb.authStore.token, "", "the SDK forgets the session that the change ended");
  assert.equal((await root.collection("users").getOne(one.id)).email, address);
  assert.equal((await failure(users().requestEmailChange("x@example.com"))).status, 401);
});

test("requestOTP, authWithOTP", async () => {
  const one = await someone();
  const { otpId } = await users().requestOTP(one.email);
  const code = (await server.mail(one.email)).match(/one-time password is: (\d{8})\b/)[1];
  assert.equal((await failure(users().authWithOTP(otpId, code === "00000000" ? "00000001" : "00000000"))).status, 400);
  const { record, token } = await users().authWithOTP(otpId, code);
  assert.equal(record.id, one.id);
  assert.ok(token);
  assert.equal((await failure(users().authWithOTP(otpId, code))).status, 400, "a code is good once");
  assert.match((await users().requestOTP("nobody@example.com")).otpId, /^[a-z0-9]{15}$/);
});

test("changing one's password ends the sessions", async () => {
  const one = await someone();
  const pb = server.guest();
  await pb.collection("users").authWithPassword(one.email, "password-0");
  await pb.collection("users").update(one.id, { oldPassword: "password-0", password: "password-1", passwordConfirm: "password-1" });
  assert.equal((await failure(pb.collection("users").authRefresh())).status, 401);
  await pb.collection("users").authWithPassword(one.email, "password-1");
});

test("authStore: cookies carry a session", async () => {
  const pb = await server.user(6);
  const other = server.guest();
  other.authStore.loadFromCookie(pb.authStore.exportToCookie({ secure: false }));
  assert.equal(other.authStore.token, pb.authStore.token);
  assert.equal((await other.collection("users").authRefresh()).record.id, id("user", 6));
});
