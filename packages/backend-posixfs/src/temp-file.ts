import { randomBytes } from "node:crypto";

// Process ids alone repeat in containers and are shared by worker threads.
const token = `${process.pid.toString(36)}${randomBytes(5).toString("hex")}`;
let counter = 0;

const pattern = /^tmp[a-z0-9_]{8,}\.tmp$/;

/**
 * A file name that nobody else uses. It ends in `.tmp`, so that every reader of the layout, the reference's too,
 * takes it for a temporary file.
 */
export function newTempName(): string {
  counter++;
  return `tmp${token}_${counter.toString(36)}.tmp`;
}

/** Whether a file name is one of a temporary file, ours or the reference's, of another process or an ended one. */
export function isForeignTempName(fileName: string): boolean {
  return pattern.test(fileName) && !fileName.startsWith(`tmp${token}_`);
}
