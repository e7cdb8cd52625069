import * as fs from "node:fs";
import { join } from "node:path";

/**
 * Writes an rclone.conf into a directory and returns its path.
 *
 * @param name of the one remote in it.
 * @param settings of that remote; without any there is no remote.
 */
export function writeRcloneConf(directory: string, name = "", settings: Record<string, string> = {}): string {
  const file = join(directory, "rclone.conf");
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  const text = lines.length === 0 ? "" : `[${name}]\n${lines.join("")}`;
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}
