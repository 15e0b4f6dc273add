/** Where things lie in the repository. */
import { fileURLToPath } from "node:url";

/** @param {string} path below the repository's root */
const inRepository = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const root = inRepository("");
export const rulesFolder = inRepository("examples/rules");
export const pagesFolder = inRepository("examples/pages");
export const packages = inRepository("e2e/node_modules");
export const picture = inRepository("docs/pictures/before-after.png");

/** The documents whose renderer blocks are run; both print the same ones. */
export const documents = [inRepository("README.md"), inRepository("docs/renderers.md")];
