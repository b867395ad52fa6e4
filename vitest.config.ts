import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "tools/test/**/*.test.ts"],
    retry: 0,
    // Child processes do much of the work, and whole releases wait for real time: fewer leave two cores idle.
    maxWorkers: 3,
    // Only what hangs meets it: whole releases on a busy machine take half of that.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
