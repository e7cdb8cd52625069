import {
  AttemptCounters,
  withAttemptDeadline,
  withDeadline,
  withEmulation,
  withInstrumentation,
  withLimit,
  withPermissions,
  withRetry,
  type Backend,
} from "@borgstore/core";

/** A layer as it stands alone above a medium: what it adds to a call that goes well. */
export interface MeasuredLayer {
  readonly name: string;
  readonly add: (backend: Backend) => Backend;
}

/** The layers of core, outermost first, each at work but without a reason to hold a call up. */
export const layers: readonly MeasuredLayer[] = [
  { name: "permissions", add: (backend) => withPermissions(backend, { data: "lrwWD" }) },
  { name: "deadline", add: (backend) => withDeadline(backend) },
  { name: "retry", add: (backend) => withRetry(backend) },
  {
    name: "instrumentation",
    add: (backend) => withInstrumentation(backend, { counters: new AttemptCounters() }),
  },
  { name: "limit", add: (backend) => withLimit(backend) },
  { name: "attempt deadline", add: (backend) => withAttemptDeadline(backend) },
  // So fast that no call waits for it.
  { name: "emulation", add: (backend) => withEmulation(backend, { bandwidthBitsPerSecond: 1e15 }) },
];
