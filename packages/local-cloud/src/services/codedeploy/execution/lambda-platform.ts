import { AwsError } from "../../../aws-error.ts";
import type { AliasPort, AliasView } from "../../../data-plane/ports/aliases.ts";
import { trafficPlan } from "../configs/traffic-plan.ts";
import { AppSpecProblem } from "../revisions/appspec.ts";
import { readLambdaAppSpec } from "../revisions/lambda-appspec.ts";
import { appSpecLocation } from "../revisions/locations.ts";
import type { DeploymentRow, LambdaTargetRow } from "../state.ts";
import { hookStage } from "./hooks.ts";
import type { Platform, Prepared } from "./platform.ts";
import { refusedTo, type DeploymentCall } from "./service-role.ts";
import { shiftingStage } from "./shifting.ts";
import { DONE, failed, type Run, type StageResult } from "./stage.ts";

/**
 * Deployments of functions: BeforeAllowTraffic, AllowTraffic, AfterAllowTraffic. Traffic moves by the weights of
 * the alias; at the end the alias leads to the target version alone.
 */
export const lambdaPlatform: Platform = {
  async prepare(_run, content) {
    let spec;
    try {
      spec = readLambdaAppSpec(content);
    } catch (error) {
      if (!(error instanceof AppSpecProblem)) throw error;
      return refuse("INVALID_REVISION", `${APPSPEC_FAILURE} ${error.message}`);
    }
    return { kind: "ready", hooks: spec.hooks, target: spec.target };
  },

  async check(run) {
    const target = targetOf(run.row());
    const problem = await refusedTo(run, call("GetAlias", target));
    if (problem !== undefined) return problem;
    const aliases = await run.codedeploy.cloud.port("aliases");
    const name = `${target.functionName}:${target.alias}`;
    const view = find(aliases, run, target);
    // Unverified: the texts of the failures. Source of the rules: AWS docs, the AppSpec's resources.
    if (view === undefined) {
      return failed("INVALID_LAMBDA_FUNCTION", `The function alias ${name} does not exist.`);
    }
    for (const version of [target.currentVersion, target.targetVersion]) {
      if (!aliases.hasVersion({ ...run.state.place, functionName: target.functionName, version })) {
        return failed(
          "INVALID_LAMBDA_FUNCTION",
          `The function ${target.functionName} has no version ${version}.`,
        );
      }
    }
    // A rollback begins with whatever the deployment before it has left.
    if (run.row().creator === "codeDeployRollback") return DONE;
    if (view.functionVersion !== target.currentVersion || Object.keys(view.weights).length > 0) {
      return failed(
        "INVALID_LAMBDA_CONFIGURATION",
        `The alias ${name} must lead to CurrentVersion ${target.currentVersion} alone; it leads to ${tell(view)}.`,
      );
    }
    return DONE;
  },

  stages: (row) => [
    hookStage("BeforeAllowTraffic"),
    shiftingStage(trafficPlan(row.routing), (run, percent) => shift(run, percent)),
    hookStage("AfterAllowTraffic"),
  ],

  /** Back to where the alias led, at once. */
  reverse(row) {
    const target = targetOf(row);
    const { currentVersion, targetVersion } = target;
    const back: LambdaTargetRow = {
      ...target,
      currentVersion: targetVersion,
      targetVersion: currentVersion,
    };
    const content = JSON.stringify({
      version: "0.0",
      Resources: [
        {
          [target.functionName]: {
            Type: "AWS::Lambda::Function",
            Properties: {
              Name: target.functionName,
              Alias: target.alias,
              CurrentVersion: back.currentVersion,
              TargetVersion: back.targetVersion,
            },
          },
        },
      ],
    });
    return {
      configName: "CodeDeployDefault.LambdaAllAtOnce",
      target: back,
      revision: appSpecLocation(content),
    };
  },
};

const APPSPEC_FAILURE =
  "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing or has an invalid configuration.";

async function shift(run: Run, percent: number): Promise<StageResult> {
  const target = targetOf(run.row());
  // Unverified: that the second is asked for at each shift, also of an alias that has no provisioned concurrency.
  const operations = ["GetAlias", "GetProvisionedConcurrencyConfig", "UpdateAlias"];
  const problem = await refusedTo(run, ...operations.map((one) => call(one, target)));
  if (problem !== undefined) return problem;
  const aliases = await run.codedeploy.cloud.port("aliases");
  const { functionName, alias: name, currentVersion, targetVersion } = target;
  const to: AliasView =
    percent === 100
      ? { functionVersion: targetVersion, weights: {} }
      : { functionVersion: currentVersion, weights: { [targetVersion]: percent / 100 } };
  if (find(aliases, run, target) === undefined) {
    return failed(
      "INVALID_LAMBDA_FUNCTION",
      `The function alias ${functionName}:${name} does not exist any more.`,
    );
  }
  try {
    aliases.route({ ...run.state.place, functionName, name }, to);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return failed("INVALID_LAMBDA_CONFIGURATION", `${error.code}: ${error.message}`);
  }
  return DONE;
}

function call(operation: string, { functionName, alias }: LambdaTargetRow): DeploymentCall {
  const named = operation.endsWith("Alias") ? { Name: alias } : { Qualifier: alias };
  return { service: "lambda", operation, input: { FunctionName: functionName, ...named } };
}

/** Undefined also for a name that no function can have. */
function find(
  aliases: AliasPort,
  { state }: Run,
  { functionName, alias }: LambdaTargetRow,
): AliasView | undefined {
  try {
    return aliases.find({ ...state.place, functionName, name: alias });
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function targetOf({ id, target }: DeploymentRow): LambdaTargetRow {
  if (target?.kind !== "Lambda") throw new Error(`deployment ${id} has no function`);
  return target;
}

function tell({ functionVersion, weights }: AliasView): string {
  const others = Object.entries(weights).map(([version, weight]) => `${version} (${weight})`);
  return [functionVersion, ...others].join(" and ");
}

function refuse(code: "INVALID_REVISION", message: string): Prepared {
  return { kind: "refused", code, message };
}
