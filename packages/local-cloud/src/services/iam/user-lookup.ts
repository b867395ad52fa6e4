import type { RequestContext } from "../../service.ts";
import type { Store } from "../../storage/store.ts";
import { noSuchUser } from "./errors.ts";
import { iamTables, type User } from "./state.ts";

/**
 * The named user; without a name the one whose key signed the request.
 * Source: botocore iam 2010-05-08 model, GetUser and CreateAccessKey.
 * @throws {AwsError} NoSuchEntity
 */
export function findUser(
  store: Store,
  { account, caller }: RequestContext,
  name: string | undefined,
): User {
  const wanted = name ?? callerName(caller.arn);
  const user = iamTables(store, account).users.get(wanted);
  if (user === undefined) throw noSuchUser(wanted);
  return user;
}

/** "deployer" of "arn:aws:iam::000000000000:user/team/deployer"; "" of anyone but a user. */
function callerName(arn: string): string {
  return /:user\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1] ?? "";
}
