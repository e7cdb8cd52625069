import type { Backend } from "@borgstore/core";
import { aroundBackend } from "./around-backend.ts";

/** A backend like `inner`, except for the members given. */
export function overrideBackend(inner: Backend, overrides: Partial<Backend>): Backend {
  const outer = aroundBackend(inner, {});
  return Object.defineProperties(outer, Object.getOwnPropertyDescriptors(overrides));
}
