import { parseArgs } from "node:util";
import { StoreError } from "@borgstore/core";
import { isSftpUrl } from "./storage.ts";

/** What the command line asks for. */
export interface DemoArguments {
  readonly help: boolean;
  /** URL of the storage; `undefined` for the fixed directory below the temp directory. */
  readonly url: string | undefined;
  /** The directory to back up; `undefined` for the default one. */
  readonly directory: string | undefined;
  /** Whether to destroy the storage at the end; `undefined` asks on a terminal and keeps it without one. */
  readonly destroy: boolean | undefined;
  /** For an `sftp:` URL: the file that is read instead of the user's and the system's ssh_config. */
  readonly sshConfigFile: string | undefined;
  /** Report as one JSON object on stdout; everything else goes to stderr. */
  readonly json: boolean;
  /** Time between progress lines in ms where stderr is no terminal. */
  readonly progressMs: number;
}

export const helpText = `Usage: pnpm demo [URL] [DIRECTORY] [options]

Puts DIRECTORY into the store at URL as chunks under their SHA-256, restores it into another directory, compares
both byte for byte, and shows what else a store can do. Running it again reuses what the store holds already, also
after the earlier run was killed.

  URL         where to store: file:///absolute/path, sftp://[user@]host[:port]/path (a second slash makes the path
              absolute), s3:[profile@|key:secret@][http[s]://host[:port]]/bucket/path or b2: with the same,
              rclone:remote:path or rclone:/absolute/path by the program rclone, or memory:
              (default, also when empty: a fixed directory below the temp directory)
  DIRECTORY   what to store (default: the repository's node_modules)

Options:
  --destroy           destroy the storage at the end without asking
  --keep              keep it without asking (without a terminal nobody is asked, and it is kept)
  --ssh-config FILE   for sftp: read FILE instead of the user's and the system's ssh_config, as ssh -F
  --json              one JSON object with all figures on stdout; the report goes to stderr
  --progress SECONDS  time between progress lines where stderr is no terminal (default: 2)
  -h, --help          this text

Ctrl-C stops cleanly at any moment, a second one at once. Exit codes: 0 all is well, 2 wrong arguments or URL,
7 some files could not be read for want of permission, 9 something came back damaged, 130 stopped by Ctrl-C; others
as in the error table of @borgstore/core.
`;

/**
 * Reads the command line.
 *
 * @throws StoreError `INVALID_ARGUMENT` for anything it does not know.
 */
export function parseArguments(argv: readonly string[]): DemoArguments {
  const { values, positionals } = parseOrRefuse(argv);
  if (positionals.length > 2)
    refuse(`at most URL and DIRECTORY are expected, got ${positionals.length} words`);
  if (values.destroy && values.keep) refuse("--destroy and --keep exclude each other");
  const seconds = Number(values.progress);
  if (!(seconds > 0 && seconds <= 3600)) refuse("--progress takes seconds, above 0 and at most 3600");
  // Empty, so that DIRECTORY can be given alone: pnpm demo "" DIRECTORY.
  const url = positionals[0] === "" ? undefined : positionals[0];
  const sshConfigFile = values["ssh-config"];
  if (sshConfigFile === "") refuse("--ssh-config takes the name of a file");
  if (sshConfigFile !== undefined && !isSftpUrl(url ?? "")) refuse("--ssh-config is for sftp: URLs");
  return {
    help: values.help,
    url,
    directory: positionals[1],
    destroy: values.destroy ? true : values.keep ? false : undefined,
    sshConfigFile,
    json: values.json,
    progressMs: seconds * 1000,
  };
}

interface Parsed {
  readonly values: {
    destroy: boolean;
    keep: boolean;
    json: boolean;
    help: boolean;
    progress: string;
    "ssh-config"?: string;
  };
  readonly positionals: readonly string[];
}

function parseOrRefuse(argv: readonly string[]): Parsed {
  try {
    return parseArgs({
      // pnpm hands on the "--" of `pnpm demo -- --destroy`; it means nothing here, as no word may start with "-".
      args: argv.filter((word) => word !== "--"),
      allowPositionals: true,
      options: {
        destroy: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        progress: { type: "string", default: "2" },
        "ssh-config": { type: "string" },
      },
    });
  } catch (error) {
    // Node explains at length how such a word could be passed on; the first sentence says what is wrong.
    const [sentence = "wrong arguments"] = (error as Error).message.split(/\. (?=[A-Z])/);
    throw new StoreError("INVALID_ARGUMENT", { detail: `${sentence}; see --help`, cause: error });
  }
}

function refuse(detail: string): never {
  throw new StoreError("INVALID_ARGUMENT", { detail: `${detail}; see --help` });
}
