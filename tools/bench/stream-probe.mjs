// Streams one large value between a file and a storage in it, for `bench posixfs`.
// Arguments: `store` or `load`, storage directory, file. Prints { ms, peakMiB } in JSON.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { openStore } from "@borgstore/core";
import { posixfs } from "@borgstore/backend-posixfs";

const [what, directory = "", file = ""] = process.argv.slice(2);
const highWaterMark = 1024 * 1024;
const store = await openStore(pathToFileURL(directory).href, {
  backends: [posixfs],
  namespaces: { data: { levels: [2] } },
  create: true,
});
const name = `data/${"ab".repeat(32)}`;
const start = performance.now();
if (what === "store") await store.storeStream(name, createReadStream(file, { highWaterMark }));
else await pipeline(store.loadStream(name), createWriteStream(file));
const ms = performance.now() - start;
await store.close();
// In KiB on every system.
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, peakMiB })}\n`);
