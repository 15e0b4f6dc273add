/** Prints an example page as a pipeline does: load, inject, wait for what is late, print. */
import { intercept } from "./examples.mjs";
import { readPdf } from "./pdf.mjs";

/** @typedef {import("./examples.mjs").Example} Example */
/** @typedef {import("./service.mjs").Assets} Assets */

export const NOTHING = Object.freeze({ css: "", js: "" });

const PAGE_MS = 10_000;

/**
 * Opens a window in which the example can be printed any number of times.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {Example} example
 */
export async function openWindow(browser, example) {
  const page = await browser.newPage({ bypassCSP: true });
  page.setDefaultTimeout(PAGE_MS);
  await intercept(page, example);
  return page;
}

/**
 * Loads the page afresh, prints it with these assets, and reads the print.
 *
 * @param {import("playwright-core").Page} page
 * @param {Example} example
 * @param {Assets} assets
 */
export async function print(page, example, assets) {
  await page.goto(example.url);
  await inject(page, assets);
  await settle(page, example);
  const printBackground = example.print_background ?? true;
  return readPdf(await page.pdf({ preferCSSPageSize: true, printBackground }));
}

/**
 * @param {import("playwright-core").Page} page
 * @param {Assets} assets
 */
async function inject(page, { css, js }) {
  if (css) await page.addStyleTag({ content: css });
  if (js) await page.evaluate(js);
}

/**
 * Waits until all that was to come is there: late parts, frames, pictures.
 *
 * @param {import("playwright-core").Page} page
 * @param {Example} example
 */
async function settle(page, example) {
  if (example.late) await page.waitForSelector('html[data-late="added"]', { state: "attached" });
  await page.waitForFunction(() =>
    [...document.querySelectorAll("iframe")].every(({ contentDocument }) => {
      // A frame shows an empty page, already complete, before it shows its own.
      return contentDocument?.URL === "about:srcdoc" && contentDocument.readyState === "complete";
    }),
  );
  // A picture without an address, or with a broken one, is as ready as it will be.
  await page.evaluate(() => Promise.allSettled([...document.images].map((image) => image.decode())));
}
