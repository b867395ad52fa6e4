import { checkAuthPolicy, PolicySyntaxError } from "../../../data-plane/vpc-lattice/auth-policy.ts";
import { parseJsonObject } from "../../../json-object.ts";
import { invalid, notFound } from "../errors.ts";
import { ownerOf } from "../identifiers.ts";
import type { LatticeHandlers } from "../sdk.ts";
import type { Lattice } from "../state.ts";

/** Auth policies, which say who may call a service; and resource policies, which are only kept. */
export function policyOperations(lattice: Lattice) {
  const { clock } = lattice.cloud;
  return {
    PutAuthPolicy(input, context) {
      const state = lattice.in(context);
      const { id, authType } = ownerOf(state, input.resourceIdentifier);
      const { policy = "" } = input;
      requireReadable(policy);
      const nowMs = clock.nowMs();
      const createdAtMs = state.authPolicies.get(id)?.createdAtMs ?? nowMs;
      state.authPolicies.set(id, { policy, createdAtMs, updatedAtMs: nowMs });
      return { policy, state: stateOf(authType) };
    },

    /** Source of the state: AWS docs, API_GetAuthPolicy (inactive while the auth type is NONE). */
    GetAuthPolicy(input, context) {
      const state = lattice.in(context);
      const { id, authType } = ownerOf(state, input.resourceIdentifier);
      const row = state.authPolicies.get(id);
      // Unverified: that a resource without a policy answers without one, and is no error.
      if (row === undefined) return {};
      return {
        policy: row.policy,
        state: stateOf(authType),
        createdAt: new Date(row.createdAtMs),
        lastUpdatedAt: new Date(row.updatedAtMs),
      };
    },

    DeleteAuthPolicy(input, context) {
      const state = lattice.in(context);
      const { id } = ownerOf(state, input.resourceIdentifier);
      if (!state.authPolicies.delete(id)) throw notFound({ type: "RESOURCE_POLICY", id });
      return {};
    },

    PutResourcePolicy(input, context) {
      const state = lattice.in(context);
      const { id } = ownerOf(state, input.resourceArn);
      const { policy = "" } = input;
      if (parseJsonObject(policy) === undefined) throw malformed("it is not a JSON object");
      state.resourcePolicies.set(id, policy);
      return {};
    },

    GetResourcePolicy(input, context) {
      const state = lattice.in(context);
      const { id } = ownerOf(state, input.resourceArn);
      const policy = state.resourcePolicies.get(id);
      if (policy === undefined) throw notFound({ type: "RESOURCE_POLICY", id });
      return { policy };
    },

    DeleteResourcePolicy(input, context) {
      const state = lattice.in(context);
      const { id } = ownerOf(state, input.resourceArn);
      if (!state.resourcePolicies.delete(id)) throw notFound({ type: "RESOURCE_POLICY", id });
      return {};
    },
  } satisfies LatticeHandlers;
}

function stateOf(authType: "NONE" | "AWS_IAM") {
  return authType === "AWS_IAM" ? "Active" : "Inactive";
}

function requireReadable(policy: string): void {
  try {
    checkAuthPolicy(policy);
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw malformed(error.message);
    throw error;
  }
}

function malformed(why: string) {
  return invalid(`The policy is malformed: ${why}`, "policy");
}
