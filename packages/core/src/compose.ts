import type { Backend } from "./backend.ts";
import type { Capabilities } from "./capabilities.ts";
import { StoreError } from "./errors.ts";
import { withAttemptDeadline, withDeadline, type DeadlineOptions } from "./layers/deadline.ts";
import { withEmulation, type EmulationOptions } from "./layers/emulation.ts";
import { withInstrumentation, type InstrumentationOptions } from "./layers/instrumentation.ts";
import { withLimit, type LimitOptions } from "./layers/limit.ts";
import type { PermissionMapping } from "./layers/permission-rules.ts";
import { withPermissions } from "./layers/permissions.ts";
import type { RetryOptions } from "./layers/retry-attempts.ts";
import { withRetry } from "./layers/retry.ts";

/** Which layers a backend gets. One that is left out, `undefined` or `false` is not added; `{}` means its defaults. */
export interface LayerOptions {
  /** What is allowed; see `withPermissions`. */
  readonly permissions?: PermissionMapping | undefined;
  /** Limits of whole calls; see `withDeadline`. */
  readonly deadline?: DeadlineOptions | false | undefined;
  /** Repeating of failed operations; see `withRetry`. */
  readonly retry?: RetryOptions | false | undefined;
  /** Counting and tracing of attempts; see `withInstrumentation`. */
  readonly instrumentation?: InstrumentationOptions | false | undefined;
  /** Operations at the same time; see `withLimit`. */
  readonly limit?: LimitOptions | false | undefined;
  /** Limits of single attempts; see `withAttemptDeadline`. */
  readonly attemptDeadline?: DeadlineOptions | false | undefined;
  /** Latency and bandwidth; see `withEmulation`. */
  readonly emulation?: EmulationOptions | false | undefined;
}

/**
 * Stacks layers on a backend, in the one order that is right; docs/layers.md says why. Layers that are not asked
 * for cost nothing.
 *
 * @throws StoreError `INVALID_ARGUMENT` for options out of range.
 */
export function composeLayers(backend: Backend, layers: LayerOptions): Backend {
  const { permissions, deadline, retry, instrumentation, limit, attemptDeadline, emulation } = layers;
  // Outermost first: the last function here is the one next to the backend.
  const outermostFirst: readonly ((inner: Backend) => Backend)[] = [
    (inner) => withPermissions(inner, permissions),
    (inner) => (isWanted("deadline", deadline) ? withDeadline(inner, deadline) : inner),
    (inner) => (isWanted("retry", retry) ? withRetry(inner, retry) : inner),
    (inner) =>
      isWanted("instrumentation", instrumentation) ? withInstrumentation(inner, instrumentation) : inner,
    (inner) => (isWanted("limit", limit) ? withLimit(inner, limit) : inner),
    (inner) =>
      isWanted("attemptDeadline", attemptDeadline) ? withAttemptDeadline(inner, attemptDeadline) : inner,
    (inner) => (isWanted("emulation", emulation) ? withEmulation(inner, emulation) : inner),
  ];
  return outermostFirst.reduceRight((inner, layer) => layer(inner), backend);
}

/** The layers that a backend gets by itself: those for networks when it is remote, none when it is local. */
export function defaultLayers(capabilities: Capabilities): LayerOptions {
  return capabilities.remote ? { deadline: {}, retry: {}, limit: {}, attemptDeadline: {} } : {};
}

/** @throws StoreError `INVALID_ARGUMENT` for `deadline: 5000` and the like, which would be no limit at all. */
function isWanted<T extends object>(layer: string, options: T | false | undefined): options is T {
  if (options === undefined || options === false) return false;
  if (typeof options === "object" && options !== null) return true;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `${layer} is an object with the layer's options, {} for its defaults, or false, not ${String(options)}`,
  });
}
