import { defineConfig } from "vitest/config";

/** Tests in a real browser: Debian's Chromium, or the one that CHROMIUM names. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ["packages/*/test/browser/*.browser.ts"],
    retry: 0,
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
