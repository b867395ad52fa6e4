import type { LogSink } from "../../telemetry/log-sink.ts";
import type { AccessLogSettings } from "./api-definition.ts";
import { contextVariablesOf } from "./context-variables.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { contextValue } from "./mapping/parameters.ts";

/** What is known of a request when it has been answered. */
export interface Answered {
  readonly exchange: Exchange;
  readonly answer: GatewayAnswer;
  readonly latencyMs: number;
}

interface AccessLogOutlet {
  readonly logs: LogSink;
  readonly stream: string;
  /** After the group's name: "/Canary" for a canary's own log. */
  readonly suffix: string;
}

/**
 * Compiles a stage's access log: one line per request, `$context` variables filled in, "-" for what is
 * not known. CLF, JSON, XML and CSV are all such texts. Values are not escaped, as on AWS.
 * Source: AWS docs, "Variables for access logging for API Gateway".
 */
export function compileAccessLog(
  settings: AccessLogSettings | undefined,
  { logs, stream, suffix }: AccessLogOutlet,
): ((answered: Answered) => void) | undefined {
  const { format, destinationArn } = settings ?? {};
  const named = /:log-group:(.+?)(?::\*)?$/.exec(destinationArn ?? "")?.[1];
  if (format === undefined || named === undefined) return undefined;
  const group = `${named}${suffix}`;
  const line = format.replace(/\r?\n$/, "");
  return (answered) => {
    const { exchange } = answered;
    const own = logVariables(answered);
    const valueOf = (path: string) => own[path] ?? contextValue(exchange, path.split(".")) ?? "-";
    const message = line.replaceAll(
      /\$context\.([A-Za-z0-9_.]*[A-Za-z0-9_])|\$\{context\.([A-Za-z0-9_.]+)\}/g,
      (_whole, plain: string | undefined, braced: string | undefined) =>
        valueOf(plain ?? braced ?? ""),
    );
    logs.append(exchange.place, group, stream, [{ atMs: exchange.startedAtMs, message }]);
  };
}

/** Variables that only a finished request has. */
function logVariables({
  exchange,
  answer,
  latencyMs,
}: Answered): Readonly<Record<string, string | undefined>> {
  const { failure, integrationStatus, integrationMs } = exchange;
  const latency = integrationMs === undefined ? undefined : String(Math.round(integrationMs));
  const status = integrationStatus === undefined ? undefined : String(integrationStatus);
  return {
    status: String(answer.status),
    responseLength: String(Buffer.byteLength(answer.body)),
    responseLatency: String(Math.round(latencyMs)),
    integrationLatency: latency,
    "integration.latency": latency,
    integrationStatus: status,
    "integration.status": status,
    "integration.integrationStatus": status,
    integrationErrorMessage: failure?.detail,
    "integration.error": failure?.detail,
    "error.message": failure?.row.message,
    "error.messageString": failure && JSON.stringify(failure.row.message),
    "error.responseType": failure?.row.responseType,
  };
}

/**
 * The execution log of one request, the lines that say most of what AWS's many say.
 * Source: AWS docs, "Set up CloudWatch logging for REST APIs".
 */
export function executionLogLines(
  { exchange, answer }: Answered,
  level: string | undefined,
): string[] {
  const { requestId, failure, route } = exchange;
  if (level === "ERROR" && failure === undefined) return [];
  const context = contextVariablesOf(exchange);
  const info =
    level === "INFO"
      ? [
          `Extended Request Id: ${exchange.extendedRequestId}`,
          `Starting execution for request: ${requestId}`,
          `HTTP Method: ${context.httpMethod}, Resource Path: ${context.path}`,
          `Method request path: ${JSON.stringify(route?.pathParameters ?? {})}`,
        ]
      : [];
  const failed =
    failure === undefined ? [] : [`Execution failed due to configuration error: ${failure.detail}`];
  const end = level === "INFO" ? [`Method completed with status: ${answer.status}`] : [];
  return [...info, ...failed, ...end].map((line) => `(${requestId}) ${line}`);
}

export function executionLogGroup(apiId: string, stageName: string): string {
  return `API-Gateway-Execution-Logs_${apiId}/${stageName}`;
}
