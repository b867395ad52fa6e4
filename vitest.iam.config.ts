import { defineConfig } from "vitest/config";

/**
 * Every example's release by the role of its deploy-role.sh, and not without any one of its permissions. Needs the AWS
 * CLI. Not part of `npm test`.
 */
export default defineConfig({
  test: {
    include: ["packages/cli/test/least-privilege/*.iam.ts"],
    retry: 0,
    // Releases wait for real time: more than two of them keep two cores busy.
    maxWorkers: 3,
    // Only what hangs meets it.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
