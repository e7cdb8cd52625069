import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lastLines, startBound, type BoundCommand, type BoundProcess } from "./bound-process.ts";
import { cephConfig, cephFolders, monitorAddress } from "./ceph-config.ts";
import { findProgram } from "./find-program.ts";
import { startServer, type ServerProcess } from "./server-process.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "./temporary-directory.ts";

/** The programs of Ceph that a cluster with a gateway needs. */
export const cephPrograms = [
  "radosgw",
  "radosgw-admin",
  "ceph",
  "ceph-mon",
  "ceph-osd",
  "monmaptool",
] as const;

export type CephProgram = (typeof cephPrograms)[number];

/** Milliseconds that one command may take; each takes some 100 on a machine that has nothing else to do. */
const commandLimit = 60_000;

/** In the working directory: as a path, Ceph would take it apart at spaces, commas and the like. */
const configFile = "ceph.conf";

function withConfig(...args: readonly string[]): string[] {
  return ["-c", configFile, ...args];
}

/** Without settings that would win over our configuration file. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CEPH_")));
}

/** One monitor and one object store in memory, in a directory of their own, which is gone when they are. */
export class CephCluster {
  readonly #directory = makeTemporaryDirectory("borgstore-rgw-");
  readonly #logFile = path.join(this.#directory, "log");
  /** Without them no command ever ends. */
  readonly #daemons: Pick<BoundProcess, "ended" | "kill">[] = [];
  readonly #commands = new Set<BoundProcess>();

  /**
   * Starts them, the monitor on that port of 127.0.0.1.
   *
   * @throws Error with the end of their log when one of them does not start. Nothing is left then.
   */
  static async start(monitorPort: number, memoryBytes: number): Promise<CephCluster> {
    const cluster = new CephCluster();
    try {
      await cluster.#start(monitorPort, memoryBytes);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async #start(monitorPort: number, memoryBytes: number): Promise<void> {
    const clusterId = randomUUID();
    const storeId = randomUUID();
    for (const folder of Object.values(cephFolders)) mkdirSync(path.join(this.#directory, folder));
    const config = cephConfig({ clusterId, monitorPort, memoryBytes });
    writeFileSync(path.join(this.#directory, configFile), config);

    const startMonitor = async () => {
      const members = ["--addv", "a", monitorAddress(monitorPort)];
      await this.#run("monmaptool", ["--create", "--fsid", clusterId, ...members, "monmap"]);
      await this.command("ceph-mon", ["-i", "a", "--mkfs", "--monmap", "monmap"]);
      this.#daemons.push(await this.startServer("ceph-mon", ["-i", "a", "-f"], monitorPort));
      await this.command("ceph", ["osd", "new", storeId]);
    };
    const makeStore = ["-i", "0", "--mkfs", "--osd-uuid", storeId, "--no-mon-config"];
    const steps = await Promise.allSettled([startMonitor(), this.command("ceph-osd", makeStore)]);
    for (const step of steps) if (step.status === "rejected") throw step.reason;
    this.#daemons.push(startBound(this.#bound("ceph-osd", withConfig("-i", "0", "-f"))));
  }

  /** Runs a program with our configuration. @throws Error with the end of the log when it fails or takes too long. */
  async command(program: CephProgram, args: readonly string[]): Promise<void> {
    await this.#run(program, withConfig(...args));
  }

  /** Starts a program with our configuration that listens on the port of 127.0.0.1, see `startServer`. */
  async startServer(
    program: CephProgram,
    args: readonly string[],
    port: number,
    answers?: () => Promise<boolean>,
  ): Promise<ServerProcess> {
    return await startServer({
      ...this.#bound(program, withConfig(...args)),
      port,
      ...(answers && { answers }),
    });
  }

  /** Ends everything with SIGKILL, as nothing is worth keeping. May be called twice. */
  async stop(): Promise<void> {
    await Promise.all([...this.#commands, ...this.#daemons].map(async (one) => await one.kill()));
    removeTemporaryDirectory(this.#directory);
  }

  #bound(name: CephProgram, args: readonly string[]): BoundCommand {
    const program = findProgram(name);
    if (program === undefined) throw new Error(`${name} is not installed`);
    // A frozen program, and one that waits for another, would outlive SIGTERM.
    const cwd = this.#directory;
    return { program, args, cwd, env: environment(), logFile: this.#logFile, deathSignal: "SIGKILL" };
  }

  async #run(program: CephProgram, args: readonly string[]): Promise<void> {
    const child = startBound(this.#bound(program, args));
    this.#commands.add(child);
    const inTime = new AbortController();
    const how = await Promise.race([
      child.ended,
      ...this.#daemons.map(async ({ ended }) => `has lost a server that it needs, which ${await ended}`),
      delay(commandLimit, `takes more than ${commandLimit / 1000} s`, { signal: inTime.signal }),
    ]);
    inTime.abort();
    await child.kill();
    this.#commands.delete(child);
    if (how !== "ended with exit code 0") throw new Error(`${program} ${how}\n${lastLines(this.#logFile)}`);
  }
}
