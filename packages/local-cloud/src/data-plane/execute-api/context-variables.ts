import type { Exchange } from "./exchange.ts";

/** `$context` of templates and logs, and with fewer members `requestContext` of proxy events. */
export interface ContextVariables extends RequestContextEvent {
  readonly isCanaryRequest: boolean;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly customDomain: { readonly basePathMatched: string } | undefined;
  readonly xrayTraceId: string;
  readonly requestOverride: {
    header: Record<string, unknown>;
    path: Record<string, unknown>;
    querystring: Record<string, unknown>;
  };
  readonly responseOverride: { status?: unknown; header: Record<string, unknown> };
  error?: { message: string; messageString: string; responseType: string };
}

/** Source: AWS docs, "Input format of a Lambda function for proxy integration"; members as recorded. */
export interface RequestContextEvent {
  readonly resourceId: string;
  readonly resourcePath: string;
  readonly httpMethod: string;
  readonly extendedRequestId: string;
  readonly requestTime: string;
  readonly path: string;
  readonly accountId: string;
  readonly protocol: string;
  readonly stage: string;
  readonly domainPrefix: string;
  readonly requestTimeEpoch: number;
  readonly requestId: string;
  readonly identity: Readonly<Record<string, string | null>>;
  readonly domainName: string;
  readonly deploymentId: string;
  readonly apiId: string;
}

export function requestContextOf(exchange: Exchange): RequestContextEvent {
  const { request, place, stage, api, route } = exchange;
  const domainName = domainNameOf(exchange);
  return {
    resourceId: route?.method.resource.id ?? "",
    resourcePath: route?.method.resource.path ?? "",
    httpMethod: request.method,
    extendedRequestId: exchange.extendedRequestId,
    requestTime: requestTime(exchange.startedAtMs),
    path: request.stagePath,
    accountId: place.account,
    protocol: request.protocol,
    stage: stage.stageName,
    domainPrefix: domainName.split(".", 1)[0] ?? "",
    requestTimeEpoch: exchange.startedAtMs,
    requestId: exchange.requestId,
    identity: identityOf(exchange),
    domainName,
    deploymentId: exchange.deploymentId,
    apiId: api.definition.apiId,
  };
}

/** The same object at each call, so that what one template overrides the next one sees. */
export function contextVariablesOf(exchange: Exchange): ContextVariables {
  exchange.context ??= {
    ...requestContextOf(exchange),
    isCanaryRequest: exchange.isCanary,
    stageVariables: exchange.variables ?? {},
    customDomain: exchange.domain && { basePathMatched: exchange.domain.basePath },
    xrayTraceId: exchange.traceId,
    requestOverride: { header: {}, path: {}, querystring: {} },
    responseOverride: { header: {} },
  };
  return exchange.context;
}

/** Who signed is told only where a method has AWS_IAM. */
function identityOf(exchange: Exchange): Readonly<Record<string, string | null>> {
  const { request, apiKey, signer } = exchange;
  const identity: Record<string, string | null> = {
    cognitoIdentityPoolId: null,
    accountId: signer?.account ?? null,
    cognitoIdentityId: null,
    caller: signer?.caller.userId ?? null,
    sourceIp: request.sourceIp,
    principalOrgId: null,
    accessKey: signer?.caller.accessKeyId ?? null,
    cognitoAuthenticationType: null,
    cognitoAuthenticationProvider: null,
    userArn: signer?.caller.arn ?? null,
    userAgent: request.header("user-agent") ?? null,
    user: signer?.caller.userId ?? null,
  };
  if (apiKey !== undefined) {
    identity["apiKey"] = apiKey.value;
    identity["apiKeyId"] = apiKey.id;
  }
  return identity;
}

/** The API's own name, also when the client came by path: functions build links from it. */
function domainNameOf({ request, place, api, domain }: Exchange): string {
  if (domain !== undefined) return domain.host;
  const host = request.header("host") ?? "";
  const name = host.replace(/:\d+$/, "");
  const { apiId } = api.definition;
  return name.startsWith(`${apiId}.`) ? name : `${apiId}.execute-api.${place.region}.amazonaws.com`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
let lastSecond = -1;
let lastText = "";

/** "21/Nov/2026:04:00:00 +0000"; one text serves all requests of a second. */
function requestTime(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  if (second !== lastSecond) {
    const [date = "", time = ""] = new Date(atMs).toISOString().split("T");
    const [year, month, day] = date.split("-");
    lastSecond = second;
    lastText = `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
  }
  return lastText;
}
