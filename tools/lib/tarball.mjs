import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** @typedef {{ name: string, size: number, content: Buffer }} TarEntry */

const block = 512;

/**
 * @param {Buffer} header
 * @param {number} start
 * @param {number} length
 */
function text(header, start, length) {
  const end = header.indexOf(0, start);
  return header.toString("utf8", start, end === -1 ? start + length : Math.min(end, start + length));
}

/**
 * The files in an npm tarball, without the leading `package/`, sorted by name.
 *
 * @param {string} file
 * @returns {TarEntry[]}
 * @throws Error for entries that an npm tarball has no use for (links, devices)
 */
export function readTarball(file) {
  const bytes = gunzipSync(readFileSync(file));
  const entries = [];
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + block);
    const size = Number.parseInt(text(header, 124, 12).trim(), 8);
    const type = text(header, 156, 1);
    const prefix = text(header, 345, 155);
    const name = text(header, 0, 100);
    const content = bytes.subarray(at + block, at + block + size);
    if (type === "0" || type === "") {
      entries.push({
        name: `${prefix === "" ? "" : `${prefix}/`}${name}`.replace(/^package\//, ""),
        size,
        content,
      });
    } else if (type !== "5") {
      throw new Error(`${file} holds an entry of type "${type}": ${name}`);
    }
    at += block + Math.ceil(size / block) * block;
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
