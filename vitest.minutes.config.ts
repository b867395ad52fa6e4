import { defineConfig } from "vitest/config";

/** Releases that wait for minutes, since CodeDeploy's shortest interval is one. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ["packages/cli/test/e2e/*.minutes.ts"],
    retry: 0,
    maxWorkers: 2,
    // Only what hangs meets it: each test sets its own.
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
