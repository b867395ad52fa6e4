import { groupNameRequired, refused } from "../errors.ts";
import { requireApplication, requireGroup } from "../lookups.ts";
import { pageOfNames } from "../pages.ts";
import type { CodeDeployHandlers, CodeDeployInput } from "../sdk.ts";
import type { CodeDeploy, DeploymentRow, PlaceState } from "../state.ts";

export function deploymentListOperations(codedeploy: CodeDeploy) {
  return {
    /** Newest first. Unverified: the order. */
    ListDeployments(input, context) {
      const state = codedeploy.in(context);
      const groupId = groupOf(state, input);
      const { start, end } = input.createTimeRange ?? {};
      if (start !== undefined && end !== undefined && start > end) {
        // Unverified: the text.
        throw refused(
          "InvalidTimeRangeException",
          "The start of createTimeRange is later than its end",
        );
      }
      const ids = [...state.deployments.values()]
        .filter((row) => groupId === undefined || row.groupId === groupId)
        .filter((row) => isWanted(row, input))
        .map(({ id }) => id)
        .reverse();
      const page = pageOfNames(ids, input.nextToken);
      return { deployments: page.items, nextToken: page.nextToken };
    },
  } satisfies CodeDeployHandlers;
}

/** An application alone is not enough. Source: observed answers of AWS. Unverified: the texts. */
function groupOf(
  state: PlaceState,
  { applicationName, deploymentGroupName }: CodeDeployInput<"ListDeployments">,
): string | undefined {
  if (applicationName === undefined && deploymentGroupName === undefined) return undefined;
  const application = requireApplication(state, applicationName);
  if (deploymentGroupName === undefined) throw groupNameRequired();
  return requireGroup(state, application, deploymentGroupName).id;
}

function isWanted(
  row: DeploymentRow,
  { includeOnlyStatuses = [], createTimeRange, externalId }: CodeDeployInput<"ListDeployments">,
): boolean {
  // Only deployments that CloudFormation makes have one.
  if (externalId !== undefined) return false;
  const { start, end } = createTimeRange ?? {};
  if (start !== undefined && row.createdAtMs < start.getTime()) return false;
  if (end !== undefined && row.createdAtMs > end.getTime()) return false;
  return includeOnlyStatuses.length === 0 || includeOnlyStatuses.includes(row.status);
}
