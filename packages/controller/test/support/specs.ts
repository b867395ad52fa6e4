import { parseSpec } from "@headgate/core";
import type { RolloutSpec } from "@headgate/core";

const HEAD = `
name: checkout
target: { lambda: { function: checkout, alias: live } }
revision: { version: 2 }
`;

export function specOf(rest: string): RolloutSpec {
  // Compared only where the test says so: most are about something else.
  const analysis = /^analysis:/m.test(rest) ? "" : "analysis: none\n";
  return parseSpec(`${HEAD}${analysis}${rest}`, "headgate.yaml").spec;
}

/** Two weights, a check, an alarm, a hook on either side, a bake: something of everything. */
export const CANARY = specOf(`
strategy:
  canary:
    steps: [{ setWeight: 10% }, { pause: 10s }, { setWeight: 50% }, { pause: 10s }]
checks: [{ name: rate, metric: errorRate, max: 1%, interval: 2s }]
alarms: [errors]
hooks:
  - { name: smoke, when: beforeTraffic, command: [smoke] }
  - { name: after, when: afterTraffic, command: [after] }
bake: 10s
notify: [{ webhook: "http://127.0.0.1:1/" }]
`);
