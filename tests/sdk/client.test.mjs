// What the client and its stores do themselves: addresses, filters, hooks, cancelling, sessions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AsyncAuthStore, BaseAuthStore, failure, id, LocalAuthStore, PocketBase, serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();

test("addresses: buildURL, crud paths and the older names", async () => {
  const pb = server.guest();
  assert.equal(pb.buildURL("/api/health"), `${server.url}/api/health`);
  assert.equal(pb.buildUrl("api/health"), `${server.url}/api/health`);
  assert.equal(pb.baseUrl, server.url);
  assert.equal((await fetch(pb.buildURL(pb.collection("tags").baseCrudPath))).status, 200);
  assert.equal((await fetch(pb.buildURL(`${pb.collection("users").baseCollectionPath}/auth-methods`))).status, 200);
  assert.equal((await fetch(pb.buildURL(root.collections.baseCrudPath))).status, 401);
  assert.deepEqual([pb.collection("_superusers").isSuperusers, pb.collection("users").isSuperusers], [true, false]);
  assert.equal(pb.admins.baseCrudPath, pb.collection("_superusers").baseCrudPath);
  const post = await root.collection("posts").getOne(id("post", 1));
  const file = post.attachments[0];
  assert.deepEqual([root.getFileUrl(post, file), root.files.getUrl(post, file)], Array(2).fill(root.files.getURL(post, file)));
  assert.equal(root.backups.getDownloadUrl("token", "a.zip"), root.backups.getDownloadURL("token", "a.zip"));
});

test("filter: every kind of placeholder reaches the server as it is meant", async () => {
  const pb = server.guest();
  const name = "it's {:b} \\ \"quoted\"";
  const made = await root.collection("tags").create({ name, weight: 42 });
  const find = (text, values) => root.collection("tags").getFullList({ filter: pb.filter(text, values), requestKey: null });
  for (const [text, values] of [
    ["name = {:name} && weight = {:weight}", { name, weight: 42 }],
    ["name = {:name} && created <= {:now}", { name, now: new Date(Date.now() + 1000) }],
    ["name = {:name} && weight != {:none}", { name, none: null }],
    ["name = {:name} && {:yes} = true", { name, yes: true }],
  ]) {
    const found = await find(text, values);
    assert.deepEqual(found.map((tag) => tag.id), [made.id], text);
  }
  await root.collection("tags").delete(made.id);
});

test("beforeSend and afterSend", async () => {
  const pb = server.guest();
  pb.beforeSend = (url, options) => ({ url: url.replace("nowhere", "tags"), options: { ...options, headers: { ...options.headers, "X-Sent": "yes" } } });
  pb.afterSend = (response, data) => ({ ...data, seen: response.status });
  const page = await pb.collection("nowhere").getList(1, 1);
  assert.deepEqual([page.items[0].collectionName, page.seen], ["tags", 200]);
});

test("autoCancellation, cancelRequest, cancelAllRequests", async () => {
  const pb = server.guest();
  const ask = (options) => pb.collection("tags").getList(1, 1, options);
  const outcome = async (promises) => (await Promise.allSettled(promises)).map((one) => (one.status === "fulfilled" ? "answered" : one.reason.isAbort ? "cancelled" : one.reason));
  assert.deepEqual(await outcome([ask(), ask()]), ["cancelled", "answered"]);
  pb.autoCancellation(false);
  assert.deepEqual(await outcome([ask(), ask()]), ["answered", "answered"]);
  pb.autoCancellation(true);
  const keyed = [ask({ requestKey: "mine" }), ask({ requestKey: "other" })];
  pb.cancelRequest("mine");
  assert.deepEqual(await outcome(keyed), ["cancelled", "answered"]);
  const all = [ask({ requestKey: "a" }), ask({ requestKey: "b" })];
  pb.cancelAllRequests();
  assert.deepEqual(await outcome(all), ["cancelled", "cancelled"]);
  assert.equal((await ask()).items.length, 1);
});

test("errors: toJSON", async () => {
  const error = await failure(server.guest().collection("tags").getOne("nope"));
  assert.equal(error.toJSON().status, 404);
  assert.deepEqual(error.data, error.response);
});

test("decode is the place where a service may change what came", async () => {
  const plain = { id: "a" };
  assert.equal(root.collection("tags").decode(plain), plain);
  assert.equal(root.collections.decode(plain), plain);
});

test("realtime: a listener is taken back by itself", async () => {
  const pb = server.guest();
  server.atEnd(() => pb.realtime.unsubscribe());
  const listener = () => {};
  await pb.realtime.subscribe("tags/*", listener);
  assert.equal(pb.realtime.isConnected, true);
  // The SDK wraps what it was given, so this knows wrapped listeners only and leaves the others.
  await pb.realtime.unsubscribeByTopicAndListener("tags/*", listener);
  await pb.realtime.unsubscribe("tags/*");
  assert.equal(pb.realtime.isConnected, false);
});

/** What every store does, with sessions that the server accepts. */
async function checkStore(store) {
  const pb = new PocketBase(server.url, store);
  const changes = [];
  const stop = store.onChange((token, record) => changes.push([token, record?.id]));
  await pb.collection("users").authWithPassword("user2@example.com", "password-2");
  assert.deepEqual([store.isValid, store.isSuperuser, store.isAdmin, store.isAuthRecord], [true, false, false, true]);
  assert.deepEqual([store.record.id, store.model.id], [id("user", 2), id("user", 2)]);
  const { token } = store;
  const cookie = store.exportToCookie({ secure: false, sameSite: "Lax" });
  assert.match(cookie, /^pb_auth=.*HttpOnly; SameSite=Lax$/);
  store.clear();
  assert.deepEqual([store.token, store.isValid, store.record], ["", false, null]);
  store.loadFromCookie(cookie);
  assert.equal(store.token, token);
  assert.equal((await pb.collection("users").authRefresh()).record.id, id("user", 2));
  stop();
  store.save(root.authStore.token, root.authStore.record);
  assert.deepEqual([store.isSuperuser, store.isAdmin, store.isAuthRecord], [true, true, false]);
  assert.equal((await pb.collection("_superusers").getList(1, 1)).items.length, 1);
  assert.deepEqual(changes.map(([, record]) => record), [id("user", 2), undefined, id("user", 2), id("user", 2)]);
  store.clear();
}

test("BaseAuthStore", () => checkStore(new BaseAuthStore()));

test("LocalAuthStore", () => checkStore(new LocalAuthStore("sdk-test")));

test("AsyncAuthStore: keeps a session elsewhere, and begins with it", async () => {
  const kept = [];
  let cleared = 0;
  await checkStore(new AsyncAuthStore({ save: async (text) => kept.push(JSON.parse(text)), clear: async () => cleared++ }));
  assert.equal(cleared, 2);
  assert.equal(kept.at(-1).record.collectionName, "_superusers");
  const session = { token: root.authStore.token, record: root.authStore.record };
  const again = new PocketBase(server.url, new AsyncAuthStore({ save: async () => {}, initial: Promise.resolve(JSON.stringify(session)) }));
  await new Promise((done) => setImmediate(done));
  assert.equal((await again.collection("_superusers").authRefresh()).record.email, "root@example.com");
});
