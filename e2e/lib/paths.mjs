/** Where things lie in the repository. */
import { fileURLToPath } from "node:url";

/** @param {string} path below the repository's root */
const inRepository = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const releaseBinary = inRepository("target/release/asset-injector");
export const rulesFolder = inRepository("examples/rules");
export const pagesFolder = inRepository("examples/pages");
export const picture = inRepository("docs/pictures/before-after.png");

export const readme = inRepository("README.md");
export const rendererGuide = inRepository("docs/renderers.md");

/** The drivers, where the blocks of the documents find them. */
export const packages = inRepository("e2e/node_modules");

/** The pinned versions of WeasyPrint and of what it needs. */
export const requirements = inRepository("e2e/requirements.txt");
