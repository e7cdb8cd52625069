import { createInterface } from "node:readline";

/**
 * Asks a question on the terminal and tells whether the answer was yes. Anything else, the end of the input too, is
 * no. Rejects with `signal.reason` when aborted meanwhile.
 */
export async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  // Not in readline's terminal mode: that would take Ctrl-C away from the signal handlers.
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      lines.once("close", () => resolve(false));
      lines.question(question, (answer) => resolve(/^\s*y(?:es)?\s*$/i.test(answer)));
    });
  } finally {
    lines.close();
  }
}
