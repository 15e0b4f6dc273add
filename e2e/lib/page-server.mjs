/** Serves the example pages over loopback, for renderers that load by real addresses only. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";

import { readPageFile } from "./examples.mjs";

/**
 * @typedef {object} PageServer
 * @property {(page: string, query?: string) => string} address of an example page
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the server on any free port. A page asked for with `?strict` comes with a
 * Content-Security-Policy that refuses what is not the page's own, as many sites send it.
 *
 * @returns {Promise<PageServer>}
 */
export async function servePages() {
  const server = createServer(async ({ url }, response) => {
    const { pathname, search } = new URL(String(url), "http://127.0.0.1");
    try {
      const { body, type } = await readPageFile(pathname.slice(1));
      if (search === "?strict") response.setHeader("content-security-policy", strictPolicy(body));
      response.setHeader("content-type", type).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  const port = await listen(server);
  return {
    address: (page, query = "") => `http://127.0.0.1:${port}/${page}${query}`,
    stop: () => close(server),
  };
}

/**
 * Allows files of the page's origin and the inline styles that stand in its markup, by hash.
 *
 * @param {Buffer} markup
 */
function strictPolicy(markup) {
  const styles = [...markup.toString().matchAll(/<style>(.*?)<\/style>/gs)];
  const hashes = styles.map(([, style]) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`);
  return `default-src 'self'; style-src 'self' ${hashes.join(" ")}`;
}

/**
 * Listens on any free port of loopback and returns it.
 *
 * @param {import("node:http").Server} server
 * @returns {Promise<number>}
 */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = /** @type {import("node:net").AddressInfo} */ (server.address());
      resolve(address.port);
    });
  });
}

/**
 * Closes the server and what is still connected to it.
 *
 * @param {import("node:http").Server} server
 * @returns {Promise<void>}
 */
export function close(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
