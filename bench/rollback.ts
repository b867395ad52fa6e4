// `npm run bench:rollback`: how long users meet a version after the verdict against it. Bad releases on the local cloud
// under traffic; the journal says when the verdict came and when weight 0 was read back. The yardstick, taken between
// the releases: a bare UpdateAlias and the GetAlias that reads it back.
import { Lambda } from "@aws-sdk/client-lambda";
import type { RolloutEvent } from "@headgate/core";
import { zipFolder } from "@headgate/drivers";
import { openShop } from "../packages/cli/src/demo/shop.ts";
import { startTraffic } from "../packages/cli/src/demo/traffic.ts";
import { ReleaseFolder } from "./bad-release.ts";
import { configurationOf, startCloud, urlOf } from "./local-cloud.ts";
import { end, printTable, spread, timed } from "./measure.ts";

const RELEASES = Number(process.env["RELEASES"] ?? 10);
const REQUESTS_PER_SECOND = 50;
const BARE_CHANGES_PER_RELEASE = 3;
const TARGET_MS = 150;

const folder = new ReleaseFolder("rollback");
const cloud = await startCloud();
try {
  const endpoint = urlOf(cloud);
  const configuration = configurationOf(endpoint);
  folder.writeCode("1.0.0", 0);
  const shop = await openShop(configuration, await zipFolder(folder.code));
  writeSpec(shop.functionName, shop.alias);
  const lambda = new Lambda(configuration);
  const traffic = startTraffic(shop.url, REQUESTS_PER_SECOND);
  const rollbacks: number[] = [];
  const bare: number[] = [];
  for (let release = 1; release <= RELEASES; release++) {
    folder.writeCode(`2.0.${release}`, 0.5);
    await folder.deployBad(endpoint);
    rollbacks.push(await verdictToZeroMs());
    for (let change = 0; change < BARE_CHANGES_PER_RELEASE; change++) {
      bare.push(await bareChangeMs(lambda, { FunctionName: shop.functionName, Name: shop.alias }));
    }
  }
  const { sent, failed } = await traffic.stop();
  lambda.destroy();
  printTable(`${RELEASES} bad releases, ${REQUESTS_PER_SECOND} requests/s: median (range)`, [
    ["what", "ms"],
    [`verdict to weight 0 read back (target ${TARGET_MS})`, spread(rollbacks)],
    ["bare UpdateAlias + GetAlias", spread(bare)],
  ]);
  process.stdout.write(`users: ${failed} of ${sent} requests failed\n`);
} finally {
  await end(cloud);
  folder.remove();
}

function writeSpec(functionName: string, alias: string): void {
  folder.writeSpec({
    name: "bench",
    target: { lambda: { function: functionName, alias } },
    revision: { folder: "code" },
    strategy: { canary: { steps: [{ setWeight: "20%" }, { pause: "1m" }] } },
    // Timed from a check's verdict; the comparison would often be faster.
    analysis: "none",
    checks: [
      { name: "errors", metric: "errorRate", max: 5, interval: "1s", inconclusiveLimit: -1 },
    ],
  });
}

/** Of the newest rollout: from the event that failed it to the one that read weight 0 back. */
async function verdictToZeroMs(): Promise<number> {
  const { entries } = await folder.history();
  const verdict = entries.find(({ notes }) => notes.some(({ kind }) => kind === "aborting"));
  const back = entries.find(({ seq, event }) => seq > (verdict?.seq ?? 0) && isAtZero(event));
  if (verdict === undefined || back === undefined) throw new Error("a rollout did not turn back");
  return back.event.atMs - verdict.event.atMs;
}

function isAtZero(event: RolloutEvent): boolean {
  return event.kind === "routeSet" && event.route.weight === 0;
}

async function bareChangeMs(
  lambda: Lambda,
  alias: { readonly FunctionName: string; readonly Name: string },
): Promise<number> {
  const [ms] = await timed(async () => {
    await lambda.updateAlias({ ...alias, RoutingConfig: { AdditionalVersionWeights: {} } });
    return lambda.getAlias(alias);
  });
  return ms;
}
