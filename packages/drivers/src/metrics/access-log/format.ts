/** One request as an access log tells of it. */
export interface LoggedRequest {
  readonly deploymentId: string;
  readonly status: number;
  /** Absent when the format has none, or the line says "-". */
  readonly latencyMs?: number;
}

/** Reads the lines of one access log format. Undefined for a line that is not of it. */
export type LineReader = (line: string) => LoggedRequest | undefined;

/** What a format must have, or nothing can be counted by version. */
export const REQUIRED_VARIABLES = ["deploymentId", "status"] as const;
/** API Gateway's whole time for a request; its own share of it is missing from the second. */
export const LATENCY_VARIABLES = ["responseLatency", "integrationLatency"] as const;

/** What Headgate recommends: all it reads, and what AWS demands of every format ($context.requestId). */
export const RECOMMENDED_FORMAT =
  '{"requestId":"$context.requestId","deploymentId":"$context.deploymentId","status":"$context.status",' +
  '"responseLatency":"$context.responseLatency"}';

/** A line longer than this is not looked at. Ours: a format may hold whole headers of users. */
const LINE_MAX = 16_384;

const VARIABLE = /\$context\.([A-Za-z0-9_.]*[A-Za-z0-9_])|\$\{context\.([A-Za-z0-9_.]+)\}/g;

/** The variables of a format, in order. */
export function variablesOf(format: string): readonly string[] {
  return [...format.matchAll(VARIABLE)].map(([, plain, braced]) => plain ?? braced ?? "");
}

/** What a format lacks to tell versions apart. */
export function missingIn(format: string): readonly string[] {
  const variables = variablesOf(format);
  return REQUIRED_VARIABLES.filter((name) => !variables.includes(name));
}

export function latencyVariableOf(format: string): string | undefined {
  const variables = variablesOf(format);
  return LATENCY_VARIABLES.find((name) => variables.includes(name));
}

/**
 * API Gateway fills the variables into the format and nothing else, whether it is JSON, CLF, XML or CSV: so one
 * pattern made of the format reads every line, and an unquoted quotation mark in a user's header harms nobody.
 * Source: AWS docs, "Variables for access logging for API Gateway". Undefined when versions cannot be told apart.
 */
export function lineReader(format: string): LineReader | undefined {
  if (missingIn(format).length > 0) return undefined;
  const latency = latencyVariableOf(format);
  const seen = new Set<string>();
  let pattern = "^";
  let end = 0;
  for (const match of format.trimEnd().matchAll(VARIABLE)) {
    pattern += escaped(format.slice(end, match.index));
    const name = match[1] ?? match[2] ?? "";
    pattern += groupFor(name, latency, seen);
    end = match.index + match[0].length;
  }
  const whole = new RegExp(`${pattern}${escaped(format.trimEnd().slice(end))}\\s*$`, "s");
  return (line) => {
    if (line.length > LINE_MAX) return undefined;
    const { deploymentId, status, latency: tookMs } = whole.exec(line)?.groups ?? {};
    if (deploymentId === undefined || status === undefined) return undefined;
    const request = { deploymentId, status: Number(status) };
    return tookMs === undefined || tookMs === "-"
      ? request
      : { ...request, latencyMs: Number(tookMs) };
  };
}

/** The values that count have an alphabet of their own; a name may stand in a format twice. */
function groupFor(name: string, latency: string | undefined, seen: Set<string>): string {
  const isFirst = !seen.has(name);
  seen.add(name);
  if (name === "deploymentId") return isFirst ? "(?<deploymentId>[a-z0-9]+)" : "[a-z0-9]+";
  if (name === "status") return isFirst ? "(?<status>\\d{3})" : "\\d{3}";
  if (name === latency && isFirst) return "(?<latency>\\d+(?:\\.\\d+)?|-)";
  return ".*?";
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
