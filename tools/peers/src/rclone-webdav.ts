import { onFreePort } from "./free-port.ts";
import { answersHttp } from "./answers-http.ts";
import { signalAll } from "./process-tree.ts";
import {
  prepareWorkDirectory,
  rcloneLogFile,
  startRcloneServer,
  type RcloneServerOptions,
} from "./rclone-server.ts";

/** `rclone serve webdav` on 127.0.0.1, without a login. */
export interface RcloneWebdav extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, the served directory. */
  readonly url: string;
  /** An absolute path. */
  readonly logFile: string;
  /** Stops it with SIGSTOP: connections stay open, new ones are accepted, and nothing is answered. */
  freeze(): void;
  /** Lets a frozen server go on. */
  thaw(): void;
  /** Ends it, frozen or not, with its connections. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts `rclone serve webdav` on a free port of 127.0.0.1. It writes into the directory while it receives, and what
 * others change there is seen at once. The caller stops it; it ends with this process at the latest.
 *
 * @throws Error with the end of its log when it does not start.
 */
export async function startRcloneWebdav(options: RcloneServerOptions): Promise<RcloneWebdav> {
  prepareWorkDirectory(options);
  return await onFreePort(async (port) => {
    const running = await startRcloneServer({
      protocol: "webdav",
      options,
      port,
      args: ["--vfs-cache-mode", "off", "--dir-cache-time", "0s"],
      answers: async () => await answersHttp(port),
    });
    const state = { stopped: false };
    const signal = (name: NodeJS.Signals) => {
      // Its id may be that of somebody else by then.
      if (!state.stopped) signalAll([running.pid], name);
    };
    const stop = async () => {
      state.stopped = true;
      await running.kill();
    };
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      logFile: rcloneLogFile(options),
      freeze: () => signal("SIGSTOP"),
      thaw: () => signal("SIGCONT"),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  });
}
