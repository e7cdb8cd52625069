import { statfsSync } from "node:fs";
import { cpus, platform, release, totalmem } from "node:os";

/** Where figures come from, without anything that identifies the machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly kernel: string;
  readonly node: string;
  /** Day of the run, `YYYY-MM-DD`. */
  readonly date: string;
}

const fileSystems: ReadonlyMap<number, string> = new Map([
  [0x01021994, "tmpfs"],
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x2fc12fc1, "zfs"],
  [0x794c7630, "overlay"],
  [0x65735546, "fuse"],
  [0x6969, "nfs"],
  [0xff534d42, "smb"],
  [0xfe534d42, "smb"],
]);

/** Describes the machine and the Node.js that run this process. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: platform(),
    // Without the builder's own suffix.
    kernel: /^[0-9.]+/.exec(release())?.[0] ?? "unknown",
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** The kind of file system a directory is on, e.g. `tmpfs`; a number in hex for one that has no name here. */
export function fileSystemOf(directory: string): string {
  // Some systems give the number with a sign.
  const type = Number(BigInt.asUintN(32, BigInt(statfsSync(directory).type)));
  return fileSystems.get(type) ?? `0x${type.toString(16)}`;
}
