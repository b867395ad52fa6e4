import type { Cloud } from "../../service.ts";
import { iamTables, uniqueId } from "./state.ts";

interface LinkedRole {
  readonly name: string;
  readonly policyArn: string;
  readonly description: string;
}

/** Roles that services make for themselves, by service principal. Source: AWS docs, service-linked roles of each. */
const LINKED_ROLES: ReadonlyMap<string, LinkedRole> = new Map([
  [
    "ecs.amazonaws.com",
    {
      name: "AWSServiceRoleForECS",
      policyArn: "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
      description: "Role to enable Amazon ECS to manage your cluster.",
    },
  ],
]);

/** Makes the role of a service in an account, unless it is there. Its ARN; undefined when the service has none. */
export function linkServiceRole(
  { store, random, clock }: Pick<Cloud, "store" | "random" | "clock">,
  account: string,
  principal: string,
): string | undefined {
  const wanted = LINKED_ROLES.get(principal);
  if (wanted === undefined) return undefined;
  const { roles } = iamTables(store, account);
  const { name, policyArn, description } = wanted;
  const path = `/aws-service-role/${principal}/`;
  const existing = roles.get(name);
  if (existing !== undefined) return existing.arn;
  const arn = `arn:aws:iam::${account}:role${path}${name}`;
  const statement = {
    Effect: "Allow",
    Principal: { Service: principal },
    Action: "sts:AssumeRole",
  };
  roles.set(name, {
    name,
    path,
    id: uniqueId(random, "AROA"),
    arn,
    createdAtMs: clock.nowMs(),
    tags: [],
    inlinePolicies: {},
    attachedPolicies: [policyArn],
    trustPolicy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    description,
    maxSessionSeconds: 3600,
    permissionsBoundary: undefined,
  });
  return arn;
}
