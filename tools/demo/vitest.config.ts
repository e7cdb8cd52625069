import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Other tests keep the machine busy, which may be a slow one.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
