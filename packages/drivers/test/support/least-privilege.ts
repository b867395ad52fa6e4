import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { RolloutError } from "@headgate/core";
import { onTestFinished } from "vitest";
import { type AwsClients, awsClients } from "../../src/aws/clients.ts";
import { watchDenials } from "./denial-watch.ts";
import { ACCESS } from "./lambda-cloud.ts";
import {
  type Permission,
  permissionsOf,
  policyOf,
  type PublishedStatement,
} from "./published-policy.ts";

/** One thing that a release does, which can be done again after it was refused. */
export interface Step {
  readonly name: string;
  /** @returns what did not work, in a few words; nothing when all did. @throws {RolloutError} */
  run(): Promise<readonly string[] | void>;
}

/** A role of the cloud that is used by a release, with nothing but what a policy gives it. */
export interface ReleaseRole {
  readonly clients: AwsClients;
  /** Replaces what the role may. */
  allow(policy: string): Promise<void>;
  /** The actions that it was refused since the last call. */
  refused(): readonly string[];
}

export async function releaseRole(cloud: { readonly url: string }): Promise<ReleaseRole> {
  const own = { ...ACCESS, endpoint: cloud.url, maxAttempts: 1 };
  const [iam, sts] = [new IAM(own), new STS(own)];
  const { Account } = await sts.getCallerIdentity({});
  const Statement = [{ Effect: "Allow", Principal: { AWS: Account }, Action: "sts:AssumeRole" }];
  const RoleName = "release";
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
  const { Credentials } = await sts.assumeRole({ RoleArn: Role?.Arn, RoleSessionName: "pipeline" });
  const watch = await watchDenials(cloud.url);
  const clients = awsClients({
    endpointUrl: watch.url,
    region: ACCESS.region,
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
    },
  });
  onTestFinished(async () => {
    clients.close();
    iam.destroy();
    sts.destroy();
    await watch.close();
  });
  return {
    clients,
    async allow(PolicyDocument) {
      await iam.putRolePolicy({ RoleName, PolicyName: "release", PolicyDocument });
    },
    refused: () => watch.take(),
  };
}

/**
 * Goes through a release step by step, at first allowed nothing. Whatever a step is refused is tried alone: with the
 * whole policy but that one action the step must fail too; then the action is given for good, and the step done again.
 * So in the end every step worked with what it was seen to need, and with nothing else.
 * @returns the permissions of the policy that nothing needed.
 */
export async function proveLeast(
  role: ReleaseRole,
  statements: readonly PublishedStatement[],
  steps: readonly Step[],
): Promise<readonly string[]> {
  const all = permissionsOf(statements);
  const proved = new Set<Permission>();
  const attempt = async (step: Step, isKept: (permission: Permission) => boolean) => {
    await role.allow(policyOf(statements, (given) => isKept(find(all, given))));
    role.refused();
    const failures = await outcomeOf(step);
    return { failures, refused: role.refused() };
  };
  for (const step of steps) {
    for (;;) {
      const { failures, refused } = await attempt(step, (permission) => proved.has(permission));
      if (failures.length === 0) break;
      const action = refused.findLast((one) => candidates(all, proved, one).length > 0);
      if (action === undefined) {
        throw new Error(
          `"${step.name}" fails, and the policy has nothing for what it was refused (${refused.join(", ")}): ${failures.join("; ")}`,
        );
      }
      const possible = candidates(all, proved, action);
      const needed = await neededOf(step, possible, attempt);
      const [only] = possible;
      // What has its effect before it is refused cannot be refused twice: then the first time is the proof.
      const isNamed = possible.length === 1 && failures.some((failure) => failure.includes(action));
      const given = needed ?? (isNamed ? only : undefined);
      if (given === undefined) {
        throw new Error(
          `"${step.name}" was refused ${action}, and yet works without it when all else is given`,
        );
      }
      proved.add(given);
    }
  }
  return all
    .filter((permission) => !proved.has(permission))
    .map(({ sid, action }) => `${sid} ${action}`);
}

/** The first without which the step fails, though all others are given. */
async function neededOf(
  step: Step,
  permissions: readonly Permission[],
  attempt: (
    step: Step,
    isKept: (permission: Permission) => boolean,
  ) => Promise<{ readonly failures: readonly string[] }>,
): Promise<Permission | undefined> {
  for (const permission of permissions) {
    const { failures } = await attempt(step, (other) => other !== permission);
    if (failures.length > 0) return permission;
  }
  return undefined;
}

function candidates(
  all: readonly Permission[],
  proved: ReadonlySet<Permission>,
  action: string,
): readonly Permission[] {
  const wanted = action.toLowerCase();
  return all.filter((one) => one.action.toLowerCase() === wanted && !proved.has(one));
}

function find(all: readonly Permission[], { sid, action }: Permission): Permission {
  const found = all.find((one) => one.sid === sid && one.action === action);
  if (found === undefined) throw new Error(`no permission ${sid} ${action}`);
  return found;
}

async function outcomeOf(step: Step): Promise<readonly string[]> {
  try {
    return (await step.run()) ?? [];
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    return [`${error.code}: ${error.message}`];
  }
}
