import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

const isWindows = process.platform === "win32";

/**
 * The absolute path of a program: of one with a separator in its name as it is, of another by PATH. `undefined` when
 * there is none that may be run.
 */
export async function findProgram(program: string, environment: Environment): Promise<string | undefined> {
  const endings = isWindows ? ["", ...(environment["PATHEXT"] ?? ".EXE;.CMD").split(";")] : [""];
  const folders = hasFolder(program) ? ["."] : searchedFolders(environment);
  for (const folder of folders) {
    for (const ending of endings) {
      const file = path.resolve(folder, program + ending);
      if (await mayRun(file)) return file;
    }
  }
  return undefined;
}

/** Whether the name says where the program is, so that PATH does not count. */
export function hasFolder(program: string): boolean {
  return program.includes("/") || (isWindows && program.includes("\\"));
}

/** The folders of PATH. */
export function searchedFolders(environment: Environment): readonly string[] {
  const value = environment["PATH"] ?? environment["Path"] ?? "";
  return value.split(path.delimiter).filter((folder) => folder !== "");
}

async function mayRun(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
