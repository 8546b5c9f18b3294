// The record calls of the SDK: reading, writing, modifiers, errors, cancelling.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, id, serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const user = await server.user(1);
const guest = server.guest();

test("getList: page, perPage, sort, filter, totals", async () => {
  const page = await root.collection("posts").getList(2, 7, { sort: "-id", filter: "status = 'published'" });
  assert.deepEqual([page.page, page.perPage, page.totalItems, page.totalPages, page.items.length], [2, 7, 30, 5, 7]);
  assert.ok(page.items.every((post) => post.status === "published" && post.collectionName === "posts"));
  const ids = page.items.map((post) => post.id);
  assert.deepEqual(ids, [...ids].sort().reverse());
});

test("getList: skipTotal, fields, expand", async () => {
  const page = await root.collection("posts").getList(1, 2, { skipTotal: true, sort: "id", fields: "id,title:excerpt(3),expand.author.name", expand: "author" });
  assert.equal(page.totalItems, -1);
  assert.deepEqual(Object.keys(page.items[0]).sort(), ["expand", "id", "title"]);
  assert.deepEqual(Object.keys(page.items[0].expand.author), ["name"]);
});

test("getList: other options are sent as query and headers", async () => {
  const diary = await server.user(2);
  const refused = await failure(diary.collection("diary").create({ author: id("user", 2), entry: "x" }));
  assert.equal(refused.status, 400);
  const entry = await diary.collection("diary").create({ author: id("user", 2), entry: "x" }, { headers: { "X-Device": "phone" } });
  assert.equal((await failure(diary.collection("diary").update(entry.id, { mood: 1 }))).status, 404);
  assert.equal((await diary.collection("diary").update(entry.id, { mood: 1 }, { force: "yes" })).mood, 1);
});

test("getFullList: in batches and at once", async () => {
  let requests = 0;
  root.beforeSend = (url, options) => (requests++, { url, options });
  const some = await root.collection("posts").getFullList({ batch: 25, sort: "id" });
  assert.equal(requests, 3);
  const all = await root.collection("posts").getFullList({ sort: "id" });
  root.beforeSend = undefined;
  assert.equal(requests, 4);
  assert.equal(all.length, 60);
  assert.deepEqual(some, all);
});

test("getOne: expand over several relations and back", async () => {
  const one = await root.collection("comments").getOne(id("comm", 1), { expand: "post.author,post.tags,author" });
  assert.equal(one.expand.post.expand.author.id, one.expand.post.author);
  assert.equal(one.expand.author.id, one.author);
  const author = await root.collection("users").getOne(id("user", 1), { expand: "comments_via_author" });
  assert.ok(author.expand.comments_via_author.length > 0);
  assert.ok(author.expand.comments_via_author.every((comment) => comment.author === author.id));
});

test("getOne: unknown id, empty id", async () => {
  const error = await failure(guest.collection("tags").getOne("nope"));
  assert.equal(error.status, 404);
  assert.deepEqual(error.response, { data: {}, message: "The requested resource wasn't found.", status: 404 });
  assert.equal((await failure(guest.collection("tags").getOne(""))).status, 404);
});

test("getFirstListItem with placeholders", async () => {
  const found = await root.collection("users").getFirstListItem(root.filter("name = {:name} && created < {:now}", { name: "Dora O'Neil", now: new Date() }), { sort: "id" });
  assert.equal(found.name, "Dora O'Neil");
  assert.equal((await failure(root.collection("users").getFirstListItem("name = 'nobody'"))).status, 404);
});

test("a filter that cannot be read is an error", async () => {
  const error = await failure(guest.collection("tags").getList(1, 1, { filter: "name =" }));
  assert.equal(error.status, 400);
  assert.equal(error.response.message, "Something went wrong while processing your request.");
});

test("views are read like other collections", async () => {
  const page = await guest.collection("post_stats").getList(1, 5, { sort: "-comments,id" });
  assert.equal(page.items.length, 5);
  assert.equal(typeof page.items[0].comments, "number");
  const one = await guest.collection("post_stats").getOne(page.items[0].id, { expand: "author" });
  assert.equal(one.title, page.items[0].title);
});

test("create from an object: every kind of value comes back", async () => {
  const body = {
    title: "From the SDK", slug: "from-the-sdk", body: "<p>ä</p>", author: id("user", 1), tags: [id("tag", 1), id("tag", 2)], status: "draft", labels: ["news"],
    views: 3, rating: -1.5, pinned: true, publishedAt: new Date("2026-02-03T04:05:06.007Z"), meta: { a: [1, null, "x"] }, place: { lon: 1.5, lat: -2 },
  };
  const post = await user.collection("posts").create(body, { expand: "tags", fields: "*,expand.tags.id" });
  assert.match(post.id, /^[a-z0-9]{15}$/);
  const { publishedAt, ...rest } = body;
  for (const [name, value] of Object.entries(rest)) assert.deepEqual(post[name], value, name);
  assert.equal(post.publishedAt, "2026-02-03 04:05:06.007Z");
  assert.deepEqual(post.expand.tags, [{ id: id("tag", 1) }, { id: id("tag", 2) }]);
  assert.equal(post.internal, undefined);
  await user.collection("posts").delete(post.id);
});

test("create: errors of fields reach response.data", async () => {
  const error = await failure(root.collection("posts").create({ title: "x", author: "missing", status: "nope" }));
  assert.equal(error.status, 400);
  assert.deepEqual(Object.keys(error.response.data).sort(), ["author", "status", "title"]);
  assert.equal(error.response.data.title.code, "validation_min_text_constraint");
  assert.equal(error.data, error.response);
  const twice = await failure(root.collection("tags").create({ name: (await root.collection("tags").getOne(id("tag", 1))).name }));
  assert.equal(twice.response.data.name.code, "validation_not_unique");
});

test("create and update by rules", async () => {
  assert.equal((await failure(guest.collection("tags").create({ name: "guest" }))).status, 400);
  assert.equal((await failure(guest.collection("secrets").create({ key: "a" }))).status, 403);
  assert.equal((await failure(user.collection("posts").update(id("post", 1), { title: "mine now" }))).status, 404);
});

test("update: modifiers + and - of relations, selects and numbers", async () => {
  const tags = [1, 2, 3].map((n) => id("tag", n));
  const posts = user.collection("posts");
  const post = await posts.create({ title: "Modified", author: id("user", 1), status: "draft", tags: tags.slice(0, 1), labels: ["news"], views: 5 });
  let now = await posts.update(post.id, { "tags+": tags.slice(1), "labels+": "howto", "views+": 2 });
  assert.deepEqual([now.tags, now.labels, now.views], [tags, ["news", "howto"], 7]);
  now = await posts.update(post.id, { "tags-": [tags[0]], "labels-": ["news"], "views-": 3 });
  assert.deepEqual([now.tags, now.labels, now.views], [tags.slice(1), ["howto"], 4]);
  now = await posts.update(post.id, { "+tags": tags[0] });
  assert.deepEqual(now.tags, tags);
  assert.equal(now.created, post.created);
  assert.ok(now.updated >= post.updated);
  await posts.delete(post.id);
});

test("update: null and empty values clear", async () => {
  const posts = user.collection("posts");
  const post = await posts.create({ title: "Cleared", author: id("user", 1), status: "draft", meta: { a: 1 }, views: 2, tags: [id("tag", 1)], publishedAt: "2026-01-01" });
  const now = await posts.update(post.id, { meta: null, views: 0, tags: [], publishedAt: "" });
  assert.deepEqual([now.meta, now.views, now.tags, now.publishedAt], [null, 0, [], ""]);
  await posts.delete(post.id);
});

test("delete: gone, and gone with its dependants", async () => {
  const author = await root.collection("users").create({ email: "gone@example.com", password: "password-x", passwordConfirm: "password-x" });
  const post = await root.collection("posts").create({ title: "Going", author: author.id, status: "published" });
  const comment = await root.collection("comments").create({ post: post.id, author: id("user", 1), text: "too" });
  assert.equal(await root.collection("users").delete(author.id), true);
  for (const [name, one] of [["users", author], ["posts", post], ["comments", comment]]) {
    assert.equal((await failure(root.collection(name).getOne(one.id))).status, 404, name);
  }
  assert.equal((await failure(root.collection("users").delete(author.id))).status, 404);
});

test("a user's own changes reach the store; deleting oneself empties it", async () => {
  await root.collection("users").create({ email: "self@example.com", password: "password-x", passwordConfirm: "password-x", name: "Before" });
  const pb = server.guest();
  const { record } = await pb.collection("users").authWithPassword("self@example.com", "password-x");
  await pb.collection("users").update(record.id, { name: "After" });
  assert.equal(pb.authStore.record.name, "After");
  await pb.collection("users").delete(record.id);
  assert.equal(pb.authStore.token, "");
});

test("a newer call of the same kind cancels the older one", async () => {
  const slow = guest.collection("tags").getList(1, 1);
  const fast = guest.collection("tags").getList(1, 2);
  const [cancelled, answered] = await Promise.allSettled([slow, fast]);
  assert.equal(cancelled.reason.isAbort, true);
  assert.equal(answered.value.items.length, 2);
  const both = await Promise.all([1, 2].map((n) => guest.collection("tags").getList(1, n, { requestKey: null })));
  assert.deepEqual(both.map((page) => page.items.length), [1, 2]);
});

test("send: any other route", async () => {
  const answer = await guest.send("/api/collections/tags/records", { query: { perPage: 1, sort: "id" } });
  assert.equal(answer.items[0].id, id("tag", 1));
  assert.equal((await failure(guest.send("/api/nope", { method: "POST" }))).status, 404);
});
