import type { Target } from "./gateway-request.ts";

/** One mapping of a custom domain name. */
export interface BasePathMapping {
  /** "v1"; "(none)" for the domain itself. */
  readonly basePath: string;
  readonly apiId: string;
  /** Undefined when the path names the stage. */
  readonly stage: string | undefined;
}

export const NO_BASE_PATH = "(none)";

/** How a request came that did not use the API's own address. */
export interface CustomDomain {
  /** As the client wrote it. */
  readonly host: string;
  /** "" for a mapping without a base path. */
  readonly basePath: string;
}

export interface MappedRequest {
  readonly apiId: string;
  readonly target: Target;
  readonly basePath: string;
}

/**
 * Which API and stage a path of a custom domain leads to: the longest base path that fits wins.
 * Source: AWS docs, "Use API mappings to connect API stages to a custom domain name".
 */
export function mapRequest(
  mappings: Iterable<BasePathMapping>,
  requestTarget: string,
): MappedRequest | undefined {
  const mark = requestTarget.indexOf("?");
  const whole = mark < 0 ? requestTarget : requestTarget.slice(0, mark);
  const queryString = mark < 0 ? "" : requestTarget.slice(mark + 1);
  const segments = whole.split("/").filter((segment) => segment !== "");
  let best: { readonly mapping: BasePathMapping; readonly base: readonly string[] } | undefined;
  for (const mapping of mappings) {
    const base = mapping.basePath === NO_BASE_PATH ? [] : mapping.basePath.split("/");
    if (!base.every((segment, index) => segments[index] === segment)) continue;
    if (best === undefined || base.length > best.base.length) best = { mapping, base };
  }
  if (best === undefined) return undefined;
  const { mapping, base } = best;
  const below = segments.slice(base.length);
  const stageName = mapping.stage ?? below.shift();
  if (stageName === undefined) return undefined;
  const isSlashed = whole.endsWith("/") && below.length > 0;
  const path = `/${below.join("/")}${isSlashed ? "/" : ""}`;
  return {
    apiId: mapping.apiId,
    basePath: base.join("/"),
    // A function sees the path as it came, base path and all.
    target: { stageName, path, stagePath: whole, eventPath: whole, queryString },
  };
}
