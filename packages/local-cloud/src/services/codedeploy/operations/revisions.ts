import type { RevisionInfo, RevisionLocation } from "@aws-sdk/client-codedeploy";
import { invalidNextToken, noSuchRevision, refused, tooManyInBatch } from "../errors.ts";
import { pageOf } from "../../paging.ts";
import { BATCH_REVISIONS_MAX, DESCRIPTION_MAX, PAGE_ITEMS } from "../limits.ts";
import { groupsOf, requireApplication } from "../lookups.ts";
import { locationKey, readLocation, withoutContent } from "../revisions/locations.ts";
import { findRevision, registerRevision } from "../revisions/register.ts";
import type { CodeDeployHandlers, CodeDeployInput } from "../sdk.ts";
import type { ApplicationRow, CodeDeploy, PlaceState, RevisionRow } from "../state.ts";

export function revisionOperations(codedeploy: CodeDeploy) {
  return {
    RegisterApplicationRevision(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const location = readLocation(input.revision, application.computePlatform);
      checkDescription(input.description);
      registerRevision(state, application, location, {
        nowMs: codedeploy.cloud.clock.nowMs(),
        description: input.description,
      });
      return {};
    },

    /** Tells the text too: deployments tell only its hash. */
    GetApplicationRevision(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const row = requireRevision(state, application, input.revision);
      const { genericRevisionInfo } = infoOf(state, application, row);
      return {
        applicationName: application.name,
        revision: row.location,
        revisionInfo: genericRevisionInfo,
      };
    },

    BatchGetApplicationRevisions(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const locations = input.revisions ?? [];
      if (locations.length > BATCH_REVISIONS_MAX) {
        throw tooManyInBatch("revisions", BATCH_REVISIONS_MAX);
      }
      const found = locations.flatMap(
        (location) => findRevision(state, application, location) ?? [],
      );
      return {
        applicationName: application.name,
        revisions: found.map((row) => infoOf(state, application, row)),
        // Unverified: the text.
        errorMessage:
          found.length < locations.length ? "Some of the revisions could not be found" : undefined,
      };
    },

    ListApplicationRevisions(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      if (input.s3KeyPrefix !== undefined && input.s3Bucket === undefined) {
        // Unverified: the text.
        throw refused("BucketNameFilterRequiredException", "s3KeyPrefix needs s3Bucket");
      }
      const targets = new Set(
        groupsOf(state, application).flatMap(({ targetRevision }) =>
          targetRevision === undefined ? [] : locationKey(targetRevision),
        ),
      );
      const rows = [...state.revisions.values()]
        .filter((row) => row.applicationId === application.id && isWanted(row, input, targets))
        .toSorted((a, b) => sortValue(a, input.sortBy) - sortValue(b, input.sortBy));
      if (input.sortOrder === "descending") rows.reverse();
      const page = pageOf(rows, {
        keyOf: ({ location }) => locationKey(location),
        token: input.nextToken,
        limit: PAGE_ITEMS,
        badToken: invalidNextToken,
      });
      return {
        revisions: page.items.map(({ location }) => withoutContent(location)),
        nextToken: page.nextToken,
      };
    },
  } satisfies CodeDeployHandlers;
}

/** Source of the code: the model. Unverified: limit and text. */
export function checkDescription(description: string | undefined): void {
  if (description === undefined || description.length <= DESCRIPTION_MAX) return;
  throw refused(
    "DescriptionTooLongException",
    `The description has ${description.length} characters; at most ${DESCRIPTION_MAX} are allowed`,
  );
}

function requireRevision(
  state: PlaceState,
  application: ApplicationRow,
  location: RevisionLocation | undefined,
): RevisionRow {
  const row = location && findRevision(state, application, location);
  if (row === undefined) throw noSuchRevision();
  return row;
}

function isWanted(
  { location }: RevisionRow,
  input: CodeDeployInput<"ListApplicationRevisions">,
  targets: ReadonlySet<string>,
): boolean {
  const { s3Bucket, s3KeyPrefix = "", deployed = "ignore" } = input;
  if (s3Bucket !== undefined && location.s3Location?.bucket !== s3Bucket) return false;
  if (s3KeyPrefix !== "" && location.s3Location?.key?.startsWith(s3KeyPrefix) !== true)
    return false;
  if (deployed === "ignore") return true;
  return targets.has(locationKey(location)) === (deployed === "include");
}

function sortValue(row: RevisionRow, sortBy: string | undefined): number {
  if (sortBy === "firstUsedTime") return row.firstUsedAtMs ?? 0;
  if (sortBy === "lastUsedTime") return row.lastUsedAtMs ?? 0;
  return row.registeredAtMs;
}

function infoOf(state: PlaceState, application: ApplicationRow, row: RevisionRow): RevisionInfo {
  const key = locationKey(row.location);
  const dateOf = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs));
  return {
    revisionLocation: row.location,
    genericRevisionInfo: {
      description: row.description,
      deploymentGroups: groupsOf(state, application)
        .filter(({ targetRevision }) => targetRevision && locationKey(targetRevision) === key)
        .map(({ name }) => name),
      registerTime: new Date(row.registeredAtMs),
      firstUsedTime: dateOf(row.firstUsedAtMs),
      lastUsedTime: dateOf(row.lastUsedAtMs),
    },
  };
}
