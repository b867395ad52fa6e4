import type { PreflightFinding } from "@headgate/core";
import { lookAt, problem, runsAlready, warning } from "../../preflight.ts";
import { loadCodePackage } from "../../revisions/code-package.ts";
import { checkHandler } from "../../revisions/handler.ts";
import { probe, probeFinding } from "../lambda-alias/probe.ts";
import { failureOf, hasSettings } from "../lambda-alias/publish.ts";
import { runtimeFinding } from "../lambda-alias/runtimes.ts";
import { flawOf, type LatticePreparation, mustNotBeLatest } from "./prepare.ts";
import { apiOf, functionOf, type GroupFunction, servingVersion } from "./stable-function.ts";
import type { TargetGroup } from "./target-group-api.ts";

/** What a revision of code or a published version would meet. */
export async function codeFindings(
  preparation: LatticePreparation,
  stable: TargetGroup,
): Promise<readonly PreflightFinding[]> {
  const { revision, settings, place, clock } = preparation;
  if (revision.kind === "targetGroup") return [];
  const what =
    revision.kind === "version"
      ? `version ${revision.version}`
      : `${revision.kind} ${revision.path}`;
  const findings: PreflightFinding[] = [];
  const finding = await lookAt(`${what} can be released`, async () => {
    const running = functionOf(stable);
    const api = apiOf(running, preparation);
    const latest = await api.getConfiguration();
    const failure = failureOf(latest);
    if (failure !== undefined) {
      return problem(failure, "Update the function until Lambda reports it Active and Successful.");
    }
    findings.push(runtimeFinding(latest.Runtime ?? "", clock.nowMs()));
    const serving = await servingVersion(api, running);
    findings.push(...aliasFindings(running));
    const unchanged = runsAlready(
      `version ${serving ?? "$LATEST"} already runs it`,
      "There is nothing to roll out. Was the package built again after the change?",
    );
    if (revision.kind === "version") {
      if (revision.version === serving) return unchanged;
      const wanted = await api.getConfiguration(revision.version);
      return failureOf(wanted) ?? `${running.name}:${revision.version}`;
    }
    mustNotBeLatest(place, stable.id, serving);
    const code = await loadCodePackage(revision);
    checkHandler(code, {
      runtime: settings.runtime ?? latest.Runtime ?? "",
      handler: settings.handler ?? latest.Handler ?? "",
      hasLayers: (latest.Layers ?? []).length > 0,
    });
    const now = await api.getConfiguration(serving);
    if (
      now.CodeSha256 === code.codeSha256 &&
      hasSettings(now, settings) &&
      hasSettings(latest, settings)
    ) {
      return unchanged;
    }
    return `${code.files.length} files, ${Math.ceil(code.zip.byteLength / 1024)} KB`;
  });
  if (finding.outcome !== "problem") findings.push(...(await stableAnswers(preparation, stable)));
  return [finding, ...findings];
}

/** AWS recommends to register an alias; a group that follows one cannot hold stable while another version is released. */
function aliasFindings({ name, qualifier }: GroupFunction): readonly PreflightFinding[] {
  if (qualifier === undefined || /^\d+$/.test(qualifier)) return [];
  const found = warning(
    `it holds the alias ${name}:${qualifier}; the new target group will hold the version itself, and the alias stays where it is`,
    `Let nobody move ${qualifier} during the release, or register the version's own ARN.`,
  );
  return [{ check: "stable's target stays what it is", ...found }];
}

/** Only where probe.stableToo asks for it: a look should not do work. */
async function stableAnswers(
  preparation: LatticePreparation,
  stable: TargetGroup,
): Promise<readonly PreflightFinding[]> {
  const { probe: asked } = preparation;
  if (asked.kind !== "invoke" || asked.stableToo !== true) return [];
  const running = functionOf(stable);
  const version = running.qualifier ?? "$LATEST";
  const check = `stable version ${version} answers`;
  const finding = await lookAt(check, async () => {
    const answer = await probe(apiOf(running, preparation), version, asked.payload);
    if (answer.kind !== "broken") return probeFinding(check, asked.payload, answer);
    return problem(
      `it cannot start: ${answer.message}`,
      "There is no way back to a version that cannot run. To mend it at once use allAtOnce.",
    );
  });
  return [finding];
}

/** What an existing target group would meet. */
export async function groupFindings(
  preparation: LatticePreparation,
  stable: TargetGroup,
  canaryId: string,
): Promise<readonly PreflightFinding[]> {
  const looked = await lookAt(`target group ${canaryId} can be the canary`, async () => {
    if (canaryId === stable.id) {
      return runsAlready(
        `target group ${canaryId} already serves`,
        "There is nothing to roll out.",
      );
    }
    const canary = await preparation.groups.get(canaryId);
    const flaw = flawOf(canary, preparation);
    if (flaw !== undefined) return problem(`it ${flaw.what}`, flaw.hint);
    if (canary.type === "LAMBDA") functionOf(canary);
    if (canary.type !== stable.type) {
      return warning(
        `stable has the type ${stable.type}, the canary ${canary.type}`,
        "Both are compared as they are; look whether that is meant.",
      );
    }
    if (canary.eventVersion !== stable.eventVersion) {
      return warning(
        `stable gets events of the structure ${stable.eventVersion ?? "none"}, the canary of ${canary.eventVersion ?? "none"}`,
        "Look whether the canary's code reads that structure.",
      );
    }
    return targetText(canary);
  });
  return [looked];
}

/** "LAMBDA: arn:... UNUSED" */
export function targetText({ type, targets }: TargetGroup): string {
  return `${type}: ${targets.map(({ id, status }) => `${id} ${status}`).join(", ")}`;
}
