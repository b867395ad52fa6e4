// Run as its own process: one rollout on a journal and a platform that are files, gone on with when it is
// there already. The test kills it with SIGKILL and starts it again.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openJournal, resumeRollout, runRollout, startRollout } from "../../src/index.ts";
import { systemClock, systemRandom } from "../../src/index.ts";
import { newPlatformState, Platform } from "./platform.ts";
import type { PlatformState } from "./platform.ts";
import { specOf } from "./specs.ts";

const dataDir = process.argv[2] ?? "";
const platformFile = join(dataDir, "platform.json");

const SPEC = specOf(`
strategy:
  canary:
    steps: [{ setWeight: 10% }, { pause: 100ms }, { setWeight: 50% }, { pause: 100ms }]
alarms: [errors]
hooks: [{ name: smoke, when: beforeTraffic, command: [smoke] }]
bake: 100ms
poll: { alarms: 20ms, route: 50ms, traffic: 50ms }
`);

const state: PlatformState = existsSync(platformFile)
  ? (JSON.parse(readFileSync(platformFile, "utf8")) as PlatformState)
  : newPlatformState();
const platform = new Platform(state, () => {
  // Written aside and renamed: a kill leaves the old platform or the new one, never half of it.
  writeFileSync(`${platformFile}.new`, JSON.stringify(state));
  renameSync(`${platformFile}.new`, platformFile);
});
platform.alarms = { errors: "ok" };

const clock = systemClock();
const random = systemRandom();
const journal = await openJournal(dataDir, clock.nowMs());
process.stdout.write("open\n");
const world = { journal, drivers: platform.drivers, clock, random };
const found = await journal.find();
const end =
  found === undefined
    ? await runRollout(await startRollout({ ...world, spec: SPEC, actor: "child" }), world)
    : await resumeRollout({ journal, createDrivers: () => platform.drivers, clock, random });
process.stdout.write(`${end.finished?.outcome}\n`);
await journal.close();
