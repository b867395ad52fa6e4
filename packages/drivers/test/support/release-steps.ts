import {
  type LiveRoute,
  type PreflightFinding,
  type Prepared,
  type TrafficDriver,
  weightBps,
} from "@headgate/core";
import type { Step } from "./least-privilege.ts";

/** Everything that the controller asks of a traffic driver in a release: there and back, or to the end. */
export function trafficSteps(
  traffic: TrafficDriver,
  ending: "promoted" | "restored",
): readonly Step[] {
  let prepared: Prepared | undefined;
  let live: LiveRoute | undefined;
  const versions = () => {
    if (prepared === undefined) throw new Error("the version was not prepared");
    return { stable: prepared.stable, canary: prepared.canary };
  };
  const token = () => live?.token ?? prepared?.token ?? "";
  const shift: Step = {
    name: "shift a tenth",
    async run() {
      live = await traffic.setWeight({ ...versions(), weight: weightBps(1000), token: token() });
    },
  };
  const end: Step = {
    name: ending === "promoted" ? "promote" : "restore",
    async run() {
      const change = { ...versions(), token: token() };
      live = await (ending === "promoted" ? traffic.promote(change) : traffic.restore(change));
    },
  };
  return [
    { name: "describe", run: async () => void (await traffic.describe()) },
    { name: "preflight", run: async () => problemsIn(await traffic.preflight()) },
    {
      name: "prepare",
      async run() {
        prepared = await traffic.prepare();
      },
    },
    shift,
    { name: "read the route", run: async () => void (await traffic.readRoute()) },
    end,
    {
      name: "clean up",
      async run() {
        const { stable, canary } = versions();
        await traffic.cleanUp({ stable, canary, live: ending === "promoted" ? canary : stable });
      },
    },
  ];
}

/** What is wrong, and what could not be seen for want of a permission. */
export function problemsIn(findings: readonly PreflightFinding[]): readonly string[] {
  return findings
    .filter(
      ({ outcome, detail }) =>
        outcome === "problem" || (outcome === "warning" && detail.includes("not allowed to call")),
    )
    .map(({ check, detail }) => `${check}: ${detail}`);
}
