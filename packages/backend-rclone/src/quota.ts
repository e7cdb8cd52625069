import { StoreError, type Quota } from "@borgstore/core";
import type { Call } from "./rc-client.ts";
import type { Remote } from "./remote.ts";

const unknown: Quota = { limit: -1, usage: -1 };

/** Size and use of the whole account or file system that the remote is on, where the service tells them. */
export async function quotaOf(remote: Remote, call: Call): Promise<Quota> {
  if (!remote.features.tellsSpace) return unknown;
  try {
    const { total, used, free } = await remote.about(call);
    const usage = isAmount(used) ? used : -1;
    if (isAmount(free) && usage !== -1) return { limit: usage + free, usage };
    return { limit: isAmount(total) ? total : -1, usage };
  } catch (error) {
    // Announced, and refused all the same.
    if (StoreError.is(error, "UNAVAILABLE") || StoreError.is(error, "UNSUPPORTED")) return unknown;
    throw error;
  }
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
