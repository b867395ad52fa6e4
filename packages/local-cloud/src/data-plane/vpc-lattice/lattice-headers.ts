import { isHopByHop } from "../hop-by-hop.ts";
import type { Exchange } from "./exchange.ts";
import { isTls } from "./exchange.ts";

/** Who the client is, is Lattice's to say. Source: AWS docs, "HTTP targets in VPC Lattice". */
function isOwn(lowerCaseName: string): boolean {
  return (
    lowerCaseName.startsWith("x-amzn-lattice-") ||
    lowerCaseName === "x-amzn-source-vpc" ||
    lowerCaseName === "x-amzn-requestid" ||
    lowerCaseName.startsWith("x-forwarded-")
  );
}

/** The client's headers, without those of the connection and those that Lattice sets itself. */
export function* clientHeaders({ message }: Exchange): Generator<readonly [string, string]> {
  const { rawHeaders } = message;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (!isHopByHop(name) && !isOwn(name)) yield [name, rawHeaders[index + 1] ?? ""];
  }
}

/**
 * Source: AWS docs, "HTTP targets in VPC Lattice"; their form from aws-samples' recorded output.
 * The truth, where AWS would name its own ports.
 */
export function latticeHeaders(exchange: Exchange): readonly (readonly [string, string])[] {
  const { message, sourceIp, principal, network, service, group, listener } = exchange;
  const before = exchange.header("x-forwarded-for");
  const headers: (readonly [string, string])[] = [
    ["x-forwarded-for", before === undefined ? sourceIp : `${before}, ${sourceIp}`],
    ["x-forwarded-port", String(listener.port)],
    ["x-forwarded-proto", isTls(message) || listener.protocol === "HTTPS" ? "https" : "http"],
    ["x-amzn-requestid", exchange.requestId],
  ];
  if (principal !== undefined) {
    headers.push([
      "x-amzn-lattice-identity",
      `Principal=${principal.arn}; PrincipalOrgID=; SessionName=${principal.sessionName ?? ""}; Type=AWS_IAM`,
    ]);
  }
  if (network.vpcId !== undefined) {
    headers.push(["x-amzn-lattice-network", `SourceVpcArn=${sourceVpcArn(exchange)}`]);
    headers.push(["x-amzn-source-vpc", network.vpcId]);
  }
  headers.push([
    "x-amzn-lattice-target",
    `ServiceArn=${service.arn}; ServiceNetworkArn=${network.arn}; TargetGroupArn=${group?.arn ?? ""}`,
  ]);
  return headers;
}

/** Undefined when the network has no VPC. */
export function sourceVpcArn({ network, service }: Exchange): string | undefined {
  const { region, account } = service.place;
  return network.vpcId && `arn:aws:ec2:${region}:${account}:vpc/${network.vpcId}`;
}
