import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Disks of busy machines take seconds to sync; conformance cases have limits of their own, of 30 s a step.
    testTimeout: 100_000,
    hookTimeout: 100_000,
    // Mostly they wait for servers. Of the packages this one takes longest, and has the machine for itself in the end.
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
