import { type Call, lastPart, type ServiceDemands, text } from "./call.ts";

const LISTS =
  /^(?:List(?!ResourceRecordSets|TagsForResource)|Create(?:HostedZone|HealthCheck|ReusableDelegationSet)|Get(?:HostedZone|HealthCheck|CheckerIp)(?:Count|Ranges)$|GetCheckerIpRanges|GetAccountLimit|TestDNSAnswer)/;

/** Source: Service Authorization Reference, Amazon Route 53. */
export const ROUTE53: ServiceDemands = {
  prefix: "route53",
  resourcesOf(call) {
    const { operation } = call;
    if (LISTS.test(operation)) return undefined;
    const path = pathOf(call);
    return path === undefined ? undefined : [`arn:aws:route53:::${path}`];
  },
};

function pathOf({ operation, input }: Call): string | undefined {
  const check = text(input, "HealthCheckId");
  if (check !== undefined) return `healthcheck/${check}`;
  const kind = text(input, "ResourceType");
  if (kind !== undefined) return `${kind}/${lastPart(text(input, "ResourceId") ?? "*")}`;
  const id = text(input, "HostedZoneId") ?? text(input, "Id");
  if (id === undefined) return undefined;
  return `${operation === "GetChange" ? "change" : "hostedzone"}/${lastPart(id)}`;
}
