import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{build,checks,lib,release,test}/**/*.test.mjs"],
    exclude: ["checks/consumer/**"],
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
  },
});
