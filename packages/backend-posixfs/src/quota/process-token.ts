import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { hostname } from "node:os";

/** What can be said of the process that a token names; `"unknown"` when it runs elsewhere, or the token is none. */
export type OwnerState = "alive" | "dead" | "unknown";

const pattern = /^([1-9]\d{0,9})-([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{12})/;

// Where there is no /proc, all processes have started at the same unknown moment.
const unknownStart = "00000000";

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** Content of a file of the kernel's; `undefined` where there is none. */
function kernelText(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

const bootId = kernelText(() => fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1")) ?? "";
// Process ids mean something in one namespace of one machine only; containers have namespaces of their own.
const host = shortHash(`${hostname()} ${kernelText(() => fs.readlinkSync("/proc/self/ns/pid")) ?? ""}`);
const hasProcfs = startOf(process.pid) !== undefined;
const ownStart = startOf(process.pid) ?? unknownStart;

/**
 * A digest of when a process started: in ticks since which boot. Process ids are used again, also after the machine
 * was started anew; this is not. `undefined` when there is no such process, or it is only waiting to be buried.
 */
function startOf(pid: number): string | undefined {
  const text = kernelText(() => fs.readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The command's name stands in parentheses and may hold anything, parentheses too.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields?.[0];
  const startTicks = fields?.[19];
  if (startTicks === undefined || state === "Z" || state === "X") return undefined;
  return shortHash(`${bootId} ${startTicks}`);
}

/**
 * Names this process so that others can tell whether it still runs, and something in it by a random part: process id,
 * digests of its start and of the machine's name, random digits. About 45 characters, without blanks.
 */
export function newProcessToken(): string {
  return `${process.pid}-${ownStart}-${host}-${randomBytes(6).toString("hex")}`;
}

/** Whether the process that a token names still runs. What follows the token in `text` is ignored. */
export function ownerState(text: string): OwnerState {
  const parts = pattern.exec(text);
  if (parts?.[3] !== host) return "unknown";
  const pid = Number(parts[1]);
  if (hasProcfs) return startOf(pid) === parts[2] ? "alive" : "dead";
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    // EPERM: there is one, of another user.
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? "dead" : "alive";
  }
}
