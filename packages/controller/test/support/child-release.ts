// Run as its own process: a release of three targets on a journal and platforms that are files, gone on with when it is
// there already. The test kills it with SIGKILL and starts it again. The last argument names a target that fails.
import { parseRelease } from "@headgate/core";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openJournal, runRelease, startRelease, unfinishedRelease } from "../../src/index.ts";
import { systemClock, systemRandom } from "../../src/index.ts";
import { newPlatformState, Platform } from "./platform.ts";
import type { PlatformState } from "./platform.ts";

const [, , dataDir = "", failing = ""] = process.argv;
const NAMES = ["db", "api", "web"];

const target = (name: string) => `
    ${name}:
      target: { lambda: { function: ${name}, alias: live } }
      revision: { version: 2 }
      analysis: none
      alarms: [errors]
      strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 100ms }] } }
      poll: { alarms: 20ms, route: 50ms, traffic: 50ms }`;
const spec = parseRelease(
  `name: shop\nrelease:\n  targets:${NAMES.map(target).join("")}\n`,
  "headgate.yaml",
).release;

function platformOf(name: string): Platform {
  const file = join(dataDir, `${name}.json`);
  const state: PlatformState = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as PlatformState)
    : newPlatformState();
  const platform: Platform = new Platform(state, () => {
    // Written aside and renamed: a kill leaves the old platform or the new one, never half of it.
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
    if (name === failing && state.splits.includes("1 2@20")) platform.alarms = { errors: "alarm" };
  });
  platform.name = name;
  const hasFailed = name === failing && state.splits.includes("1 2@20");
  platform.alarms = { errors: hasFailed ? "alarm" : "ok" };
  return platform;
}

const platforms = new Map(NAMES.map((name) => [`shop-${name}`, platformOf(name)]));
const clock = systemClock();
const journal = await openJournal(dataDir, clock.nowMs());
process.stdout.write("open\n");
const options = {
  journal,
  spec,
  clock,
  random: systemRandom(),
  actor: "child",
  driversOf: ({ name }: { readonly name: string }) => {
    const platform = platforms.get(name);
    if (platform === undefined) throw new Error(`no platform of ${name}`);
    return platform.drivers;
  },
};
const left = await unfinishedRelease(journal, spec);
const { outcome } = await runRelease(left ?? (await startRelease(options)), options);
process.stdout.write(`${outcome}\n`);
await journal.close();
