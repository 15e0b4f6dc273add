/** Every example page, printed without and with what the service answers. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch } from "../lib/browser.mjs";
import { examples } from "../lib/examples.mjs";
import { NOTHING, openWindow, print } from "../lib/printing.mjs";
import { connect, resolve } from "../lib/service.mjs";

/** @typedef {import("../lib/examples.mjs").Example} Example */
/** @typedef {import("../lib/pdf.mjs").Print} Print */

/** Enough pixels to be a part of the page rather than an accident of smoothing. */
const SOME = 40;

describe("example pages", { concurrency: 2 }, () => {
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {import("../lib/service.mjs").Service} */
  let service;

  before(async () => {
    [browser, service] = await Promise.all([launch(), connect()]);
  });

  after(async () => {
    await Promise.all([browser?.close(), service?.stop()]);
  });

  for (const example of examples) {
    test(example.page, { timeout: 60_000 }, async () => {
      const page = await openWindow(browser, example);
      try {
        await checkPage(page, example, await resolve(service, example.url));
      } finally {
        await page.close();
      }
    });
  }
});

/**
 * @param {import("playwright-core").Page} page
 * @param {Example} example
 * @param {import("../lib/service.mjs").Answer} answer
 */
async function checkPage(page, example, answer) {
  const without = await print(page, example, NOTHING);
  checkWithout(without, example);

  if (example.rules.length > 0) {
    // Its own rules must do it: the others of the answer could hide that they do not.
    checkWith(await print(page, example, ownAssets(answer, example)), without, example);
  }
  checkWith(await print(page, example, answer), without, example);
}

/**
 * Returns the share of the example's own rules, without JS where CSS is said to be enough.
 *
 * @param {import("../lib/service.mjs").Answer} answer
 * @param {Example} example
 */
function ownAssets(answer, example) {
  const parts = example.rules.map((id) => {
    const part = answer.rules.find((rule) => rule.id === id);
    assert.ok(part, `the rule ${id} does not apply to ${example.url}`);
    return part;
  });
  const css = parts.map((part) => part.css).join("\n");
  const js = parts.map((part) => `(() => {\n${part.js}\n})();`).join("\n");
  return { css, js: example.needs_js ? js : "" };
}

/**
 * @param {Print} without
 * @param {Example} example
 */
function checkWithout(without, example) {
  const { vanishes = [], stays, restores = [], once = [], together, signal } = example;
  for (const text of [...vanishes, ...stays]) assertShows(without, text);
  for (const text of restores) assertHides(without, text);
  for (const text of once) assert.ok(occurrences(without, text) > 1, `"${text}" is not repeated`);
  if (together) assert.ok(!areTogether(without, together), "the texts are together already");
  if (signal === "vanishes" || signal === "shrinks") assert.ok(without.signal > SOME, "nothing to take away");
  if (signal === "appears") assert.equal(without.signal, 0, "shown already");
  assert.ok(without.sea > SOME, "no article");
}

/**
 * @param {Print} withAssets
 * @param {Print} without
 * @param {Example} example
 */
function checkWith(withAssets, without, example) {
  const { vanishes = [], stays, restores = [], once = [], together, signal } = example;
  for (const text of vanishes) assertHides(withAssets, text);
  for (const text of [...stays, ...restores]) assertShows(withAssets, text);
  for (const text of once) assert.equal(occurrences(withAssets, text), 1, `"${text}" is repeated`);
  if (together) assert.ok(areTogether(withAssets, together), "the texts are still apart");
  if (signal === "vanishes") assert.equal(withAssets.signal, 0, "some of the colour is left");
  if (signal === "appears") assert.ok(withAssets.signal > SOME, "the colour is missing");
  if (signal === "shrinks") assert.ok(withAssets.signal < without.signal, "as much colour as before");
  if (example.unchanged) {
    assert.deepEqual(withAssets.sheets, without.sheets);
    assert.equal(withAssets.sea, without.sea);
  }
  assert.ok(withAssets.sea > SOME, "the article is gone");
}

/**
 * @param {Print} print
 * @param {string} text
 */
function assertShows(print, text) {
  assert.ok(print.text.includes(text), `"${text}" is missing:\n${print.text}`);
}

/**
 * @param {Print} print
 * @param {string} text
 */
function assertHides(print, text) {
  assert.ok(!print.text.includes(text), `"${text}" is there:\n${print.text}`);
}

/**
 * @param {Print} print
 * @param {string} text
 */
function occurrences(print, text) {
  return print.text.split(text).length - 1;
}

/**
 * @param {Print} print
 * @param {string[]} texts
 */
function areTogether(print, texts) {
  return print.sheets.some((sheet) => texts.every((text) => sheet.includes(text)));
}
