import type { Stage } from "@aws-sdk/client-api-gateway";
import type { PreflightFinding } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { CallerIdentity } from "../../aws/identity.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import { lookAt, problem, warning } from "../../preflight.ts";
import { accessLogFinding } from "./access-log-finding.ts";
import { markIn, markOfApi, markOfDocument } from "./definition-mark.ts";
import { mustExist, unchanged } from "./deploy.ts";
import { readOpenApiDocument } from "./open-api-document.ts";
import { permissionFindings } from "./permission-findings.ts";
import { type Preparation, removalHint, splitReason } from "./prepare.ts";
import { describeRoute, routeOf, type StageRoute, stageRouteOf } from "./stage.ts";
import { methodSettingFindings } from "./stage-settings.ts";

export interface PreflightParts extends Preparation {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly identity: () => Promise<CallerIdentity>;
  /** Whether the comparison or a check rests on the stage's access log. */
  readonly countsAccessLog: boolean;
}

/**
 * Looks at everything that a rollout on this stage would meet, and changes nothing. A look that needs what
 * an earlier one did not find is left out: one cause, one problem.
 */
export async function preflight(parts: PreflightParts): Promise<readonly PreflightFinding[]> {
  const { api } = parts;
  const findings: PreflightFinding[] = [];
  const exists = await lookAt(`REST API ${api.apiName} exists`, async () => {
    const { id, name = "" } = await api.restApi();
    return `${name} (${id})`;
  });
  findings.push(exists);
  if (exists.outcome === "problem") return findings;

  let stage: Stage = {};
  const found = await lookAt(`stage ${api.stageName} exists`, async () => {
    stage = await api.getStage();
    return describeRoute(routeOf(stageRouteOf(stage)));
  });
  findings.push(found);
  if (found.outcome === "problem") return findings;

  const route = stageRouteOf(stage);
  findings.push(await splitFinding(parts, route));
  findings.push(...(await revisionFindings(parts, route)));
  findings.push(await accessLogFinding(parts, stage));
  findings.push(...methodSettingFindings(stage));
  findings.push(...(await permissionFindings(parts, stage)));
  return findings;
}

function splitFinding({ api }: PreflightParts, route: StageRoute): Promise<PreflightFinding> {
  return lookAt("stage has no other canary", async () => {
    const reason = splitReason(route);
    if (reason !== undefined) return problem(reason, await removalHint(api));
    if (route.canary === undefined) return "no canary settings";
    return warning(
      `it has settings of a canary without traffic (deployment ${route.canary.deploymentId}); they are taken over`,
      "Nothing, unless somebody else is about to use them.",
    );
  });
}

async function revisionFindings(
  { api, revision }: PreflightParts,
  { deploymentId: stable }: StageRoute,
): Promise<readonly PreflightFinding[]> {
  const stableMark = async () => {
    const { description } = await api.getDeployment(stable);
    return markIn(description);
  };
  switch (revision.kind) {
    case "deployment":
      return [
        await lookAt(`deployment ${revision.deployment} exists`, async () => {
          await mustExist(api, revision.deployment);
          if (revision.deployment === stable) throw unchanged(api, stable);
          return "";
        }),
      ];
    case "apiAsItIs":
      return [
        await lookAt("the API as it is can be deployed", async () => {
          const definition = await api.definition();
          const methods = definition.resources.flatMap(({ resourceMethods }) =>
            Object.values(resourceMethods ?? {}),
          );
          const bare = methods.filter(({ methodIntegration }) => methodIntegration === undefined);
          if (methods.length === 0 || bare.length > 0) {
            return problem(
              methods.length === 0
                ? "it has no methods"
                : `${bare.length} of its methods have no integration`,
              "Give every method an integration.",
            );
          }
          if ((await markOfApi(definition)) === (await stableMark())) throw unchanged(api, stable);
          return `${methods.length} methods`;
        }),
      ];
    case "openApi": {
      const { path } = revision;
      const readable = await lookAt(`${path} can be imported`, async () => {
        const { bytes } = await readOpenApiDocument(path);
        if ((await markOfDocument(bytes)) === (await stableMark())) throw unchanged(api, stable);
        return `${Math.ceil(bytes.byteLength / 1024)} KB`;
      });
      if (readable.outcome === "problem") return [readable];
      return [
        readable,
        {
          check: "the API's definition",
          ...warning(
            `it becomes ${path}, as a whole, before the canary starts, and stays so if the canary is taken out; ` +
              "stages go on serving their deployments",
            "Let nobody deploy the API by other means meanwhile: that would give it to all users at once.",
          ),
        },
      ];
    }
    default:
      return revision satisfies never;
  }
}
