import { readFile, stat } from "node:fs/promises";

import { StoreError } from "@borgstore/core";

/** One directive of an ssh_config file. */
export interface ConfigDirective {
  /** In lower case. */
  readonly keyword: string;
  readonly words: readonly string[];
  /** Whether there are several words outside of quotes. */
  readonly isSplit: boolean;
}

/** The directives up to the next `Host` or `Match` line. */
interface ConfigBlock {
  /** The line that opens the block; `undefined` for what stands before the first one. */
  readonly condition: ConfigDirective | undefined;
  readonly directives: readonly ConfigDirective[];
}

/** Keywords whose value is the rest of the line for a shell; quotes in it are the shell's. */
const commands = /^(?:proxycommand|remotecommand|localcommand|knownhostscommand)$/i;

/**
 * Reads a file of ssh_config(5); `undefined` when it does not exist.
 *
 * @param checkOwner refuse a file that others may write, as OpenSSH does with the user's own one.
 * @throws StoreError `PERMISSION_DENIED`, `INVALID_ARGUMENT` for a file that OpenSSH would refuse, `UNSUPPORTED` for
 *   quoting that the parser would read in another way than OpenSSH.
 */
export async function readConfigFile(file: string, checkOwner: boolean): Promise<ConfigBlock[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new StoreError("PERMISSION_DENIED", { detail: `cannot read ${file}`, cause: error });
  }
  if (checkOwner && process.getuid !== undefined) {
    const { uid, mode } = await stat(file);
    if ((uid !== 0 && uid !== process.getuid()) || (mode & 0o022) !== 0) {
      throw new StoreError("PERMISSION_DENIED", {
        detail: `bad owner or permissions on ${file}: whoever may write it decides whom to trust; chmod go-w it`,
      });
    }
  }
  return parseConfig(text, file);
}

/** The blocks of a text; `file` is for messages. See {@link readConfigFile}. */
export async function parseConfig(text: string, file: string): Promise<ConfigBlock[]> {
  refuseOddQuoting(text, file);
  const { parse, LineType } = await import("ssh-config");
  let lines: ReturnType<typeof parse>;
  try {
    lines = parse(text);
  } catch (error) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `${file}: ${(error as Error).message}`,
      cause: error,
    });
  }
  const toDirectives = (config: ReturnType<typeof parse>): ConfigDirective[] => {
    const directives: ConfigDirective[] = [];
    for (const line of config) {
      if (line.type !== LineType.DIRECTIVE || line.param === "") continue;
      const { value } = line;
      directives.push({
        keyword: line.param.toLowerCase(),
        words: typeof value === "string" ? [value] : joinCommand(line.param, value),
        isSplit: typeof value !== "string" || (line.quoted !== true && /\s/.test(value)),
      });
    }
    return directives;
  };

  const isSection = (line: (typeof lines)[number]): boolean => "config" in line;
  const blocks: ConfigBlock[] = [
    {
      condition: undefined,
      directives: toDirectives(lines.filter((line) => !isSection(line)) as typeof lines),
    },
  ];
  for (const line of lines) {
    if (!("config" in line)) continue;
    const [condition] = toDirectives([line] as unknown as typeof lines);
    blocks.push({ condition, directives: toDirectives(line.config) });
  }
  return blocks;
}

/** The parser splits commands into words; put together again they are what was written, but for repeated blanks. */
function joinCommand(
  keyword: string,
  words: readonly { val: string; separator: string; quoted?: boolean }[],
): string[] {
  if (!commands.test(keyword)) return words.map((word) => word.val);
  const parts = words.map((word) => `${word.separator}${word.quoted === true ? `"${word.val}"` : word.val}`);
  return [parts.join("").trim()];
}

/**
 * The parser and OpenSSH (`argv_split` in misc.c) agree on plain words, words in double quotes and comments after a
 * blank. Where they do not, a wrong value would be used silently, so those lines are refused. A keyword without value,
 * an error for OpenSSH, would make the parser swallow the next line.
 */
function refuseOddQuoting(text: string, file: string): void {
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const [, keyword, rest = ""] = /^\s*([^\s=#]+)\s*=?\s*(.*)$/.exec(line) ?? [];
    if (keyword === undefined) continue;
    if (rest === "" || rest.startsWith("#")) {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: `${file}:${index + 1}: no argument after ${keyword}`,
      });
    }
    if (commands.test(keyword)) continue;
    // Double-quoted words, plain words, and a comment.
    if (/^(?:(?:"[^"\\]*"|[^\s"'\\#][^\s"'\\#]*)(?:[\s,=]+|$))+(?:#.*)?$/.test(rest)) continue;
    throw new StoreError("UNSUPPORTED", {
      detail:
        `${file}:${index + 1}: only the OpenSSH client can read the quoting of ${keyword}; ` +
        "install it, or write the value plainly or in double quotes",
    });
  }
}
