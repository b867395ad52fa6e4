import type { InstanceInfo, TagFilter } from "@aws-sdk/client-codedeploy";
import { withoutTags } from "../../tags.ts";
import { refused, tooManyInBatch } from "../errors.ts";
import { BATCH_INSTANCES_MAX } from "../limits.ts";
import { pageOfNames } from "../pages.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import type { CodeDeploy, OnPremisesInstanceRow, PlaceState } from "../state.ts";
import { tagList } from "../tag-rules.ts";

/** The register of on-premises instances. Nothing is ever deployed to them here. Unverified: all texts. */
export function onPremisesOperations(codedeploy: CodeDeploy) {
  const { clock } = codedeploy.cloud;
  return {
    RegisterOnPremisesInstance(input, context) {
      const { instances } = codedeploy.in(context);
      const { instanceName = "", iamUserArn, iamSessionArn } = input;
      checkInstanceName(instanceName);
      if (iamUserArn !== undefined && iamSessionArn !== undefined) {
        throw refused(
          "MultipleIamArnsProvidedException",
          "Give either iamUserArn or iamSessionArn, not both",
        );
      }
      if (iamUserArn === undefined && iamSessionArn === undefined) {
        throw refused("IamArnRequiredException", "iamUserArn or iamSessionArn is required");
      }
      checkArn(iamUserArn, /^arn:[\w-]+:iam::\d{12}:user\/.+$/, "InvalidIamUserArnException");
      checkArn(
        iamSessionArn,
        /^arn:[\w-]+:sts::\d{12}:assumed-role\/.+\/.+$/,
        "InvalidIamSessionArnException",
      );
      const live = [...instances.values()].filter((row) => row.deregisteredAtMs === undefined);
      if (live.some(({ name }) => name === instanceName)) {
        throw refused(
          "InstanceNameAlreadyRegisteredException",
          `The on-premises instance ${instanceName} is already registered`,
        );
      }
      if (iamUserArn !== undefined && live.some((row) => row.iamUserArn === iamUserArn)) {
        throw refused(
          "IamUserArnAlreadyRegisteredException",
          `${iamUserArn} is already registered`,
        );
      }
      if (iamSessionArn !== undefined && live.some((row) => row.iamSessionArn === iamSessionArn)) {
        throw refused(
          "IamSessionArnAlreadyRegisteredException",
          `${iamSessionArn} is already registered`,
        );
      }
      instances.set(instanceName, {
        name: instanceName,
        iamUserArn,
        iamSessionArn,
        registeredAtMs: clock.nowMs(),
        tags: {},
      });
      return {};
    },

    DeregisterOnPremisesInstance(input, context) {
      const state = codedeploy.in(context);
      checkInstanceName(input.instanceName ?? "");
      const row = state.instances.get(input.instanceName ?? "");
      if (row === undefined || row.deregisteredAtMs !== undefined) return {};
      state.instances.set(row.name, { ...row, deregisteredAtMs: clock.nowMs() });
      return {};
    },

    GetOnPremisesInstance(input, context) {
      const state = codedeploy.in(context);
      return { instanceInfo: infoOf(state, requireInstance(state, input.instanceName)) };
    },

    BatchGetOnPremisesInstances(input, context) {
      const state = codedeploy.in(context);
      const names = input.instanceNames ?? [];
      if (names.length > BATCH_INSTANCES_MAX) {
        throw tooManyInBatch("instances", BATCH_INSTANCES_MAX);
      }
      const rows = names.flatMap((name) => state.instances.get(name) ?? []);
      return { instanceInfos: rows.map((row) => infoOf(state, row)) };
    },

    ListOnPremisesInstances(input, context) {
      const { instances } = codedeploy.in(context);
      const names = [...instances.values()]
        .filter(({ deregisteredAtMs }) => {
          if (input.registrationStatus === undefined) return true;
          return (input.registrationStatus === "Registered") === (deregisteredAtMs === undefined);
        })
        .filter(({ tags }) => (input.tagFilters ?? []).every((filter) => matches(filter, tags)))
        .map(({ name }) => name);
      const page = pageOfNames(names.sort(), input.nextToken);
      return { instanceNames: page.items, nextToken: page.nextToken };
    },

    AddTagsToOnPremisesInstances(input, context) {
      const state = codedeploy.in(context);
      const added = requiredTags(input.tags);
      for (const row of requireInstances(state, input.instanceNames)) {
        state.instances.set(row.name, { ...row, tags: { ...row.tags, ...added } });
      }
      return {};
    },

    RemoveTagsFromOnPremisesInstances(input, context) {
      const state = codedeploy.in(context);
      const gone = Object.keys(requiredTags(input.tags));
      for (const row of requireInstances(state, input.instanceNames)) {
        state.instances.set(row.name, { ...row, tags: withoutTags(row.tags, gone) });
      }
      return {};
    },
  } satisfies CodeDeployHandlers;
}

function checkInstanceName(name: string): void {
  if (name === "") throw refused("InstanceNameRequiredException", "An instance name is required");
  if (name.length <= 100 && /^(?!i-)[\w.+=,@-]+$/.test(name)) return;
  throw refused("InvalidInstanceNameException", `The instance name ${name} is invalid`);
}

function checkArn(arn: string | undefined, pattern: RegExp, code: string): void {
  if (arn === undefined || pattern.test(arn)) return;
  throw refused(code, `The ARN ${arn} is not in the valid format`);
}

function requireInstance({ instances }: PlaceState, name = ""): OnPremisesInstanceRow {
  checkInstanceName(name);
  const row = instances.get(name);
  if (row === undefined) {
    throw refused(
      "InstanceNotRegisteredException",
      `The on-premises instance ${name} is not registered`,
    );
  }
  return row;
}

function requireInstances(state: PlaceState, names: readonly string[] = []) {
  if (names.length === 0) {
    throw refused("InstanceNameRequiredException", "An instance name is required");
  }
  return names.map((name) => requireInstance(state, name));
}

function requiredTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Readonly<Record<string, string>> {
  if (tags.length === 0) throw refused("TagRequiredException", "A tag is required");
  return Object.fromEntries(
    tags.map(({ Key = "", Value = "" }) => {
      if (Key === "") throw refused("InvalidTagException", "A tag must have a key");
      return [Key, Value];
    }),
  );
}

function matches(
  { Key = "", Value, Type }: TagFilter,
  tags: Readonly<Record<string, string>>,
): boolean {
  if (Type === "KEY_ONLY") return Object.hasOwn(tags, Key);
  if (Type === "VALUE_ONLY") return Object.values(tags).some((value) => value === Value);
  return Object.hasOwn(tags, Key) && tags[Key] === Value;
}

function infoOf({ place }: PlaceState, row: OnPremisesInstanceRow): InstanceInfo {
  return {
    instanceName: row.name,
    iamUserArn: row.iamUserArn,
    iamSessionArn: row.iamSessionArn,
    instanceArn: `arn:aws:codedeploy:${place.region}:${place.account}:instance/${row.name}`,
    registerTime: new Date(row.registeredAtMs),
    deregisterTime: row.deregisteredAtMs === undefined ? undefined : new Date(row.deregisteredAtMs),
    tags: tagList(row.tags),
  };
}
