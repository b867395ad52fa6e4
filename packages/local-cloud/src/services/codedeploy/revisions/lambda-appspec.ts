import type { LambdaTargetRow } from "../state.ts";
import { AppSpecProblem, readAppSpec, textOf } from "./appspec.ts";

export const LAMBDA_HOOK_EVENTS = ["BeforeAllowTraffic", "AfterAllowTraffic"];

/**
 * Reads what an AppSpec says of a function.
 *
 * Source: AWS docs, "AppSpec 'resources' section for AWS Lambda deployments". That equal versions are refused:
 * public issues.
 * @throws {AppSpecProblem}
 */
export function readLambdaAppSpec(content: string): {
  readonly target: LambdaTargetRow;
  readonly hooks: Readonly<Record<string, string>>;
} {
  const { properties, hooks } = readAppSpec(content, {
    resourceType: "AWS::Lambda::Function",
    hookEvents: LAMBDA_HOOK_EVENTS,
  });
  const currentVersion = versionOf(properties, "CurrentVersion");
  const targetVersion = versionOf(properties, "TargetVersion");
  if (currentVersion === targetVersion) {
    throw new AppSpecProblem(
      `CurrentVersion and TargetVersion must differ, both are ${currentVersion}.`,
    );
  }
  const functionName = textOf(properties, "Name");
  const alias = textOf(properties, "Alias");
  return { target: { kind: "Lambda", functionName, alias, currentVersion, targetVersion }, hooks };
}

function versionOf(properties: Readonly<Record<string, unknown>>, name: string): string {
  const version = textOf(properties, name);
  if (!/^[1-9]\d*$/.test(version)) {
    throw new AppSpecProblem(
      `${name} must be the number of a published version, got "${version}".`,
    );
  }
  return version;
}
