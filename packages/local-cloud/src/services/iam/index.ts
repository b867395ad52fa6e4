import type { Cloud, Service } from "../../service.ts";
import { accessKeyOperations } from "./operations/access-key.ts";
import { groupPolicyOperations } from "./operations/group-policy.ts";
import { groupOperations } from "./operations/group.ts";
import { instanceProfileOperations } from "./operations/instance-profile.ts";
import { policyOperations } from "./operations/policy.ts";
import { policyVersionOperations } from "./operations/policy-version.ts";
import { rolePolicyOperations } from "./operations/role-policy.ts";
import { roleOperations } from "./operations/role.ts";
import { userPolicyOperations } from "./operations/user-policy.ts";
import { userOperations } from "./operations/user.ts";
import { iamFacts, permissionPort } from "./permissions.ts";
import { roleDirectory } from "./role-directory.ts";
import type { IamHandlers } from "./sdk.ts";

/**
 * IAM: keeps and checks roles, policies, users and groups. Trust policies count always, by the `roles` port; the others
 * only in a cloud that enforces them (`iam-enforcement/`), which asks the `permissions` port.
 */
export function createIam(cloud: Cloud): Service {
  const handlers = {
    ...roleOperations(cloud),
    ...rolePolicyOperations(cloud),
    ...policyOperations(cloud),
    ...policyVersionOperations(cloud),
    ...userOperations(cloud),
    ...userPolicyOperations(cloud),
    ...groupOperations(cloud),
    ...groupPolicyOperations(cloud),
    ...accessKeyOperations(cloud),
    ...instanceProfileOperations(cloud),
  } satisfies IamHandlers;
  return {
    handlers,
    ports: { permissions: permissionPort(cloud.store), roles: roleDirectory(cloud) },
    facts: iamFacts(cloud.store),
  };
}
