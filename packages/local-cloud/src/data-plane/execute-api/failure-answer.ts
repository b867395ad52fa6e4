import { isSendableHeader } from "../http-answer.ts";
import type { GatewayResponseDefinition } from "./api-definition.ts";
import { contextVariablesOf } from "./context-variables.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { type FailureRow, GatewayFailure } from "./gateway-failure.ts";
import { contextValue, literal } from "./mapping/parameters.ts";

/** The answer to a request that ended inside the gateway, as the API redefined it or AWS's own. */
export function answerFailure(exchange: Exchange, failure: GatewayFailure): GatewayAnswer {
  const { row } = failure;
  const custom = customResponse(exchange, row);
  if (custom === undefined) return plainFailure(row);
  contextVariablesOf(exchange).error = {
    message: row.message,
    messageString: JSON.stringify(row.message),
    responseType: row.responseType,
  };
  const [type, template] = templateOf(custom);
  const headers = ["x-amzn-ErrorType", row.errorType, "Content-Type", type];
  for (const [target, expression] of Object.entries(custom.responseParameters)) {
    const name = /^gatewayresponse\.header\.(.+)$/.exec(target)?.[1];
    const value = literal(expression) ?? valueOf(exchange, expression);
    if (name === undefined || value === undefined) continue;
    // It may come from the client's query. Unverified: what AWS does with it.
    if (isSendableHeader(name, value)) headers.push(name, value);
  }
  return {
    status: custom.statusCode === undefined ? row.status : Number(custom.statusCode),
    headers,
    body: fill(exchange, template),
    isTraced: false,
  };
}

/** AWS's own text. Answers about the integration have a space after the colon, the others have none. */
export function plainFailure(row: Omit<FailureRow, "responseType">) {
  const member = row.hasCapital ? '"Message"' : '"message"';
  const message = JSON.stringify(row.message);
  return {
    status: row.status,
    headers: ["x-amzn-ErrorType", row.errorType, "Content-Type", "application/json"],
    body: `{${member}:${row.spaced ? " " : ""}${message}}`,
    isTraced: false,
  } satisfies GatewayAnswer;
}

/** The API's response of this type, or its default of the class. */
function customResponse(
  { api }: Exchange,
  { responseType, status }: FailureRow,
): GatewayResponseDefinition | undefined {
  const own = api.definition.gatewayResponses;
  return own[responseType] ?? own[status >= 500 ? "DEFAULT_5XX" : "DEFAULT_4XX"];
}

function templateOf({ responseTemplates }: GatewayResponseDefinition): readonly [string, string] {
  const json = responseTemplates["application/json"];
  if (json !== undefined) return ["application/json", json];
  return Object.entries(responseTemplates)[0] ?? ["application/json", ""];
}

/** Gateway responses fill in variables; they are not full templates. Source: AWS docs, gateway responses. */
function fill(exchange: Exchange, template: string): string {
  return template.replaceAll(
    /\$(context|stageVariables)\.([A-Za-z0-9_.]*[A-Za-z0-9_])/g,
    (_whole, scope: string, path: string) => valueOf(exchange, `${scope}.${path}`) ?? "",
  );
}

function valueOf(exchange: Exchange, expression: string): string | undefined {
  const { request, route, variables } = exchange;
  const [scope, ...keys] = expression.split(".");
  if (scope === "context") return contextValue(exchange, keys);
  if (scope === "stageVariables") return variables?.[keys.join(".")];
  const name = keys.slice(2).join(".");
  if (expression.startsWith("method.request.header.")) return request.header(name.toLowerCase());
  if (expression.startsWith("method.request.path.")) return route?.pathParameters?.[name];
  if (expression.startsWith("method.request.querystring.")) return request.query?.get(name)?.at(-1);
  return undefined;
}
