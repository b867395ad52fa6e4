import type { CreateDomainNameRequest, DomainName } from "@aws-sdk/client-api-gateway";
import { CUSTOM_DOMAIN_DOOR } from "../../../data-plane/execute-api/address.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { wholeSecond } from "../../dates.ts";
import { badRequest, domainNotFound, invalidPatchPath, onlyReplace } from "../errors.ts";
import { pageByPosition } from "../lookups.ts";
import { type Patch, readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, type DomainRow, SERVICE } from "../state.ts";

/** Custom domain names. A certificate is named and never looked at: the local cloud speaks HTTP only. */
export function domainNameOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateDomainName(input, context) {
      const name = nameOf(input);
      if (cloud.store.scopes(SERVICE).some((place) => tables.domains(place).has(name))) {
        throw badRequest("The domain name you provided already exists.");
      }
      const domain = newDomain(gateway, context, name, input);
      tables.domains(context).set(name, domain);
      claim(gateway, domain);
      return domainShape(domain, context);
    },

    GetDomainName: (input, context) =>
      domainShape(domainOf(gateway, context, input.domainName), context),

    GetDomainNames(input, context) {
      const page = pageByPosition(tables.domains(context).values(), input, ({ name }) => name);
      return {
        items: page.items.map((domain) => domainShape(domain, context)),
        position: page.nextToken,
      };
    },

    UpdateDomainName(input, context) {
      const domain = domainOf(gateway, context, input.domainName);
      const next = readPatches(input.patchOperations).reduce(patchDomain, domain);
      tables.domains(context).set(domain.name, next);
      return domainShape(next, context);
    },

    DeleteDomainName(input, context) {
      const { name, targetName } = domainOf(gateway, context, input.domainName);
      cloud.store.transaction(() => {
        const basePaths = tables.basePaths(context, name);
        for (const [key] of basePaths.entries()) basePaths.delete(key);
        tables.domains(context).delete(name);
      });
      for (const host of hostsOf(name)) cloud.hostNames.release(host);
      cloud.hostNames.releaseTarget(targetName);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

/** Makes the stored names lead here, after a restart. */
export function claimDomains(gateway: ApiGateway): void {
  for (const place of gateway.cloud.store.scopes(SERVICE)) {
    for (const domain of gateway.tables.domains(place).values()) claim(gateway, domain);
  }
}

function claim({ cloud }: ApiGateway, { name, targetName }: DomainRow): void {
  for (const host of hostsOf(name)) {
    cloud.hostNames.claim(host, { service: SERVICE, door: CUSTOM_DOMAIN_DOOR });
  }
  cloud.hostNames.claimTarget(targetName, name);
}

/** Browsers and curl find the second form without any DNS. */
function hostsOf(name: string): readonly string[] {
  return [name, `${name}.localhost`];
}

/** "api.example.com.localhost" to "api.example.com". */
export function withoutLocalhost(host: string): string {
  return host.replace(/\.localhost$/, "");
}

/** @throws NotFoundException */
export function domainOf(
  { tables }: ApiGateway,
  place: Place,
  name: string | undefined,
): DomainRow {
  const domain = tables.domains(place).get(name ?? "");
  if (domain === undefined) throw domainNotFound();
  return domain;
}

/** Two labels at least, so that no name is this machine's own. Unverified: the text. */
function nameOf({ domainName = "" }: CreateDomainNameRequest): string {
  if (!/^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/.test(domainName)) {
    throw badRequest("Invalid domain name: must be a valid, lowercase DNS name");
  }
  return domainName;
}

function newDomain(
  { cloud }: ApiGateway,
  { region }: Place,
  name: string,
  input: CreateDomainNameRequest,
): DomainRow {
  const endpointType = input.endpointConfiguration?.types?.[0] ?? "EDGE";
  if (endpointType === "PRIVATE") throw privateNotYet();
  const isEdge = endpointType === "EDGE";
  const certificate = isEdge
    ? (input.certificateArn ?? input.certificateName)
    : (input.regionalCertificateArn ?? input.regionalCertificateName);
  if (certificate === undefined) {
    // Unverified: the text.
    throw badRequest(
      "A certificate is required: set certificateArn (EDGE) or regionalCertificateArn (REGIONAL)",
    );
  }
  const id = cloud.random.string(isEdge ? 13 : 10, "abcdefghijklmnopqrstuvwxyz0123456789");
  return {
    name,
    endpointType,
    certificateName: input.certificateName,
    certificateArn: input.certificateArn,
    regionalCertificateName: input.regionalCertificateName,
    regionalCertificateArn: input.regionalCertificateArn,
    targetName: isEdge ? `d${id}.cloudfront.net` : `d-${id}.execute-api.${region}.amazonaws.com`,
    securityPolicy: input.securityPolicy ?? "TLS_1_2",
    createdAtMs: cloud.clock.nowMs(),
    tags: input.tags ?? {},
  };
}

/** Ours. */
function privateNotYet() {
  return badRequest("The local cloud does not have private custom domain names. Use REGIONAL.");
}

const CERTIFICATES = [
  "certificateName",
  "certificateArn",
  "regionalCertificateName",
  "regionalCertificateArn",
] as const;

/** Source: AWS docs, "patch operations", UpdateDomainName. The endpoint's type is not patched here. */
function patchDomain(domain: DomainRow, patch: Patch): DomainRow {
  const [member = "", ...rest] = patch.keys;
  const certificate = CERTIFICATES.find((one) => one === member);
  if (rest.length > 0 || (certificate === undefined && member !== "securityPolicy")) {
    throw invalidPatchPath(patch.path);
  }
  if (patch.op !== "replace" && patch.op !== "add") throw onlyReplace();
  if (certificate !== undefined) return { ...domain, [certificate]: patch.value };
  if (patch.value !== "TLS_1_0" && patch.value !== "TLS_1_2") {
    // Unverified: the text.
    throw badRequest("Invalid security policy: must be TLS_1_0 or TLS_1_2");
  }
  return { ...domain, securityPolicy: patch.value };
}

/** CloudFront's zone, the same for all. Source: AWS docs, "Amazon API Gateway endpoints and quotas". */
const EDGE_ZONE = "Z2FDTNDATAQYW2";
/** Of us-east-1; the local cloud has no other. Source: the same page. */
const REGIONAL_ZONE = "Z1UJRXOUMOOFQ8";

function domainShape(domain: DomainRow, { region }: Place): DomainName {
  const isEdge = domain.endpointType === "EDGE";
  return {
    domainName: domain.name,
    domainNameArn: `arn:aws:apigateway:${region}::/domainnames/${domain.name}`,
    certificateName: domain.certificateName,
    certificateArn: domain.certificateArn,
    certificateUploadDate: isEdge ? wholeSecond(domain.createdAtMs) : undefined,
    regionalDomainName: isEdge ? undefined : domain.targetName,
    regionalHostedZoneId: isEdge ? undefined : REGIONAL_ZONE,
    regionalCertificateName: domain.regionalCertificateName,
    regionalCertificateArn: domain.regionalCertificateArn,
    distributionDomainName: isEdge ? domain.targetName : undefined,
    distributionHostedZoneId: isEdge ? EDGE_ZONE : undefined,
    endpointConfiguration: { types: [domain.endpointType], ipAddressType: "ipv4" },
    domainNameStatus: "AVAILABLE",
    securityPolicy: domain.securityPolicy,
    tags: Object.keys(domain.tags).length === 0 ? undefined : { ...domain.tags },
  };
}
