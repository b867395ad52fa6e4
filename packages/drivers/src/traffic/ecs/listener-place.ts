import type { Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { RolloutError } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { EcsCalls } from "./calls.ts";

/** A listener, or one of its rules. */
export interface ListenerPlace {
  readonly listenerArn: string;
  /** Undefined for the listener's default action. */
  readonly ruleArn: string | undefined;
  readonly loadBalancerArn: string;
  /** For people: "listener shop:443", "rule 10 of listener shop:443". */
  readonly label: string;
}

/** @param given "loadBalancerName:port" or an ARN. */
export async function locateListener(calls: EcsCalls, given: string): Promise<ListenerPlace> {
  const found = given.startsWith("arn:")
    ? await listenerByArn(calls, given)
    : await listenerByPort(calls, given);
  const { ListenerArn: listenerArn = "", LoadBalancerArn: loadBalancerArn = "", Port } = found;
  const label = `listener ${nameOf(loadBalancerArn)}:${Port ?? ""}`;
  return { listenerArn, ruleArn: undefined, loadBalancerArn, label };
}

export async function locateRule(calls: EcsCalls, ruleArn: string): Promise<ListenerPlace> {
  const [rule] = await orNone(async () => {
    const { Rules = [] } = await calls.elb(
      "DescribeRules",
      `rule ${ruleArn}`,
      async (client, options) => client.describeRules({ RuleArns: [ruleArn] }, options),
    );
    return Rules;
  });
  if (rule === undefined) {
    throw notFound(`there is no rule ${ruleArn}`, "aws elbv2 describe-rules --listener-arn ...");
  }
  // "listener-rule/app/shop/lb/listener/rule" belongs to "listener/app/shop/lb/listener".
  const listenerArn = ruleArn.replace(":listener-rule/", ":listener/").replace(/\/[^/]+$/, "");
  const listener = await locateListener(calls, listenerArn);
  // The default action is a rule by itself too, which ModifyRule does not take.
  if (rule.IsDefault === true) return listener;
  return { ...listener, ruleArn, label: `rule ${rule.Priority ?? ""} of ${listener.label}` };
}

async function listenerByArn({ elb }: EcsCalls, arn: string): Promise<Listener> {
  const [found] = await orNone(async () => {
    const { Listeners = [] } = await elb(
      "DescribeListeners",
      `listener ${arn}`,
      async (client, options) => client.describeListeners({ ListenerArns: [arn] }, options),
    );
    return Listeners;
  });
  if (found !== undefined) return found;
  throw notFound(`there is no listener ${arn}`, "aws elbv2 describe-listeners");
}

async function listenerByPort({ elb }: EcsCalls, given: string): Promise<Listener> {
  const [name = "", port = ""] = given.split(":");
  const [balancer] = await orNone(async () => {
    const { LoadBalancers = [] } = await elb(
      "DescribeLoadBalancers",
      `load balancer ${name}`,
      async (client, options) => client.describeLoadBalancers({ Names: [name] }, options),
    );
    return LoadBalancers;
  });
  if (balancer === undefined) {
    throw notFound(`there is no load balancer "${name}"`, "aws elbv2 describe-load-balancers");
  }
  const { LoadBalancerArn } = balancer;
  const { Listeners = [] } = await elb(
    "DescribeListeners",
    `listeners of load balancer ${name}`,
    async (client, options) => client.describeListeners({ LoadBalancerArn }, options),
  );
  const found = Listeners.find(({ Port }) => String(Port) === port);
  if (found !== undefined) return found;
  const ports = Listeners.map(({ Port = 0 }) => Port).join(", ");
  throw notFound(
    `load balancer "${name}" has no listener on port ${port}`,
    ports === "" ? "it has no listener at all" : `it listens on ${ports}`,
  );
}

async function orNone<Item>(list: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
  try {
    return await list();
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function notFound(message: string, look: string): RolloutError {
  return new RolloutError("TARGET_NOT_FOUND", message, {
    hint: `Check the name, the account and the region: ${look}.`,
  });
}

/** "shop" of "arn:...:loadbalancer/app/shop/0123456789abcdef". */
function nameOf(loadBalancerArn: string): string {
  return loadBalancerArn.split("/").at(-2) ?? loadBalancerArn;
}
