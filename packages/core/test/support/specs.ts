import { parseSpec } from "../../src/index.ts";
import type { RolloutCreated, RolloutSpec } from "../../src/index.ts";
import { NO_TRAFFIC } from "../../src/weight.ts";

const HEAD = `
name: checkout
revision: { version: 2 }
`;
const TARGET = "target: { lambda: { function: checkout, alias: live } }\n";

/**
 * Reads the rest of a `headgate.yaml` whose head does not matter to the test. The versions are compared only
 * where it says so: most stories are about something else.
 */
export function specOf(rest: string): RolloutSpec {
  const analysis = /^analysis:/m.test(rest) ? "" : "analysis: none\n";
  const target = /^target:/m.test(rest) ? "" : TARGET;
  return parseSpec(`${HEAD}${target}${analysis}${rest}`, "headgate.yaml").spec;
}

export const SPECS = {
  everything: specOf(`
strategy:
  canary:
    steps:
      - setWeight: 10%
      - pause: 30s
      - hook: probe
      - approval: { message: "go?", deadline: 2m, atDeadline: promote }
      - setWeight: 50%
      - analysis: { checks: [step-rate], for: 40s }
      - approval: { message: "sure?", deadline: 2m }
checks:
  - { name: latency, metric: latencyP99, max: 500, interval: 10s, failureLimit: 1, inconclusiveLimit: 2 }
  - { name: step-rate, metric: errorRate, max: 1%, interval: 10s }
  - { name: dry, metric: errors, max: 0, interval: 20s, dryRun: true }
alarms: [{ name: errors, atStart: ignore }, { name: latency, noData: ignore }]
hooks:
  - { name: smoke, when: beforeTraffic, lambda: smoke, deadline: 20s }
  - { name: probe, when: step, command: [./probe], deadline: 20s }
  - { name: after, when: afterTraffic, http: "http://localhost/after", deadline: 20s }
bake: 30s
notify:
  - webhook: "http://localhost/hook"
  - { slack: { urlFrom: SLACK_URL }, on: [held, promoted, turningBack] }
deadline: 15m
`),
  canary: specOf(`
strategy: { canary: { steps: [{ setWeight: 25% }, { pause: 20s }, { setWeight: 75% }, { pause: 20s }] } }
alarms: [errors]
deadline: 10m
`),
  counted: specOf(`
strategy:
  canary:
    steps:
      - approval: { message: "begin?", deadline: 1m }
      - setWeight: 5
      - analysis: { checks: [rate] }
checks: [{ name: rate, metric: errorRate, max: 1%, interval: 10s, count: 3, failureLimit: 1 }]
deadline: 10m
`),
  asking: specOf(`
strategy:
  canary:
    steps:
      - approval: { message: "begin?", deadline: 1m, atDeadline: promote }
      - setWeight: 20%
      - pause: 10s
      - approval: { message: "finish?", deadline: 1m, atDeadline: promote }
hooks: [{ name: smoke, when: beforeTraffic, lambda: smoke }]
checks: [{ name: rate, metric: errorRate, max: 1%, interval: 10s, consecutiveErrorLimit: 1 }]
bake: 1m
`),
  linear: specOf(`
strategy: { linear: { step: 30%, every: 15s } }
alarms: [errors]
bake: 20s
`),
  compared: specOf(`
strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 20s }, { setWeight: 50% }] } }
analysis: { minTime: 5s, maxWait: 30s, margin: { rate: 20% } }
alarms: [errors]
bake: 20s
`),
  comparedEarly: specOf(`
strategy: { linear: { step: 30%, every: 60s } }
analysis: { minTime: 5s, maxWait: 20s, margin: { rate: 20% }, underpowered: promote }
`),
  budget: specOf(`
strategy: { budget: { failures: 2, maxTime: 2m } }
analysis: { minTime: 5s, margin: { rate: 10% }, underpowered: abort, requestCount: abort }
hooks: [{ name: smoke, when: beforeTraffic, lambda: smoke }]
bake: 10s
`),
  allAtOnce: specOf(`
strategy: { allAtOnce: {} }
deadline: 5m
`),
  blueGreen: specOf(`
strategy: { blueGreen: { bake: 1m } }
alarms: [errors]
hooks: [{ name: smoke, when: beforeTraffic, lambda: smoke }]
`),
  irreversible: specOf(`
strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 20s }, { hook: contract }, { setWeight: 60% }] } }
alarms: [errors]
hooks:
  - { name: room, when: beforeInstall, command: [./room], deadline: 20s }
  - { name: migrate, when: beforeTraffic, command: [./migrate], reversible: false, deadline: 20s }
  - { name: contract, when: step, command: [./contract], deadline: 20s }
bake: 20s
deadline: 10m
`),
  reasserting: specOf(`
strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 20s }, { setWeight: 60% }, { pause: 20s }] } }
alarms: [errors]
bake: 40s
onWeightChangedElsewhere: reassert
deadline: 10m
`),
  adopting: specOf(`
strategy: { linear: { step: 30%, every: 15s } }
bake: 20s
onWeightChangedElsewhere: adopt
`),
  abortingOnChange: specOf(`
strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 30s }] } }
bake: 20s
onWeightChangedElsewhere: abort
`),
} as const satisfies Record<string, RolloutSpec>;

export const START_MS = 1_800_000_000_000;

export function createdFor(spec: RolloutSpec, over: Partial<RolloutCreated> = {}): RolloutCreated {
  return {
    id: "r1",
    atMs: START_MS,
    spec,
    target: { id: "lambda:checkout:live", label: "lambda checkout:live", resolutionBps: 100 },
    route: { stable: "1", weight: NO_TRAFFIC, token: "t0" },
    metrics: { lagMs: 1000, resolutionMs: 1000 },
    actor: "tester",
    ...over,
  };
}
