// Settings, logs, backups, crons, health and sql: what operators call.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { eventually, failure, getTokenPayload, ifServed, serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const guest = server.guest();

test("health", async () => {
  assert.deepEqual(await guest.health.check(), { message: "API is healthy.", code: 200, data: {} });
  assert.equal((await root.health.check()).data.canBackup, true);
});

test("settings: getAll and update", async () => {
  const settings = await root.settings.getAll();
  assert.equal(settings.meta.appName, "Blog");
  const changed = await root.settings.update({ meta: { appName: "SDK" }, smtp: { password: "secret" } });
  assert.equal(changed.meta.appName, "SDK");
  assert.equal(changed.meta.appURL, settings.meta.appURL);
  assert.equal(changed.smtp.password, undefined);
  const error = await failure(root.settings.update({ meta: { appURL: "no address" } }));
  assert.equal(error.response.data.meta.appURL.code, "validation_is_url");
  assert.equal((await failure(guest.settings.getAll())).status, 401);
});

test("settings: testEmail", async (t) => {
  const sent = await ifServed(t, "POST /api/settings/test/email", root.settings.testEmail("users", "test@example.com", "verification"));
  if (sent === null) return;
  assert.match(await server.mail("test@example.com"), /Subject: Verify/);
  const error = await failure(root.settings.testEmail("users", "x", "zzz"));
  assert.deepEqual(Object.keys(error.response.data).sort(), ["email", "template"]);
});

test("settings: testS3 without a bucket", async (t) => {
  const error = await failure(root.settings.testS3("storage"));
  if ((await ifServed(t, "POST /api/settings/test/s3", Promise.reject(error)).catch(() => true)) === null) return;
  assert.equal(error.status, 400);
  assert.match(error.response.message, /^Failed to test the S3 filesystem\./);
});

test("settings: generateAppleClientSecret", async (t) => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const answer = await ifServed(t, "POST /api/settings/apple/generate-client-secret", root.settings.generateAppleClientSecret("client", "team567890", "key4567890", pem, 600));
  if (answer === null) return;
  const claims = getTokenPayload(answer.secret);
  assert.deepEqual([claims.iss, claims.sub, claims.aud], ["team567890", "client", ["https://appleid.apple.com"]]);
});

test("logs: getList, getOne, getStats", async (t) => {
  const list = await ifServed(t, "GET /api/logs", root.logs.getList(1, 1));
  if (list === null) return;
  await failure(guest.collection("posts").getList(1, 1, { filter: "broken =" }));
  // Rows are written some seconds after the last request that was logged (S-92).
  const row = await eventually("a row of the log", async () => {
    const page = await root.logs.getList(1, 5, { filter: "data.status = 400 && level > 0", sort: "-created" });
    return page.items.find((one) => one.message.startsWith("GET /api/collections/posts/records"));
  }, 12);
  assert.deepEqual(await root.logs.getOne(row.id), row);
  assert.equal(row.data.method, "GET");
  const stats = await root.logs.getStats({ filter: "level > 0" });
  assert.ok(stats.length >= 1 && stats[0].total >= 1);
  assert.match(stats[0].date, /^\d{4}-\d\d-\d\d \d\d:00:00\.000Z$/);
  assert.equal((await failure(root.logs.getOne("nope"))).status, 404);
});

test("logs: truncate", async (t) => {
  if ((await ifServed(t, "DELETE /api/logs", root.logs.truncate())) === null) return;
  assert.equal((await root.logs.getList(1, 1)).totalItems, 0);
});

test("crons: getFullList and run", async (t) => {
  const jobs = await ifServed(t, "GET /api/crons", root.crons.getFullList());
  if (jobs === null) return;
  assert.ok(jobs.some((job) => job.id === "__pbDBOptimize__" && job.expression === "0 0 * * *"));
  assert.equal(await root.crons.run("__pbOTPCleanup__"), true);
  const error = await failure(root.crons.run("nope"));
  assert.deepEqual([error.status, error.response.message], [404, "Missing or invalid cron job."]);
});

test("backups: create, list, download, upload, restore, delete", async (t) => {
  if ((await ifServed(t, "GET /api/backups", root.backups.getFullList())) === null) return;
  assert.equal(await root.backups.create("sdk.zip"), true);
  const [info] = await root.backups.getFullList();
  assert.equal(info.key, "sdk.zip");
  const token = await root.files.getToken();
  const answer = await fetch(root.backups.getDownloadURL(token, "sdk.zip"));
  const zip = await answer.blob();
  assert.deepEqual([answer.status, zip.size], [200, info.size]);
  const form = new FormData();
  form.append("file", new Blob([zip], { type: "application/zip" }), "again.zip");
  assert.equal(await root.backups.upload(form), true);
  assert.deepEqual((await root.backups.getFullList()).map((one) => one.key).sort(), ["again.zip", "sdk.zip"]);
  assert.equal(await root.backups.delete("again.zip"), true);
  assert.equal((await failure(root.backups.create("sdk.zip"))).status, 400);
  const made = await root.collection("tags").create({ name: "after the backup" });
  if ((await ifServed(t, "POST /api/backups/{key}/restore", root.backups.restore("sdk.zip"))) === null) return;
  // The server takes the old folder's place and starts again.
  await eventually("the folder of the backup", () => root.collection("tags").getOne(made.id, { requestKey: null }).then(() => false, (error) => error.status === 404), 20);
  assert.equal((await root.collection("tags").getList(1, 1)).totalItems, 12);
});

test("sql: run", async (t) => {
  const answer = await ifServed(t, "POST /api/sql", root.sql.run("select 1 as a, null as b, 'x' c"));
  if (answer === null) return;
  assert.deepEqual(answer.rows, [["1", null, "x"]]);
  assert.deepEqual(answer.columns.map((column) => column.name), ["a", "b", "c"]);
  assert.match((await failure(root.sql.run("select nope"))).response.message, /^Failed to execute query\. Raw error:/);
});
