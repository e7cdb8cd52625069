import type { Bar } from "../bars.ts";

/**
 * The bar that our Store is never slower than any peer: held against the fastest of those that took part in the run,
 * and not measured when none did.
 *
 * @param what the call with its size, e.g. `store 1KiB`
 * @param peers names of their subjects; at least one.
 * @throws RangeError without any peer.
 */
export function againstPeers(bench: string, what: string, callers: number, peers: Iterable<string>): Bar {
  const [first, ...others] = peers;
  if (first === undefined) throw new RangeError("no peers, so no bar");
  return {
    bench,
    kind: "ratio",
    what,
    subject: "Store",
    callers,
    bound: { what, callers, subject: first },
    orBound: others,
    bounds: "any",
    limit: 1,
  };
}
