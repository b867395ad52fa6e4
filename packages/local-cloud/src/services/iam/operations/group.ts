import type { Cloud, RequestContext } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { entityArn, iamPage, pathOf } from "../entity.ts";
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from "../errors.ts";
import { findGroup } from "../group-lookup.ts";
import { GROUPS_PER_USER_MAX } from "../limits.ts";
import type { IamHandlers } from "../sdk.ts";
import { type Group, iamTables, uniqueId } from "../state.ts";
import { findUser } from "../user-lookup.ts";
import { describeUser } from "./user.ts";

/** Groups, and who is in them. */
export function groupOperations({ store, clock, random }: Cloud) {
  const groupsOf = ({ account }: RequestContext) => iamTables(store, account).groups;
  const ofUser = (context: RequestContext, userName: string) =>
    [...groupsOf(context).values()].filter(({ members }) => members.includes(userName));

  return {
    CreateGroup(input, context) {
      const name = input.GroupName ?? "";
      const path = pathOf(input.Path);
      if (groupsOf(context).has(name)) {
        throw alreadyExists(`Group with name ${name} already exists.`);
      }
      const group: Group = {
        name,
        path,
        id: uniqueId(random, "AGPA"),
        arn: entityArn(context, "group", path, name),
        createdAtMs: clock.nowMs(),
        tags: [],
        inlinePolicies: {},
        attachedPolicies: [],
        members: [],
      };
      groupsOf(context).set(name, group);
      return { Group: describeGroup(group) };
    },

    GetGroup(input, context) {
      const group = findGroup(store, context, input.GroupName);
      const { users } = iamTables(store, context.account);
      const members = group.members.flatMap((name) => users.get(name) ?? []);
      const { items, ...page } = iamPage(members, ({ name }) => name, input);
      return { Group: describeGroup(group), Users: items.map(describeUser), ...page };
    },

    ListGroups(input, context) {
      const prefix = input.PathPrefix ?? "/";
      const groups = [...groupsOf(context).values()].filter(({ path }) => path.startsWith(prefix));
      const { items, ...page } = iamPage(groups, ({ name }) => name, input);
      return { Groups: items.map(describeGroup), ...page };
    },

    DeleteGroup(input, context) {
      const group = findGroup(store, context, input.GroupName);
      if (group.members.length > 0) {
        throw deleteConflict("Cannot delete entity, must remove users from group first.");
      }
      if (group.attachedPolicies.length > 0) {
        throw deleteConflict("Cannot delete entity, must detach all policies first.");
      }
      if (Object.keys(group.inlinePolicies).length > 0) {
        throw deleteConflict("Cannot delete entity, must delete policies first.");
      }
      groupsOf(context).delete(group.name);
      return {};
    },

    AddUserToGroup(input, context) {
      const group = findGroup(store, context, input.GroupName);
      const { name } = findUser(store, context, input.UserName ?? "");
      // Joining twice is no error.
      if (group.members.includes(name)) return {};
      if (ofUser(context, name).length >= GROUPS_PER_USER_MAX) {
        throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${GROUPS_PER_USER_MAX}`);
      }
      groupsOf(context).set(group.name, { ...group, members: [...group.members, name] });
      return {};
    },

    RemoveUserFromGroup(input, context) {
      const group = findGroup(store, context, input.GroupName);
      const { name } = findUser(store, context, input.UserName ?? "");
      if (!group.members.includes(name)) {
        throw noSuchEntity(`User ${name} is not in group ${group.name}.`);
      }
      const members = group.members.filter((member) => member !== name);
      groupsOf(context).set(group.name, { ...group, members });
      return {};
    },

    ListGroupsForUser(input, context) {
      const { name } = findUser(store, context, input.UserName ?? "");
      const { items, ...page } = iamPage(ofUser(context, name), (group) => group.name, input);
      return { Groups: items.map(describeGroup), ...page };
    },
  } satisfies IamHandlers;
}

function describeGroup(group: Group) {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: group.arn,
    CreateDate: wholeSecond(group.createdAtMs),
  };
}
