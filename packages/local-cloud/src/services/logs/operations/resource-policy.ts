import type { ResourcePolicy } from "@aws-sdk/client-cloudwatch-logs";
import { parseJsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { pageOf } from "../../paging.ts";
import {
  badToken,
  invalidParameter,
  limitExceeded,
  noPolicyOfGroup,
  noResourcePolicy,
} from "../errors.ts";
import { PAGE_ITEMS_MAX, RESOURCE_POLICIES_MAX } from "../limits.ts";
import type { LogsHandlers } from "../sdk.ts";

interface PolicyRow {
  readonly name: string;
  /** A JSON document. */
  readonly document: string;
  readonly changedAtMs: number;
}

export function resourcePolicies({ store }: Pick<Cloud, "store">, { account, region }: Place) {
  return store.table<PolicyRow>({ account, region, service: "logs" }, "resource-policies");
}

/**
 * Policies of an account that let services write logs. They are asked where IAM is enforced. Policies of one log group
 * are not there.
 */
export function resourcePolicyOperations({ store, clock }: Cloud) {
  const policiesIn = (place: Place) => resourcePolicies({ store }, place);

  return {
    PutResourcePolicy(input, context) {
      refuseOfGroup(input.resourceArn);
      const name = required(input.policyName, "policyName");
      const document = required(input.policyDocument, "policyDocument");
      // Unverified: the text.
      if (parseJsonObject(document) === undefined) {
        throw invalidParameter("The specified policy document is not valid JSON.");
      }
      const policies = policiesIn(context);
      const isNew = policies.get(name) === undefined;
      if (isNew && [...policies.values()].length >= RESOURCE_POLICIES_MAX) throw limitExceeded();
      const row = { name, document, changedAtMs: clock.nowMs() };
      policies.set(name, row);
      return { resourcePolicy: view(row) };
    },

    DescribeResourcePolicies(input, context) {
      refuseOfGroup(
        input.resourceArn ?? (input.policyScope === "RESOURCE" ? "RESOURCE" : undefined),
      );
      const page = pageOf(
        [...policiesIn(context).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        {
          keyOf: ({ name }) => name,
          token: input.nextToken,
          limit: input.limit ?? PAGE_ITEMS_MAX,
          badToken,
        },
      );
      return { resourcePolicies: page.items.map(view), nextToken: page.nextToken };
    },

    DeleteResourcePolicy(input, context) {
      refuseOfGroup(input.resourceArn);
      const name = required(input.policyName, "policyName");
      const policies = policiesIn(context);
      if (policies.get(name) === undefined) throw noResourcePolicy(name);
      policies.delete(name);
      return {};
    },
  } satisfies LogsHandlers;
}

function view({ name, document, changedAtMs }: PolicyRow): ResourcePolicy {
  return {
    policyName: name,
    policyDocument: document,
    lastUpdatedTime: changedAtMs,
    policyScope: "ACCOUNT",
  };
}

/** Both are marked as optional in the model, whose documentation says that they are required. Unverified: the text. */
function required(value: string | undefined, member: string): string {
  if (value === undefined || value === "") throw invalidParameter(`${member} is required.`);
  return value;
}

function refuseOfGroup(resource: string | undefined): void {
  if (resource !== undefined) throw noPolicyOfGroup(resource);
}
