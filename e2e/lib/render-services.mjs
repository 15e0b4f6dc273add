/**
 * Loopback doubles of the two rendering services that cannot be run here. They take only what the
 * services document, refuse everything else, and print with the test's own browser what they got.
 */
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

import { close, listen } from "./page-server.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {(page: Page, request: Request, body: Buffer) => Promise<Buffer>} Convert */

/** The fields of Gotenberg's form that its double understands. */
const GOTENBERG_FIELDS = new Set(["url", "waitForExpression", "printBackground"]);

/** The keys of Browserless's body that its double understands. */
const BROWSERLESS_KEYS = new Set(["url", "options", "addStyleTag", "addScriptTag"]);

/**
 * Prints as Gotenberg's route for URLs does: the expression is evaluated over the debugging
 * protocol in the loaded page, and must come out as true.
 *
 * @type {Convert}
 */
async function convertGotenberg(page, request, body) {
  expectRequest(request, "/forms/chromium/convert/url", "multipart/form-data");
  const headers = { "content-type": String(request.headers["content-type"]) };
  const form = await new Response(new Uint8Array(body), { headers }).formData();
  expectKeys(form.keys(), GOTENBERG_FIELDS);
  await page.goto(String(form.get("url")), { waitUntil: "networkidle" });
  const protocol = await page.context().newCDPSession(page);
  const expression = String(form.get("waitForExpression"));
  const evaluated = await protocol.send("Runtime.evaluate", { expression, returnByValue: true });
  if (evaluated.result.value !== true) throw new Error(`not true: ${JSON.stringify(evaluated)}`);
  return page.pdf({ printBackground: form.get("printBackground") === "true" });
}

/**
 * Prints as Browserless's PDF route does: tags are added to the loaded page, in order.
 *
 * @type {Convert}
 */
async function convertBrowserless(page, request, body) {
  expectRequest(request, "/pdf", "application/json");
  const job = JSON.parse(body.toString());
  expectKeys(Object.keys(job), BROWSERLESS_KEYS);
  await page.goto(job.url, { waitUntil: "networkidle" });
  for (const tag of job.addStyleTag) await page.addStyleTag(tag);
  for (const tag of job.addScriptTag) await page.addScriptTag(tag);
  return page.pdf(job.options);
}

/** @param {import("playwright-core").Browser} browser */
export const serveGotenberg = (browser) => serve(browser, convertGotenberg);

/** @param {import("playwright-core").Browser} browser */
export const serveBrowserless = (browser) => serve(browser, convertBrowserless);

/**
 * @param {import("playwright-core").Browser} browser
 * @param {Convert} convert
 */
async function serve(browser, convert) {
  const server = createServer(async (request, response) => {
    const page = await browser.newPage();
    try {
      const pdf = await convert(page, request, await buffer(request));
      response.setHeader("content-type", "application/pdf").end(pdf);
    } catch (error) {
      console.error(error);
      response.writeHead(400).end(String(error));
    } finally {
      await page.close();
    }
  });
  const port = await listen(server);
  return { base: `http://127.0.0.1:${port}`, stop: () => close(server) };
}

/**
 * @param {Request} request
 * @param {string} path
 * @param {string} mediaType
 */
function expectRequest({ method, url, headers }, path, mediaType) {
  const asked = `${method} ${new URL(String(url), "http://127.0.0.1").pathname}`;
  if (asked !== `POST ${path}`) throw new Error(`no such route: ${asked}`);
  if (headers["content-type"]?.split(";")[0] !== mediaType) throw new Error(`not ${mediaType}`);
}

/**
 * @param {Iterable<string>} keys
 * @param {Set<string>} known
 */
function expectKeys(keys, known) {
  for (const key of keys) if (!known.has(key)) throw new Error(`unknown field ${key}`);
}
