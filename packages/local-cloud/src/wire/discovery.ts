import type { IncomingHttpHeaders } from "node:http";
import {
  PROTOCOLS,
  isSigningName,
  type ProtocolName,
  type SigningName,
} from "../model/protocols.ts";
import { formOf } from "./protocols/query.ts";
import { queryValue, type WireRequest } from "./wire-request.ts";

/** What a request says about itself before its service's schemas are known. */
export interface Addressed {
  /** The signing name as sent, or what else names the service; "" when nothing does. */
  readonly service: string;
  readonly region: string | undefined;
  readonly accessKeyId: string;
}

/**
 * Who is called: by the signature's scope first, then by everything else that can tell, so that
 * unsigned requests and presigned links work too.
 */
export function address(request: WireRequest): Addressed {
  const scope = credentialScope(request);
  const service =
    scope?.service ??
    serviceByTarget(request.headers["x-amz-target"]) ??
    serviceByRpcPath(request) ??
    serviceByVersion(request) ??
    serviceByHost(request.headers) ??
    serviceByPath(request) ??
    "";
  return {
    service,
    region: scope?.region ?? regionByHost(request.headers),
    accessKeyId: scope?.accessKeyId ?? "",
  };
}

interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

/** "AKID/20261121/us-east-1/lambda/aws4_request", from the header or a presigned link. */
function credentialScope(request: WireRequest): CredentialScope | undefined {
  const header = request.headers.authorization;
  const credential =
    /^AWS4-\S+\s.*?Credential=([^,\s]+)/.exec(header ?? "")?.[1] ??
    queryValue(request.query, "X-Amz-Credential");
  const parts = credential?.split("/") ?? [];
  const [accessKeyId, , region, service] = parts.slice(-5);
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}

function find(test: (name: SigningName) => boolean): SigningName | undefined {
  return Object.keys(PROTOCOLS).filter(isSigningName).find(test);
}

function serviceByTarget(target: string | string[] | undefined): SigningName | undefined {
  if (typeof target !== "string") return undefined;
  const prefix = target.slice(0, target.lastIndexOf("."));
  return find((name) => PROTOCOLS[name].target === prefix);
}

function serviceByRpcPath({ segments }: WireRequest): SigningName | undefined {
  const [word, target, operation] = segments.slice(-4);
  if (word !== "service" || operation !== "operation") return undefined;
  return find((name) => PROTOCOLS[name].target === target);
}

function serviceByVersion(request: WireRequest): SigningName | undefined {
  if (!isForm(request)) return undefined;
  const version = queryValue(formOf(request), "Version");
  return find((name) => {
    const { apiVersion, protocols } = PROTOCOLS[name];
    return apiVersion === version && protocols.some(isQuery);
  });
}

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

function serviceByHost({ host }: IncomingHttpHeaders): SigningName | undefined {
  const [first = ""] = (host ?? "").split(".");
  return isSigningName(first) ? first : undefined;
}

function regionByHost({ host }: IncomingHttpHeaders): string | undefined {
  return host?.split(".").find((label) => REGION.test(label));
}

function serviceByPath({ segments }: WireRequest): SigningName | undefined {
  const [first = ""] = segments;
  return find((name) => {
    const row = PROTOCOLS[name];
    return "paths" in row && row.paths.some((path) => path === first);
  });
}

function isQuery(protocol: ProtocolName): protocol is "awsQuery" | "ec2Query" {
  return protocol === "awsQuery" || protocol === "ec2Query";
}

function isForm(request: WireRequest): boolean {
  return (
    queryValue(request.query, "Action") !== undefined ||
    (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded")
  );
}

const SMITHY_PROTOCOLS: Readonly<Record<string, ProtocolName>> = {
  "rpc-v2-cbor": "rpcv2Cbor",
  "rpc-v2-json": "rpcv2Json",
};

/** The protocol of a request to a known service: the one of the service's that it looks like. */
export function protocolOf(service: SigningName, request: WireRequest): ProtocolName {
  const { protocols } = PROTOCOLS[service];
  const looks = looksLike(request);
  const offered: readonly ProtocolName[] = protocols;
  return offered.find((name) => looks.includes(name)) ?? protocols[0];
}

/** For a request whose service is unknown, so that its client can still read the refusal. */
export function likelyProtocol(service: string, request: WireRequest): ProtocolName {
  return looksLike(request)[0] ?? (XML_SERVICES.has(service) ? "restXml" : "restJson1");
}

const XML_SERVICES: ReadonlySet<string> = new Set(["cloudfront", "s3", "s3express"]);

function looksLike(request: WireRequest): readonly ProtocolName[] {
  const smithy = SMITHY_PROTOCOLS[String(request.headers["smithy-protocol"] ?? "")];
  if (smithy !== undefined) return [smithy];
  if (request.headers["x-amz-target"] !== undefined) {
    const isOld = request.headers["content-type"] === "application/x-amz-json-1.0";
    return isOld ? ["awsJson1_0", "awsJson1_1"] : ["awsJson1_1", "awsJson1_0"];
  }
  if (isForm(request)) return ["awsQuery", "ec2Query"];
  return [];
}
