import type { Found, Parameter, ParameterVersion } from "./state.ts";
import { latest } from "./state.ts";

/** As GetParameter shows it. */
export function shownParameter({ parameter, version, selector }: Found, isDecrypted: boolean) {
  return {
    Name: parameter.name,
    Type: version.type,
    Value: shownValue(version, isDecrypted),
    Version: version.version,
    Selector: selector,
    LastModifiedDate: new Date(version.modifiedAtMs),
    ARN: parameter.arn,
    DataType: version.dataType,
  };
}

/** As DescribeParameters shows it: everything but the value. */
export function describedParameter(parameter: Parameter) {
  return { ARN: parameter.arn, ...describedVersion(parameter, latest(parameter)) };
}

/** As GetParameterHistory shows it. */
export function historicParameter(
  parameter: Parameter,
  version: ParameterVersion,
  isDecrypted: boolean,
) {
  return {
    ...describedVersion(parameter, version),
    Value: shownValue(version, isDecrypted),
    Labels: [...version.labels],
  };
}

function describedVersion({ name }: Parameter, version: ParameterVersion) {
  return {
    Name: name,
    Type: version.type,
    KeyId: version.keyId,
    LastModifiedDate: new Date(version.modifiedAtMs),
    LastModifiedUser: version.modifiedBy,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    Policies: shownPolicies(version.policies),
    DataType: version.dataType,
  };
}

function shownValue({ value, cipherText }: ParameterVersion, isDecrypted: boolean): string {
  return isDecrypted ? value : (cipherText ?? value);
}

function shownPolicies(text: string | undefined) {
  if (text === undefined) return [];
  const policies: unknown = JSON.parse(text);
  return (Array.isArray(policies) ? policies : []).map((policy: unknown) => ({
    PolicyText: JSON.stringify(policy),
    PolicyType: policyType(policy),
    PolicyStatus: "Pending",
  }));
}

function policyType(policy: unknown): string {
  const type = typeof policy === "object" && policy !== null && "Type" in policy && policy.Type;
  return typeof type === "string" ? type : "Expiration";
}
