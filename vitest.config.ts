import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "tools/test/**/*.test.ts"],
    retry: 0,
    // Child processes do much of the work; on two cores one worker leaves half the machine idle.
    maxWorkers: 2,
    // Only what hangs meets it: whole releases on a busy machine take half of that.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
