import type { Socket } from "node:net";
import { StartFailure } from "./start-failure.ts";
import { StderrTail } from "./stderr-tail.ts";

/** How long a process may take to end when asked to, in milliseconds. */
const termGraceMs = 3000;
/** How long the last words of an ended process are waited for: its own children may hold its stderr. */
const drainMs = 500;

/**
 * Becomes the program it is given, under its own process id, and leaves a watchdog behind. The watchdog waits for the
 * end of file 3, whose other end only our process holds, so it comes however our process ends; then it ends the
 * program with its whole process group: the program may be a script that runs rclone. In the end that is the watchdog
 * too. It cannot hit strangers: as long as it is in that group, which bears the program's id, a system gives the id to
 * no new process. Once the program has ended by itself, its last act is to end what the program has left.
 */
const watched = `{ trap "" TERM
while read -r line; do :; done
kill -s TERM -- "-$$"
for second in 1 2 3; do kill -0 "$$" || break; sleep 1; done
kill -s KILL -- "-$$"; } <&3 3<&- >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** How a process has ended. */
export interface RcdEnd {
  /** Of the program; `126` and `127` when the shell could not run it. */
  readonly exitCode: number | undefined;
  /** For example `"SIGKILL"`. */
  readonly signal: string | undefined;
}

/** A child process that never outlives us, and does not keep us alive. */
export interface RcdChild {
  readonly pid: number;
  /** What it has said. */
  readonly tail: StderrTail;
  /** `undefined` while it runs. */
  readonly end: RcdEnd | undefined;
  /** Resolves when it has ended, and all it has said is there. */
  readonly ended: Promise<RcdEnd>;
  /** Called after each piece that it has said. */
  onSaid: (() => void) | undefined;
  /** Whether it keeps our process alive, as it does in the beginning: somebody waits for it. */
  keepUsAlive(keeps: boolean): void;
  /** Ends it, by force if it takes longer than 3 s. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** The parts of an execa child that are used here. */
interface Child extends Promise<{ readonly code?: string | undefined }> {
  readonly pid?: number | undefined;
  readonly stderr: Socket;
  readonly stdio: readonly unknown[];
  kill(signal: "SIGTERM" | "SIGKILL"): boolean;
  ref(): void;
  unref(): void;
  once(event: "exit", listener: (exitCode: number | null, signal: string | null) => void): unknown;
}

/**
 * Starts a program, by its absolute path.
 *
 * @throws StartFailure `UNAVAILABLE` when the system does not start it now: too many processes, or no memory
 */
export async function startChild(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<RcdChild> {
  const { execa } = await import("execa");
  const common = {
    buffer: false,
    reject: false,
    env: environment,
    extendEnv: false,
    encoding: "buffer",
  } as const;
  if (process.platform === "win32") {
    // No such shell, and no more than execa can do: a process that is killed leaves rclone behind.
    const child = execa(program, args, { ...common, stdio: ["ignore", "ignore", "pipe"], cleanup: true });
    return begun(child as unknown as Child, program);
  }
  const child = execa("/bin/sh", ["-c", watched, "sh", program, ...args], {
    ...common,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C at a terminal must not end it before we have closed.
    detached: true,
    cleanup: false,
  });
  return begun(child as unknown as Child, program);
}

async function begun(child: Child, program: string): Promise<RcdChild> {
  const { pid } = child;
  if (pid !== undefined) return new ExecaChild(child, pid);
  const { code } = await child;
  throw new StartFailure("UNAVAILABLE", `${JSON.stringify(program)} could not be started: ${code}`);
}

class ExecaChild implements RcdChild {
  readonly pid: number;
  readonly tail: StderrTail = new StderrTail();
  readonly ended: Promise<RcdEnd>;
  end: RcdEnd | undefined;
  onSaid: (() => void) | undefined;
  readonly #child: Child;
  /** What the watchdog waits at. */
  readonly #leash: Socket | undefined;

  constructor(child: Child, pid: number) {
    this.pid = pid;
    this.#child = child;
    this.#leash = child.stdio[3] as Socket | undefined;
    this.#leash?.on("error", () => undefined);
    child.stderr.setEncoding("utf8");
    child.stderr.on("error", () => undefined);
    child.stderr.on("data", (text: string) => {
      this.tail.append(text);
      this.onSaid?.();
    });
    this.ended = this.#untilEnd();
    this.#leash?.unref();
  }

  keepUsAlive(keeps: boolean): void {
    if (keeps) {
      this.#child.ref();
      this.#child.stderr.ref();
    } else {
      this.#child.unref();
      this.#child.stderr.unref();
    }
  }

  async stop(): Promise<void> {
    if (this.end === undefined) {
      this.keepUsAlive(true);
      this.#signal("SIGTERM");
    }
    const timer = setTimeout(() => this.#signal("SIGKILL"), termGraceMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** To its whole group: it may be a script that runs rclone. */
  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.end !== undefined) return;
    if (this.#leash === undefined) this.#child.kill(signal);
    else killGroup(this.pid, signal);
  }

  #untilEnd(): Promise<RcdEnd> {
    return new Promise((resolve) => {
      this.#child.once("exit", (exitCode, signal) => {
        const end = { exitCode: exitCode ?? undefined, signal: signal ?? undefined };
        this.end = end;
        // Nobody is left to watch.
        this.#leash?.destroy();
        const { stderr } = this.#child;
        const timer = setTimeout(() => stderr.destroy(), drainMs);
        const drained = (): void => {
          clearTimeout(timer);
          resolve(end);
        };
        if (stderr.closed) drained();
        else stderr.once("close", drained);
      });
    });
  }
}

function killGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // All have ended, and we are about to hear of it.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}
