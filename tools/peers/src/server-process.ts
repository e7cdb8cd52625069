import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { lastLines, startBound, type BoundCommand } from "./bound-process.ts";
import { isFree } from "./free-port.ts";
import { descendants } from "./process-tree.ts";

/** What to run, and where it will listen. */
export interface ServerCommand extends BoundCommand {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Asked again and again until it is `true`. Default: whether the server greets, as those of SSH and Ceph do. */
  readonly answers?: () => Promise<boolean>;
}

/** A server that runs in the foreground of a child process. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Ends it and all processes below it with SIGKILL, and waits until they are gone. */
  kill(): Promise<void>;
}

/** Whether a server greets on the port. Connected is not enough: then it may not yet have taken notice of us. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
  });
}

/**
 * Starts a server and waits until it answers and has forgotten the connection that tried. It ends with this process at
 * the latest, and does not keep it alive.
 *
 * @throws Error when the port is taken, and with the end of its log when it ends by itself or is not ready after 20 s.
 */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const { program, port, logFile } = command;
  const answers = command.answers ?? (() => greets(port));
  // Or another server on that port would be taken for this one.
  if (!(await isFree(port))) throw new Error(`127.0.0.1:${port}: address already in use`);
  const { pid, ended, kill } = startBound(command);
  const state: { ended?: string } = {};
  void ended.then((how) => (state.ended = how));

  const deadline = Date.now() + 20_000;
  let answered = false;
  for (;;) {
    answered ||= await answers();
    if (pid !== undefined && state.ended === undefined && answered && descendants(pid).length === 0) break;
    if (state.ended !== undefined || Date.now() > deadline) {
      await kill();
      throw new Error(`${program}: ${state.ended ?? "is not ready"}\n${lastLines(logFile)}`);
    }
    await delay(10);
  }
  return { pid, ended, kill };
}
