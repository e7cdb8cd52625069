import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Few processes for all files: to start another and load the SDK there takes longer than most files.
    isolate: false,
    // Servers on busy machines take their time; conformance cases have limits of their own, in register-server.ts.
    testTimeout: 100_000,
    hookTimeout: 100_000,
    // What a poll waits for has happened soon, except on a busy machine.
    expect: { poll: { timeout: 30_000, interval: 5 } },
    // Each of many files has a server of its own.
    maxWorkers: 2,
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
