/** A Python with WeasyPrint, in a virtual environment outside the repository. */
import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { run } from "./command.mjs";
import { requirements } from "./paths.mjs";

const INSTALL_MS = 120_000;

/**
 * Returns the folder of programs of the environment; makes the environment the first time, and
 * again when the pinned versions change.
 */
export async function preparePython() {
  const pinned = createHash("sha256").update(await readFile(requirements)).digest("hex").slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const environment = join(cache, "asset-injector-e2e", `weasyprint-${pinned}`);
  const bin = join(environment, "bin");
  // The program exists only after a whole installation: a broken one is done again.
  if (!existsSync(join(bin, "weasyprint"))) {
    await run("python3", ["-m", "venv", "--clear", environment], { timeoutMs: INSTALL_MS });
    const install = ["-m", "pip", "install", "--quiet", "--requirement", requirements];
    await run(join(bin, "python"), install, { timeoutMs: INSTALL_MS });
  }
  return bin;
}
