import { utcDay } from "../../dates.ts";
import { badRequest, usagePlanNotFound } from "../errors.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, planKey } from "../state.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Source: AWS docs, API_GetUsage: at most 90 days. */
const DAYS_MAX = 90;

export function usageOperations({ tables }: ApiGateway) {
  return {
    /** Per key and day: what was used, and what was left of the quota that day. */
    GetUsage(input, context) {
      const plan = tables.usagePlans(context).get(input.usagePlanId ?? "");
      if (plan === undefined) throw usagePlanNotFound();
      const days = daysOf(input.startDate ?? "", input.endDate ?? "");
      const prefix = planKey(plan.id, "");
      const items: Record<string, number[][]> = {};
      for (const [key, usage] of tables.usage(context).entries()) {
        const keyId = key.slice(prefix.length);
        if (!key.startsWith(prefix)) continue;
        if (input.keyId !== undefined && input.keyId !== keyId) continue;
        let left = plan.quota?.limit ?? 0;
        items[keyId] = days.map((day) => {
          const used = usage[day] ?? 0;
          left = plan.quota?.period === "DAY" ? (plan.quota.limit ?? 0) - used : left - used;
          return [used, Math.max(0, left)];
        });
      }
      return {
        usagePlanId: plan.id,
        startDate: input.startDate,
        endDate: input.endDate,
        items,
      };
    },
  } satisfies ApiGatewayHandlers;
}

function daysOf(start: string, end: string): string[] {
  const startMs = Date.parse(`${start}T00:00:00Z`);
  const endMs = Date.parse(`${end}T00:00:00Z`);
  const count = Math.round((endMs - startMs) / DAY_MS) + 1;
  if (Number.isNaN(count) || count < 1 || count > DAYS_MAX) {
    // Unverified: the text.
    throw badRequest("Usage start date and end date must be at most 90 days apart");
  }
  return Array.from({ length: count }, (_, index) => utcDay(startMs + index * DAY_MS));
}
