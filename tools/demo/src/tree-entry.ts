/** What a walk saw of one entry of a tree, by `lstat`. Paths are relative, with `/`, as `decodePath` makes them. */
export interface TreeEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  /** Permission bits, `0o7777` at most. */
  readonly mode: number;
  /** Bytes of a file; 0 for anything else. */
  readonly size: number;
  readonly modifiedAtMs: number;
  /** Last change of the inode; with size and time of modification it tells whether a file was touched. */
  readonly changedAtMs: number;
  /** Where a link points to, as `decodePath` makes it. */
  readonly target?: string;
}

/** Whether nobody touched the entry between two looks at it. */
export function isUntouched(before: TreeEntry, after: TreeEntry): boolean {
  return (
    before.type === after.type &&
    before.mode === after.mode &&
    before.size === after.size &&
    before.modifiedAtMs === after.modifiedAtMs &&
    before.changedAtMs === after.changedAtMs &&
    before.target === after.target
  );
}
