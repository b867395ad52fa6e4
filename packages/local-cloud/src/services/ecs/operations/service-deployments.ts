import type { ServiceDeploymentStatus } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../aws-error.ts";
import { pageOf } from "../../paging.ts";
import { deploymentBrief, deploymentOutput } from "../deployments/deployment-output.ts";
import type { Deployments } from "../deployments/deployments.ts";
import { isOver } from "../deployments/progress.ts";
import { revisionOutput } from "../deployments/revision-output.ts";
import { badToken, invalid } from "../errors.ts";
import { requireCluster, requireService } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { PlaceState, ServiceDeploymentRow } from "../state.ts";

/** Source: ecs API reference, DescribeServiceDeployments, DescribeServiceRevisions and ListServiceDeployments. */
const DESCRIBE_MAX = 20;
const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;
/** Source: AWS docs, "Troubleshooting Amazon ECS blue/green deployments". */
const HOOK_ID = /^ecs-[a-z]+-.+$/;

export function serviceDeploymentOperations(
  ecs: Pick<Ecs, "cloud" | "in" | "groups">,
  deployments: Deployments,
) {
  return {
    /** Unverified: the order, newest first. */
    ListServiceDeployments(input, context) {
      const state = ecs.in(context);
      const cluster = requireCluster(state, input.cluster);
      const service = requireService(state, cluster.name, input.service);
      const { maxResults: limit = PAGE_DEFAULT, status = [], createdAt } = input;
      if (limit < 1 || limit > PAGE_MAX) {
        throw invalid(`maxResults must be from 1 to ${PAGE_MAX}, but was ${limit}.`);
      }
      const statuses: readonly ServiceDeploymentStatus[] = status;
      const rows = [...state.serviceDeployments.values()]
        .filter((row) => row.clusterName === cluster.name && row.serviceName === service.name)
        .filter((row) => statuses.length === 0 || statuses.includes(row.status))
        .filter((row) => isWithin(row, createdAt))
        .toReversed();
      const page = pageOf(rows, {
        keyOf: ({ arn }) => arn,
        token: input.nextToken,
        limit,
        badToken,
      });
      return {
        serviceDeployments: page.items.map((row) => deploymentBrief(state, row)),
        nextToken: page.nextToken,
      };
    },

    DescribeServiceDeployments(input, context) {
      const state = ecs.in(context);
      const arns = requireArns("serviceDeploymentArns", input.serviceDeploymentArns);
      const known = arns.filter((arn) => state.serviceDeployments.has(arn));
      return {
        serviceDeployments: known.map((arn) => {
          const row = requireDeployment(state, arn);
          return deploymentOutput(ecs, state, row, deployments.progressOf(state, arn));
        }),
        failures: missing(arns, known),
      };
    },

    async DescribeServiceRevisions(input, context) {
      const state = ecs.in(context);
      const arns = requireArns("serviceRevisionArns", input.serviceRevisionArns);
      const rows = arns.flatMap((arn) => state.serviceRevisions.get(arn) ?? []);
      return {
        serviceRevisions: await Promise.all(
          rows.map((row) => revisionOutput(ecs.cloud, state, row)),
        ),
        failures: missing(
          arns,
          rows.map(({ arn }) => arn),
        ),
      };
    },

    /**
     * While it is PENDING or IN_PROGRESS it turns back (or stops where it is); what is stopping or going back already
     * goes on with that. Source: AWS docs, "Stopping Amazon ECS service deployments".
     * Unverified: that one which is over is a ConflictException, that ROLLBACK is the default, and that ABORT leaves
     * traffic and tasks as they are (the API reference names it and says nothing of it).
     */
    StopServiceDeployment(input, context) {
      const state = ecs.in(context);
      const row = requireDeployment(state, input.serviceDeploymentArn);
      if (isOver(row)) {
        throw new AwsError(
          "ConflictException",
          `Stopping a service deployment is not allowed for service deployment in terminal states: ${row.status}.`,
          { status: 400 },
        );
      }
      deployments.stop(state, row, input.stopType ?? "ROLLBACK");
      return { serviceDeploymentArn: row.arn };
    },

    ContinueServiceDeployment(input, context) {
      const state = ecs.in(context);
      const { hookId = "", action = "CONTINUE" } = input;
      if (!HOOK_ID.test(hookId)) {
        throw invalid("Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}");
      }
      const row = requireDeployment(state, input.serviceDeploymentArn);
      if (isOver(row)) {
        throw invalid(
          "Continuing a service deployment is not allowed for service deployment in terminal states.",
        );
      }
      if (!deployments.proceed(state, row.arn, hookId, action)) {
        throw invalid(
          "Provided hookId is either completed, unavailable, or not associated with the given Resource ARN",
        );
      }
      return { serviceDeploymentArn: row.arn };
    },
  } satisfies EcsHandlers;
}

function isWithin(
  { createdAtMs }: ServiceDeploymentRow,
  range: { readonly before?: Date | undefined; readonly after?: Date | undefined } | undefined,
): boolean {
  const { before, after } = range ?? {};
  return (
    (before === undefined || createdAtMs < before.getTime()) &&
    (after === undefined || createdAtMs > after.getTime())
  );
}

function requireArns(name: string, arns: readonly string[] = []): readonly string[] {
  // Unverified: the texts.
  if (arns.length === 0) throw invalid(`${name} must have at least one ARN.`);
  if (arns.length > DESCRIBE_MAX) {
    throw invalid(`${name} can have at most ${DESCRIBE_MAX} ARNs, but had ${arns.length}.`);
  }
  return [...new Set(arns)];
}

function requireDeployment(state: PlaceState, arn: string | undefined): ServiceDeploymentRow {
  const row = state.serviceDeployments.get(arn ?? "");
  if (row === undefined) {
    throw new AwsError(
      "ServiceDeploymentNotFoundException",
      "The service deployment does not exist.",
      { status: 400 },
    );
  }
  return row;
}

function missing(asked: readonly string[], found: readonly string[]) {
  return asked.filter((arn) => !found.includes(arn)).map((arn) => ({ arn, reason: "MISSING" }));
}
