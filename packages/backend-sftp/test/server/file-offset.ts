import { statusCodes } from "./protocol-numbers.ts";
import { StatusError } from "./status-of-error.ts";

/**
 * An offset or size as Node takes it.
 * @throws {StatusError} as for EINVAL where the kernel would read it as negative, as for EFBIG beyond what Node can count
 */
export function fileOffset(offset: bigint): number {
  if (offset >= 2n ** 63n) throw new StatusError(statusCodes.badMessage);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new StatusError(statusCodes.failure);
  return Number(offset);
}
