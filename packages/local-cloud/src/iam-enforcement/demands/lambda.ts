import { arnIn, type Call, type ServiceDemands, structure, text } from "./call.ts";
import { passRole } from "./pass-role.ts";

const QUALIFIED: ReadonlySet<string> = new Set([
  "DeleteProvisionedConcurrencyConfig",
  "GetProvisionedConcurrencyConfig",
  "Invoke",
  "InvokeWithResponseStream",
  "PutProvisionedConcurrencyConfig",
]);

/**
 * Source: Service Authorization Reference, AWS Lambda. Only invoking and provisioned concurrency have a version or an
 * alias as their resource; all else has the function.
 */
export const LAMBDA: ServiceDemands = {
  prefix: "lambda",
  actionOf: ({ operation }) =>
    operation === "Invoke" || operation === "InvokeWithResponseStream"
      ? "InvokeFunction"
      : operation,
  resourcesOf(call) {
    const { input, operation } = call;
    const named = text(input, "Resource");
    if (named !== undefined) return [named];
    const arn = functionArn(call, QUALIFIED.has(operation));
    return arn === undefined ? undefined : [arn];
  },
  keysOf(call) {
    const { input, operation } = call;
    const isUrl = operation.includes("FunctionUrl");
    return {
      "lambda:FunctionArn": isUrl ? functionArn(call, true) : undefined,
      "lambda:FunctionUrlAuthType": text(input, "FunctionUrlAuthType") ?? text(input, "AuthType"),
      "lambda:Principal": text(input, "Principal"),
      ...vpcKeys(call),
    };
  },
  also: (call) =>
    passRole(text(call.input, "Role"), "lambda.amazonaws.com", functionArn(call, false)),
};

function vpcKeys({ input }: Call) {
  const { SubnetIds: subnets, SecurityGroupIds: groups } = structure(input, "VpcConfig");
  return { "lambda:SubnetIds": idsOf(subnets), "lambda:SecurityGroupIds": idsOf(groups) };
}

function idsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : undefined;
}

/** Of a name, a partial or a full ARN, each with or without a version or alias. */
function functionArn({ input, place }: Call, isQualified: boolean): string | undefined {
  const given = text(input, "FunctionName");
  if (given === undefined) return undefined;
  const [, owner = place.account, name = "", inName] =
    /^(?:(?:arn:[^:]+:lambda:)?(?:[a-z0-9-]+:)?(\d{12}):)?(?:function:)?([^:]+)(?::([^:]+))?$/.exec(
      given,
    ) ?? [undefined, undefined, given];
  const qualifier = text(input, "Qualifier") ?? inName;
  const suffix = isQualified && qualifier !== undefined ? `:${qualifier}` : "";
  return arnIn({ ...place, account: owner }, "lambda", `function:${name}${suffix}`);
}
