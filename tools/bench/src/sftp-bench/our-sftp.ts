import { sftp, type SftpOptions } from "@borgstore/backend-sftp";
import { openStore, type Backend, type Store } from "@borgstore/core";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject, callForEach } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { urlOf, type SftpPlace } from "./sftp-place.ts";

/** The two ways to the server. */
export const transports = ["ssh2", "openssh"] as const;

export type Transport = (typeof transports)[number];

const manyConnections = 4;
const warmUpMs = 1000;

/** Opens the backend of a storage that is there, without a store above it. */
export async function openSftpBackend(
  place: SftpPlace,
  directory: string,
  options: SftpOptions,
): Promise<Backend> {
  const backend = sftp.fromUrl(urlOf(place, directory), { ...options, sshConfigFile: place.sshConfigFile });
  await backend.open();
  return backend;
}

/** Opens a store as a user would, with the layers that it gets by itself, and makes it when it is not there. */
export async function openSftpStore(
  place: SftpPlace,
  directory: string,
  levels: number,
  options: SftpOptions,
): Promise<Store> {
  return await openStore(urlOf(place, directory), {
    backends: [sftp],
    backendOptions: { ...options, sshConfigFile: place.sshConfigFile },
    namespaces: { data: { levels: [levels] } },
    create: true,
  });
}

/** Our Store with everything at its default. */
export function sftpStore(place: SftpPlace, transport: Transport): Subject {
  return asyncSubject(`Store ${transport}`, async (directory) => {
    const store = await openSftpStore(place, directory, 2, { transport });
    return {
      store: (key, value) => store.store(`data/${key}`, value),
      load: (key) => store.load(`data/${key}`),
      info: (key) => store.info(`data/${key}`),
      delete: (key) => store.delete(`data/${key}`),
      close: () => store.close(),
    };
  });
}

/** Our backend alone, called with nested names. */
export function sftpBackend(place: SftpPlace, transport: Transport): Subject {
  return asyncSubject(`Backend ${transport}`, (directory) => openCalls(place, directory, { transport }));
}

/** Our backend with several connections, for many callers. All connections are there before it is measured. */
export function sftpBackendOfMany(place: SftpPlace, transport: Transport): Subject {
  const connections = manyConnections;
  const subject = asyncSubject(`Backend ${transport} x${connections}`, async (directory) => {
    const calls = await openCalls(place, directory, { transport, connections });
    // One is added at a time, while there is much to do.
    const endMs = performance.now() + warmUpMs;
    const absent = Array.from({ length: 64 }, (_, i) => `absent-${i}`);
    while (performance.now() < endMs) await callForEach(absent, 64, calls.info, () => undefined);
    return calls;
  });
  return { ...subject, callers: [64] };
}

const nameOf = (key: string): string => `data/${nestKey(key)}`;

async function openCalls(place: SftpPlace, directory: string, options: SftpOptions) {
  const url = urlOf(place, directory);
  await sftp.fromUrl(url, { ...options, sshConfigFile: place.sshConfigFile }).create();
  const backend = await openSftpBackend(place, directory, options);
  return {
    store: (key: string, value: Uint8Array) => backend.store(nameOf(key), value),
    load: (key: string) => backend.load(nameOf(key)),
    info: (key: string) => backend.info(nameOf(key)),
    delete: (key: string) => backend.delete(nameOf(key)),
    close: () => backend.close(),
  };
}
