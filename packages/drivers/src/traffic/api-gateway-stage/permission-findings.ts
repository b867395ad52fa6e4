import type { Stage } from "@aws-sdk/client-api-gateway";
import { type PreflightFinding, RolloutError } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import { lookAt, ok, problem, warning } from "../../preflight.ts";
import {
  type Behind,
  type FunctionBehind,
  functionsBehind,
  functionsInDocument,
} from "./functions-behind.ts";
import { DOOR, mayInvoke } from "./invoke-permission.ts";
import { readOpenApiDocument } from "./open-api-document.ts";
import type { PreflightParts } from "./preflight.ts";

/** More functions than this are not asked for their policy: the plan would take minutes. Ours. */
const MOST_FUNCTIONS = 25;
const CHECK = "API Gateway may invoke the functions behind the new deployment";

/**
 * Whether API Gateway may invoke what the new deployment calls. Of a deployment that is there already nobody can
 * be asked what it calls, and stable's own functions serve now.
 */
export async function permissionFindings(
  parts: PreflightParts,
  stage: Stage,
): Promise<readonly PreflightFinding[]> {
  const { api, revision } = parts;
  if (revision.kind === "deployment") {
    return [
      ok(CHECK, "API Gateway does not show what a deployment calls; a hook before traffic can ask"),
    ];
  }
  let behind: Behind | undefined;
  const read = await lookAt(CHECK, async () => {
    if (revision.kind === "openApi") {
      behind = functionsInDocument((await readOpenApiDocument(revision.path)).text, stage);
    } else {
      behind = functionsBehind((await api.definition()).resources, stage);
    }
    return "";
  });
  // The document's own finding says why it cannot be read.
  if (behind === undefined) return revision.kind === "openApi" ? [] : [read];
  const { functions, unknownVariables } = behind;
  if (unknownVariables.length > 0) {
    const names = unknownVariables.join(", ");
    return [
      {
        check: CHECK,
        ...problem(
          `an integration names the stage variable ${names}, which the stage has not: its requests fail with 500`,
          `Set it: op=replace,path=/variables/${unknownVariables[0]},value=...`,
        ),
      },
    ];
  }
  const distinct = [...Map.groupBy(functions, nameOf).values()].flatMap(([first]) => first ?? []);
  if (distinct.length === 0) return [ok(CHECK, "none of its integrations is a Lambda function")];
  const looked = await Promise.all(
    distinct.slice(0, MOST_FUNCTIONS).map((one) => permissionOf(parts, one)),
  );
  const bad = looked.filter(({ outcome }) => outcome !== "ok");
  return bad.length > 0 ? bad : [ok(CHECK, distinct.map(nameOf).join(", "))];
}

function nameOf({ functionName, qualifier }: FunctionBehind): string {
  const name = functionName.split(":").at(-1) ?? functionName;
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}

async function permissionOf(
  { api, clients, run, identity }: PreflightParts,
  behind: FunctionBehind,
): Promise<PreflightFinding> {
  const { functionName, qualifier, method, path } = behind;
  const { account, region } = await identity();
  const { id } = await api.restApi();
  const verb = method === "ANY" ? "*" : method;
  const resource = path.replaceAll(/\{[^}]*\}/g, "*");
  const sourceArn = `arn:aws:execute-api:${region}:${account}:${id}/${api.stageName}/${verb}${resource}`;
  const lambda = await clients.lambda();
  const get = () =>
    run(
      { action: "lambda:GetPolicy", subject: `policy of function ${nameOf(behind)}` },
      (abortSignal) =>
        lambda.getPolicy({ FunctionName: functionName, Qualifier: qualifier }, { abortSignal }),
    );
  return lookAt(CHECK, async () => {
    try {
      const { Policy = "" } = await get();
      if (mayInvoke(Policy, sourceArn)) return nameOf(behind);
    } catch (error) {
      if (error instanceof RolloutError && error.code === "AWS_DENIED") {
        return warning(`not seen: ${error.message}`, error.hint);
      }
      if (!isNotFound(error)) throw error;
    }
    return problem(
      `${nameOf(behind)} does not let ${DOOR} invoke it, so its requests would fail with 500`,
      `aws lambda add-permission --function-name ${functionName}${qualifier === undefined ? "" : ` --qualifier ${qualifier}`} ` +
        `--statement-id api-gateway --action lambda:InvokeFunction --principal ${DOOR} ` +
        `--source-arn 'arn:aws:execute-api:${region}:${account}:${id}/*'`,
    );
  });
}
