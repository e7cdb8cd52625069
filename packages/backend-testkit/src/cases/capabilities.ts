import assert from "node:assert/strict";
import type { ConformanceCase } from "../conformance-case.ts";

/** What a backend says of itself. */
export const capabilityCases: readonly ConformanceCase[] = [
  {
    id: "capabilities/declared",
    title: "the backend declares the capabilities that it was registered with, before and after open",
    state: "new",
    run: async ({ backend, capabilities }) => {
      assert.deepEqual({ ...backend.capabilities }, { ...capabilities });
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
