// Protects what a person reads of one rollout while it turns back: what is asked for is no canary, whatever step it had
// come to, and nobody says how long that takes.
import { createRollout, NO_TRAFFIC, parseSpec, type Rollout, weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { plainStyle } from "../../src/terminal/style.ts";
import { renderRollout, rolloutView } from "../../src/views/rollout-view.ts";

const START_MS = Date.UTC(2026, 10, 21, 6, 8, 38);
const { spec } = parseSpec(
  `
name: shop
target: { lambda: { function: shop, alias: live } }
revision: { version: 2 }
analysis: none
strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 1h }] } }
`,
  "headgate.yaml",
);

function shown(more: Partial<Rollout>): string {
  const rollout = createRollout({
    atMs: START_MS,
    id: "shop-1",
    spec,
    target: { id: "shop", label: "shop:live", resolutionBps: 1 },
    route: { stable: "1", weight: NO_TRAFFIC, token: "t0" },
    metrics: { lagMs: 1000, resolutionMs: 1000 },
    actor: "alice",
  });
  return renderRollout(rolloutView({ ...rollout, ...more }, START_MS + 5000), plainStyle).join(
    "\n",
  );
}

it("says that it turns back, and to what", () => {
  const at20 = { setWeight: weightBps(2000), weight: weightBps(2000) };
  expect(shown({ phase: "progressing", ...at20 })).toContain("20% set, 20% read back");
  const back = shown({
    phase: "aborting",
    ...at20,
    abort: {
      cause: { kind: "deadline" },
      detail: "the deadline has passed",
      sinceMs: START_MS,
      degradedAtMs: Infinity,
      isRestored: false,
      isLeft: false,
    },
  });
  expect(back).toContain("0% set, 20% read back");
  expect(back).toContain("turning back");
  expect(back).not.toContain("left");
});
