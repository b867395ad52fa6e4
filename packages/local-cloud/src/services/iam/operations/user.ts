import type { Cloud, RequestContext } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { attachedPolicyPage, entityArn, iamPage, mergeTags, pathOf, tagList } from "../entity.ts";
import { alreadyExists, deleteConflict, noSuchPolicy, notAttachable } from "../errors.ts";
import { PolicyBook } from "../policy-book.ts";
import type { IamHandlers } from "../sdk.ts";
import { iamTables, uniqueId, type User } from "../state.ts";
import { findUser } from "../user-lookup.ts";

/** Users: as much as a script that makes itself a deploy user needs. */
export function userOperations({ store, clock, random }: Cloud) {
  const book = new PolicyBook(store);
  const usersOf = (context: RequestContext) => iamTables(store, context.account).users;
  const userOf = (context: RequestContext, name: string | undefined) =>
    findUser(store, context, name);
  const save = (context: RequestContext, user: User) => usersOf(context).set(user.name, user);

  return {
    CreateUser(input, context) {
      const name = input.UserName ?? "";
      const path = pathOf(input.Path);
      if (usersOf(context).has(name)) throw alreadyExists(`User with name ${name} already exists.`);
      const user: User = {
        name,
        path,
        id: uniqueId(random, "AIDA"),
        arn: entityArn(context, "user", path, name),
        createdAtMs: clock.nowMs(),
        tags: mergeTags([], input.Tags),
        inlinePolicies: {},
        attachedPolicies: [],
        accessKeys: [],
        permissionsBoundary: input.PermissionsBoundary,
      };
      save(context, user);
      return { User: describeUser(user) };
    },

    GetUser(input, context) {
      if (input.UserName === undefined && context.caller.arn.endsWith(":root")) {
        const { account } = context;
        const arn = context.caller.arn;
        // The account itself has neither a name nor a path of its own.
        const root = { Path: "/", UserName: "", UserId: account, Arn: arn };
        return { User: { ...root, CreateDate: new Date(0) } };
      }
      return { User: describeUser(userOf(context, input.UserName)) };
    },

    ListUsers(input, context) {
      const prefix = input.PathPrefix ?? "/";
      const users = [...usersOf(context).values()].filter(({ path }) => path.startsWith(prefix));
      const { items, ...page } = iamPage(users, ({ name }) => name, input);
      return { Users: items.map(listedUser), ...page };
    },

    DeleteUser(input, context) {
      const user = userOf(context, input.UserName);
      if (user.attachedPolicies.length > 0) {
        throw deleteConflict("Cannot delete entity, must detach all policies first.");
      }
      if (user.accessKeys.length > 0) {
        throw deleteConflict("Cannot delete entity, must delete access keys first.");
      }
      if (Object.keys(user.inlinePolicies).length > 0) {
        throw deleteConflict("Cannot delete entity, must delete policies first.");
      }
      const { groups } = iamTables(store, context.account);
      if ([...groups.values()].some(({ members }) => members.includes(user.name))) {
        throw deleteConflict("Cannot delete entity, must remove users from group first.");
      }
      usersOf(context).delete(user.name);
      return {};
    },

    AttachUserPolicy(input, context) {
      const user = userOf(context, input.UserName);
      const arn = input.PolicyArn ?? "";
      if (book.find(context, arn) === undefined) throw notAttachable(arn);
      if (user.attachedPolicies.includes(arn)) return {};
      save(context, { ...user, attachedPolicies: [...user.attachedPolicies, arn] });
      return {};
    },

    DetachUserPolicy(input, context) {
      const user = userOf(context, input.UserName);
      const arn = input.PolicyArn ?? "";
      if (!user.attachedPolicies.includes(arn)) throw noSuchPolicy(arn);
      const attachedPolicies = user.attachedPolicies.filter((attached) => attached !== arn);
      save(context, { ...user, attachedPolicies });
      return {};
    },

    ListAttachedUserPolicies(input, context) {
      return attachedPolicyPage(userOf(context, input.UserName).attachedPolicies, input);
    },
  } satisfies IamHandlers;
}

export function describeUser(user: User) {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: wholeSecond(user.createdAtMs),
    ...(user.permissionsBoundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
            PermissionsBoundaryArn: user.permissionsBoundary,
          },
        }),
    ...(user.tags.length === 0 ? {} : { Tags: tagList(user.tags) }),
  };
}

/** Lists leave the tags out. Source: model, ListUsers. */
function listedUser(user: User) {
  const { Tags: _tags, ...listed } = describeUser(user);
  return listed;
}
