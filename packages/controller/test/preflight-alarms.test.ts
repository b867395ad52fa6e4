// Protects the first word about alarms: what each class and each answer of the specification says before anything has
// changed, and what a reader can do about it. The same words for plan and deploy.
import { findingOf } from "@headgate/core";
import type { AlarmClass, AlarmFinding, AlarmLook, AlarmReading } from "@headgate/core";
import { describe, expect, it } from "vitest";

import { preflight } from "../src/preflight.ts";
import { Platform } from "./support/platform.ts";
import { specOf } from "./support/specs.ts";

const NOTHING: Omit<AlarmFinding, "class"> = {
  detail: "as found",
  hint: "Mend it.",
  warnings: [],
  evidence: {},
};

async function look(alarm: string, reading: Omit<AlarmReading, "name" | "reason">) {
  const spec = specOf(
    `strategy: { canary: { steps: [{ setWeight: 10% }] } }\nalarms: [${alarm}]\n`,
  );
  const looks: (AlarmLook | undefined)[] = [];
  const alarms = {
    read: async (names: readonly string[], classify?: AlarmLook) => {
      looks.push(classify);
      return names.map((name) => ({ name, reason: "because", ...reading }));
    },
  };
  const { findings } = await preflight(spec, { ...new Platform().drivers, alarms }, undefined);
  return { looks, findings: findings.filter(({ check }) => check.startsWith("alarm ")) };
}

async function outcomeOf(alarm: string, found: AlarmClass) {
  const { findings } = await look(alarm, {
    state: found === "missing" ? undefined : found === "alarm" ? "alarm" : "ok",
    finding: { ...NOTHING, class: found },
  });
  return findings.map(({ outcome, detail, hint }) => `${outcome}: ${detail} ${hint}`.trim());
}

const written = (found: string, answer: string) =>
  `{ name: errors, atStart: { ${found}: ${answer} }, reason: "we know" }`;
const meantSo = (found: string) =>
  `Mend it. If it is meant so, give it "atStart: { ${found}: ignore }" and a reason.`;

const HOLDS = "the weight does not rise past the first until that is over";

describe("before the rollout, an alarm that is", () => {
  it.each<[AlarmClass, string, string]>([
    ["ok", "errors", "ok: as found"],
    [
      "alarm",
      "errors",
      `problem: as found: the rollout does not begin. Mend it. Mend what it tells of; to ship the mending itself, give the alarm "atStart: mustRecover".`,
    ],
    [
      "alarm",
      "{ name: errors, atStart: mustRecover }",
      "warning: as found: must recover before promotion. Mend it.",
    ],
    [
      "alarm",
      written("alarm", "ignore"),
      "warning: as found: ignored until it has been OK once (we know). Mend it.",
    ],
    ["noData", "errors", `warning: as found: ${HOLDS}. Mend it.`],
    [
      "noData",
      written("noData", "block"),
      `problem: as found: the rollout does not begin. ${meantSo("noData")}`,
    ],
    ["noData", written("noData", "ignore"), "warning: as found: ignored (we know). Mend it."],
    [
      "wrongDimensions",
      "errors",
      `problem: as found: the rollout does not begin. ${meantSo("wrongDimensions")}`,
    ],
    [
      "wrongDimensions",
      written("wrongDimensions", "ignore"),
      "warning: as found: ignored (we know). Mend it.",
    ],
    ["stale", "errors", `warning: as found: ${HOLDS}. Mend it.`],
    [
      "stale",
      written("stale", "block"),
      `problem: as found: the rollout does not begin. ${meantSo("stale")}`,
    ],
    ["stale", written("stale", "ignore"), "warning: as found: ignored (we know). Mend it."],
    ["missing", "errors", "problem: as found: the rollout does not begin. Mend it."],
    ["unknown", "errors", "problem: as found: the rollout does not begin. Mend it."],
  ])("%s, written as %s", async (found, alarm, expected) => {
    expect(await outcomeOf(alarm, found)).toEqual([expected]);
  });

  it("in ALARM and of the wrong dimensions needs an answer to both", async () => {
    const finding = { ...NOTHING, class: "wrongDimensions" } as const;
    const { findings } = await look("{ name: errors, atStart: mustRecover }", {
      state: "alarm",
      finding,
    });
    expect(findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ["problem", "as found: the rollout does not begin."],
      ["warning", "already in ALARM: because: must recover before promotion."],
    ]);
  });

  it("right but odd is told as a warning", async () => {
    const finding = { ...NOTHING, class: "ok", warnings: ["it watches all functions"] } as const;
    const { findings } = await look("errors", { state: "ok", finding });
    expect(findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ["ok", "as found"],
      ["warning", "it watches all functions"],
    ]);
  });
});

describe("alarms are looked at", () => {
  it("for the version that serves, and for the new one when the file names it", async () => {
    const { looks } = await look("errors", { state: "ok" });
    expect(looks).toEqual([{ names: ["errors"], stable: "1", canary: "2" }]);
  });

  it("by their state alone when their source does not classify", () => {
    const states = ["ok", "alarm", "insufficientData", undefined] as const;
    const classes = states.map(
      (state) => findingOf({ name: "errors", state, reason: "because" }).class,
    );
    expect(classes).toEqual(["ok", "alarm", "noData", "missing"]);
  });
});
