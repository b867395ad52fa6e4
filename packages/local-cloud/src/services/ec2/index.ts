import type { AnyHandler, Cloud, Service } from "../../service.ts";
import { dryRun } from "./errors.ts";
import { createNetworkPort } from "./network-port.ts";
import { networkInterfaceOperations } from "./operations/network-interfaces.ts";
import { routingOperations } from "./operations/routing.ts";
import { securityGroupRuleOperations } from "./operations/security-group-rules.ts";
import { securityGroupOperations } from "./operations/security-groups.ts";
import { tagOperations } from "./operations/tags.ts";
import { vpcOperations } from "./operations/vpcs.ts";
import type { Ec2Handlers } from "./sdk.ts";
import { createEc2State } from "./state.ts";

/** Amazon EC2, as far as services behind a load balancer need it: the network, described. No packet is filtered. */
export function createEc2(cloud: Cloud): Service {
  const ec2 = createEc2State(cloud);
  const handlers = {
    ...vpcOperations(ec2),
    ...securityGroupOperations(ec2),
    ...securityGroupRuleOperations(ec2),
    ...networkInterfaceOperations(ec2),
    ...routingOperations(ec2),
    ...tagOperations(ec2),
  } satisfies Ec2Handlers;
  return {
    handlers: Object.fromEntries(
      Object.entries(handlers).map(([name, handler]) => [name, unlessDryRun(handler)]),
    ),
    ports: { network: createNetworkPort(ec2) },
  };
}

/** Unverified: that a call with both a fault and DryRun is answered as a dry run here, too. */
function unlessDryRun(handler: AnyHandler): AnyHandler {
  return (input: { readonly DryRun?: boolean }, context) => {
    if (input.DryRun === true) throw dryRun();
    return handler(input, context);
  };
}
