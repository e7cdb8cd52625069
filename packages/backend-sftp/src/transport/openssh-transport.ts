import { StoreError, throwIfAborted } from "@borgstore/core";
import type { Readable, Writable } from "node:stream";
import type { SftpSettings } from "../options.ts";
import type { SshHostConfig } from "../ssh/ssh-host-config.ts";
import { fastCiphersFirst } from "../ssh/transport-choice.ts";
import type { SftpPlace } from "../url.ts";
import { endWithProcess } from "./end-with-process.ts";
import { keepaliveOf } from "./keepalive.ts";
import { LinkFate } from "./link-fate.ts";
import type { Link } from "./link.ts";
import { opensshError } from "./openssh-errors.ts";

/** How much of what ssh says is kept for messages, in characters: all of it up to the login, mostly. */
const keptCharacters = 32 * 1024;

/** What the program is told beyond the configuration: to be a pipe for SFTP, to ask nobody, and to notice silence. */
export function opensshArguments(
  place: SftpPlace,
  settings: SftpSettings,
  {
    keepaliveIntervalMs,
    connectTimeoutMs,
    ciphers,
  }: {
    keepaliveIntervalMs: number;
    connectTimeoutMs: number;
    /** As the configuration has them. */
    ciphers?: readonly string[] | undefined;
  },
): string[] {
  const { host, user, port } = place;
  const { sshConfigFile, sshOptions } = settings;
  const options = [
    "BatchMode=yes",
    "LogLevel=DEBUG1",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "EscapeChar=none",
    `ConnectTimeout=${seconds(connectTimeoutMs)}`,
    `ServerAliveInterval=${keepaliveIntervalMs === 0 ? 0 : seconds(keepaliveIntervalMs)}`,
    // The first value counts, so what must hold comes before what users say.
    ...Object.entries(sshOptions).flatMap(([keyword, value]) =>
      (typeof value === "string" ? [value] : value).map((one) => `${keyword}=${one}`),
    ),
    // The same ones in another order: what OpenSSH prefers takes a quarter more time for large values.
    ...(ciphers === undefined ? [] : [`Ciphers=${fastCiphersFirst(ciphers).join(",")}`]),
  ];
  return [
    ...(sshConfigFile === undefined ? [] : ["-F", sshConfigFile]),
    ...options.flatMap((option) => ["-o", option]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "-s",
    "--",
    host,
    "sftp",
  ];
}

/** The program counts in seconds. */
function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** Starts the SFTP subsystem of a host by the ssh program, as a child process. */
export async function connectByOpenSsh(
  place: SftpPlace,
  config: SshHostConfig,
  settings: SftpSettings,
  connectTimeoutMs: number,
  signal: AbortSignal,
): Promise<Link> {
  throwIfAborted(signal);
  const { execa } = await import("execa");
  const keepaliveIntervalMs = keepaliveOf(config, settings);
  const child = execa(
    settings.sshProgram,
    opensshArguments(place, settings, { keepaliveIntervalMs, connectTimeoutMs, ciphers: config.ciphers }),
    {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      buffer: false,
      reject: false,
      encoding: "buffer",
      env: { LC_ALL: "C" },
      // A group of its own: Ctrl-C at a terminal must not take the connection from us before we have closed.
      detached: true,
      cleanup: false,
    },
  );
  const target = [
    ...(place.port === undefined ? [] : ["-p", String(place.port)]),
    `${place.user === undefined ? "" : `${place.user}@`}${place.host}`,
  ].join(" ");
  return new OpenSshLink(child, settings.sshProgram, place.host, target);
}

/** The parts of an execa child that are used here. */
interface Child extends Promise<{
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
}> {
  readonly pid?: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  kill(signal: "SIGTERM" | "SIGKILL"): boolean;
}

/** The pipes of a child. */
class OpenSshLink implements Link {
  readonly transport = "openssh";
  readonly input: Readable;
  readonly output: Writable;
  readonly #child: Child;
  readonly #fate = new LinkFate();
  readonly #ended: Promise<void>;
  #said = "";

  constructor(child: Child, program: string, host: string, target: string) {
    this.#child = child;
    this.input = child.stdout;
    this.output = child.stdin;
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-keptCharacters);
    });
    child.stderr.on("error", () => undefined);
    const forget = endWithProcess(() => child.kill("SIGKILL"));
    this.#ended = child.then(({ exitCode, code }) => {
      forget();
      this.#fate.lose(() =>
        code === "ENOENT" || code === "EACCES"
          ? new StoreError("UNSUPPORTED", {
              detail: `the program ${JSON.stringify(program)} cannot be started (${code}); install the OpenSSH client, or use transport "ssh2"`,
            })
          : opensshError(host, target, exitCode, this.#said),
      );
    });
  }

  onLost(callback: (makeReason: () => StoreError) => void): void {
    this.#fate.onLost(callback);
  }

  destroy(): void {
    // Before its pipes: it could take their end for a good one, and the reason would be lost. Its group too: a program
    // that leads to the host holds the same pipes.
    killGroup(this.#child.pid);
    this.#child.kill("SIGKILL");
    this.output.destroy();
    this.input.destroy();
    this.#child.stderr.destroy();
  }

  async end(graceMs: number): Promise<void> {
    this.#fate.lose(() => new StoreError("CONNECTION", { detail: "the backend was closed" }));
    const timer = setTimeout(() => this.destroy(), graceMs);
    this.output.end();
    await this.#ended;
    clearTimeout(timer);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It has ended, or the system has no groups.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}
