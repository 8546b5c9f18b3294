// Files: FormData and Blob in records and batches, addresses, tokens, thumbs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, id, ifServed, png, PNG, serve, text } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const user = await server.user(1);
const posts = user.collection("posts");
const base = { title: "With files", author: id("user", 1), status: "draft" };
const bytes = async (url) => {
  const answer = await fetch(url);
  return { status: answer.status, type: answer.headers.get("content-type"), disposition: answer.headers.get("content-disposition"), data: Buffer.from(await answer.arrayBuffer()) };
};

test("create from FormData", async () => {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...base, pinned: "true", views: "4" })) form.append(name, value);
  form.append("tags", id("tag", 1));
  form.append("tags", id("tag", 2));
  form.append("attachments", text("one"), "First File.txt");
  form.append("attachments", text("two"), "second.txt");
  const post = await posts.create(form);
  assert.deepEqual([post.pinned, post.views, post.tags], [true, 4, [id("tag", 1), id("tag", 2)]]);
  assert.match(post.attachments[0], /^first_file_[a-z0-9]{10}\.txt$/);
  const one = await bytes(user.files.getURL(post, post.attachments[0]));
  assert.deepEqual([one.status, one.type, one.data.toString()], [200, "text/plain; charset=utf-8", "one"]);
});

test("create from an object with a Blob: other values keep their types", async () => {
  const post = await posts.create({ ...base, cover: png(), attachments: [text("1"), text("2")], meta: { deep: ["1", 1, true] }, tags: [id("tag", 3)], rating: 1.5, pinned: false });
  assert.deepEqual([post.meta, post.tags, post.rating, post.pinned], [{ deep: ["1", 1, true] }, [id("tag", 3)], 1.5, false]);
  assert.equal(post.attachments.length, 2);
  assert.match(post.cover, /\.png$/);
});

test("update: files are added, removed and replaced", async () => {
  const post = await posts.create({ ...base, attachments: [text("a")] });
  const [first] = post.attachments;
  let now = await posts.update(post.id, { "attachments+": text("b") });
  assert.equal(now.attachments.length, 2);
  assert.equal(now.attachments[0], first);
  now = await posts.update(post.id, { "attachments-": [first] });
  assert.equal(now.attachments.length, 1);
  assert.equal((await bytes(user.files.getURL(post, first))).status, 404);
  now = await posts.update(post.id, { attachments: [text("c")] });
  assert.equal((await bytes(user.files.getURL(now, now.attachments[0]))).data.toString(), "c");
  now = await posts.update(post.id, { attachments: [] });
  assert.deepEqual(now.attachments, []);
});

test("files that break a field's rules are refused", async () => {
  const wrong = await failure(posts.create({ ...base, cover: text("no picture") }));
  assert.equal(wrong.response.data.cover.code, "validation_invalid_mime_type");
  const large = await failure(posts.create({ ...base, attachments: [text("x".repeat(20001))] }));
  assert.equal(large.response.data.attachments.code, "validation_file_size_limit");
});

test("getURL: thumb and download", async () => {
  const owner = await root.collection("users").getOne(id("user", 1));
  const url = user.files.getURL(owner, owner.avatar, { thumb: "100x100", download: true });
  assert.match(url, /\?thumb=100x100&download=true$/);
  const thumb = await bytes(url);
  assert.equal(thumb.status, 200);
  assert.match(thumb.disposition, /^attachment/);
  assert.deepEqual([thumb.data.readUInt32BE(16), thumb.data.readUInt32BE(20)], [100, 100]);
});

test("getToken opens protected files", async (t) => {
  // With an organisation: an empty one would equal a guest's empty id in the rule of posts.
  const post = await posts.create({ ...base, cover: png(), org: id("org", 2) });
  assert.equal((await bytes(user.files.getURL(post, post.cover))).status, 404);
  const token = await ifServed(t, "POST /api/files/token", user.files.getToken());
  if (token === null) return;
  const open = await bytes(user.files.getURL(post, post.cover, { token }));
  assert.equal(open.status, 200);
  assert.deepEqual(open.data, PNG);
  const other = await (await server.user(8)).files.getToken();
  assert.equal((await bytes(user.files.getURL(post, post.cover, { token: other }))).status, 404);
  assert.equal((await failure(server.guest().files.getToken())).status, 401);
});

test("deleting a record deletes its files", async () => {
  const post = await posts.create({ ...base, attachments: [text("gone")] });
  await posts.delete(post.id);
  assert.equal((await bytes(user.files.getURL(post, post.attachments[0]))).status, 404);
});
