import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "@borgstore/core";
import { measureLanes, openWholeLanes, type OpenLanes } from "../large/large-lanes.ts";
import { makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import type { Subject } from "../subjects/subject.ts";
import { openSftpBackend, transports } from "./our-sftp.ts";
import type { SftpPlace } from "./sftp-place.ts";
import { hasSftpProgram, timeSftpProgram } from "./sftp-program.ts";

/** Pieces that a stream of ours is stored from, as pipes and files give them. */
const pieceBytes = 64 * 1024;

/** The bound of large values. */
export const programSubject = "sftp program";

/**
 * Measures one value of some length in both directions, whole and in pieces, in turns with the `sftp` program of the
 * system, in ms.
 */
export async function measureLarge(
  subjects: readonly Subject[],
  byteLength: number,
  rounds: number,
  place: SftpPlace,
  workspace: Workspace,
): Promise<Figure[]> {
  const value = makeValue(byteLength);
  const openers = [
    ...(hasSftpProgram() ? [() => Promise.resolve(programLanes(place, value, workspace))] : []),
    ...subjects.map((subject) => () => openWholeLanes(subject, value, workspace)),
    ...transports.map((transport) => () => streamLanes(place, transport, value, workspace)),
  ];
  return await measureLanes("sftp", openers, byteLength, rounds);
}

/** The program, which compares with both ways that we have. */
function programLanes(place: SftpPlace, value: Uint8Array, workspace: Workspace): OpenLanes {
  const directory = workspace.makeDirectory();
  const local = join(directory, "local");
  const remote = join(directory, "remote");
  const batch = join(directory, "batch");
  writeFileSync(local, value);
  const lane = { subject: programSubject, inProcess: false };
  return {
    lanes: [
      { ...lane, what: "store", run: () => timeSftpProgram(place, "put", local, remote, batch) },
      {
        ...lane,
        what: "load",
        run: () => timeSftpProgram(place, "get", remote, join(directory, "got"), batch),
      },
    ],
    close: async () => workspace.discard(directory),
  };
}

async function streamLanes(
  place: SftpPlace,
  transport: (typeof transports)[number],
  value: Uint8Array,
  workspace: Workspace,
): Promise<OpenLanes> {
  const directory = workspace.makeDirectory();
  const backend = await openSftpBackend(place, directory, { transport });
  const lane = { subject: `Backend ${transport}`, inProcess: true };
  return {
    lanes: [
      { ...lane, what: "storeStream", run: () => timeStoreStream(backend, value) },
      { ...lane, what: "loadStream", run: () => timeLoadStream(backend, value.byteLength) },
    ],
    close: async () => {
      await backend.close();
      workspace.discard(directory);
    },
  };
}

async function timeStoreStream(backend: Backend, value: Uint8Array): Promise<number> {
  const start = performance.now();
  await backend.storeStream("data/stream", cut(value));
  return performance.now() - start;
}

async function timeLoadStream(backend: Backend, byteLength: number): Promise<number> {
  const start = performance.now();
  let count = 0;
  for await (const piece of backend.loadStream("data/stream")) count += piece.byteLength;
  if (count !== byteLength) throw new Error(`${count} of ${byteLength} bytes came`);
  return performance.now() - start;
}

async function* cut(value: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < value.byteLength; at += pieceBytes) yield value.subarray(at, at + pieceBytes);
}
