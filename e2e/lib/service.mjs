/**
 * The service under test: one that runs already (`ASSET_INJECTOR_URL`), or a binary
 * (`ASSET_INJECTOR_BIN`, else the release build), started on the example rules with nothing else
 * in its environment.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve as absolute } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { releaseBinary, rulesFolder } from "./paths.mjs";

/**
 * @typedef {object} Assets
 * @property {string} css
 * @property {string} js
 *
 * @typedef {Assets & { id: string, score: number }} Part one rule's share of an answer
 *
 * @typedef {Assets & { rules: Part[] }} Answer
 *
 * @typedef {object} Service
 * @property {string} base the address, without a slash at its end
 * @property {string} rules its rules tree; empty for a service that ran already
 * @property {() => string} log what it has printed
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Options
 * @property {number} [port] the one it must have, 0 for any
 * @property {Record<string, string>} [files] its own rule files, below its rules tree, in the place of the examples
 * @property {Record<string, string>} [environment] further settings
 */

const START_MS = 20_000;
const STOP_MS = 5_000;

/**
 * Connects to the running service, or starts the binary; rejects with its output if that is not
 * ready in time.
 *
 * @param {number} [port] the one it must have, 0 for any
 * @returns {Promise<Service>}
 */
export async function connect(port = 0) {
  const url = process.env.ASSET_INJECTOR_URL;
  if (!url) return start({ port });
  if (port && Number(new URL(url).port) !== port) throw new Error(`${url}: these tests need port ${port}`);
  return { base: url.replace(/\/$/, ""), rules: "", log: () => "", stop: async () => {} };
}

/**
 * Starts the binary; rejects with its output if that is not ready in time.
 *
 * @param {Options} [options]
 * @returns {Promise<Service>}
 */
export async function start({ port = 0, files, environment = {} } = {}) {
  // npm changes into the package's folder, and says where the user was.
  const binary = absolute(process.env.INIT_CWD ?? "", process.env.ASSET_INJECTOR_BIN || releaseBinary);
  if (port) await assertFree(port);
  const folder = await mkdtemp(join(tmpdir(), "asset-injector-e2e-"));
  const rules = join(folder, "rules");
  for (const [path, text] of Object.entries(files ?? {})) {
    await mkdir(dirname(join(rules, path)), { recursive: true });
    await writeFile(join(rules, path), text);
  }
  const ownRules = files ? {} : { LOCAL_RULES_DIR: rulesFolder, READ_ONLY: "true" };
  const child = spawn(binary, ["serve"], {
    cwd: folder,
    env: { ...settings(folder, port), ...ownRules, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = gather(child);
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { base: await untilReady(child, printed), rules, log: () => printed.text, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Asks for what is to be injected into the page at this URL, with each rule's own share.
 *
 * @param {Service} service
 * @param {string} url
 * @returns {Promise<Answer>}
 */
export async function resolve(service, url) {
  const response = await fetch(`${service.base}/v1/resolve`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url, mode: "all", parts: true }),
    signal: AbortSignal.timeout(5_000),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(`resolve ${url}: ${response.status} ${JSON.stringify(body)}`);
  return body.data;
}

/**
 * @param {string} folder
 * @param {number} port
 * @returns {NodeJS.ProcessEnv}
 */
function settings(folder, port) {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    HOST: "127.0.0.1",
    PORT: String(port),
    DATA_DIR: join(folder, "data"),
    RULES_DIR: join(folder, "rules"),
    RESOLVE_MODE: "all",
  };
}

/**
 * Another service there would answer in the place of the one under test.
 *
 * @param {number} port
 * @returns {Promise<void>}
 */
function assertFree(port) {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, "127.0.0.1");
    socket.once("error", () => resolve());
    socket.once("connect", () => {
      socket.destroy();
      reject(new Error(`port ${port} is taken: stop what listens there and run the tests again`));
    });
  });
}

/** @param {import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable, import("node:stream").Readable>} child */
function gather(child) {
  const printed = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (printed.text += chunk));
  }
  child.on("error", (error) => (printed.text += error.message));
  return printed;
}

/**
 * Returns the address that the service printed, once it answers there.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {{ text: string }} printed
 */
async function untilReady(child, printed) {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(50)) {
    if (child.exitCode !== null || child.pid === undefined) break;
    const address = printed.text.match(/127\.0\.0\.1:([1-9]\d*)/)?.[0];
    if (address && (await isReady(`http://${address}`))) return `http://${address}`;
  }
  throw new Error(`the service did not become ready:\n${printed.text}`);
}

/** @param {string} base */
async function isReady(base) {
  try {
    return (await fetch(`${base}/health/ready`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

/**
 * Ends the service as an operator would, and by force if it does not go.
 *
 * @param {import("node:child_process").ChildProcess} child
 */
async function end(child) {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const forced = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(forced);
}
