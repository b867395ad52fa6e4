import type { UsagePlan } from "@aws-sdk/client-api-gateway";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { badRequest, conflict, notFound, usagePlanNotFound } from "../errors.ts";
import { pageByPosition } from "../lookups.ts";
import { readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, newId, type PlanStage, planKey, type UsagePlanRow } from "../state.ts";
import { apiKeyOf } from "./api-keys.ts";
import { patchUsagePlan } from "./usage-plan-patches.ts";

export function usagePlanOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateUsagePlan(input, context) {
      const id = newId(gateway, 6);
      const row: UsagePlanRow = {
        id,
        name: input.name ?? "",
        description: input.description,
        apiStages: (input.apiStages ?? []).map(({ apiId, stage, throttle }) => ({
          apiId: apiId ?? "",
          stage: stage ?? "",
          throttle:
            throttle === undefined
              ? undefined
              : Object.fromEntries(
                  Object.entries(throttle).map(([key, { rateLimit, burstLimit }]) => [
                    key,
                    { rateLimit, burstLimit },
                  ]),
                ),
        })),
        throttle:
          input.throttle === undefined
            ? undefined
            : { rateLimit: input.throttle.rateLimit, burstLimit: input.throttle.burstLimit },
        quota:
          input.quota === undefined
            ? undefined
            : {
                limit: input.quota.limit ?? 0,
                offset: input.quota.offset ?? 0,
                period: input.quota.period ?? "DAY",
              },
        productCode: undefined,
        tags: input.tags ?? {},
      };
      for (const stage of row.apiStages) checkStage(gateway, context, id, stage);
      tables.usagePlans(context).set(id, row);
      return planShape(row, { withTags: Object.keys(row.tags).length > 0 });
    },

    GetUsagePlan: (input, context) => planShape(planOf(gateway, context, input.usagePlanId)),

    GetUsagePlans(input, context) {
      const { keyId } = input;
      const members = tables.usagePlanKeys(context);
      const rows = [...tables.usagePlans(context).values()].filter(
        ({ id }) => keyId === undefined || members.has(planKey(id, keyId)),
      );
      const page = pageByPosition(rows, input, ({ id }) => id);
      return {
        items: page.items.map((row) =>
          planShape(row, { withTags: Object.keys(row.tags).length > 0 }),
        ),
        position: page.nextToken,
      };
    },

    UpdateUsagePlan(input, context) {
      const row = planOf(gateway, context, input.usagePlanId);
      const next = readPatches(input.patchOperations).reduce(
        (plan, patch) =>
          patchUsagePlan(plan, patch, (stage) => checkStage(gateway, context, plan.id, stage)),
        row,
      );
      tables.usagePlans(context).set(row.id, next);
      return planShape(next);
    },

    DeleteUsagePlan(input, context) {
      const { id, apiStages } = planOf(gateway, context, input.usagePlanId);
      if (apiStages.length > 0) {
        // Source: an AWS answer quoted in aws/aws-sdk-js#3841.
        throw badRequest(
          `Cannot delete Usage Plan ${id} because there are API Stages associated with it, ` +
            `including ${apiStages.map(({ apiId, stage }) => `${apiId}:${stage}`).join(", ")}`,
        );
      }
      cloud.store.transaction(() => {
        const members = tables.usagePlanKeys(context);
        for (const [key] of members.entries()) {
          if (key.startsWith(`${id}/`)) members.delete(key);
        }
        tables.usagePlans(context).delete(id);
      });
      return {};
    },

    CreateUsagePlanKey(input, context) {
      const plan = planOf(gateway, context, input.usagePlanId);
      // Source: recorded AWS answer; the type is the only one there is.
      if (input.keyType !== "API_KEY") {
        throw badRequest("Usage Plan Key type must be API_KEY");
      }
      const key = apiKeyOf(gateway, context, input.keyId);
      const members = tables.usagePlanKeys(context);
      if (members.has(planKey(plan.id, key.id))) {
        throw conflict("Usage Plan Key already exists");
      }
      members.set(planKey(plan.id, key.id), key.id);
      return { id: key.id, type: "API_KEY", value: key.value, name: key.name };
    },

    GetUsagePlanKey(input, context) {
      const key = memberOf(gateway, context, input.usagePlanId, input.keyId);
      return { id: key.id, type: "API_KEY", value: key.value, name: key.name };
    },

    GetUsagePlanKeys(input, context) {
      const plan = planOf(gateway, context, input.usagePlanId);
      const ids = [...tables.usagePlanKeys(context).entries()]
        .filter(([key]) => key.startsWith(`${plan.id}/`))
        .map(([, id]) => id);
      const keys = ids
        .map((id) => apiKeyOf(gateway, context, id))
        .filter(({ name }) => (name ?? "").startsWith(input.nameQuery ?? ""));
      const page = pageByPosition(keys, input, ({ id }) => id);
      return {
        items: page.items.map(({ id, value, name }) => ({ id, type: "API_KEY", value, name })),
        position: page.nextToken,
      };
    },

    DeleteUsagePlanKey(input, context) {
      const { id } = memberOf(gateway, context, input.usagePlanId, input.keyId);
      tables.usagePlanKeys(context).delete(planKey(input.usagePlanId ?? "", id));
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

function planOf({ tables }: ApiGateway, place: Place, id: string | undefined): UsagePlanRow {
  const plan = tables.usagePlans(place).get(id ?? "");
  if (plan === undefined) throw usagePlanNotFound();
  return plan;
}

function memberOf(
  gateway: ApiGateway,
  place: Place,
  planId: string | undefined,
  keyId: string | undefined,
) {
  const plan = planOf(gateway, place, planId);
  const key = apiKeyOf(gateway, place, keyId);
  if (!gateway.tables.usagePlanKeys(place).has(planKey(plan.id, key.id))) {
    // Unverified: the text.
    throw notFound("Invalid Usage Plan Key identifier specified");
  }
  return key;
}

function checkStage({ tables }: ApiGateway, place: Place, planId: string, wanted: PlanStage): void {
  const { apiId, stage } = wanted;
  if (!tables.stages(place, apiId).has(stage)) {
    throw notFound(
      `Invalid API Stage {api: ${apiId}, stage: ${stage}} specified for usageplan ${planId}`,
    );
  }
}

/** A deleted stage leaves its plans. Source: hashicorp/terraform-provider-aws#14100. */
export function leaveUsagePlans(
  { tables }: ApiGateway,
  place: Place,
  isGone: (stage: PlanStage) => boolean,
): void {
  const plans = tables.usagePlans(place);
  for (const plan of plans.values()) {
    if (!plan.apiStages.some(isGone)) continue;
    plans.set(plan.id, { ...plan, apiStages: plan.apiStages.filter((stage) => !isGone(stage)) });
  }
}

function planShape(
  row: UsagePlanRow,
  show: { readonly withTags: boolean } = { withTags: true },
): UsagePlan {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    apiStages: row.apiStages.map(({ apiId, stage, throttle }) => ({
      apiId,
      stage,
      throttle: throttle === undefined ? undefined : { ...throttle },
    })),
    throttle: row.throttle,
    quota: row.quota,
    productCode: row.productCode,
    tags: show.withTags ? { ...row.tags } : undefined,
  };
}
