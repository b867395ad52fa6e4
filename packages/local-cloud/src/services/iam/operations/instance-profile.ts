import type { Cloud, RequestContext } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { entityArn, iamPage, mergeTags, pathOf, tagList } from "../entity.ts";
import {
  alreadyExists,
  deleteConflict,
  limitExceeded,
  noSuchEntity,
  noSuchInstanceProfile,
  noSuchRole,
} from "../errors.ts";
import type { IamHandlers } from "../sdk.ts";
import { iamTables, type InstanceProfile, uniqueId } from "../state.ts";
import { describeRole } from "./role.ts";

export function instanceProfileOperations({ store, clock, random }: Cloud) {
  const tables = (context: RequestContext) => iamTables(store, context.account);
  const profileOf = (context: RequestContext, name = ""): InstanceProfile => {
    const profile = tables(context).instanceProfiles.get(name);
    if (profile === undefined) throw noSuchInstanceProfile(name);
    return profile;
  };
  const save = (context: RequestContext, profile: InstanceProfile) =>
    tables(context).instanceProfiles.set(profile.name, profile);
  const describe = (context: RequestContext, profile: InstanceProfile) => {
    const role = tables(context).roles.get(profile.roleName ?? "");
    return {
      Path: profile.path,
      InstanceProfileName: profile.name,
      InstanceProfileId: profile.id,
      Arn: profile.arn,
      CreateDate: wholeSecond(profile.createdAtMs),
      Roles: role === undefined ? [] : [describeRole(role)],
      Tags: tagList(profile.tags),
    };
  };

  return {
    CreateInstanceProfile(input, context) {
      const name = input.InstanceProfileName ?? "";
      const path = pathOf(input.Path);
      if (tables(context).instanceProfiles.has(name)) {
        throw alreadyExists(`Instance Profile ${name} already exists.`);
      }
      const profile: InstanceProfile = {
        name,
        path,
        id: uniqueId(random, "AIPA"),
        arn: entityArn(context, "instance-profile", path, name),
        createdAtMs: clock.nowMs(),
        tags: mergeTags([], input.Tags),
        roleName: undefined,
      };
      save(context, profile);
      return { InstanceProfile: describe(context, profile) };
    },

    GetInstanceProfile: (input, context) => ({
      InstanceProfile: describe(context, profileOf(context, input.InstanceProfileName)),
    }),

    ListInstanceProfiles(input, context) {
      const profiles = tables(context).instanceProfiles.values();
      const { items, ...page } = iamPage(profiles, ({ name }) => name, input);
      return { InstanceProfiles: items.map((profile) => describe(context, profile)), ...page };
    },

    ListInstanceProfilesForRole(input, context) {
      const name = input.RoleName ?? "";
      if (!tables(context).roles.has(name)) throw noSuchRole(name);
      const profiles = [...tables(context).instanceProfiles.values()].filter(
        ({ roleName }) => roleName === name,
      );
      const { items, ...page } = iamPage(profiles, (profile) => profile.name, input);
      return { InstanceProfiles: items.map((profile) => describe(context, profile)), ...page };
    },

    AddRoleToInstanceProfile(input, context) {
      const profile = profileOf(context, input.InstanceProfileName);
      const roleName = input.RoleName ?? "";
      if (!tables(context).roles.has(roleName)) throw noSuchRole(roleName);
      if (profile.roleName !== undefined) {
        throw limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
      }
      save(context, { ...profile, roleName });
      return {};
    },

    RemoveRoleFromInstanceProfile(input, context) {
      const profile = profileOf(context, input.InstanceProfileName);
      const roleName = input.RoleName ?? "";
      if (profile.roleName !== roleName) {
        throw noSuchEntity(
          `The role with name ${roleName} cannot be found in instance profile ${profile.name}.`,
        );
      }
      save(context, { ...profile, roleName: undefined });
      return {};
    },

    DeleteInstanceProfile(input, context) {
      const profile = profileOf(context, input.InstanceProfileName);
      if (profile.roleName !== undefined) {
        throw deleteConflict(
          "Cannot delete entity, must remove roles from instance profile first.",
        );
      }
      tables(context).instanceProfiles.delete(profile.name);
      return {};
    },
  } satisfies IamHandlers;
}
