import type { Deployment } from "@aws-sdk/client-api-gateway";
import { type PreflightFinding, RolloutError, type VersionId } from "@headgate/core";
import { awsMessageOf, isNotFound } from "../../aws/errors.ts";
import type { Clock } from "../../clock.ts";
import { warning } from "../../preflight.ts";
import {
  type DefinitionMark,
  markedDescription,
  markIn,
  markOfApi,
  markOfDocument,
} from "./definition-mark.ts";
import { readOpenApiDocument } from "./open-api-document.ts";
import type { StageApi } from "./stage-api.ts";

/** What the canary is made from. */
export type StageRevision =
  /** The id of a deployment that is there. */
  | { readonly kind: "deployment"; readonly deployment: string }
  /** The API as it is now. */
  | { readonly kind: "apiAsItIs" }
  /** The path of a document that the API becomes first. */
  | { readonly kind: "openApi"; readonly path: string };

export interface Deployed {
  readonly deployment: VersionId;
  /** Whether this preparation, now or before, made it. */
  readonly isOurs: boolean;
  readonly warnings: readonly PreflightFinding[];
}

/**
 * How long a deployment of the same definition is taken for this preparation's own: long enough for one that
 * was interrupted, and what a mark does not cover (an authorizer, say) hardly changes so fast.
 */
const REUSE_MS = 3_600_000;

/**
 * The deployment of a revision. Made without a stage, so nobody can be routed to it by the making.
 * @throws {RolloutError} REVISION_NOT_FOUND, REVISION_INVALID, REVISION_UNCHANGED.
 */
export async function deploymentOf(
  parts: {
    readonly api: StageApi;
    readonly clock: Clock;
    readonly revision: StageRevision;
    readonly description: string | undefined;
  },
  stable: VersionId,
): Promise<Deployed> {
  const { api, clock, revision, description } = parts;
  if (revision.kind === "deployment") {
    const { deployment } = revision;
    await mustExist(api, deployment);
    if (deployment === stable) throw unchanged(api, stable);
    return { deployment, isOurs: false, warnings: [] };
  }
  const document =
    revision.kind === "openApi" ? await readOpenApiDocument(revision.path) : undefined;
  const mark =
    document === undefined
      ? await markOfApi(await api.definition())
      : await markOfDocument(document.bytes);
  const known = await api.listDeployments();
  if (markIn(known.find(({ id }) => id === stable)?.description) === mark) {
    throw unchanged(api, stable);
  }
  const again = recentOf(known, mark, clock.nowMs() - REUSE_MS);
  if (again !== undefined) return { deployment: again, isOurs: true, warnings: [] };
  const warnings = document === undefined ? [] : await bring(api, revision, document.bytes);
  const deployment = await create(api, markedDescription(description, mark));
  return { deployment, isOurs: true, warnings };
}

/** The newest deployment of this definition. */
function recentOf(
  known: readonly Deployment[],
  mark: DefinitionMark,
  sinceMs: number,
): VersionId | undefined {
  const madeMs = ({ createdDate }: Deployment) => createdDate?.getTime() ?? 0;
  return known
    .filter((one) => markIn(one.description) === mark && madeMs(one) >= sinceMs)
    .toSorted((left, right) => madeMs(right) - madeMs(left))[0]?.id;
}

export async function mustExist(api: StageApi, deployment: string): Promise<void> {
  try {
    await api.getDeployment(deployment);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const { id } = await api.restApi();
    throw new RolloutError(
      "REVISION_NOT_FOUND",
      `REST API ${api.apiName} has no deployment "${deployment}"`,
      { hint: `aws apigateway get-deployments --rest-api-id ${id}`, cause: error },
    );
  }
}

async function bring(
  api: StageApi,
  revision: StageRevision,
  document: Uint8Array,
): Promise<readonly PreflightFinding[]> {
  const path = revision.kind === "openApi" ? revision.path : "";
  try {
    const { warnings = [] } = await api.putRestApi(document);
    if (warnings.length === 0) return [];
    const found = warning(warnings.join("; "), "Look whether what was left out matters.");
    return [{ check: "API Gateway takes the whole document", ...found }];
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "AWS_REFUSED") throw error;
    throw new RolloutError(
      "REVISION_INVALID",
      `API Gateway does not take ${path}: ${awsMessageOf(error)}`,
      { hint: "Mend the document; the API is as it was.", cause: error },
    );
  }
}

async function create(api: StageApi, description: string): Promise<VersionId> {
  try {
    return await api.createDeployment(description);
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "AWS_REFUSED") throw error;
    throw new RolloutError(
      "REVISION_INVALID",
      `REST API ${api.apiName} cannot be deployed as it is: ${awsMessageOf(error)}`,
      { hint: "Give every method an integration; nothing was deployed.", cause: error },
    );
  }
}

export function unchanged(api: StageApi, stable: VersionId): RolloutError {
  return new RolloutError(
    "REVISION_UNCHANGED",
    `the revision is what deployment ${stable} of REST API ${api.apiName} already serves`,
    { hint: "There is nothing to roll out. Was the API, or the document, changed?" },
  );
}
