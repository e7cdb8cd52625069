import { errorCodes, StoreError } from "@borgstore/core";
import { helpText, parseArguments } from "./arguments.ts";
import { ask } from "./ask.ts";
import { abortOnSignals, Interruption } from "./interruption.ts";
import { Progress } from "./progress.ts";
import { exitCodeOf } from "./report.ts";
import { runDemo } from "./run-demo.ts";

process.exitCode = await main(process.argv.slice(2));

/** Runs the command line and returns its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const controller = abortOnSignals((line) => process.stderr.write(`\n${line}\n`));
  const { signal } = controller;
  // Whoever read our output has gone (`pnpm demo | head`): nothing to say to anybody, but everything to clean up.
  process.stdout.on("error", (error) => controller.abort(error));
  try {
    const args = parseArguments(argv);
    if (args.help) {
      process.stdout.write(helpText);
      return 0;
    }
    const out = args.json ? process.stderr : process.stdout;
    const isInteractive = process.stdin.isTTY && process.stdout.isTTY && !args.json;
    const report = await runDemo({
      args,
      say: (line) => void out.write(`${line}\n`),
      ask: isInteractive ? ask : undefined,
      progress: new Progress(process.stderr, { lineMs: args.progressMs }),
      signal,
    });
    if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return exitCodeOf(report);
  } catch (error) {
    return explain(signal.aborted ? signal.reason : error);
  }
}

/** Says why the demo failed, and returns the exit code for it. */
function explain(error: unknown): number {
  if (error instanceof Interruption) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  if (StoreError.is(error)) {
    const operation = error.operation === undefined ? "" : ` in ${error.operation}`;
    process.stderr.write(`borgstore demo: ${error.code}${operation}: ${error.message}\n`);
    return errorCodes[error.code].exitCode;
  }
  process.stderr.write(`borgstore demo: ${error instanceof Error ? error.stack : String(error)}\n`);
  return errorCodes.UNEXPECTED.exitCode;
}
