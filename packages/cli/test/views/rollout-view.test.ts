// Protects the one line that says what a rollout waits for: what turned it back before all else, and a function that
// CodeDeploy has asked where nothing holds it.
import { createRollout, NO_TRAFFIC, parseSpec, type Rollout } from "@headgate/core";
import { expect, it } from "vitest";
import { rolloutView } from "../../src/views/rollout-view.ts";

const START_MS = Date.UTC(2026, 10, 21, 6, 8, 38);
const ASKS = { name: "smoke", event: "BeforeAllowTraffic", functionName: "check" };
const ROUTE = { stable: "1", weight: NO_TRAFFIC, token: "t", course: { asks: ASKS } };

function messageOf(more: Partial<Rollout> = {}): string | null {
  const { spec } = parseSpec(
    "name: shop\ntarget: { lambda: { function: shop, alias: live } }\nrevision: { version: 2 }\nstrategy: { allAtOnce: {} }\nanalysis: none\n",
    "headgate.yaml",
  );
  const created = createRollout({
    atMs: START_MS,
    id: "shop-1",
    spec,
    target: { id: "shop", label: "shop:live", resolutionBps: 1 },
    route: { stable: "1", weight: NO_TRAFFIC, token: "t" },
    metrics: { lagMs: 1000, resolutionMs: 1000 },
    actor: "alice",
  });
  return rolloutView({ ...created, ...more }, START_MS).message;
}

it("says which function CodeDeploy waits for", () => {
  expect(messageOf()).toBeNull();
  expect(messageOf({ route: ROUTE })).toBe(
    "hook smoke: CodeDeploy waits for function check (BeforeAllowTraffic)",
  );
});

it("says first what holds the weight", () => {
  const heldBy = [{ guard: "alarm errors", says: "noData", detail: "never read" }] as const;
  expect(messageOf({ route: ROUTE, heldBy })).toBe("held by alarm errors: never read");
});
