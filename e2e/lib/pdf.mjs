/** What can be seen on a PDF: its words, sheet by sheet, and its colours. */
import { run } from "./command.mjs";

/**
 * @typedef {object} Print
 * @property {string[]} sheets the text of each sheet, white space collapsed
 * @property {string} text all of it
 * @property {number} signal pixels in the colour of the parts that rules take away
 * @property {number} sea pixels in the colour of the article
 * @property {Buffer} pdf
 */

const DOTS_PER_INCH = 50;

/**
 * Reads a PDF with the tools of poppler.
 *
 * @param {Buffer} pdf
 * @returns {Promise<Print>}
 */
export async function readPdf(pdf) {
  const [words, pixels] = await Promise.all([
    // In the order of drawing: by position, the lines of what lies over the text would mix with it.
    run("pdftotext", ["-raw", "-enc", "UTF-8", "-", "-"], { input: pdf }),
    run("pdftoppm", ["-r", String(DOTS_PER_INCH), "-"], { input: pdf }),
  ]);
  const sheets = splitSheets(words.toString());
  return {
    sheets,
    text: sheets.join(" "),
    signal: countPixels(pixels, isSignal),
    sea: countPixels(pixels, isSea),
    pdf,
  };
}

/**
 * Splits pdftotext's output at its form feeds, of which the last ends the last sheet.
 *
 * @param {string} words
 */
export function splitSheets(words) {
  return words
    .split("\f")
    .slice(0, -1)
    .map((sheet) => sheet.replace(/\s+/g, " ").trim());
}

/**
 * Counts the pixels of a kind in binary PPM images that follow one another.
 *
 * @param {Buffer} images
 * @param {(red: number, green: number, blue: number) => boolean} isCounted
 */
export function countPixels(images, isCounted) {
  let count = 0;
  for (let start = 0; start < images.length; ) {
    const header = images.toString("latin1", start, start + 64).match(/^P6\s(\d+)\s(\d+)\s255\s/);
    if (!header) throw new Error(`no PPM image at byte ${start}`);
    const first = start + header[0].length;
    start = first + Number(header[1]) * Number(header[2]) * 3;
    for (let pixel = first; pixel < start; pixel += 3) {
      if (isCounted(images[pixel], images[pixel + 1], images[pixel + 2])) count++;
    }
  }
  return count;
}

/**
 * The colour of the parts that rules take away: #d6006e, give or take what smoothing does.
 *
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
export function isSignal(red, green, blue) {
  return Math.abs(red - 0xd6) <= 24 && green <= 24 && Math.abs(blue - 0x6e) <= 24;
}

/**
 * The colour of the article's headings: #00796b, also where a black veil lies over it.
 *
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
export function isSea(red, green, blue) {
  return red <= 8 && green >= 40 && Math.abs(blue - (green * 0x6b) / 0x79) <= 8;
}
