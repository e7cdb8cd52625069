import { openForRun } from "./crash-run.ts";
import { DiskRecorder } from "./disk-recorder.ts";
import { operations } from "./operations.ts";

/**
 * Opens the store at ROOT, does one operation, and kills itself before its COUNT-th call that may change the disk.
 * Ends by itself, with exit code 0, when it does not make that many.
 */
const [root = "", name = "", count = "0"] = process.argv.slice(2);
const operation = operations.find((each) => each.name === name);
if (operation === undefined) throw new Error(`no operation ${name}`);
const store = await openForRun(root, { durability: "each" });
using recorder = new DiskRecorder(root, (call) => {
  if (call === Number(count)) process.kill(process.pid, "SIGKILL");
});
await operation.perform(store);
process.stdout.write(`${recorder.changes.length}\n`);
process.exit(0);
