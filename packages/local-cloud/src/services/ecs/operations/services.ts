import type { Failure, Service } from "@aws-sdk/client-ecs";
import { pageOf } from "../../paging.ts";
import { lastPart, serviceArn } from "../arns.ts";
import { badToken, invalid } from "../errors.ts";
import { requireCluster } from "../lookups.ts";
import type { EcsHandlers } from "../sdk.ts";
import { createService } from "../services/create-service.ts";
import { deleteService } from "../services/delete-service.ts";
import type { ServiceScheduler } from "../services/scheduler.ts";
import { serviceOutput } from "../services/service-output.ts";
import type { ServiceParts } from "../services/service-parts.ts";
import { updateService } from "../services/update-service.ts";

/** Source: ecs API reference, DescribeServices and ListServices. */
const DESCRIBE_SERVICES_MAX = 10;
const PAGE_DEFAULT = 10;
const PAGE_MAX = 100;

export function serviceOperations(parts: ServiceParts, scheduler: ServiceScheduler) {
  return {
    async CreateService(input, context) {
      const state = parts.in(context);
      const createdBy = context.caller.arn;
      const row = await createService(parts, scheduler, state, { input, createdBy });
      return { service: serviceOutput(parts, state, row, { withTags: true }) };
    },

    DescribeServices(input, context) {
      const state = parts.in(context);
      const cluster = requireCluster(state, input.cluster);
      const wanted = input.services ?? [];
      if (wanted.length === 0) throw invalid("Services cannot be empty.");
      if (wanted.length > DESCRIBE_SERVICES_MAX) {
        throw invalid(`services can have at most ${DESCRIBE_SERVICES_MAX} items.`);
      }
      const withTags = input.include?.includes("TAGS") ?? false;
      const services: Service[] = [];
      const failures: Failure[] = [];
      for (const nameOrArn of wanted) {
        const row = state.services(cluster.name).get(lastPart(nameOrArn));
        if (row !== undefined) services.push(serviceOutput(parts, state, row, { withTags }));
        else {
          const arn = serviceArn(state.place, cluster.name, lastPart(nameOrArn));
          failures.push({ arn, reason: "MISSING" });
        }
      }
      return { services, failures };
    },

    ListServices(input, context) {
      const state = parts.in(context);
      const cluster = requireCluster(state, input.cluster);
      const limit = input.maxResults ?? PAGE_DEFAULT;
      // Unverified: the text.
      if (limit < 1 || limit > PAGE_MAX) {
        throw invalid(`maxResults must be from 1 to ${PAGE_MAX}, but was ${limit}.`);
      }
      const { launchType, schedulingStrategy } = input;
      const rows = [...state.services(cluster.name).values()].filter(
        (row) =>
          row.status === "ACTIVE" &&
          (launchType === undefined || row.workload?.launchType === launchType) &&
          (schedulingStrategy === undefined || row.schedulingStrategy === schedulingStrategy) &&
          (input.resourceManagementType ?? "CUSTOMER") === "CUSTOMER",
      );
      const page = pageOf(rows, {
        keyOf: ({ arn }) => arn,
        token: input.nextToken,
        limit,
        badToken,
      });
      return { serviceArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
    },

    async UpdateService(input, context) {
      const state = parts.in(context);
      const row = await updateService(parts, scheduler, state, input);
      return { service: serviceOutput(parts, state, row, { withTags: false }) };
    },

    DeleteService(input, context) {
      const state = parts.in(context);
      const row = deleteService(parts, scheduler, state, input);
      return { service: serviceOutput(parts, state, row, { withTags: false }) };
    },
  } satisfies EcsHandlers;
}
