import { startFaultProxy, type FaultProxy } from "@borgstore/backend-testkit";
import { startSshd, type Sshd, type SshdOptions } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { SftpBackendOptions, SftpOptions } from "../../src/index.ts";
import { newDirectory } from "../fresh-directory.ts";

/** Both ways to speak to a server. */
export const transports = ["ssh2", "openssh"] as const;

/** One of them. */
export type Transport = (typeof transports)[number];

/** Makes options for a storage of this name. */
export type OptionsFor = (transport: Transport, storage: string, more?: SftpOptions) => SftpBackendOptions;

/** An sshd with a proxy in front of it, and a directory for storages. */
export interface RealServer extends AsyncDisposable {
  readonly sshd: Sshd;
  /** Leads to the sshd. */
  readonly proxy: FaultProxy;
  /** Where the storage of this name is, here and there. */
  readonly directoryOf: (storage: string) => string;
  /** Options for a storage, directly or through the proxy. */
  readonly options: OptionsFor;
  readonly throughProxy: OptionsFor;
  /** Waits until nobody is connected to the sshd any more. */
  readonly quiet: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Limits that a busy machine keeps; tests of silence have shorter ones. */
const limits: SftpOptions = {
  connectTimeoutMs: 30_000,
  stallTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepaliveIntervalMs: 0,
};

/** Starts both; the caller stops them. */
export async function startRealServer(more: Partial<SshdOptions> = {}): Promise<RealServer> {
  const directory = newDirectory();
  const storages = newDirectory();
  const sshd = await startSshd({ directory, ...more });
  const proxy = await startFaultProxy({ port: sshd.port });
  const known = fs.readFileSync(sshd.knownHostsFile, "utf8");
  fs.appendFileSync(sshd.knownHostsFile, known.replaceAll(`:${sshd.port} `, `:${proxy.port} `));

  const options: OptionsFor = (transport, storage, others) => ({
    host: "127.0.0.1",
    path: join(storages, storage),
    transport,
    sshConfigFile: sshd.sshConfigFile,
    ...limits,
    ...others,
  });
  const stop = async (): Promise<void> => {
    await proxy.close();
    await sshd.stop();
    for (const each of [directory, storages]) fs.rmSync(each, { recursive: true, force: true });
  };
  return {
    sshd,
    proxy,
    directoryOf: (storage) => join(storages, storage),
    options,
    throughProxy: (transport, storage, others) => ({
      ...options(transport, storage, others),
      port: proxy.port,
    }),
    quiet: async () => {
      await expect.poll(() => sshd.connections(), { interval: 5, timeout: 60_000 }).toEqual([]);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
