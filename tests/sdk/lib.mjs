// What the suites share: the server on a copy of the blog fixture, clients, mails, and a small OAuth2 provider.
// SLUICE_PROGRAM is the program, SLUICE_SDK_MODULES the node_modules folder; run.py sets both.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { watch } from "./surface.mjs";

const MODULES = process.env.SLUICE_SDK_MODULES;
const load = (file) => import(pathToFileURL(path.join(MODULES, file)).href);
const sdk = await load("pocketbase/dist/pocketbase.es.mjs");
if (process.env.SLUICE_SDK_DRIVEN) watch(sdk, path.join(MODULES, "pocketbase/dist/pocketbase.es.d.ts"), process.env.SLUICE_SDK_DRIVEN);
export const { ClientResponseError, AsyncAuthStore, BaseAuthStore, LocalAuthStore, getTokenPayload, isTokenExpired } = sdk;
export const PocketBase = sdk.default;
globalThis.EventSource = (await load("eventsource/lib/eventsource.js")).default;

const FIXTURE = fileURLToPath(new URL("../conformance/fixtures/blog", import.meta.url));
export const id = (kind, n) => kind + String(n).padStart(15 - kind.length, "0");
export { sleep };

async function freePort() {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Polls until `found` gives something true; fails after `seconds`. */
export async function eventually(what, found, seconds = 8) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) {
    const value = await found();
    if (value) return value;
  }
  throw new Error(`in vain waited for: ${what}`);
}

/** A text with quoted-printable lines, as mails have them. */
const unquoted = (text) =>
  Buffer.from(
    text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  ).toString();

class Server {
  #child;
  #read = new Set();
  #last = [];

  async start() {
    this.tmp = await mkdtemp(path.join(os.tmpdir(), "sluice-sdk-"));
    this.dir = path.join(this.tmp, "data");
    this.mailDir = path.join(this.tmp, "mails");
    await cp(FIXTURE, this.dir, { recursive: true });
    await mkdir(this.mailDir);
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    this.#child = spawn(
      process.env.SLUICE_PROGRAM,
      ["serve", "--dir", this.dir, "--http", `127.0.0.1:${port}`, "--mail-dir", this.mailDir, "--log-level", "error"],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    await eventually("an answer of /api/health", () => {
      if (this.#child.exitCode !== null) throw new Error(`the server ended with ${this.#child.exitCode}`);
      return fetch(`${this.url}/api/health`).then((answer) => answer.ok, () => false);
    });
    return this;
  }

  /** What is to be done before the server ends: connections that stay open would be made again and again. */
  atEnd(step) {
    this.#last.push(step);
  }

  async stop() {
    for (const step of this.#last) await step();
    if (this.#child.exitCode === null) {
      this.#child.kill("SIGTERM");
      const killed = setTimeout(() => this.#child.kill("SIGKILL"), 10000);
      await once(this.#child, "exit");
      clearTimeout(killed);
    }
    await rm(this.tmp, { recursive: true, force: true });
    if (this.#child.exitCode !== 0) throw new Error(`the server ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
  }

  guest() {
    return new PocketBase(this.url, new BaseAuthStore());
  }

  async root() {
    const pb = this.guest();
    await pb.collection("_superusers").authWithPassword("root@example.com", "correct horse");
    return pb;
  }

  async user(n) {
    const pb = this.guest();
    await pb.collection("users").authWithPassword(`user${n}@example.com`, `password-${n}`);
    return pb;
  }

  /** The next mail to this address that was not given before: its text. */
  mail(to) {
    return eventually(`a mail to ${to}`, async () => {
      for (const name of (await readdir(this.mailDir)).sort()) {
        // What has another name is being written.
        if (this.#read.has(name) || !name.endsWith(".eml")) continue;
        const text = unquoted(await readFile(path.join(this.mailDir, name), "latin1"));
        if (!text.includes(`To: ${to}`)) continue;
        this.#read.add(name);
        return text;
      }
    });
  }

  /** The token in the next mail to this address, from its link to the page `action`. */
  async mailedToken(to, action) {
    const text = await this.mail(to);
    const found = text.match(new RegExp(`/_/#/auth/${action}/([\\w.-]+)`));
    if (!found) throw new Error(`no link to ${action} in:\n${text}`);
    return found[1];
  }
}

/** Starts a server for this file, and ends it after its last test. */
export async function serve() {
  const server = new Server();
  after(() => server.stop());
  return server.start();
}

/** The error that a call ends with. */
export async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof ClientResponseError) return error;
    throw error;
  }
  throw new Error(`expected an error, got ${JSON.stringify(value)}`);
}

const NO_ROUTE = ["The requested resource wasn't found.", "File not found."];

/** Awaits a call whose route may be missing in this server: then the test is skipped with that reason, and null returned. */
export async function ifServed(t, route, promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.status !== 404 || !NO_ROUTE.includes(error.response?.message)) throw error;
    t.skip(`the server has no ${route}`);
    return null;
  }
}

/** A PNG of one pixel. */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
export const png = () => new Blob([PNG], { type: "image/png" });
export const text = (content) => new Blob([content], { type: "text/plain" });

/** An OAuth2 provider: every code leads to `user`, when the code verifier is the one of the challenge of its request. */
export class Provider {
  user = { sub: "stub-1", email: "stub@example.com", email_verified: true, name: "Stub" };
  asked = [];

  async start() {
    this.server = http.createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      this.asked.push({ path: request.url, headers: request.headers, form: new URLSearchParams(body) });
      const answer = request.url.startsWith("/token") ? { access_token: "stub-access", token_type: "Bearer", expires_in: 60 } : this.user;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(answer));
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    after(() => this.server.close());
    return this;
  }
}
