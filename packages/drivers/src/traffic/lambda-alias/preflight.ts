import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { type LiveRoute, type PreflightFinding, RolloutError } from "@headgate/core";
import { lookAt, type Looked, problem, runsAlready, warning } from "../../preflight.ts";
import { loadCodePackage } from "../../revisions/code-package.ts";
import { checkHandler } from "../../revisions/handler.ts";
import { capacityOf, stableCapacity } from "./capacity.ts";
import { INCOMPATIBLE_HINT, incompatibility } from "./compatibility.ts";
import type { Preparation } from "./prepare.ts";
import { probe, probeFinding } from "./probe.ts";
import { failureOf, hasSettings } from "./publish.ts";
import { describeRoute, routeOf } from "./route.ts";
import { runtimeFinding } from "./runtimes.ts";

/**
 * Looks at everything that a rollout of this revision would meet, and changes nothing. A look that
 * needs what an earlier one did not find is left out: one cause, one problem.
 */
export async function preflight(preparation: Preparation): Promise<readonly PreflightFinding[]> {
  const { api, clock } = preparation;
  const findings: PreflightFinding[] = [];
  const keep = async (finding: Promise<PreflightFinding>) => {
    findings.push(await finding);
    return findings.at(-1)?.outcome !== "problem";
  };

  let latest: FunctionConfiguration = {};
  const functionExists = await keep(
    lookAt(`function ${api.functionName} exists`, async () => {
      latest = await api.getConfiguration();
      return latest.FunctionArn ?? "";
    }),
  );
  if (!functionExists) return findings;
  await keep(lookAt("function is ready", () => readiness(latest)));
  findings.push(runtimeFinding(latest.Runtime ?? "", clock.nowMs()));

  let route: LiveRoute | undefined;
  await keep(
    lookAt(`alias ${api.alias} exists`, async () => {
      route = routeOf(await api.getAlias());
      return describeRoute(route);
    }),
  );
  if (route === undefined) return findings;
  findings.push(...(await routeFindings(preparation, route)));
  if (route.stable !== "$LATEST") findings.push(...(await stableFindings(preparation, route)));
  findings.push(await revisionFinding(preparation, route, latest));
  return findings;
}

function readiness(configuration: FunctionConfiguration): Looked {
  const { State = "Active", LastUpdateStatus = "Successful" } = configuration;
  const failure = failureOf(configuration);
  if (failure !== undefined) {
    return problem(failure, "Update the function until Lambda reports it Active and Successful.");
  }
  if (State === "Pending" || LastUpdateStatus === "InProgress") {
    return warning(
      `state ${State}, update ${LastUpdateStatus}`,
      "Someone is changing the function now; the rollout will wait for it.",
    );
  }
  return `state ${State}`;
}

async function routeFindings(
  { api }: Preparation,
  route: LiveRoute,
): Promise<readonly PreflightFinding[]> {
  return [
    await lookAt("alias points to a published version", () =>
      route.stable === "$LATEST"
        ? problem(
            `alias ${api.alias} points to $LATEST, which cannot share an alias`,
            "Publish a version and point the alias to it.",
          )
        : `version ${route.stable}`,
    ),
    await lookAt("function may run", async () => {
      const reserved = await api.reservedConcurrency();
      if (reserved === 0) {
        return problem(
          "its reserved concurrency is 0: every request is throttled",
          `aws lambda delete-function-concurrency --function-name ${api.functionName}`,
        );
      }
      const provisioned =
        route.stable === "$LATEST" ? undefined : await stableCapacity(api, route.stable);
      if (reserved !== undefined && provisioned !== undefined && 2 * provisioned > reserved) {
        return problem(
          `reserved concurrency is ${reserved}; while both versions serve they need ${2 * provisioned} provisioned`,
          "Raise the reserved concurrency, or lower the provisioned.",
        );
      }
      return reserved === undefined
        ? "no reserved concurrency"
        : `reserved concurrency ${reserved}`;
    }),
    await lookAt("provisioned concurrency can move", async () =>
      (await capacityOf(api, api.alias)) === undefined
        ? "none on the alias"
        : warning(
            "the alias has its own: at promotion Lambda moves it, with the old version serving until it is ready",
            "Put it on the version that the alias points to; then it is ready before the first shift.",
          ),
    ),
  ];
}

async function stableFindings(
  { api, probe: asked }: Preparation,
  { stable }: LiveRoute,
): Promise<readonly PreflightFinding[]> {
  const exists = await lookAt(`stable version ${stable} exists`, async () => {
    const configuration = await api.getConfiguration(stable);
    const failure = failureOf(configuration);
    return failure === undefined
      ? `state ${configuration.State ?? "Active"}`
      : problem(failure, "There is no way back to a version that cannot run: mend it first.");
  });
  if (exists.outcome === "problem") return [exists];
  const mayInvoke = await lookAt(`stable version ${stable} may be invoked`, async () => {
    await api.dryRun(stable);
    return "a dry run was accepted";
  });
  const isAsked = asked.kind === "invoke" && asked.stableToo === true;
  if (mayInvoke.outcome === "problem" || !isAsked) return [exists, mayInvoke];
  const check = `stable version ${stable} answers`;
  const answers = await lookAt(check, async () => {
    const answer = await probe(api, stable, asked.payload);
    if (answer.kind !== "broken") return probeFinding(check, asked.payload, answer);
    throw new RolloutError("STABLE_UNUSABLE", `it cannot start: ${answer.message}`, {
      hint: "There is no way back to a version that cannot run. To mend it at once use allAtOnce.",
    });
  });
  return [exists, mayInvoke, answers];
}

async function revisionFinding(
  { api, revision, settings }: Preparation,
  { stable }: LiveRoute,
  latest: FunctionConfiguration,
): Promise<PreflightFinding> {
  const unchanged = runsAlready(
    `version ${stable} already runs it`,
    "There is nothing to roll out. Was the package built again after the change?",
  );
  if (revision.kind === "version") {
    return lookAt(`canary version ${revision.version} can share the alias`, async () => {
      if (revision.version === stable) return unchanged;
      const canary = await api.getConfiguration(revision.version);
      const reason = incompatibility(await api.getConfiguration(stable), canary);
      return reason === undefined
        ? "same role and dead-letter queue"
        : problem(reason, INCOMPATIBLE_HINT);
    });
  }
  return lookAt(`${revision.kind} ${revision.path} can be deployed`, async () => {
    const code = await loadCodePackage(revision);
    checkHandler(code, {
      runtime: settings.runtime ?? latest.Runtime ?? "",
      handler: settings.handler ?? latest.Handler ?? "",
      hasLayers: (latest.Layers ?? []).length > 0,
    });
    const running = await api.getConfiguration(stable);
    const isSame = running.CodeSha256 === code.codeSha256 && hasSettings(running, settings);
    if (isSame && hasSettings(latest, settings)) return unchanged;
    const reason = incompatibility(running, latest);
    if (reason !== undefined) return problem(reason, INCOMPATIBLE_HINT);
    return `${code.files.length} files, ${Math.ceil(code.zip.byteLength / 1024)} KB`;
  });
}
