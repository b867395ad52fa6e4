import type { Cloud } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { iamPage } from "../entity.ts";
import { limitExceeded, noSuchEntity } from "../errors.ts";
import { ACCESS_KEYS_PER_USER_MAX } from "../limits.ts";
import type { IamHandlers } from "../sdk.ts";
import { type AccessKey, iamTables, secretKey, uniqueId, type User } from "../state.ts";
import { findUser } from "../user-lookup.ts";

/** The keys of users. Every change tells the cloud's identities too, or neither knows it. */
export function accessKeyOperations({ store, clock, random, identities }: Cloud) {
  const save = (account: string, user: User, accessKeys: readonly AccessKey[]) =>
    iamTables(store, account).users.set(user.name, { ...user, accessKeys });
  const makeKnown = (account: string, { arn, id: userId }: User, key: AccessKey) =>
    identities.keepUserKey({
      account,
      arn,
      userId,
      accessKeyId: key.id,
      secretAccessKey: key.secret,
      isActive: key.status === "Active",
    });

  return {
    CreateAccessKey(input, context) {
      const user = findUser(store, context, input.UserName);
      if (user.accessKeys.length >= ACCESS_KEYS_PER_USER_MAX) {
        throw limitExceeded(
          `Cannot exceed quota for AccessKeysPerUser: ${ACCESS_KEYS_PER_USER_MAX}`,
        );
      }
      const key: AccessKey = {
        id: uniqueId(random, "AKIA"),
        secret: secretKey(random),
        status: "Active",
        createdAtMs: clock.nowMs(),
      };
      store.transaction(() => {
        save(context.account, user, [...user.accessKeys, key]);
        makeKnown(context.account, user, key);
      });
      return {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: key.id,
          Status: key.status,
          SecretAccessKey: key.secret,
          CreateDate: wholeSecond(key.createdAtMs),
        },
      };
    },

    ListAccessKeys(input, context) {
      const user = findUser(store, context, input.UserName);
      const { items, ...page } = iamPage(user.accessKeys, ({ id }) => id, input);
      const AccessKeyMetadata = items.map((key) => ({
        UserName: user.name,
        AccessKeyId: key.id,
        Status: key.status,
        CreateDate: wholeSecond(key.createdAtMs),
      }));
      return { AccessKeyMetadata, ...page };
    },

    UpdateAccessKey(input, context) {
      const user = findUser(store, context, input.UserName);
      const { key, others } = ownKey(user, input.AccessKeyId);
      const changed: AccessKey = {
        ...key,
        status: input.Status === "Active" ? "Active" : "Inactive",
      };
      store.transaction(() => {
        save(context.account, user, [...others, changed]);
        makeKnown(context.account, user, changed);
      });
      return {};
    },

    DeleteAccessKey(input, context) {
      const user = findUser(store, context, input.UserName);
      const { key, others } = ownKey(user, input.AccessKeyId);
      store.transaction(() => {
        save(context.account, user, others);
        identities.forgetUserKey(key.id);
      });
      return {};
    },
  } satisfies IamHandlers;
}

function ownKey(user: User, id: string | undefined) {
  const key = user.accessKeys.find((key) => key.id === id);
  if (key === undefined) throw noSuchEntity(`The Access Key with id ${id} cannot be found.`);
  return { key, others: user.accessKeys.filter((other) => other !== key) };
}
