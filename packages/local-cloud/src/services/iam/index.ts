import type { Cloud, Service } from "../../service.ts";
import { accessKeyOperations } from "./operations/access-key.ts";
import { instanceProfileOperations } from "./operations/instance-profile.ts";
import { policyOperations } from "./operations/policy.ts";
import { policyVersionOperations } from "./operations/policy-version.ts";
import { rolePolicyOperations } from "./operations/role-policy.ts";
import { roleOperations } from "./operations/role.ts";
import { userOperations } from "./operations/user.ts";
import { roleDirectory } from "./role-directory.ts";
import type { IamHandlers } from "./sdk.ts";

/**
 * IAM: keeps and checks roles, policies and users. Policies are not enforced on callers yet; trust
 * policies are, by the `roles` port.
 */
export function createIam(cloud: Cloud): Service {
  const handlers = {
    ...roleOperations(cloud),
    ...rolePolicyOperations(cloud),
    ...policyOperations(cloud),
    ...policyVersionOperations(cloud),
    ...userOperations(cloud),
    ...accessKeyOperations(cloud),
    ...instanceProfileOperations(cloud),
  } satisfies IamHandlers;
  return { handlers, ports: { roles: roleDirectory(cloud) } };
}
