import { withoutSecrets } from "./without-secrets.ts";

/** How much is kept, in characters. */
const keptCharacters = 8 * 1024;
/** How much of it a message gets. */
const quotedLines = 3;
const quotedCharacters = 400;

/** What rclone logs, or the Go runtime when it gives up; not the stacks that follow. */
const logLine = /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |panic: |fatal error: )/u;
const date = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /u;
const notice = "Serving remote control on";

/** The end of what a program has written to stderr. */
export class StderrTail {
  #text = "";

  append(text: string): void {
    this.#text += text;
    if (this.#text.length <= keptCharacters) return;
    const kept = this.#text.slice(-keptCharacters);
    // From the next line on: the rest of a line may be that of a secret, without its name.
    this.#text = kept.slice(kept.indexOf("\n") + 1);
  }

  /** All that is kept. May hold secrets. */
  get text(): string {
    return this.#text;
  }

  /** The last lines for a message, in one line, without secrets; `""` when nothing was said. */
  lastLines(secrets: readonly string[]): string {
    const all = this.#text.split("\n").flatMap((line) => {
      const trimmed = line.trimEnd();
      return trimmed === "" || trimmed.includes(notice) ? [] : [trimmed];
    });
    const logged = all.filter((line) => logLine.test(line));
    const lines = (logged.length > 0 ? logged : all)
      .slice(-quotedLines)
      .map((line) => line.replace(date, ""));
    return withoutSecrets(lines.join("; "), secrets).slice(-quotedCharacters);
  }
}
