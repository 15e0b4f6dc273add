/** The example pages and what is to be seen on their prints (`examples/pages/index.json`). */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";

import { pagesFolder } from "./paths.mjs";

/**
 * @typedef {object} Example
 * @property {string} page the file, below `examples/pages`
 * @property {string} url the address that the page pretends to have
 * @property {string[]} rules ids of the rules that it proves
 * @property {boolean} [late] a part is added after the page has loaded
 * @property {boolean} [needs_js] the rules' CSS alone is not enough
 * @property {boolean} [print_background] the renderer's option, true unless said otherwise
 * @property {string[]} [vanishes] texts in the print without, not in the one with
 * @property {string[]} stays texts in both prints
 * @property {string[]} [restores] texts not in the print without, but in the one with
 * @property {string[]} [once] texts repeated on the sheets of the print without, once in the other
 * @property {[string, string]} [together] texts on different sheets without, on one with
 * @property {"vanishes" | "appears" | "shrinks"} [signal] what becomes of the signal colour
 * @property {boolean} [unchanged] both prints are equal
 */

/** @type {Example[]} */
export const examples = JSON.parse(readFileSync(join(pagesFolder, "index.json"), "utf8"));

const MEDIA_TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
});

/**
 * Returns the example of this file name.
 *
 * @param {string} page
 */
export function findExample(page) {
  const example = examples.find((candidate) => candidate.page === page);
  if (!example) throw new Error(`no example page ${page}`);
  return example;
}

/**
 * Reads a file of the examples, with its media type.
 *
 * @param {string} path below `examples/pages`
 */
export async function readPageFile(path) {
  return { body: await readFile(join(pagesFolder, path)), type: MEDIA_TYPES[extname(path)] };
}

/**
 * Answers a page's requests from the examples: the page itself at the URL it pretends to have,
 * and the shared files beside it. Nothing goes out to the network.
 *
 * @param {import("playwright-core").Page} page
 * @param {Example} example
 */
export async function intercept(page, example) {
  const pretended = new URL(example.url);
  await page.route("**/*", async (route) => {
    const { pathname, origin } = new URL(route.request().url());
    const shared = pathname.match(/\/(shared\/[a-z.]+)$/)?.[1];
    const isPage = origin === pretended.origin && pathname === pretended.pathname;
    if (!isPage && !shared) return route.abort();
    const { body, type } = await readPageFile(isPage ? example.page : String(shared));
    await route.fulfill({ body, contentType: type });
  });
}
