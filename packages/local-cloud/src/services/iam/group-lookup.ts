import type { RequestContext } from "../../service.ts";
import type { Store } from "../../storage/store.ts";
import { noSuchGroup } from "./errors.ts";
import { type Group, iamTables } from "./state.ts";

/** @throws {AwsError} NoSuchEntity */
export function findGroup(store: Store, { account }: RequestContext, name = ""): Group {
  const group = iamTables(store, account).groups.get(name);
  if (group === undefined) throw noSuchGroup(name);
  return group;
}
