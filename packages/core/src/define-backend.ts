import type { Backend } from "./backend.ts";
import type { BackendDriver } from "./driver.ts";
import { GuardedBackend } from "./guard.ts";

/**
 * Makes a complete {@link Backend} of what an author wrote for one medium: puts the guard before it (lifecycle,
 * name and argument checks, abort, error context) and fills in what the driver leaves out. No I/O.
 */
export function defineBackend(driver: BackendDriver): Backend {
  return new GuardedBackend(driver);
}
