import * as fs from "node:fs";
import { dirname, join } from "node:path";
import type { RemotePlace } from "./remote-place.ts";

/** Names of files, and of directories that hold nothing, relative to `directory`. */
function leaves(directory: string, parent = ""): string[] {
  const entries = fs.readdirSync(join(directory, parent), { withFileTypes: true });
  if (entries.length === 0 && parent !== "") return [parent];
  return entries.flatMap((entry) =>
    entry.isDirectory() ? leaves(directory, `${parent}${entry.name}/`) : `${parent}${entry.name}`,
  );
}

/** How to look into a place whose content is that of a local directory, served or not. */
export function insideDirectory(directory: string): Pick<RemotePlace, "canLookInside" | "plant" | "names"> {
  return {
    canLookInside: true,
    plant: async (path, name, value) => {
      const file = join(directory, path, name);
      await fs.promises.mkdir(dirname(file), { recursive: true });
      await fs.promises.writeFile(file, value);
    },
    names: async (path) => {
      const start = join(directory, path);
      return await Promise.resolve(fs.existsSync(start) ? leaves(start).sort() : []);
    },
  };
}
