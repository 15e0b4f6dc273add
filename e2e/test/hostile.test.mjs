/**
 * A page that is printed beside the service cannot write rules, nor read them, whatever it tries.
 *
 * The page comes from another port, from another name, and from a name that was rebound to the service's own address,
 * each against a service without tokens and one with. That nothing changed is seen in the rules and in the files;
 * that everything arrived is seen in the log.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { chromium } from "playwright-core";

import { attack } from "../lib/attacks.mjs";
import { FLAGS, executable } from "../lib/browser.mjs";
import { close, listen } from "../lib/page-server.mjs";
import { start } from "../lib/service.mjs";

/** @typedef {import("../lib/service.mjs").Service} Service */
/** @typedef {import("../lib/attacks.mjs").Call} Call */

const SECRET = "#secret-7f3a91";
const TOKEN = "a-token-that-the-page-does-not-know";
const RULE = `id: guarded\ntype: wildcard\npattern: '*'\ncss: '${SECRET} { display: none }'\n`;
const PAGE = "<!doctype html><title>hostile</title><body><p>a page</p></body>";

/** Names that lead to this machine, as a hostile name server would answer. */
const NAMES = "MAP attacker.test 127.0.0.1, MAP rebound.test 127.0.0.1";

/** What is no change: calls that read although they have a body. */
const READS = ["/v1/resolve", "/v1/resolve/batch", "/v1/explain", "/v1/rules/export"];

const SECRETS = [
  "/v1/rules",
  "/v1/rules/guarded",
  "/v1/problems",
  "/v1/resolve?url=https%3A%2F%2Fa.example%2F",
  "/v1/inject.css?url=https%3A%2F%2Fa.example%2F",
];

const SERVICES = {
  "without tokens": {},
  "with tokens": {
    AUTH_TOKENS: `bot:admin:${createHash("sha256").update(TOKEN).digest("hex")}`,
    AUTH_REQUIRE_READ: "true",
  },
};

// Most of an attempt is waiting for an answer that does not come.
describe("a hostile page", { concurrency: 4 }, () => {
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {import("node:http").Server} */
  let pages;
  /** @type {number} */
  let port;

  before(async () => {
    const args = [...FLAGS, `--host-resolver-rules=${NAMES}`, "--disable-features=LocalNetworkAccessChecks"];
    browser = await chromium.launch({ executablePath: executable, args, timeout: 30_000 });
    pages = createServer((_, response) => response.setHeader("content-type", "text/html").end(PAGE));
    port = await listen(pages);
  });

  after(async () => {
    await browser?.close();
    await close(pages);
  });

  for (const [name, environment] of Object.entries(SERVICES)) {
    for (const host of ["127.0.0.1", "localhost", "attacker.test"]) {
      test(`from http://${host} at another port, ${name}`, { timeout: 240_000 }, async () => {
        await guarded(environment, (service) => ({
          page: `http://${host}:${port}/`,
          named: service.base,
        }));
      });
    }

    test(`from a name rebound to the service, ${name}`, { timeout: 240_000 }, async () => {
      await guarded(environment, (service) => {
        const named = `http://rebound.test:${new URL(service.base).port}`;
        return { page: `${named}/hostile`, named };
      });
    });
  }

  test("an allowed origin with a token can write, so the attempts are real", { timeout: 60_000 }, async () => {
    const origin = `http://attacker.test:${port}`;
    const service = await start({ files: { "local/guarded.rule.yaml": RULE }, environment: {
      ...SERVICES["with tokens"],
      CORS_ORIGINS: origin,
    } });
    try {
      const page = await open(`${origin}/`);
      const create = (await changes(service)).filter(({ method, path }) => method === "POST" && path === "/v1/rules");
      await page.evaluate(attack, { service: service.base, calls: create, secrets: [], token: TOKEN });
      assert.notDeepEqual(Object.keys(await files(service)), ["local/guarded.rule.yaml"]);
      await page.close();
    } finally {
      await service.stop();
    }
  });

  /**
   * Runs all attempts of a page against a service, and looks for what they changed or learnt.
   *
   * @param {Record<string, string>} environment
   * @param {(service: Service) => { page: string, named: string }} place
   */
  async function guarded(environment, place) {
    const service = await start({ files: { "local/guarded.rule.yaml": RULE }, environment });
    try {
      const [calls, was] = [await changes(service), await files(service)];
      assert.ok(calls.length >= 5, `the document names only ${calls.length} calls that change something`);
      const { page: address, named } = place(service);
      const page = await open(address);
      const read = await page.evaluate(attack, { service: named, calls, secrets: SECRETS, token: "a-guess" });
      await page.close();
      for (const text of read) assert.ok(!text.includes(SECRET), `the page has read: ${text.slice(0, 500)}`);
      assert.deepEqual(await files(service), was);
      const logged = await events(service);
      for (const { method, path } of calls) assertLogged(logged, method, path);
    } finally {
      await service.stop();
    }
  }

  /**
   * Opens the page; at a rebound name it comes from the attacker's server first, and the name leads to the service then.
   *
   * @param {string} address
   */
  async function open(address) {
    const page = await browser.newPage();
    await page.route("**/hostile", (route) => route.fulfill({ contentType: "text/html", body: PAGE }));
    await page.goto(address);
    return page;
  }
});

/**
 * Every call that changes something, from the service's own document.
 *
 * @param {Service} service
 * @returns {Promise<Call[]>}
 */
async function changes(service) {
  const document = await (await fetch(`${service.base}/openapi.json`)).json();
  const calls = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    if (READS.includes(path)) continue;
    for (const method of Object.keys(operations).map((name) => name.toUpperCase())) {
      if (["GET", "HEAD"].includes(method)) continue;
      const rule = { id: `made-by-${method.toLowerCase()}`, type: "wildcard", pattern: "*", css: "body{color:red}" };
      const body = path.includes("{id}") ? { css: "body{color:red}" } : rule;
      calls.push({ method, path: path.replace("{id}", "guarded"), body: JSON.stringify(body) });
    }
  }
  return calls;
}

/**
 * All files of the rules tree with their text; the lock of the running process is none of them.
 *
 * @param {Service} service
 */
async function files(service) {
  /** @type {Record<string, string>} */
  const found = {};
  const entries = await readdir(service.rules, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((entry) => entry.isFile() && entry.name !== ".lock")) {
    const path = join(entry.parentPath, entry.name);
    found[path.slice(service.rules.length + 1)] = await readFile(path, "utf8");
  }
  return found;
}

/**
 * The events of the log so far; the last request is waited for.
 *
 * @param {Service} service
 * @returns {Promise<Record<string, unknown>[]>}
 */
async function events(service) {
  const mark = `end-${Math.random().toString(36).slice(2)}`;
  await fetch(`${service.base}/version`, { headers: { "x-request-id": mark } });
  for (let tries = 0; tries < 100 && !service.log().includes(mark); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const lines = service.log().split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line));
}

/**
 * Every attempt arrives as itself and is refused, or is asked about beforehand by the browser and refused there.
 *
 * @param {Record<string, unknown>[]} events
 * @param {string} method
 * @param {string} path
 */
function assertLogged(events, method, path) {
  const route = path.replace("guarded", "{id}");
  const of = events.filter((event) => event["http.route"] === route);
  const refused = of.some((event) => event["http.method"] === method && event.message === "a write was refused");
  const asked = of.some((event) => event["http.method"] === "OPTIONS");
  assert.ok(refused || asked, `no attempt of ${method} ${route} is in the log`);
}
