import { vi } from "vitest";

// The same file that is shown, with this runner in the place of Node's.
vi.mock("node:test", async () => {
  const { describe, it } = await import("vitest");
  return { describe, it };
});

await import("../src/json-file-backend.test.ts");
