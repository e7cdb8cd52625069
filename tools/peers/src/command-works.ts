import { spawnSync } from "node:child_process";

/** Whether the program starts and ends with exit code 0 within 30 s. Nothing it prints is shown. */
export function commandWorks(program: string, args: readonly string[] = ["--version"]): boolean {
  return spawnSync(program, args, { stdio: "ignore", timeout: 30_000 }).status === 0;
}
