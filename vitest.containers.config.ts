import { defineConfig } from "vitest/config";

// What needs a container engine: `npm run test:containers`. Without one every test fails, none is skipped.
export default defineConfig({
  test: {
    include: ["packages/*/test/containers/**/*.containers.ts"],
    retry: 0,
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
