/** The blocks that the documents print for each renderer, run as they stand. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { executable, FLAGS, launch } from "../lib/browser.mjs";
import { run } from "../lib/command.mjs";
import { findExample } from "../lib/examples.mjs";
import { servePages } from "../lib/page-server.mjs";
import { readme, rendererGuide } from "../lib/paths.mjs";
import { readPdf } from "../lib/pdf.mjs";
import { NOTHING, openWindow, print } from "../lib/printing.mjs";
import { serveBrowserless, serveGotenberg } from "../lib/render-services.mjs";
import { connect } from "../lib/service.mjs";
import { readBlocks, runSnippet } from "../lib/snippets.mjs";
import { preparePython } from "../lib/weasyprint.mjs";

/** The port that the blocks name. */
const DEFAULT_PORT = 8080;

const TIMEOUT = { timeout: 90_000 };

const blocks = readBlocks(rendererGuide);

/** For renderers that run scripts; its parts come late, and a sheet too late if it is locked. */
const everything = findExample("everything.html");

/** For renderers that do not: its banner stands in the markup. */
const plain = findExample("consent/complianz.html");

test("the readme prints the blocks of the guide", () => {
  assert.deepEqual(readBlocks(readme), blocks);
});

describe("renderers", TIMEOUT, () => {
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {import("../lib/service.mjs").Service} */
  let service;
  /** @type {import("../lib/page-server.mjs").PageServer} */
  let pages;
  /** @type {string} */
  let folder;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "asset-injector-renderers-"));
    pages = await servePages();
    [browser, service] = await Promise.all([launch(), connect(DEFAULT_PORT)]);
  });

  after(async () => {
    await Promise.all([browser?.close(), service?.stop(), pages?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  test("without rules the page has all that is to vanish", TIMEOUT, async () => {
    const page = await openWindow(browser, everything);
    assertUntouched(await print(page, everything, NOTHING), everything);
    await page.close();
  });

  for (const renderer of ["puppeteer", "playwright"]) {
    test(renderer, TIMEOUT, async () => {
      const environment = { PAGE_URL: pages.address(everything.page, "?strict"), CHROMIUM: await wrapChromium(folder) };
      assertCleared(await readPdf(await runSnippet(blocks[renderer], environment)), everything);
    });
  }

  test("gotenberg", TIMEOUT, async () => {
    const gotenberg = await serveGotenberg(browser);
    try {
      const environment = { PAGE_URL: pages.address(everything.page, "?strict"), GOTENBERG_URL: gotenberg.base };
      assertCleared(await readPdf(await runSnippet(blocks.gotenberg, environment)), everything);
    } finally {
      await gotenberg.stop();
    }
  });

  test("browserless", TIMEOUT, async () => {
    const browserless = await serveBrowserless(browser);
    try {
      const environment = { PAGE_URL: pages.address(everything.page), BROWSERLESS_URL: browserless.base };
      assertCleared(await readPdf(await runSnippet(blocks.browserless, environment)), everything);
    } finally {
      await browserless.stop();
    }
  });

  test("weasyprint", { timeout: 300_000 }, async () => {
    const bin = await preparePython();
    const address = pages.address(plain.page);
    const without = await run(join(bin, "weasyprint"), [address, "-"]);
    assertUntouched(await readPdf(without), plain);

    const environment = { PAGE_URL: address, PATH: `${bin}:${process.env.PATH}` };
    assertCleared(await readPdf(await runSnippet(blocks.weasyprint, environment)), plain);
  });

  test("wkhtmltopdf", TIMEOUT, async () => {
    const address = pages.address(plain.page);
    const file = join(folder, "without.pdf");
    await run("wkhtmltopdf", ["--quiet", address, file]);
    assertUntouched(await readPdf(await readFile(file)), plain);

    assertCleared(await readPdf(await runSnippet(blocks.wkhtmltopdf, { PAGE_URL: address })), plain);
  });
});

/**
 * Writes a program that starts Chromium with the flags that a machine without network and a
 * super-user need, so that the blocks need not print them.
 *
 * @param {string} folder
 */
async function wrapChromium(folder) {
  const wrapper = join(folder, "chromium");
  await writeFile(wrapper, `#!/bin/sh\nexec '${executable}' ${FLAGS.join(" ")} "$@"\n`, { mode: 0o755 });
  return wrapper;
}

/**
 * @param {import("../lib/pdf.mjs").Print} print
 * @param {import("../lib/examples.mjs").Example} example
 */
function assertUntouched(print, { vanishes = [], restores = [] }) {
  for (const text of vanishes) assert.ok(print.text.includes(text), `"${text}" is missing:\n${print.text}`);
  for (const text of restores) assert.ok(!print.text.includes(text), `"${text}" is there:\n${print.text}`);
}

/**
 * @param {import("../lib/pdf.mjs").Print} print
 * @param {import("../lib/examples.mjs").Example} example
 */
function assertCleared(print, { vanishes = [], stays, restores = [] }) {
  for (const text of vanishes) assert.ok(!print.text.includes(text), `"${text}" is there:\n${print.text}`);
  for (const text of [...stays, ...restores]) {
    assert.ok(print.text.includes(text), `"${text}" is missing:\n${print.text}`);
  }
}
