import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** No calls of the browser's own: there may be no network, and a test has no use for them. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium without a window. @throws {Error} when there is none: a suite without a browser has shown nothing. */
export function startChromium(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no browser at ${executablePath}. Install Debian's package chromium, or name another in CHROMIUM.`,
    );
  }
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
