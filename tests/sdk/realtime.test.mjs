// subscribe and unsubscribe over an EventSource.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, id, serve, sleep } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const clients = [];
server.atEnd(() => Promise.all(clients.map((pb) => pb.realtime.unsubscribe())));

/** A client, and a list that its callback fills. */
function listener(pb = server.guest()) {
  clients.push(pb);
  const events = [];
  return { pb, events, take: (event) => events.push(event), next: (n = 1) => eventually(`${n} events`, () => events.length >= n) };
}
const seen = (events) => events.map((event) => `${event.action} ${event.record.id}`);

test("subscribe to a collection: create, update, delete", async () => {
  const { pb, events, take, next } = listener();
  await pb.collection("tags").subscribe("*", take);
  assert.equal(pb.realtime.isConnected, true);
  const tag = await root.collection("tags").create({ name: "live" });
  await next(1);
  await root.collection("tags").update(tag.id, { weight: 3 });
  await next(2);
  await root.collection("tags").delete(tag.id);
  await next(3);
  assert.deepEqual(seen(events), [`create ${tag.id}`, `update ${tag.id}`, `delete ${tag.id}`]);
  assert.equal(events[1].record.weight, 3);
  assert.equal(events[1].record.collectionName, "tags");
});

test("subscribe to one record", async () => {
  const { pb, events, take, next } = listener();
  await pb.collection("tags").subscribe(id("tag", 2), take);
  await root.collection("tags").update(id("tag", 1), { weight: 1 });
  await root.collection("tags").update(id("tag", 2), { weight: 2 });
  await next();
  assert.deepEqual(seen(events), [`update ${id("tag", 2)}`]);
});

test("subscribe with filter, fields and expand", async () => {
  const { pb, events, take, next } = listener();
  await pb.collection("tags").subscribe("*", take, { filter: "weight > 90", fields: "id,weight,expand.parent.id", expand: "parent" });
  await root.collection("tags").update(id("tag", 4), { weight: 5 });
  await root.collection("tags").update(id("tag", 4), { weight: 95 });
  await next();
  assert.equal(events.length, 1);
  assert.deepEqual(events[0].record, { id: id("tag", 4), weight: 95, expand: { parent: { id: id("tag", 1) } } });
});

test("rules decide who hears what", async () => {
  const guest = listener();
  const user = listener(await server.user(1));
  for (const one of [guest, user]) await one.pb.collection("comments").subscribe("*", one.take);
  const comment = await root.collection("comments").create({ post: id("post", 1), author: id("user", 2), text: "heard?" });
  await user.next();
  await sleep(100);
  assert.deepEqual(seen(user.events), [`create ${comment.id}`]);
  assert.deepEqual(guest.events, []);
});

test("unsubscribe: by function, by topic, from everything", async () => {
  const { pb, events, take, next } = listener();
  const stop = await pb.collection("tags").subscribe("*", take);
  const other = [];
  await pb.collection("tags").subscribe(id("tag", 5), (event) => other.push(event));
  await stop();
  await root.collection("tags").update(id("tag", 5), { weight: 10 });
  await eventually("the other subscription's event", () => other.length === 1);
  assert.deepEqual(events, []);
  await pb.collection("tags").unsubscribe(id("tag", 5));
  assert.equal(pb.realtime.isConnected, false, "the last one closes the connection");
  await pb.collection("tags").subscribe("*", take);
  await root.collection("tags").update(id("tag", 5), { weight: 11 });
  await next();
  assert.equal(other.length, 1);
  await pb.collection("tags").unsubscribe();
  await root.collection("tags").update(id("tag", 5), { weight: 12 });
  await sleep(100);
  assert.equal(events.length, 1);
});

test("two listeners of one topic share a subscription", async () => {
  const one = listener();
  const more = [];
  await one.pb.collection("tags").subscribe("*", one.take);
  const stop = await one.pb.collection("tags").subscribe("*", (event) => more.push(event));
  await root.collection("tags").update(id("tag", 6), { weight: 20 });
  await one.next();
  await stop();
  await root.collection("tags").update(id("tag", 6), { weight: 21 });
  await one.next(2);
  assert.equal(more.length, 1);
});

test("writes of a batch are heard", async () => {
  await root.collection("tags").create({ id: "livetag00000002", name: "live two" });
  const { pb, events, take, next } = listener();
  await pb.collection("tags").subscribe("*", take);
  const batch = root.createBatch();
  batch.collection("tags").create({ id: "livetag00000001", name: "live one" });
  batch.collection("tags").delete("livetag00000002");
  await batch.send();
  await next(2);
  assert.deepEqual(seen(events).sort(), ["create livetag00000001", "delete livetag00000002"]);
  await root.collection("tags").delete("livetag00000001");
});

test("PB_CONNECT and topics of one's own", async () => {
  const { pb } = listener();
  const hellos = [];
  await pb.realtime.subscribe("PB_CONNECT", (event) => hellos.push(event));
  assert.equal(hellos[0]?.clientId ?? pb.realtime.clientId, pb.realtime.clientId);
  await pb.realtime.subscribe("anything", () => {});
  await pb.realtime.unsubscribeByPrefix("any");
  assert.equal(pb.realtime.isConnected, true);
});
