import type { Stage } from "@aws-sdk/client-api-gateway";
import type { PreflightFinding } from "@headgate/core";
import { lookAt, problem, warning } from "../../preflight.ts";
import {
  latencyVariableOf,
  missingIn,
  RECOMMENDED_FORMAT,
} from "../../metrics/access-log/format.ts";
import { logGroupIn } from "../../metrics/access-log/source.ts";
import type { PreflightParts } from "./preflight.ts";

/** Whether the stage's access log can tell the two deployments apart, and the command that lets it. */
export async function accessLogFinding(
  { api, countsAccessLog, identity }: PreflightParts,
  stage: Stage,
): Promise<PreflightFinding> {
  return lookAt("access log tells deployments apart", async () => {
    const { destinationArn, format } = stage.accessLogSettings ?? {};
    const lack = lackOf(destinationArn, format);
    if (lack === undefined) {
      if (latencyVariableOf(format ?? "") !== undefined) return destinationArn ?? "";
      const what = "its format has no $context.responseLatency: latencies are not compared";
      return warning(what, await command(destinationArn));
    }
    if (!countsAccessLog) return `not needed (${lack})`;
    return problem(
      `${lack}, so requests cannot be counted by version`,
      `${await command(destinationArn)}; or say where else the counts are with analysis.source`,
    );
  });

  async function command(destinationArn: string | undefined): Promise<string> {
    const { id } = await api.restApi();
    const { account, region } = await identity();
    const group =
      logGroupIn(destinationArn ?? "") === undefined
        ? `arn:aws:logs:${region}:${account}:log-group:${api.apiName}-${api.stageName}-access`
        : destinationArn;
    const patch = [
      { op: "replace", path: "/accessLogSettings/destinationArn", value: group },
      { op: "replace", path: "/accessLogSettings/format", value: RECOMMENDED_FORMAT },
    ];
    return (
      `aws apigateway update-stage --rest-api-id ${id} --stage-name ${api.stageName} ` +
      `--patch-operations '${JSON.stringify(patch)}' (the log group and the account's CloudWatch role must be there)`
    );
  }
}

function lackOf(
  destinationArn: string | undefined,
  format: string | undefined,
): string | undefined {
  if (destinationArn === undefined || format === undefined) return "the stage writes no access log";
  if (logGroupIn(destinationArn) === undefined) {
    return `the access log goes to ${destinationArn}, which is no log group`;
  }
  const missing = missingIn(format);
  if (missing.length === 0) return undefined;
  return `the access log's format has no ${missing.map((name) => `$context.${name}`).join(" and no ")}`;
}
