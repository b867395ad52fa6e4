import { RolloutError } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import { type FunctionApi, functionApi } from "../lambda-alias/function-api.ts";
import type { TargetGroup } from "./target-group-api.ts";

/** The function that a target group of type LAMBDA forwards to. */
export interface GroupFunction {
  /** Without a qualifier. */
  readonly arn: string;
  readonly name: string;
  /** A version's number or an alias; undefined for $LATEST. */
  readonly qualifier: string | undefined;
}

const FUNCTION_ARN = /^(arn:[^:]+:lambda:[^:]+:\d{12}:function:([\w-]+))(?::(\$LATEST|[\w-]+))?$/;

export function functionIn(arn: string): GroupFunction | undefined {
  const [, own, name, qualifier] = FUNCTION_ARN.exec(arn) ?? [];
  if (own === undefined || name === undefined) return undefined;
  return { arn: own, name, qualifier: qualifier === "$LATEST" ? undefined : qualifier };
}

/**
 * The one function of a group.
 * @throws {RolloutError} TARGET_UNSUITABLE when it holds something else.
 */
export function functionOf({ id, type, targets }: TargetGroup): GroupFunction {
  const registered = targets.filter(({ status }) => status !== "DRAINING");
  const [target] = registered;
  const found = target === undefined ? undefined : functionIn(target.id);
  if (type === "LAMBDA" && found !== undefined) return found;
  const holds =
    registered.length === 0 ? "nothing" : registered.map(({ id: target }) => target).join(", ");
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `stable target group ${id} has the type ${type} and holds ${holds}; it must hold one Lambda function`,
    { hint: "Without one only `revision.targetGroup` can name what to release." },
  );
}

/** Lambda's operations on that function; its alias is the group's qualifier. */
export function apiOf(
  found: GroupFunction,
  parts: { readonly clients: AwsClients; readonly run: AwsRunner },
): FunctionApi {
  return functionApi({ ...parts, functionName: found.name, alias: found.qualifier ?? "$LATEST" });
}

/** The number of the version that serves; undefined when that is $LATEST. */
export async function servingVersion(
  api: FunctionApi,
  { qualifier }: GroupFunction,
): Promise<string | undefined> {
  if (qualifier === undefined || /^\d+$/.test(qualifier)) return qualifier;
  const { FunctionVersion } = await api.getAlias();
  return FunctionVersion === "$LATEST" ? undefined : FunctionVersion;
}
