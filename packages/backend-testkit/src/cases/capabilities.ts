import assert from "node:assert/strict";
import type { ConformanceCase } from "../conformance-case.ts";

/** What a backend says of itself. */
export const capabilityCases: readonly ConformanceCase[] = [
  {
    id: "capabilities/declared",
    title:
      "after open the backend declares the capabilities that it was registered with, and before it the same ones by name",
    state: "new",
    run: async ({ backend, capabilities }) => {
      // The medium may have to be asked for their values.
      assert.deepEqual(Object.keys(backend.capabilities).sort(), Object.keys(capabilities).sort());
      await backend.create();
      await backend.open();
      assert.deepEqual({ ...backend.capabilities }, { ...capabilities });
    },
  },
  {
    id: "capabilities/frozen",
    title: "nobody can change the declared capabilities",
    run: async ({ backend }) => {
      assert.ok(Object.isFrozen(backend.capabilities), "backend.capabilities is not frozen");
    },
  },
  {
    id: "capabilities/named",
    title: "the backend has a name, and as a text says what it is",
    state: "new",
    run: async ({ backend }) => {
      assert.match(backend.name, /^[a-z0-9-]+$/);
      assert.ok(
        backend.toString().includes(backend.name),
        `${backend.toString()} does not contain the backend's name ${backend.name}`,
      );
    },
  },
];
