import type { PreflightFinding } from "@headgate/core";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import { latticeCall } from "./lattice-call.ts";
import type { LatticeTarget } from "./place.ts";
import { existingGroup, flawOf, type LatticePreparation, mustBeOneGroup } from "./prepare.ts";
import { codeFindings, groupFindings, targetText } from "./revision-findings.ts";
import { describeRoute, type LatticeRoute } from "./route.ts";
import { functionOf } from "./stable-function.ts";
import type { TargetGroup } from "./target-group-api.ts";

/**
 * Looks at everything that a rollout of this revision would meet, and changes nothing. A look that
 * needs what an earlier one did not find is left out: one cause, one problem.
 */
export async function preflight(
  target: LatticeTarget,
  located: () => Promise<LatticePreparation>,
): Promise<readonly PreflightFinding[]> {
  const findings: PreflightFinding[] = [];
  const keep = async (finding: Promise<PreflightFinding>) => {
    findings.push(await finding);
    return findings.at(-1)?.outcome !== "problem";
  };

  let preparation: LatticePreparation | undefined;
  const names = [target.service, target.listener, target.rule].filter((name) => name !== undefined);
  await keep(
    lookAt(`${names.join(", ")} can be found`, async () => {
      preparation = await located();
      return preparation.place.label;
    }),
  );
  if (preparation === undefined) return findings;
  const found: LatticePreparation = preparation;
  const isActive = await keep(lookAt("service is active", () => serviceState(found)));
  if (!isActive) return findings;
  await keep(lookAt("service can be reached", () => association(found)));

  let route: LatticeRoute | undefined;
  let canaryId: string | undefined;
  const { revision } = found;
  if (revision.kind === "targetGroup") {
    const isThere = await keep(
      lookAt(`target group ${revision.targetGroup} exists`, async () => {
        canaryId = await existingGroup(found, revision.targetGroup);
        return canaryId;
      }),
    );
    if (!isThere) return findings;
  }
  await keep(
    lookAt("one target group serves", async () => {
      const read = await found.shifter.readRoute();
      mustBeOneGroup(found.place, read, canaryId);
      route = read;
      return describeRoute(read);
    }),
  );
  if (route === undefined) return findings;
  const live: LatticeRoute = route;

  let stable: TargetGroup | undefined;
  const isUsable = await keep(
    lookAt(`stable target group ${live.stable} can serve`, async () => {
      stable = await found.groups.get(live.stable);
      const flaw = flawOf(stable, found);
      if (flaw !== undefined) return problem(`it ${flaw.what}`, flaw.hint);
      return targetText(stable);
    }),
  );
  if (stable !== undefined && isUsable) {
    const group: TargetGroup = stable;
    if (group.type === "LAMBDA") {
      await keep(
        lookAt("stable target group may invoke its function", () => mayInvoke(found, group)),
      );
    }
    if (canaryId === undefined) findings.push(...(await codeFindings(found, group)));
    else findings.push(...(await groupFindings(found, group, canaryId)));
  }
  const { testers } = found;
  if (testers !== undefined) {
    await keep(
      lookAt(
        "testers' rule has a place",
        async () => `priority ${(await testers.plan()).priority}`,
      ),
    );
  }
  return findings;
}

async function serviceState({ clients, run, place }: LatticePreparation): Promise<Looked> {
  const call = latticeCall({ clients, run });
  const { status, authType, failureMessage } = await call(
    "GetService",
    `service ${place.serviceId}`,
    (lattice, options) => lattice.getService({ serviceIdentifier: place.serviceId }, options),
  );
  if (status !== "ACTIVE") {
    const why = failureMessage === undefined ? "" : `: ${failureMessage}`;
    return problem(
      `its status is ${status ?? "unknown"}${why}`,
      "Wait until VPC Lattice has made it.",
    );
  }
  if (authType !== "AWS_IAM") return "ACTIVE, auth type NONE";
  const { policy = "" } = await call(
    "GetAuthPolicy",
    `service ${place.serviceId}`,
    (lattice, options) => lattice.getAuthPolicy({ resourceIdentifier: place.serviceId }, options),
  );
  if (policy !== "") return "ACTIVE, auth type AWS_IAM";
  return warning(
    "its auth type is AWS_IAM, and it has no auth policy: every request is denied",
    "Give it one (aws vpc-lattice put-auth-policy): without requests nothing can be proved.",
  );
}

/** Without a service network no request can come at all. */
async function association({ clients, run, place }: LatticePreparation): Promise<Looked> {
  const call = latticeCall({ clients, run });
  const { items = [] } = await call(
    "ListServiceNetworkServiceAssociations",
    `service ${place.serviceId}`,
    (lattice, options) =>
      lattice.listServiceNetworkServiceAssociations(
        { serviceIdentifier: place.serviceId },
        options,
      ),
  );
  const active = items.filter(({ status }) => status === "ACTIVE");
  if (active.length > 0)
    return `in ${active.length === 1 ? "a service network" : `${active.length} service networks`}`;
  return warning(
    items.length === 0
      ? "it is associated with no service network, so that nobody can call it"
      : `its associations with service networks are ${items.map(({ status }) => status).join(", ")}`,
    "Associate it (aws vpc-lattice create-service-network-service-association): nothing is proved without requests.",
  );
}

async function mayInvoke({ permissions }: LatticePreparation, group: TargetGroup): Promise<Looked> {
  const grant = { function: functionOf(group), groupId: group.id, groupArn: group.arn };
  if (await permissions.isGiven(grant)) return "its policy allows vpc-lattice.amazonaws.com";
  const { arn, qualifier } = grant.function;
  const of = qualifier === undefined ? arn : `${arn}:${qualifier}`;
  return problem(
    `the policy of ${of} does not allow vpc-lattice.amazonaws.com for ${group.arn}`,
    `aws lambda add-permission --function-name ${of} --statement-id vpc-lattice --action lambda:InvokeFunction --principal vpc-lattice.amazonaws.com --source-arn ${group.arn}`,
  );
}
