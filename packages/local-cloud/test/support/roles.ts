import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import type { TestCloud } from "./test-cloud.ts";

/** The trust policy that lets a service ("lambda.amazonaws.com") assume a role, as its JSON document. */
export function trustOf(service: string): string {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** Makes a role that the service may assume. @returns its ARN. */
export async function createRole(cloud: TestCloud, name: string, service: string): Promise<string> {
  const { Role } = await cloud
    .client(IAMClient)
    .send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trustOf(service) }));
  return Role?.Arn ?? "";
}
