// Lists a storage of two levels and tells how much memory that took, for `bench posixfs`.
// Arguments: storage directory, `sizes` or `names`. Prints { count, peakMiB } in JSON.
import { pathToFileURL } from "node:url";
import { openStore } from "@borgstore/core";
import { posixfs } from "@borgstore/backend-posixfs";

const [directory = "", what] = process.argv.slice(2);
const store = await openStore(pathToFileURL(directory).href, {
  backends: [posixfs],
  namespaces: { data: { levels: [2] } },
});
let count = 0;
for await (const _ of store.list("data", { sizes: what === "sizes" })) count++;
await store.close();
// In KiB on every system.
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ count, peakMiB })}\n`);
