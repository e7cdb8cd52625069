import type { PermissionMapping } from "./permission-rules.ts";

/** The reference's shortcuts for repositories of BorgBackup 2, by the names that its server takes. */
export const permissionPresets: Readonly<
  Record<
    "borgbackup-all" | "borgbackup-no-delete" | "borgbackup-write-only" | "borgbackup-read-only",
    PermissionMapping
  >
> = Object.freeze({
  /** Everything, without checks. */
  "borgbackup-all": Object.freeze({}),
  /** Add and read archives, never delete or replace what they are made of. */
  "borgbackup-no-delete": Object.freeze({
    "": "lr",
    archives: "lrw",
    cache: "lrwWD",
    config: "lrW",
    data: "lrw",
    keys: "lr",
    locks: "lrwD",
  }),
  /** Add archives without being able to read data. */
  "borgbackup-write-only": Object.freeze({
    "": "l",
    archives: "lw",
    cache: "lrwWD",
    config: "lrW",
    data: "lw",
    keys: "lr",
    locks: "lrwD",
  }),
  /** Read everything; only locks are written. */
  "borgbackup-read-only": Object.freeze({ "": "lr", locks: "lrwD" }),
});
