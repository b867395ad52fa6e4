import type { RequestContext } from "../../service.ts";
import type { Store } from "../../storage/store.ts";
import { noSuchPolicy, policyOfAws } from "./errors.ts";
import { MANAGED_POLICIES } from "./managed-policies.ts";
import { iamTables, type Policy, type PolicyHolder } from "./state.ts";

/** Managed policies, the caller's own and those of AWS, by ARN. */
export class PolicyBook {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  find(context: RequestContext, arn: string): Policy | undefined {
    return MANAGED_POLICIES.get(arn) ?? iamTables(this.#store, context.account).policies.get(arn);
  }

  /** @throws {AwsError} NoSuchEntity */
  get(context: RequestContext, arn = ""): Policy {
    const policy = this.find(context, arn);
    if (policy === undefined) throw noSuchPolicy(arn);
    return policy;
  }

  /** A policy that may be changed. @throws {AwsError} NoSuchEntity, AccessDenied */
  getOwn(context: RequestContext, arn = ""): Policy {
    const policy = this.get(context, arn);
    if (MANAGED_POLICIES.has(arn)) throw policyOfAws(context.operation, arn);
    return policy;
  }

  own(context: RequestContext): Policy[] {
    return [...iamTables(this.#store, context.account).policies.values()];
  }

  save(context: RequestContext, policy: Policy): void {
    iamTables(this.#store, context.account).policies.set(policy.arn, policy);
  }

  delete(context: RequestContext, policy: Policy): void {
    iamTables(this.#store, context.account).policies.delete(policy.arn);
  }

  attachmentCount(context: RequestContext, arn: string): number {
    const { roles, users, groups } = iamTables(this.#store, context.account);
    const holders: PolicyHolder[] = [...roles.values(), ...users.values(), ...groups.values()];
    return holders.filter(({ attachedPolicies }) => attachedPolicies.includes(arn)).length;
  }
}
