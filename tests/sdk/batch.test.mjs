// createBatch: all four calls, files, one transaction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, id, serve, text } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const user = await server.user(1);

test("create, update, upsert and delete in one transaction", async () => {
  const batch = root.createBatch();
  batch.collection("tags").create({ id: "batchtag0000001", name: "batch one" });
  batch.collection("tags").create({ id: "batchtag0000002", name: "batch two" }, { fields: "id,name" });
  batch.collection("tags").update("batchtag0000001", { "weight+": 5 });
  batch.collection("tags").upsert({ id: "batchtag0000001", name: "batch changed" });
  batch.collection("tags").upsert({ id: "batchtag0000003", name: "batch three", parent: "batchtag0000001" }, { expand: "parent" });
  batch.collection("tags").delete("batchtag0000002");
  const answers = await batch.send();
  assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200, 200, 200, 204]);
  assert.deepEqual(answers[1].body, { id: "batchtag0000002", name: "batch two" });
  assert.equal(answers[2].body.weight, 5);
  assert.equal(answers[3].body.name, "batch changed");
  assert.equal(answers[4].body.expand.parent.name, "batch changed");
  assert.equal(answers[5].body, null);
  assert.equal((await failure(root.collection("tags").getOne("batchtag0000002"))).status, 404);
});

test("files, as Blob and as FormData", async () => {
  const batch = user.createBatch();
  const base = { author: id("user", 1), status: "draft" };
  batch.collection("posts").create({ ...base, title: "first", attachments: [text("1"), text("2")], meta: { a: 1 } });
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...base, title: "second", views: "7", pinned: "true" })) form.append(name, value);
  form.append("attachments", text("3"), "three.txt");
  batch.collection("posts").create(form);
  const [first, second] = await batch.send();
  assert.deepEqual([first.body.attachments.length, first.body.meta], [2, { a: 1 }]);
  assert.deepEqual([second.body.attachments.length, second.body.views, second.body.pinned], [1, 7, true]);
  const stored = await fetch(user.files.getURL(second.body, second.body.attachments[0]));
  assert.equal(await stored.text(), "3");
  const more = user.createBatch();
  more.collection("posts").update(first.body.id, { "attachments-": first.body.attachments[0], "attachments+": text("4") });
  const [updated] = await more.send();
  assert.equal(updated.body.attachments.length, 2);
  assert.equal(updated.body.attachments[0], first.body.attachments[1]);
});

test("one failure undoes everything, and says where", async () => {
  const before = (await root.collection("tags").getList(1, 1)).totalItems;
  const batch = root.createBatch();
  batch.collection("tags").create({ name: "undone" });
  batch.collection("tags").create({ name: "" });
  const error = await failure(batch.send());
  assert.equal(error.status, 400);
  assert.equal(error.response.message, "Batch transaction failed.");
  assert.equal(error.response.data.requests[1].response.data.name.code, "validation_required");
  assert.equal((await root.collection("tags").getList(1, 1)).totalItems, before);
});

test("rules hold in a batch, and headers of each request count", async () => {
  const denied = server.guest().createBatch();
  denied.collection("tags").create({ name: "guest" });
  assert.equal((await failure(denied.send())).status, 400);
  const diary = user.createBatch();
  diary.collection("diary").create({ author: id("user", 1), entry: "by batch" }, { headers: { "X-Device": "phone" } });
  const [entry] = await diary.send();
  assert.equal(entry.body.entry, "by batch");
});

test("an empty batch is refused", async () => {
  const error = await failure(root.createBatch().send());
  assert.equal(error.status, 400);
});
