import type { Stats } from "node:fs";

const kinds: ReadonlyMap<number, string> = new Map([
  [0o010000, "p"],
  [0o020000, "c"],
  [0o040000, "d"],
  [0o060000, "b"],
  [0o100000, "-"],
  [0o120000, "l"],
  [0o140000, "s"],
]);

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A line as `ls -ln` prints it, which READDIR sends beside each name for people to read. */
export function longName(name: string, stats: Stats): string {
  const numbers = [
    String(stats.nlink).padStart(3),
    String(stats.uid).padEnd(8),
    String(stats.gid).padEnd(8),
    String(stats.size).padStart(8),
  ];
  return `${modeText(stats.mode)} ${numbers.join(" ")} ${dateText(stats.mtime)} ${name}`;
}

function modeText(mode: number): string {
  const bits = Array.from("rwxrwxrwx", (letter, place) => (mode & (0o400 >> place) ? letter : "-"));
  return (kinds.get(mode & 0o170000) ?? "?") + bits.join("");
}

function dateText(date: Date): string {
  const halfAYearMs = (365 * 24 * 60 * 60 * 1000) / 2;
  const ageMs = Date.now() - date.getTime();
  const clock = [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
  const tail = ageMs >= 0 && ageMs < halfAYearMs ? clock : String(date.getFullYear()).padStart(5);
  return `${months[date.getMonth()] ?? ""} ${String(date.getDate()).padStart(2)} ${tail}`;
}
