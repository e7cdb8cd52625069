import { serveRgw } from "./serve-rgw.ts";

process.exitCode = await main(process.argv.slice(2));

/** Runs a server until a signal comes, and returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length !== 1 || argv[0] !== "rgw") {
    process.stderr.write("Usage: node tools/run-built.mjs peers rgw\n\nRuns an S3 server until Ctrl-C.\n");
    return 2;
  }
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => controller.abort());
  try {
    await serveRgw((line) => void process.stdout.write(`${line}\n`), controller.signal);
    return 0;
  } catch (error) {
    // The terminal sends Ctrl-C to the server's processes as well, which then do not finish their start.
    if (controller.signal.aborted) return 130;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
