// pocketbase-typegen: over HTTP, and from the folder's database.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { serve } from "./lib.mjs";

const server = await serve();
const root = await server.root();
const schema = await root.collections.getFullList();
const run = promisify(execFile);
const MODULES = process.env.SLUICE_SDK_MODULES;

async function typegen(...options) {
  const out = path.join(server.tmp, "types.ts");
  await run(process.execPath, [path.join(MODULES, "pocketbase-typegen/dist/cli.js"), ...options, "--out", out]);
  return readFile(out, "utf8");
}

/** `post_stats` -> `PostStats`, `_superusers` -> `Superusers`. */
const pascal = (name) => name.split("_").filter(Boolean).map((word) => word[0].toUpperCase() + (name.startsWith("_") ? word.slice(1).toLowerCase() : word.slice(1))).join("");

const PLAIN = {
  text: "string", email: "string", url: "string", password: "string", editor: "HTMLString", number: "number", bool: "boolean",
  date: "IsoDateString", autodate: "IsoAutoDateString", geoPoint: "GeoPoint", relation: "RecordIdString", file: "FileNameString",
};

/** What a field of the schema is in TypeScript. */
function typeOf(collection, field) {
  if (field.type === "json") return `null | T${field.name}`;
  const one = field.type === "select" ? `${pascal(collection.name)}${pascal(field.name)}Options` : PLAIN[field.type];
  return field.maxSelect > 1 ? `${one}[]` : one;
}

/** Whether a value is always there. */
const isRequired = (field) => Boolean(field.required || field.type === "autodate" || field.name === "id" || field.primaryKey);

function wantedOf(collection) {
  const lines = collection.fields.map((field) => `${field.name}${isRequired(field) ? "" : "?"}: ${typeOf(collection, field)}`);
  return lines.sort();
}

/** The lines of `export type NAMERecord = {…}`. */
function linesOf(text, name) {
  const found = text.match(new RegExp(`^export type ${name}Record(?:<[^>]*>)? = \\{\\n([^}]*)\\}`, "m"));
  assert.ok(found, `no type ${name}Record`);
  return found[1].split("\n").map((line) => line.trim()).filter(Boolean).sort();
}

/** The generated types say what the schema says. */
function check(text) {
  const names = [...text.match(/export const Collections = \{([^}]*)\}/)[1].matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(names.sort(), schema.map((collection) => collection.name).sort());
  for (const collection of schema) assert.deepEqual(linesOf(text, pascal(collection.name)), wantedOf(collection), collection.name);
  const options = [...text.match(/export const PostsStatusOptions = \{([^}]*)\}/)[1].matchAll(/: "([^"]+)"/g)].map(([, value]) => value);
  assert.deepEqual(options, schema.find((one) => one.name === "posts").fields.find((field) => field.name === "status").values);
}

test("--url: with a superuser's password", async () => {
  check(await typegen("--url", server.url, "--email", "root@example.com", "--password", "correct horse"));
});

test("--url: with a superuser's token", async () => {
  check(await typegen("--url", server.url, "--token", root.authStore.token));
});

test("--url: not for others", async () => {
  await assert.rejects(typegen("--url", server.url, "--email", "root@example.com", "--password", "wrong"));
});

test("--db: from the folder", async (t) => {
  if (Number(process.versions.node.split(".")[0]) < 20) return t.skip(`its SQLite module needs Node 20, this is ${process.versions.node}`);
  // Installed without scripts, the module lacks its native half; a ready-made one may be at hand.
  const module = path.join(MODULES, "better-sqlite3");
  const fetched = await run("npx", ["--no-install", "prebuild-install"], { cwd: module, timeout: 60000 }).then(() => true, () => false);
  if (!fetched) return t.skip("its SQLite module is native code, and none that is ready-made can be had");
  check(await typegen("--db", path.join(server.dir, "data.db")));
});
