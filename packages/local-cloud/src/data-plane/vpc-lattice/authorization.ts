import { reasonOf } from "../../iam-enforcement/denial.ts";
import type { Cloud } from "../../service.ts";
import { decideTraffic } from "../authorization/traffic-decision.ts";
import { INVOKE } from "./auth-policy.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Asks the service network's policy, then the service's; where IAM is enforced, each together with the policies of who
 * signed: both sides must allow it.
 * Source: AWS docs, "Control access to VPC Lattice services using auth policies" ("both auth policies and identity-based
 * policies need to have explicit allow statements"); texts from the answers that AWS's samples and workshops on VPC
 * Lattice quote (aws-samples, "Modern web application authentication and authorization with Amazon VPC Lattice"; the
 * one about identities from aws-samples' App Mesh migration). Unverified: the answer to a key that is nobody's.
 * @returns what the client is told, or undefined when it may go on.
 */
export async function refusalOf(cloud: Cloud, exchange: Exchange): Promise<string | undefined> {
  const { network, service } = exchange;
  return (
    (await refusedBy(cloud, exchange, network.auth, "network")) ??
    (await refusedBy(cloud, exchange, service.auth, "service"))
  );
}

async function refusedBy(
  cloud: Cloud,
  exchange: Exchange,
  policy: string | undefined,
  level: "network" | "service",
): Promise<string | undefined> {
  if (policy === undefined) return undefined;
  const { message, principal, signatureFault, service } = exchange;
  if (signatureFault !== undefined) {
    exchange.authDeniedReason = "Identity";
    return `${signatureFault.code}: ${signatureFault.message}`;
  }
  const resource = `${service.arn}${exchange.path}`;
  const decision = await decideTraffic(cloud, {
    message,
    signer: principal,
    place: service.place,
    action: INVOKE,
    resource,
    service: "vpc-lattice",
    keys: (key) => valuesOf(exchange, key),
    policy,
    needsBothSides: true,
  });
  if (decision.allowed) return undefined;
  const isOwn = decision.by === "resource";
  const own = decision.isExplicit
    ? `with an explicit deny in a ${level}-based policy`
    : `because no ${level}-based policy allows the ${INVOKE} action`;
  exchange.authDeniedReason = isOwn ? REASONS[level] : "Identity";
  return (
    `AccessDeniedException: User: ${principal?.arn ?? "anonymous"} is not authorized ` +
    `to perform: ${INVOKE} on resource: ${resource} ${isOwn ? own : reasonOf(INVOKE, decision)}`
  );
}

/** Source: AWS docs, "Access logs for Amazon VPC Lattice". */
const REASONS = { network: "Network", service: "Service" } as const;

/** Source: AWS docs, "Actions, resources, and condition keys for Amazon VPC Lattice Services". */
function valuesOf(exchange: Exchange, key: string): readonly string[] | undefined {
  const { network, service, listener } = exchange;
  const one = (value: string | undefined) => (value === undefined ? undefined : [value]);
  if (key.startsWith("vpc-lattice-svcs:requestheader/")) {
    return one(exchange.header(key.slice(key.indexOf("/") + 1)));
  }
  if (key.startsWith("vpc-lattice-svcs:requestquerystring/")) {
    const name = key.slice(key.indexOf("/") + 1);
    const values = [...exchange.query].filter(([given]) => given.toLowerCase() === name);
    return values.length === 0 ? undefined : values.map(([, value]) => value);
  }
  if (key.startsWith("aws:resourcetag/")) {
    const name = key.slice(key.indexOf("/") + 1);
    return one(Object.entries(service.tags).find(([tag]) => tag.toLowerCase() === name)?.[1]);
  }
  switch (key) {
    case "vpc-lattice-svcs:port":
      return [String(listener.port)];
    case "vpc-lattice-svcs:requestmethod":
      return [exchange.method];
    case "vpc-lattice-svcs:requestpath":
      return [exchange.path];
    case "vpc-lattice-svcs:servicearn":
      return [service.arn];
    case "vpc-lattice-svcs:servicenetworkarn":
      return [network.arn];
    case "vpc-lattice-svcs:sourcevpc":
      return one(network.vpcId);
    case "vpc-lattice-svcs:sourcevpcowneraccount":
      return one(network.vpcId && service.place.account);
    default:
      return undefined;
  }
}
