// Fills an empty server through the SDK: fill.mjs MODULES URL CALLS.json.
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, url, file] = process.argv.slice(2);
const sdk = await import(pathToFileURL(path.join(modules, "pocketbase/dist/pocketbase.es.mjs")).href);
const calls = JSON.parse(readFileSync(file, "utf8"));
const pb = new sdk.default(url, new sdk.BaseAuthStore());
pb.autoCancellation(false);

await pb.collection("_superusers").authWithPassword(calls.identity, calls.password);
await pb.collections.import(calls.collections);
await pb.settings.update(calls.settings);
for (const { collection, body } of calls.records) await pb.collection(collection).create(body);
for (const { collection, id, files } of calls.files) {
  const form = new FormData();
  for (const { field, name, type, base64 } of files) form.append(field, new Blob([Buffer.from(base64, "base64")], { type }), name);
  await pb.collection(collection).update(id, form);
}
