// Logging in through a provider: by a code, and whole with the realtime hand-over.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { failure, ifServed, Provider, serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const provider = await new Provider().start();
const ROUTE = "POST /api/collections/{collection}/auth-with-oauth2";
const REDIRECT = `${server.url}/api/oauth2-redirect`;

/** Whether the server knows logins through providers; when not, the test is skipped. */
const served = (t) => ifServed(t, ROUTE, server.guest().send("/api/collections/users/auth-with-oauth2", { method: "POST" })).catch(() => true);

test("listAuthMethods: a provider with state and challenge", async (t) => {
  await root.collections.update("users", {
    oauth2: {
      enabled: true, mappedFields: { name: "name" },
      providers: [{ name: "oidc", clientId: "client", clientSecret: "secret", authURL: `${provider.url}/authorize`, tokenURL: `${provider.url}/token`, userInfoURL: `${provider.url}/userinfo`, displayName: "Stub" }],
    },
  });
  const { oauth2 } = await server.guest().collection("users").listAuthMethods();
  if (!(await served(t))) return;
  const [one] = oauth2.providers;
  assert.deepEqual([oauth2.enabled, one.name, one.displayName, one.codeChallengeMethod], [true, "oidc", "Stub", "S256"]);
  assert.equal(createHash("sha256").update(one.codeVerifier).digest("base64url"), one.codeChallenge);
  const url = new URL(one.authURL);
  assert.deepEqual([url.searchParams.get("client_id"), url.searchParams.get("state"), url.searchParams.get("response_type")], ["client", one.state, "code"]);
  assert.match(one.authURL, /redirect_uri=$/);
});

test("authWithOAuth2Code: a new record, then the same one", async (t) => {
  const pb = server.guest();
  const answer = await ifServed(t, ROUTE,
    pb.collection("users").authWithOAuth2Code("oidc", "code-1", "verifier-1", REDIRECT, { bio: "made by the SDK" }));
  if (answer === null) return;
  assert.deepEqual([answer.meta.isNew, answer.record.name, answer.record.bio, answer.record.verified], [true, "Stub", "made by the SDK", true]);
  assert.equal(pb.authStore.token, answer.token);
  const asked = provider.asked.find((one) => one.path.startsWith("/token")).form;
  assert.deepEqual([asked.get("code"), asked.get("code_verifier"), asked.get("redirect_uri"), asked.get("grant_type")], ["code-1", "verifier-1", REDIRECT, "authorization_code"]);
  const again = await server.guest().collection("users").authWithOAuth2Code("oidc", "code-2", "verifier-2", REDIRECT);
  assert.deepEqual([again.meta.isNew, again.record.id], [false, answer.record.id]);

  const links = await pb.collection("users").listExternalAuths(answer.record.id);
  assert.deepEqual(links.map((link) => [link.provider, link.providerId]), [["oidc", "stub-1"]]);
  assert.equal(await pb.collection("users").unlinkExternalAuth(answer.record.id, "oidc"), true);
  assert.deepEqual(await pb.collection("users").listExternalAuths(answer.record.id), []);
});

test("authWithOAuth2Code: an unknown provider", async (t) => {
  if (!(await served(t))) return;
  const error = await failure(server.guest().collection("users").authWithOAuth2Code("github", "code", "verifier", REDIRECT));
  assert.equal(error.response.data.provider.code, "validation_invalid_provider");
});

test("authWithOAuth2: the whole way, the code comes over the realtime connection", async (t) => {
  const probe = await fetch(`${REDIRECT}?state=x`, { redirect: "manual" });
  if (probe.status === 404) return t.skip("the server has no GET /api/oauth2-redirect");
  provider.user = { sub: "stub-2", email: "whole@example.com", email_verified: true, name: "Whole" };
  const pb = server.guest();
  let redirected;
  const { record, meta } = await pb.collection("users").authWithOAuth2({
    provider: "oidc",
    scopes: ["openid", "email"],
    createData: { score: 7 },
    urlCallback: async (url) => {
      const asked = new URL(url);
      assert.deepEqual([asked.searchParams.get("scope"), asked.searchParams.get("redirect_uri")], ["openid email", REDIRECT]);
      redirected = await fetch(`${REDIRECT}?code=whole&state=${encodeURIComponent(asked.searchParams.get("state"))}`, { redirect: "manual" });
    },
  });
  assert.deepEqual([record.name, record.score, meta.isNew, meta.rawUser.sub], ["Whole", 7, true, "stub-2"]);
  assert.equal(redirected.status, 307);
  assert.match(redirected.headers.get("location"), /\/_\/#\/auth\/oauth2-redirect-success$/);
  assert.equal(pb.realtime.isConnected, false);
});
