// What of the SDK the suites drive. Its public methods are listed by reflection, less what its declarations call private
// or protected; a method counts when a line of a suite calls it itself.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The names that pocketbase.es.d.ts declares private or protected. */
function hidden(declarations) {
  const names = [...readFileSync(declarations, "utf8").matchAll(/^\s*(?:private|protected) (?:readonly )?(\w+)/gm)];
  return new Set(names.map(([, name]) => name));
}

/** One object of every class that has calls. */
function samples(sdk) {
  const client = new sdk.default("http://127.0.0.1:1", new sdk.BaseAuthStore());
  const batch = client.createBatch();
  const services = Object.values(client).filter((one) => one?.constructor?.name.endsWith("Service"));
  return [client, ...services, client.collection("any"), batch, batch.collection("any"), client.authStore,
    new sdk.LocalAuthStore(), new sdk.AsyncAuthStore({ save: async () => {} }), new sdk.ClientResponseError({})];
}

/** Whether the line that called a watched method is one of a suite: note, the method, then its caller. */
const fromSuite = () => /\.test\.mjs|\/lib\.mjs/.test(new Error().stack.split("\n")[4] ?? "");

/** Watches every public method and getter of `sdk`; at the end of the process writes what was driven into `folder`. */
export function watch(sdk, declarations, folder) {
  const concealed = hidden(declarations);
  const surface = new Set();
  const driven = new Set();
  const wrapped = new Set();
  const note = (owner, name) => {
    if (fromSuite()) driven.add(`${owner?.constructor?.name}.${name}`);
  };
  for (const sample of samples(sdk)) {
    for (let proto = Object.getPrototypeOf(sample); proto && ![Object.prototype, Error.prototype].includes(proto); proto = Object.getPrototypeOf(proto)) {
      for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
        if (name === "constructor" || concealed.has(name)) continue;
        surface.add(`${sample.constructor.name}.${name}`);
        if (wrapped.has(property.value ?? property.get)) continue;
        const change = {};
        if (property.get) change.get = function () { note(this, name); return property.get.call(this); };
        else if (typeof property.value === "function") change.value = function (...args) { note(this, name); return property.value.apply(this, args); };
        else continue;
        wrapped.add(change.value ?? change.get);
        Object.defineProperty(proto, name, { ...property, ...change });
      }
    }
  }
  process.on("exit", () => {
    writeFileSync(path.join(folder, `${process.pid}.json`), JSON.stringify({ surface: [...surface], driven: [...driven] }));
  });
}
