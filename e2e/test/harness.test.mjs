/** The harness itself: what it counts, what it cuts out, and that the examples are complete. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";

import { run } from "../lib/command.mjs";
import { examples } from "../lib/examples.mjs";
import { pagesFolder, rulesFolder } from "../lib/paths.mjs";
import { countPixels, isSea, isSignal, splitSheets } from "../lib/pdf.mjs";
import { extract } from "../lib/snippets.mjs";

/**
 * @param {number[][]} pixels
 * @returns {Buffer} one line of them as a PPM image
 */
function image(pixels) {
  return Buffer.concat([Buffer.from(`P6\n${pixels.length} 1\n255\n`), Buffer.from(pixels.flat())]);
}

describe("reading prints", () => {
  test("pixels are counted over all sheets", () => {
    const signal = [0xd6, 0x00, 0x6e];
    const sheets = Buffer.concat([image([signal, [255, 255, 255]]), image([[0, 0, 0], signal])]);
    assert.equal(countPixels(sheets, isSignal), 2);
  });

  test("the article's colour is known under a veil, and is not the sea at night", () => {
    const under = [0x00, 0x79, 0x6b].map((channel) => channel / 2);
    const night = [0x35, 0x68, 0x8f];
    assert.equal(countPixels(image([under, night]), isSea), 1);
  });

  test("what is no image is an error", () => {
    assert.throws(() => countPixels(Buffer.from("P5 1 1 255 x"), isSea), /no PPM image/);
  });

  test("sheets end at form feeds and lines do not matter", () => {
    assert.deepEqual(splitSheets("a \n b\f\fc\n\f"), ["a b", "", "c"]);
  });
});

describe("cutting out blocks", () => {
  const block = "<!-- renderer:one -->\n```sh\necho 1\n```\n<!-- /renderer -->\n";

  test("a block is what stands in the fence", () => {
    assert.deepEqual(extract(`# Title\n\n${block}`, "one"), { language: "sh", code: "echo 1\n" });
  });

  test("a missing marker is an error", () => {
    assert.throws(() => extract(block, "two"), /markers of two/);
    assert.throws(() => extract(block.replace("<!-- /renderer -->", ""), "one"), /markers of one/);
  });
});

describe("running programs", () => {
  test("a failure carries what the program said", async () => {
    await assert.rejects(run("sh", ["-c", "echo why >&2; exit 3"]), /exit code 3\nwhy/);
  });

  test("a program that hangs is ended, with what it started", async () => {
    await assert.rejects(run("sh", ["-c", "sleep 60 & wait"], { timeoutMs: 200 }), /SIGKILL/);
  });
});

describe("the examples", () => {
  const rules = listFiles(rulesFolder, ".rule.yaml").map((path) => ({
    id: basename(path, ".rule.yaml"),
    text: readFileSync(path, "utf8"),
  }));

  test("every rule has a page that proves it, and every page's rules exist", () => {
    const proven = new Set(examples.flatMap((example) => example.rules));
    assert.deepEqual([...proven].sort(), rules.map(({ id }) => id).sort());
  });

  test("every rule says who it is and what it is for", () => {
    for (const { id, text } of rules) {
      assert.match(text, new RegExp(`^id: ${id}$`, "m"), `the file of ${id} holds another id`);
      for (const field of ["description", "tags", "tests"]) {
        assert.match(text, new RegExp(`^${field}:`, "m"), `${id} has no ${field}`);
      }
    }
  });

  test("every page is listed once", () => {
    const pages = listFiles(pagesFolder, ".html").map((path) => path.slice(pagesFolder.length + 1));
    assert.deepEqual(examples.map(({ page }) => page).sort(), pages.sort());
  });

  test("every page says what is to be seen", () => {
    for (const { page, rules, vanishes, restores, once, together, signal } of examples) {
      const seen = vanishes ?? restores ?? once ?? together ?? signal;
      assert.ok(rules.length === 0 || seen, `${page} proves nothing`);
    }
  });
});

/**
 * Lists the files below a folder whose names end so.
 *
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
function listFiles(folder, ending) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path, ending);
    return path.endsWith(ending) ? [path] : [];
  });
}
