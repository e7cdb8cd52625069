import { StoreError, type Backend, type StoreOptions } from "@borgstore/core";
import { broken, bytesOfView, type BrokenBackend } from "./broken-backend.ts";

/** What happens before each store with `ifAbsent`; `count` is 1 for the first. */
function beforeIfAbsent(
  inner: Backend,
  react: (count: number, name: string, value: ArrayBufferView) => void | Promise<void>,
): Partial<Backend> {
  let count = 0;
  return {
    store: async (name, value, options?: StoreOptions) => {
      if (options?.ifAbsent === true && inner.isOpen) await react(++count, name, value);
      await inner.store(name, value, options);
    },
  };
}

/** Defects of finding out at the first use whether create-if-absent works. */
export const brokenProbes: readonly BrokenBackend[] = [
  broken(
    "probe-error",
    "fails with the error of its probe when the medium cannot create if absent",
    (inner) =>
      beforeIfAbsent(inner, () => {
        throw new StoreError("UNEXPECTED");
      }),
    "probed in vain",
  ),
  broken(
    "probe-wavers",
    "refuses the first create-if-absent and takes the later ones",
    (inner) =>
      beforeIfAbsent(inner, (count) => {
        if (count === 1) throw new StoreError("UNSUPPORTED");
      }),
    "probed",
  ),
  broken(
    "probe-leaves",
    "leaves behind what it tried create-if-absent with",
    (inner, { storage }) =>
      beforeIfAbsent(inner, (count) => {
        const now = Date.now();
        const left = { value: new Uint8Array(1), modifiedAtMs: now, accessedAtMs: now };
        if (count === 1) storage.objects.set("probe-1", left);
      }),
    "probed",
  ),
  broken(
    "probe-overwrites",
    "tries create-if-absent on the name itself, replacing what is there",
    (inner) =>
      beforeIfAbsent(inner, async (count, name, value) => {
        if (count === 1) await inner.store(name, bytesOfView(value));
      }),
    "probed in vain",
  ),
  broken(
    "probe-store-only",
    "applies what it found out to stores, and lets moves replace",
    (inner) => ({
      move: (name, newName, options) => inner.move(name, newName, { ...options, ifAbsent: false }),
    }),
    "probed in vain",
  ),
];
