import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // One process for all files: to start another and load the sources there takes longer than most files.
    isolate: false,
    // Disks of busy machines take seconds to sync; conformance cases have limits of their own, of 30 s a step.
    testTimeout: 100_000,
    hookTimeout: 100_000,
    // What a poll waits for has happened soon, except on a busy machine.
    expect: { poll: { timeout: 30_000, interval: 5 } },
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
