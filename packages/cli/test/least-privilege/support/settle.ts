import type { APIGateway } from "@aws-sdk/client-api-gateway";
import type { Lambda } from "@aws-sdk/client-lambda";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { createHash } from "node:crypto";

/** The alias `live` on one version alone. */
export async function settleAlias(lambda: Lambda, FunctionName: string): Promise<void> {
  const RoutingConfig = { AdditionalVersionWeights: {} };
  await lambda.updateAlias({ FunctionName, Name: "live", RoutingConfig });
}

/** The stage of the only API on one deployment alone. */
export async function settleStage(gateway: APIGateway, stageName: string): Promise<void> {
  const { items = [] } = await gateway.getRestApis({});
  const stage = { restApiId: items[0]?.id, stageName };
  const { canarySettings } = await gateway.getStage(stage);
  if (canarySettings === undefined) return;
  const patchOperations = [{ op: "remove" as const, path: "/canarySettings" }];
  await gateway.updateStage({ ...stage, patchOperations });
}

/** The listener of the only service with the target group that has most of its traffic alone, and no rule of testers. */
export async function settleLattice(lattice: VPCLattice): Promise<void> {
  const { listener } = await onlyListener(lattice);
  for (const { id, isDefault } of (await lattice.listRules(listener)).items ?? []) {
    if (isDefault !== true) await lattice.deleteRule({ ...listener, ruleIdentifier: id });
  }
  const { defaultAction } = await lattice.getListener(listener);
  const groups = defaultAction?.forward?.targetGroups ?? [];
  const [most] = groups.toSorted((one, other) => (other.weight ?? 0) - (one.weight ?? 0));
  if (groups.length < 2 || most === undefined) return;
  await lattice.updateListener({
    ...listener,
    defaultAction: { forward: { targetGroups: [{ ...most, weight: 100 }] } },
  });
}

/** The rule of testers that a release leaves when it is killed while both versions serve. */
export async function leaveTestersRule(lattice: VPCLattice): Promise<void> {
  const { listener, arn } = await onlyListener(lattice);
  const { defaultAction } = await lattice.getListener(listener);
  const hash = createHash("sha256").update(arn).digest("hex").slice(0, 8);
  const byHeader = { name: "x-tester", match: { exact: "yes" } };
  await lattice.createRule({
    ...listener,
    name: `headgate-testers-${hash}`,
    priority: 1,
    match: { httpMatch: { headerMatches: [byHeader] } },
    action: defaultAction,
  });
}

async function onlyListener(lattice: VPCLattice) {
  const [service] = (await lattice.listServices({})).items ?? [];
  const serviceIdentifier = service?.id;
  const [found] = (await lattice.listListeners({ serviceIdentifier })).items ?? [];
  return { listener: { serviceIdentifier, listenerIdentifier: found?.id }, arn: found?.arn ?? "" };
}
