// Protects the published policy of releases behind VPC Lattice: of a listener and of a rule, there and back, with
// testers, warm functions and an auth policy; and not without any one of its actions.
import { join } from "node:path";
import { expect, it } from "vitest";
import { latticeDrivers } from "../../src/index.ts";
import { FUNCTION_NAME, publish } from "../support/lambda-cloud.ts";
import {
  answering,
  forward,
  functionArn,
  type LatticeCloud,
  latticeCloud,
} from "../support/lattice-cloud.ts";
import {
  proveLeast,
  type ReleaseRole,
  releaseRole,
  type Step,
} from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { trafficSteps } from "../support/release-steps.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { constantRandom } from "../support/test-clock.ts";

async function steps(
  cloud: LatticeCloud,
  { clients }: ReleaseRole,
  release: {
    readonly name: string;
    readonly targetGroup?: string;
    readonly rule?: string;
    readonly ending: "promoted" | "restored";
  },
): Promise<readonly Step[]> {
  const { name, targetGroup, rule, ending } = release;
  const root = await temporaryFolder({ [`${name}/app.py`]: answering(name) });
  const { traffic, metrics } = latticeDrivers({
    clients,
    clock: cloud.clock,
    random: constantRandom(0),
    target: {
      service: "orders",
      listener: "http",
      rule,
      testers: { header: "x-tester", value: "yes" },
    },
    revision:
      targetGroup === undefined
        ? { folder: join(root, name), environment: { RELEASE: name } }
        : { targetGroup },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
  const toMs = cloud.clock.nowMs();
  const window = { fromMs: toMs - 60_000, toMs };
  return [
    ...trafficSteps(traffic, ending),
    { name: "compare", run: async () => void (await metrics.compare(["tg-1"], window)) },
  ];
}

/** A target group that somebody made, without letting it invoke its function. */
async function forbiddenGroup(cloud: LatticeCloud): Promise<string> {
  const Qualifier = await publish(cloud, { "app.py": answering("made by hand") });
  const group = await cloud.group("by-hand", functionArn(Qualifier));
  const of = { FunctionName: FUNCTION_NAME, Qualifier };
  const { Policy = "{}" } = await cloud.lambda.getPolicy(of);
  const { Statement = [] }: { Statement?: { Sid: string }[] } = JSON.parse(Policy);
  for (const { Sid } of Statement) {
    await cloud.lambda.removePermission({ ...of, StatementId: Sid });
  }
  return group;
}

it("lets releases of a listener and of a rule go to their end and back, and no further", async () => {
  const cloud = await latticeCloud();
  await cloud.lambda.putProvisionedConcurrencyConfig({
    FunctionName: FUNCTION_NAME,
    Qualifier: "1",
    ProvisionedConcurrentExecutions: 1,
  });
  await cloud.lattice.updateService({ serviceIdentifier: cloud.serviceId, authType: "AWS_IAM" });
  await cloud.lattice.createRule({
    serviceIdentifier: cloud.serviceId,
    listenerIdentifier: cloud.listenerId,
    name: "admin",
    priority: 10,
    match: { httpMatch: { pathMatch: { match: { prefix: "/admin" } } } },
    action: forward(cloud.stable),
  });
  const targetGroup = await forbiddenGroup(cloud);
  await cloud.advance(5000);
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["lattice", "analysis"], {
    REGION: "us-east-1",
    ACCOUNT: "000000000000",
    SERVICE_ID: cloud.serviceId,
    FUNCTION: FUNCTION_NAME,
  });
  const all = [
    ...(await steps(cloud, role, { name: "one", ending: "restored" })),
    ...(await steps(cloud, role, { name: "two", rule: "admin", ending: "restored" })),
    ...(await steps(cloud, role, { name: "three", targetGroup, ending: "restored" })),
    ...(await steps(cloud, role, { name: "four", ending: "promoted" })),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 90_000);
