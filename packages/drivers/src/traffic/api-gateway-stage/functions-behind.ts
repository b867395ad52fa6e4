import type { Resource, Stage } from "@aws-sdk/client-api-gateway";

/** A Lambda function that a method's integration calls. */
export interface FunctionBehind {
  /** Name or ARN without a qualifier. */
  readonly functionName: string;
  readonly qualifier: string | undefined;
  /** "GET /orders"; what may be called with is asked for it. */
  readonly method: string;
  readonly path: string;
}

/** Integrations by the functions they call, and stage variables that have no value. */
export interface Behind {
  readonly functions: readonly FunctionBehind[];
  readonly unknownVariables: readonly string[];
}

/**
 * The functions behind an API as it is now, its stage variables filled in. One with credentials of its own is
 * left out: then a role decides, and not the function's policy.
 */
export function functionsBehind(resources: readonly Resource[], stage: Stage): Behind {
  const unknown = new Set<string>();
  const functions = resources.flatMap(({ path = "/", resourceMethods }) =>
    Object.entries(resourceMethods ?? {}).flatMap(([method, { methodIntegration }]) => {
      const { uri, credentials } = methodIntegration ?? {};
      if (uri === undefined || credentials !== undefined) return [];
      const found = functionIn(withVariables(uri, stage.variables, unknown));
      return found === undefined ? [] : [{ ...found, method, path }];
    }),
  );
  return { functions, unknownVariables: [...unknown] };
}

/** The same from the text of an OpenAPI document, JSON or YAML, in which methods are not told apart. */
export function functionsInDocument(text: string, stage: Stage): Behind {
  const unknown = new Set<string>();
  const uris = text.match(/arn:[^\s"']+\/functions\/[^\s"']+\/invocations/g) ?? [];
  const functions = [...new Set(uris)].flatMap((uri) => {
    const found = functionIn(withVariables(uri, stage.variables, unknown));
    return found === undefined ? [] : [{ ...found, method: "*", path: "/*" }];
  });
  return { functions, unknownVariables: [...unknown] };
}

function withVariables(
  uri: string,
  variables: Readonly<Record<string, string>> | undefined,
  unknown: Set<string>,
): string {
  return uri.replaceAll(/\$\{stageVariables\.([A-Za-z0-9_]+)\}/g, (whole, name: string) => {
    const value = variables?.[name];
    if (value === undefined) unknown.add(name);
    return value ?? whole;
  });
}

/** Of "arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<function ARN>/invocations". */
function functionIn(uri: string): Pick<FunctionBehind, "functionName" | "qualifier"> | undefined {
  const arn = /:lambda:path\/[^/]+\/functions\/(.+)\/invocations$/.exec(uri)?.[1];
  if (arn === undefined || arn.includes("${")) return undefined;
  const parts = arn.split(":");
  // arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
  return { functionName: parts.slice(0, 7).join(":"), qualifier: parts[7] };
}
