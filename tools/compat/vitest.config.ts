import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@borgstore/source"] },
  ssr: { resolve: { conditions: ["@borgstore/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Starting Python and logging in take their time while other tests keep the machine busy, which may be a slow one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
