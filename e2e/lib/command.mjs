/**
 * Runs programs to their end, within a time limit.
 * Each gets a process group of its own, so that nothing it started is left over.
 */
import { spawn } from "node:child_process";

/**
 * @typedef {object} Options
 * @property {string | Buffer} [input] what the program reads
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutMs]
 */

/**
 * Runs a program and returns what it printed; rejects if it fails or takes too long.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Options} [options]
 * @returns {Promise<Buffer>}
 */
export function run(program, args, { input = "", cwd, env, timeoutMs = 30_000 } = {}) {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: "pipe" });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const timer = setTimeout(() => killGroup(child.pid), timeoutMs);
  // A program that exits before it has read everything says so by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(input);

  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      if (code === 0) return resolve(Buffer.concat(stdout));
      const end = signal ? `ended by ${signal} within ${timeoutMs} ms` : `exit code ${code}`;
      reject(new Error(`${program}: ${end}\n${Buffer.concat(stdout)}${Buffer.concat(stderr)}`));
    });
  });
}

/**
 * Kills a process and all it started; one that has ended is no error.
 *
 * @param {number | undefined} pid the leader of the group
 */
function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}

/** @param {import("node:stream").Readable} stream */
function collect(stream) {
  /** @type {Buffer[]} */
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  return chunks;
}
