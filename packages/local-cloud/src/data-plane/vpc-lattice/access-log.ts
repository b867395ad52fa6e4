import type { LogSink } from "../../telemetry/log-sink.ts";
import type { Exchange } from "./exchange.ts";
import { isTls } from "./exchange.ts";
import { sourceVpcArn } from "./lattice-headers.ts";
import type { Measurement } from "./meters.ts";

/**
 * Writes one record for each log group. What is not known is "-", as on AWS.
 * Source: AWS docs, "Access log contents"; order and form of a recorded entry
 * (aws-samples, VPC Lattice with an Envoy front end). Unverified: the stream's name.
 */
export function writeAccessLog(logs: LogSink, exchange: Exchange, measured: Measurement): void {
  const { service, startedAtMs } = exchange;
  if (service.logGroups.length === 0) return;
  const message = JSON.stringify(recordOf(exchange, measured));
  for (const group of service.logGroups) {
    logs.append(service.place, group, `VpcLattice_AccessLogs_${service.id}`, [
      { atMs: startedAtMs, message },
    ]);
  }
}

function recordOf(exchange: Exchange, measured: Measurement) {
  const { message, service, network, listener, group, chosen, principal } = exchange;
  const known = (value: string | undefined) => value ?? "-";
  const targetMs = Math.round(exchange.targetMs ?? 0);
  const requestMs = Math.round(measured.requestMs);
  const hasAddress = chosen?.port !== undefined;
  return {
    serviceNetworkArn: network.arn,
    resolvedUser: known(principal?.arn),
    listenerType: "-",
    authDeniedReason: known(exchange.authDeniedReason),
    targetGroupArn: known(group?.arn),
    sourceVpcArn: known(sourceVpcArn(exchange)),
    destinationVpcId: known(group?.config.vpcIdentifier),
    sourceIpPort: `${exchange.sourceIp}:${message.socket.remotePort ?? 0}`,
    listenerId: listener.id,
    targetIpPort: hasAddress ? `${chosen.id}:${chosen.port}` : "-",
    failureReason: known(exchange.failureReason),
    serviceArn: service.arn,
    sourceVpcId: known(network.vpcId),
    startTime: new Date(exchange.startedAtMs).toISOString().replace(/\.\d{3}Z$/, "Z"),
    requestMethod: exchange.method,
    requestPath: exchange.path,
    protocol: `HTTP/${message.httpVersion}`,
    responseCode: measured.status,
    bytesReceived: measured.bytesReceived,
    bytesSent: measured.bytesSent,
    duration: requestMs,
    userAgent: known(exchange.header("user-agent")),
    hostHeader: known(exchange.header("host")),
    serverNameIndication: "-",
    requestToTargetDuration: targetMs,
    responseFromTargetDuration: group === undefined ? 0 : Math.max(0, requestMs - targetMs),
    sslCipher: "-",
    tlsVersion: isTls(message) ? "TLSv1.3" : "-",
    callerPrincipal: known(principal?.arn),
    callerPrincipalOrgID: "-",
    callerX509IssuerOU: "-",
    callerX509SubjectCN: "-",
    callerX509SANNameCN: "-",
    callerX509SANDNS: "-",
    callerX509SANURI: "-",
    requestId: exchange.requestId,
  };
}
