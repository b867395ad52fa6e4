import { type AuthPolicy, type AuthRequest, decide, INVOKE } from "./auth-policy.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Asks the service network's policy, then the service's.
 * Source of the texts: the answers that AWS's samples and workshops on VPC Lattice quote
 * (aws-samples, "Modern web application authentication and authorization with Amazon VPC Lattice").
 * @returns what the client is told, or undefined when it may go on.
 */
export function refusalOf(exchange: Exchange): string | undefined {
  const { network, service } = exchange;
  return (
    refusedBy(exchange, network.auth, "network") ?? refusedBy(exchange, service.auth, "service")
  );
}

function refusedBy(
  exchange: Exchange,
  policy: AuthPolicy | undefined,
  level: "network" | "service",
): string | undefined {
  if (policy === undefined) return undefined;
  const request: AuthRequest = {
    principal: exchange.principal,
    resource: `${exchange.service.arn}${exchange.path}`,
    keys: (key) => valuesOf(exchange, key),
  };
  const decision = decide(policy, request);
  if (decision === "allowed") return undefined;
  exchange.authDeniedReason = level === "network" ? "Network" : "Service";
  const why =
    decision === "denied"
      ? `with an explicit deny in a ${level}-based policy`
      : `because no ${level}-based policy allows the ${INVOKE} action`;
  return (
    `AccessDeniedException: User: ${exchange.principal?.arn ?? "anonymous"} is not authorized ` +
    `to perform: ${INVOKE} on resource: ${request.resource} ${why}`
  );
}

/** Source: AWS docs, "Actions, resources, and condition keys for Amazon VPC Lattice Services". */
function valuesOf(exchange: Exchange, key: string): readonly string[] | undefined {
  const { principal, network, service, listener } = exchange;
  const one = (value: string | undefined) => (value === undefined ? undefined : [value]);
  if (key.startsWith("vpc-lattice-svcs:requestheader/")) {
    return one(exchange.header(key.slice(key.indexOf("/") + 1)));
  }
  if (key.startsWith("vpc-lattice-svcs:requestquerystring/")) {
    const name = key.slice(key.indexOf("/") + 1);
    const values = [...exchange.query].filter(([given]) => given.toLowerCase() === name);
    return values.length === 0 ? undefined : values.map(([, value]) => value);
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
    case "aws:principalarn":
      return one(principal?.principalArn);
    case "aws:principalaccount":
      return one(principal?.account);
    case "aws:principaltype":
      return [typeOf(principal)];
    case "aws:sourceip":
      return [exchange.sourceIp];
    default:
      return undefined;
  }
}

function typeOf(principal: Exchange["principal"]): string {
  if (principal === undefined) return "Anonymous";
  if (principal.sessionName !== undefined) return "AssumedRole";
  return principal.arn.endsWith(":root") ? "Account" : "User";
}
