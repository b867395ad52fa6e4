import type { ApplicationInfo, ComputePlatform } from "@aws-sdk/client-codedeploy";
import { applicationArn, groupArn } from "../arns.ts";
import { applicationExists, refused, tooManyInBatch } from "../errors.ts";
import { APPLICATIONS_MAX, BATCH_APPLICATIONS_MAX } from "../limits.ts";
import { groupsOf, requireApplication } from "../lookups.ts";
import { checkName } from "../names.ts";
import { pageOfNames } from "../pages.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import { type ApplicationRow, type CodeDeploy, groupKey, type PlaceState } from "../state.ts";
import { readTags } from "../tag-rules.ts";

export function applicationOperations(codedeploy: CodeDeploy) {
  const { store, random, clock } = codedeploy.cloud;
  return {
    CreateApplication(input, context) {
      const state = codedeploy.in(context);
      const { applicationName: name = "" } = input;
      checkName(name, "Application");
      const computePlatform = platformOf(input.computePlatform ?? "Server");
      if (state.applications.has(name)) throw applicationExists(name);
      if (state.applications.size >= APPLICATIONS_MAX) {
        // Unverified: the text.
        throw refused(
          "ApplicationLimitExceededException",
          `The limit of ${APPLICATIONS_MAX} applications is reached`,
        );
      }
      const tags = readTags(input.tags);
      const row = { id: random.uuid(), name, computePlatform, createdAtMs: clock.nowMs() };
      store.transaction(() => {
        state.applications.set(name, row);
        if (Object.keys(tags).length > 0) state.tags.set(applicationArn(state.place, name), tags);
      });
      return { applicationId: row.id };
    },

    GetApplication(input, context) {
      const state = codedeploy.in(context);
      return { application: infoOf(requireApplication(state, input.applicationName)) };
    },

    BatchGetApplications(input, context) {
      const state = codedeploy.in(context);
      const names = input.applicationNames ?? [];
      if (names.length > BATCH_APPLICATIONS_MAX) {
        throw tooManyInBatch("applications", BATCH_APPLICATIONS_MAX);
      }
      return { applicationsInfo: names.map((name) => infoOf(requireApplication(state, name))) };
    },

    /** Groups and deployments belong to the id, and stay. */
    UpdateApplication(input, context) {
      const state = codedeploy.in(context);
      const row = requireApplication(state, input.applicationName);
      const { newApplicationName: name } = input;
      if (name === undefined || name === row.name) return {};
      checkName(name, "Application");
      if (state.applications.has(name)) throw applicationExists(name);
      store.transaction(() => {
        moveTags(state, row, name);
        state.applications.delete(row.name);
        state.applications.set(name, { ...row, name });
      });
      return {};
    },

    /** Deleting what is not there is fine. Unverified: that AWS says so too. */
    DeleteApplication(input, context) {
      const state = codedeploy.in(context);
      const row = state.applications.get(input.applicationName ?? "");
      if (row === undefined) return {};
      store.transaction(() => {
        for (const { name } of groupsOf(state, row)) {
          state.groups.delete(groupKey(row.id, name));
          state.tags.delete(groupArn(state.place, row.name, name));
        }
        for (const [key, { applicationId }] of state.revisions.entries()) {
          if (applicationId === row.id) state.revisions.delete(key);
        }
        state.tags.delete(applicationArn(state.place, row.name));
        state.applications.delete(row.name);
      });
      return {};
    },

    ListApplications(input, context) {
      const names = [...codedeploy.in(context).applications.values()].map(({ name }) => name);
      const page = pageOfNames(names.sort(), input.nextToken);
      return { applications: page.items, nextToken: page.nextToken };
    },
  } satisfies CodeDeployHandlers;
}

const PLATFORMS: readonly string[] = ["Server", "Lambda", "ECS"] satisfies ComputePlatform[];

function isPlatform(name: string): name is ComputePlatform {
  return PLATFORMS.includes(name);
}

/** Source of the text: quoted answers of AWS. @throws {AwsError} InvalidComputePlatformException */
export function platformOf(name: string): ComputePlatform {
  if (isPlatform(name)) return name;
  if (name === "Kubernetes") {
    throw refused(
      "InvalidComputePlatformException",
      "The local cloud has no Kubernetes. Its compute platforms are [Server, Lambda, ECS]",
    );
  }
  throw refused(
    "InvalidComputePlatformException",
    `ComputePlatform '${name}' is not valid. Valid values are [Server, Lambda, ECS, Kubernetes]`,
  );
}

function infoOf(row: ApplicationRow): ApplicationInfo {
  return {
    applicationId: row.id,
    applicationName: row.name,
    createTime: new Date(row.createdAtMs),
    linkedToGitHub: false,
    computePlatform: row.computePlatform,
  };
}

function moveTags(state: PlaceState, row: ApplicationRow, newName: string): void {
  const { place, tags } = state;
  const move = (from: string, to: string) => {
    const found = tags.get(from);
    if (found === undefined) return;
    tags.delete(from);
    tags.set(to, found);
  };
  move(applicationArn(place, row.name), applicationArn(place, newName));
  for (const { name } of groupsOf(state, row)) {
    move(groupArn(place, row.name, name), groupArn(place, newName, name));
  }
}
