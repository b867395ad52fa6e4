// Protects the few lines by which people follow a release of several targets: where each is, for whom it waits, and
// which one failed when all turn back.
import { barriersOf, createRollout, NO_TRAFFIC, parseRelease, type Rollout } from "@headgate/core";
import { expect, it } from "vitest";
import { plainStyle } from "../../src/terminal/style.ts";
import { releaseStatus, renderReleaseStatus } from "../../src/views/release-status.ts";

const START_MS = Date.UTC(2026, 10, 21, 6, 8, 38);

const target = (name: string) => `
    ${name}:
      target: { lambda: { function: ${name}, alias: live } }
      revision: { version: 2 }
      analysis: none
      strategy: { allAtOnce: {} }`;
const { release } = parseRelease(
  `name: shop\nrelease:\n  targets:${["api", "web"].map(target).join("")}\n`,
  "headgate.yaml",
);

/** The release's rollouts as they were created, each with what `more` says of it. */
function rollouts(more: Readonly<Record<string, Partial<Rollout>>>): Rollout[] {
  return release.members.map(({ target: name, spec, needs }) => {
    const created = createRollout({
      atMs: START_MS,
      id: `shop-${name}-1`,
      spec,
      target: { id: name, label: `${name}:live`, resolutionBps: 1 },
      route: { stable: "1", weight: NO_TRAFFIC, token: "t0" },
      metrics: { lagMs: 1000, resolutionMs: 1000 },
      actor: "alice",
      release: { id: "shop-1", name: "shop", target: name, barriers: barriersOf(release), needs },
    });
    return Object.assign(created, more[name]);
  });
}

const READY = { stable: "1", canary: "2", published: true };

const shown = (more: Readonly<Record<string, Partial<Rollout>>>) =>
  renderReleaseStatus(releaseStatus(rollouts(more), START_MS + 5000), plainStyle);

it("says for whom a target waits", () => {
  expect(
    shown({ api: { phase: "preparing" }, web: { phase: "progressing", versions: READY } }),
  ).toEqual([
    "shop-1  release of 2 targets  5s",
    "  api  preparing    0% new  the canary is made",
    "  web  progressing  0% new  waits for api",
  ]);
});

it("says above all which target failed", () => {
  const abort = (kind: "deadline" | "release", detail: string) => ({
    versions: READY,
    abort: {
      cause: { kind },
      detail,
      sinceMs: START_MS,
      degradedAtMs: Infinity,
      isRestored: false,
      isLeft: false,
    },
  });
  const [head, why, ...rows] = shown({
    api: { ...abort("release", "web of the same release turned back"), phase: "aborting" },
    web: { ...abort("deadline", "it took longer than 1h"), phase: "aborting" },
  });
  expect(head).toBe("shop-1  release of 2 targets  5s");
  expect(why).toBe("  web: it took longer than 1h");
  expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
    ["api", "aborting", "0% new", "turns back"],
    ["web", "aborting", "0% new", "turns back"],
  ]);
});
