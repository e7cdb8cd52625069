import { bytesOf, holds } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** sync. */
export const syncCases: readonly ConformanceCase[] = [
  {
    id: "sync/any-time",
    title: "sync resolves with nothing to do, after changes, twice, and while values are being stored",
    run: async ({ backend, random }) => {
      await backend.sync();
      await backend.store("data/a", value);
      await backend.move("data/a", "data/b");
      await backend.store("data/c", value);
      await backend.delete("data/c");
      await backend.sync();
      await backend.sync();
      const whole = random.bytes(100_000);
      const storing = Promise.all(
        Array.from({ length: 8 }, (_unused, i) => backend.store(`more/${i}`, whole)),
      );
      await Promise.all([backend.sync(), storing, backend.sync()]);
      await holds(backend, "data/b", value);
      for (let i = 0; i < 8; i++) await holds(backend, `more/${i}`, whole);
    },
  },
  {
    id: "sync/durable",
    title: "what was acknowledged before sync survives a power cut after it",
    requires: ["durable", "powerCut"],
    run: async ({ backend, powerCut, random }) => {
      const whole = random.bytes(100_000);
      await backend.store("data/aa/a", whole);
      await backend.store("data/aa/b", value);
      await backend.move("data/aa/b", "data/bb/b");
      await backend.sync();
      const client = await powerCut();
      await holds(client, "data/aa/a", whole);
      await holds(client, "data/bb/b", value);
    },
  },
  {
    id: "sync/close-durable",
    title: "what was acknowledged survives a power cut after close",
    requires: ["durable", "powerCut"],
    run: async ({ backend, powerCut }) => {
      await backend.store("data/aa/a", value);
      await backend.close();
      await holds(await powerCut(), "data/aa/a", value);
    },
  },
];
