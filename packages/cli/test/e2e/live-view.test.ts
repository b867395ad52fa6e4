// Protects the live view: on a real terminal, also a narrow one, it shows what counts, never redraws more than five times
// a second, never lets a line wrap, and is gone at the end, when the result says it all.
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  ERROR_CHECK,
  nextRelease,
  openTestShop,
  type ReleaseFolder,
  type TestShop,
  until,
} from "../support/test-shop.ts";
import { inTerminal } from "../support/terminal.ts";

let shop: TestShop;
let seen: Awaited<ReturnType<typeof inTerminal>>;
beforeAll(async () => {
  shop = await openTestShop();
  const release = releaseWith("50s");
  const deploy = deployOnTerminal(release);
  await until("a count of both versions", () => release.json("status"), isMeasured);
  // One more redraw shows it; the next request of another process comes later than that.
  await release.run("promote");
  seen = await deploy;
});
afterAll(() => shop.close());

const COLUMNS = 60;
const REDRAWS_A_SECOND = 5;

function releaseWith(pause: string): ReleaseFolder {
  return shop.release(nextRelease(), {
    strategy: { canary: { steps: [{ setWeight: "30%" }, { pause }] } },
    checks: [{ ...ERROR_CHECK, name: "a-check-with-a-long-name" }],
  });
}

function deployOnTerminal({ path }: ReleaseFolder, env: Readonly<Record<string, string>> = {}) {
  const argv = ["deploy", "--yes", "--endpoint-url", shop.cloud.url];
  return inTerminal(argv, { cwd: path, columns: COLUMNS, env });
}

function isMeasured(status: Readonly<Record<string, unknown>>): boolean {
  const { canary, guards } = status as {
    readonly canary?: { readonly requests: number | null };
    readonly guards?: readonly { readonly state: string }[];
  };
  return (canary?.requests ?? 0) > 0 && guards?.[0]?.state === "ok";
}

it("shows weights, both versions, guards and the time left, in the width there is", () => {
  const { exitCode, written } = seen;
  expect(exitCode).toBe(0);
  // A redraw writes only the lines that changed.
  const lines = written.flatMap(({ text }) => stripVTControlCharacters(text).split(/\r?\n/));
  const viewLines = lines.filter((line) =>
    /^ {2}(step|weight|stable|canary|check|elapsed) /.test(line),
  );
  for (const shown of [
    /^ {2}weight {3}30% set, 30% read back, [\d.]+% seen/,
    /^ {2}stable {3}version \d+ {2}\d+ requests/,
    /^ {2}canary {3}version \d+ {2}\d+ requests/,
    /^ {2}check {4}a-check-with-a-long-name {2}ok/,
    /^ {2}elapsed {2}[\d.]+s, at least \d+s left/,
  ]) {
    expect(viewLines).toContainEqual(expect.stringMatching(shown));
  }
  expect(viewLines.length).toBeGreaterThan(0);
  for (const line of viewLines) expect(line.length).toBeLessThan(COLUMNS);
});

it("redraws at most five times a second", () => {
  const drawnAtMs = seen.written
    .filter(({ text }) => text.includes("elapsed"))
    .map(({ atMs }) => atMs);
  expect(drawnAtMs.length).toBeGreaterThan(3);
  for (const atMs of drawnAtMs) {
    const within = drawnAtMs.filter((other) => other >= atMs && other < atMs + 1000);
    expect(within.length).toBeLessThanOrEqual(REDRAWS_A_SECOND + 1);
  }
});

it("on a dumb terminal prints lines and no control characters", async () => {
  const { exitCode, written } = await deployOnTerminal(releaseWith("200ms"), { TERM: "dumb" });
  expect(exitCode).toBe(0);
  const text = written.map(({ text: part }) => part).join("");
  expect(text).toContain("30% on the canary, read back");
  expect(text).not.toContain("elapsed");
  expect(stripVTControlCharacters(text)).toBe(text);
});

it("with NO_COLOR has no colour", async () => {
  const { written } = await deployOnTerminal(releaseWith("200ms"), { NO_COLOR: "1" });
  const text = written.map(({ text: part }) => part).join("");
  expect(text).toContain("elapsed");
  // Moving the cursor is no colour.
  expect(text).not.toContain("[32m");
  expect(text).not.toContain("[2m");
});
