import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "tools/test/**/*.test.ts"],
    retry: 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
