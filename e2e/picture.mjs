/**
 * Makes the picture of the README: one example page, printed without and with what the service
 * answers, side by side. Run it with `npm run picture` when that page or its rules change.
 */
import { launch } from "./lib/browser.mjs";
import { run } from "./lib/command.mjs";
import { findExample } from "./lib/examples.mjs";
import { picture } from "./lib/paths.mjs";
import { NOTHING, openWindow, print } from "./lib/printing.mjs";
import { connect, resolve } from "./lib/service.mjs";

const WIDTH = 1180;

/**
 * Shows the first sheet of a print, and how many there are.
 *
 * @param {import("./lib/pdf.mjs").Print} print
 * @param {string} caption
 * @param {string} remark
 */
async function figure({ pdf, sheets }, caption, remark) {
  const first = await run("pdftoppm", ["-png", "-r", "64", "-f", "1", "-l", "1", "-"], { input: pdf });
  return `<figure>
    <img src="data:image/png;base64,${first.toString("base64")}">
    <figcaption><b>${caption}</b> page 1 of ${sheets.length}, ${remark}</figcaption>
  </figure>`;
}

/** @param {string[]} figures */
const markup = (figures) => `<!doctype html>
<style>
  body { display: flex; gap: 40px; justify-content: center; margin: 0; padding: 32px; background: #eceff1; }
  figure { margin: 0; }
  img { display: block; box-shadow: 0 2px 14px rgba(0, 0, 0, 0.35); }
  figcaption { margin-top: 16px; color: #5c6873; font: 17px "Liberation Sans", Arial, sans-serif; text-align: center; }
  b { margin-right: 8px; color: #1d2733; }
</style>
${figures.join("\n")}`;

const [browser, service] = await Promise.all([launch(), connect()]);
try {
  const example = findExample("everything.html");
  const page = await openWindow(browser, example);
  const without = await print(page, example, NOTHING);
  const withAssets = await print(page, example, await resolve(service, example.url));

  const canvas = await browser.newPage({ viewport: { width: WIDTH, height: 100 } });
  const figures = [
    await figure(without, "Before", "the end is cut off"),
    await figure(withAssets, "After", "nothing is missing"),
  ];
  await canvas.setContent(markup(figures));
  await canvas.screenshot({ path: picture, fullPage: true });
} finally {
  await Promise.all([browser.close(), service.stop()]);
}
