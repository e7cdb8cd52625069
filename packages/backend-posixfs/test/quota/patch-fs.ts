import nodeFs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

/** Functions of `node:fs`, as they are now. */
export type FsFunctions = Pick<typeof nodeFs, "fsync" | "openSync" | "rename" | "unlinkSync">;

/** Replaces functions of `node:fs`; returns what undoes it, which is done at the end of the test at the latest. */
export function patchFs(patch: Partial<FsFunctions>): () => void {
  const { fsync, openSync, rename, unlinkSync } = nodeFs;
  const apply = (functions: Partial<FsFunctions>): void => {
    Object.assign(nodeFs, functions);
    syncBuiltinESMExports();
  };
  const undo = (): void => apply({ fsync, openSync, rename, unlinkSync });
  onTestFinished(undo);
  apply(patch);
  return undo;
}
