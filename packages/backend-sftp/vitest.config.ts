import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Disks of busy machines take seconds to sync; conformance cases have limits of their own, of 30 s a step.
    testTimeout: 100_000,
    hookTimeout: 100_000,
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
