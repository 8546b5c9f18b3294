// The collection calls, for superusers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, ifServed, serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const guest = server.guest();

test("getList, getFullList, getOne, getFirstListItem", async () => {
  const all = await root.collections.getFullList({ sort: "name" });
  const names = all.map((one) => one.name);
  for (const name of ["users", "posts", "post_stats", "_superusers"]) assert.ok(names.includes(name), name);
  const page = await root.collections.getList(1, 2, { filter: "type = 'view'", sort: "name" });
  assert.deepEqual(page.items.map((one) => one.name), ["people", "post_stats"]);
  const posts = await root.collections.getOne("posts");
  assert.equal(posts.fields.find((field) => field.name === "cover").protected, true);
  assert.equal((await root.collections.getFirstListItem("name = 'posts'")).id, posts.id);
  assert.equal((await failure(root.collections.getOne("nope"))).status, 404);
});

test("only superusers", async () => {
  assert.equal((await failure(guest.collections.getList())).status, 401);
  assert.equal((await failure((await server.user(1)).collections.create({ name: "x" }))).status, 403);
});

test("create, fill, change, truncate, delete", async () => {
  const made = await root.collections.create({
    name: "things", type: "base", listRule: "", viewRule: "", createRule: "", fields: [{ name: "title", type: "text", required: true }, { name: "amount", type: "number" }],
    indexes: ["CREATE UNIQUE INDEX idx_things_title ON things (title)"],
  });
  assert.equal(made.fields[0].name, "id");
  const thing = await guest.collection("things").create({ title: "one", amount: 1 });
  const fields = made.fields.map((field) => (field.name === "amount" ? { ...field, name: "count" } : field));
  const changed = await root.collections.update("things", { name: "items", fields: [...fields, { name: "done", type: "bool" }] });
  assert.equal(changed.id, made.id);
  const item = await guest.collection("items").getOne(thing.id);
  assert.deepEqual([item.count, item.done, item.amount], [1, false, undefined]);
  assert.equal(await root.collections.truncate("items"), true);
  assert.equal((await guest.collection("items").getList()).totalItems, 0);
  assert.equal(await root.collections.delete("items"), true);
  assert.equal((await failure(guest.collection("items").getList())).status, 404);
});

test("create: errors of fields reach response.data", async () => {
  const error = await failure(root.collections.create({ name: "posts", fields: [{ name: "a", type: "nope" }] }));
  assert.equal(error.status, 400);
  const name = await failure(root.collections.create({ name: "posts" }));
  assert.equal(name.response.data.name.code, "validation_collection_name_exists");
});

test("import adds and changes, and with deleteMissing removes", async () => {
  const before = await root.collections.getFullList();
  await root.collections.import([{ name: "imported", type: "base", fields: [{ name: "a", type: "text" }] }]);
  assert.equal((await root.collections.getFullList()).length, before.length + 1);
  assert.equal(await root.collections.import(before, true), true);
  assert.equal((await failure(root.collections.getOne("imported"))).status, 404);
  assert.equal((await root.collection("posts").getList(1, 1)).totalItems, 60);
});

test("getScaffolds", async () => {
  const scaffolds = await root.collections.getScaffolds();
  assert.deepEqual(Object.keys(scaffolds).sort(), ["auth", "base", "view"]);
});

test("getAllOAuth2Providers", async (t) => {
  const providers = await ifServed(t, "GET /api/collections/meta/oauth2-providers", root.collections.getAllOAuth2Providers());
  if (providers === null) return;
  const oidc = providers.find((one) => one.name === "oidc");
  assert.deepEqual(Object.keys(oidc).sort(), ["displayName", "logo", "name"]);
});

test("dryRunViewQuery", async (t) => {
  const answer = await ifServed(t, "POST /api/collections/meta/dry-run-view", root.collections.dryRunViewQuery("select id, name from tags"));
  if (answer === null) return;
  assert.deepEqual(answer.fields.map((field) => field.name), ["id", "name"]);
  assert.match(answer.sample[0].id, /^tag\d{12}$/);
});

test("a view over a collection", async () => {
  await root.collections.create({ name: "tag_names", type: "view", listRule: "", viewQuery: "SELECT id, name FROM tags WHERE weight > 50" });
  const all = await root.collection("tags").getList(1, 1, { filter: "weight > 50" });
  assert.equal((await guest.collection("tag_names").getList()).totalItems, all.totalItems);
  await root.collections.delete("tag_names");
});
