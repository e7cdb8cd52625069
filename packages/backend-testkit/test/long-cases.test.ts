import { expect, test } from "vitest";
import { conformanceCases, countingBackend, runConformance, type CountingBackend } from "../src/index.ts";
import { worldKinds, worldOptions } from "./worlds.ts";

test("the cases that store more than a thousand objects are the long ones", async () => {
  const counted: string[] = [];
  for (const { id } of conformanceCases) {
    const backends: CountingBackend[] = [];
    const options = worldOptions("counted", worldKinds.tree, (client) => {
      const backend = countingBackend(client);
      backends.push(backend);
      return backend;
    });
    await runConformance({ ...options, seed: 1, only: [id] });
    const stores = backends.reduce((sum, { calls }) => sum + calls.store, 0);
    if (stores > 1000) counted.push(id);
  }
  const long = conformanceCases.filter(({ isLong }) => isLong === true).map(({ id }) => id);
  expect(counted.toSorted()).toEqual(long.toSorted());
});
