import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Servers on busy machines take their time; conformance cases have limits of their own, of 30 s a step.
    testTimeout: 100_000,
    hookTimeout: 100_000,
    // Each of many files has a server of its own.
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
