import type { EcrParts } from "../parts.ts";
import { repositoryArn } from "../repository-output.ts";
import type { PlaceState } from "../state.ts";
import type { Exchange } from "./answer.ts";
import type { Holder } from "../authorization-token.ts";
import { RegistryError } from "./errors.ts";
import type { Route } from "./route.ts";

/** Who uses the registry, and which account's. */
export interface Session {
  readonly state: PlaceState;
  readonly holder: Holder;
}

type Action =
  | "BatchCheckLayerAvailability"
  | "BatchGetImage"
  | "CompleteLayerUpload"
  | "DescribeRepositories"
  | "GetDownloadUrlForLayer"
  | "InitiateLayerUpload"
  | "ListImages"
  | "PutImage"
  | "UploadLayerPart";

/**
 * Lets the holder of a password do in the registry what the one who got it may do through the API. Nobody is asked
 * where IAM is not enforced.
 * Source: AWS docs, "Private registry authentication" (a token's permissions are those of the IAM principal), and
 * "IAM permissions for pushing an image"; the answer from denials of `docker push` that users quote
 * (pytorch/pytorch#137361, ministryofjustice/cloud-platform#7245). Unverified: its status, and that it comes before
 * NAME_UNKNOWN.
 * @throws {RegistryError} DENIED
 */
export async function requireAllowed(
  parts: EcrParts,
  session: Session,
  exchange: Exchange,
  route: Route,
): Promise<void> {
  // Describing all repositories is describing each of them.
  const name = "name" in route ? route.name : "*";
  for (const action of actionsOf(route, exchange)) {
    const denial = await denialOf(parts, session, exchange, { name, action });
    if (denial !== undefined) throw new RegistryError(403, "DENIED", denial);
  }
}

/** @returns undefined when it is allowed. */
export async function denialOf(
  { cloud }: EcrParts,
  { state, holder }: Session,
  { request }: Exchange,
  { name, action }: { readonly name: string; readonly action: Action },
): Promise<string | undefined> {
  const { place } = state;
  const denied = await cloud.authority?.asCaller(
    { ...holder, region: place.region, request },
    { action: `ecr:${action}`, resource: repositoryArn(place, name), service: "ecr" },
  );
  return denied?.message;
}

/** Unverified: those of lists and referrers, which AWS's docs do not name. */
function actionsOf(route: Route, { request, query }: Exchange): readonly Action[] {
  const { method } = request;
  switch (route.kind) {
    case "ping":
      return [];
    case "catalog":
      return ["DescribeRepositories"];
    case "tags":
      return ["ListImages"];
    case "referrers":
      return ["BatchGetImage"];
    case "manifest":
      return [method === "PUT" ? "PutImage" : "BatchGetImage"];
    case "blob":
      return [method === "HEAD" ? "BatchCheckLayerAvailability" : "GetDownloadUrlForLayer"];
    case "uploads":
      return query.has("digest")
        ? ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"]
        : ["InitiateLayerUpload"];
    case "upload":
      if (method !== "PUT") return ["UploadLayerPart"];
      return hasBody(request.headers)
        ? ["UploadLayerPart", "CompleteLayerUpload"]
        : ["CompleteLayerUpload"];
    default:
      throw new Error(`no such route: ${JSON.stringify(route satisfies never)}`);
  }
}

function hasBody(headers: Exchange["request"]["headers"]): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}
