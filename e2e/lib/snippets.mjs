/** The renderer blocks of the documents, cut out and run as they are printed. */
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "./command.mjs";
import { packages } from "./paths.mjs";

/** @typedef {{ language: string, code: string }} Snippet */

export const RENDERERS = ["puppeteer", "playwright", "gotenberg", "weasyprint", "wkhtmltopdf", "browserless"];

/** What runs a block, by the language that its fence names, and the file it is saved as. */
const INTERPRETERS = /** @type {Record<string, { program: string, file: string }>} */ ({
  js: { program: process.execPath, file: "block.mjs" },
  python: { program: "python", file: "block.py" },
  sh: { program: "sh", file: "block.sh" },
});

/**
 * Cuts a renderer's block out of a document: one fence between its two markers.
 *
 * @param {string} markdown
 * @param {string} renderer
 * @returns {Snippet}
 */
export function extract(markdown, renderer) {
  const block = markdown.match(
    new RegExp(`^<!-- renderer:${renderer} -->\\n\`\`\`(\\w+)\\n(.*?)^\`\`\`\\n<!-- /renderer -->$`, "ms"),
  );
  if (!block) throw new Error(`no block between the markers of ${renderer}`);
  return { language: block[1], code: block[2] };
}

/**
 * Reads all blocks of a document; fails if one is missing.
 *
 * @param {string} path
 * @returns {Record<string, Snippet>}
 */
export function readBlocks(path) {
  const markdown = readFileSync(path, "utf8");
  return Object.fromEntries(RENDERERS.map((renderer) => [renderer, extract(markdown, renderer)]));
}

/**
 * Runs a block in an empty folder and returns the PDF that it wrote there.
 *
 * @param {Snippet} snippet
 * @param {NodeJS.ProcessEnv} env what the block reads
 */
export async function runSnippet({ language, code }, env) {
  const { program, file } = INTERPRETERS[language];
  const folder = await mkdtemp(join(tmpdir(), "asset-injector-block-"));
  try {
    await symlink(packages, join(folder, "node_modules"));
    await writeFile(join(folder, file), code);
    const surroundings = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, ...env };
    await run(program, [file], { cwd: folder, env: surroundings, timeoutMs: 60_000 });
    return await readFile(join(folder, "page.pdf"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
