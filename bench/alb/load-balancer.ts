// A load balancer of the local cloud with two target groups, made by the calls that any AWS client sends.
import { REGION } from "../local-cloud.ts";

export interface LoadBalancer {
  /** The listener's own port. */
  readonly url: string;
  /** The same listener by the load balancer's name: the cloud's address, and what to put into `Host`. */
  readonly byName: { readonly url: string; readonly host: string };
  weigh(stable: number, canary: number): Promise<void>;
}

const VERSIONS = { ec2: "2016-11-15", elasticloadbalancing: "2015-12-01" } as const;
const HEALTHY_WITHIN_MS = 10_000;

/** @param ports of the two targets. */
export async function createLoadBalancer(
  endpoint: string,
  ports: { readonly stable: number; readonly canary: number },
): Promise<LoadBalancer> {
  const elb = (action: string, given: Readonly<Record<string, string>>) =>
    call(endpoint, "elasticloadbalancing", action, given);
  const network = await call(endpoint, "ec2", "DescribeSubnets", {});
  const subnets = all(network, "subnetId");
  const vpcId = one(network, "vpcId");

  const group = async (name: string, port: number) => {
    const made = await elb("CreateTargetGroup", {
      Name: name,
      TargetType: "ip",
      Protocol: "HTTP",
      Port: "80",
      VpcId: vpcId,
    });
    const arn = one(made, "TargetGroupArn");
    await elb("RegisterTargets", {
      TargetGroupArn: arn,
      "Targets.member.1.Id": "127.0.0.1",
      "Targets.member.1.Port": String(port),
    });
    return arn;
  };
  const stable = await group("stable", ports.stable);
  const canary = await group("canary", ports.canary);
  const forward = (stableWeight: number, canaryWeight: number) => {
    const action = "DefaultActions.member.1";
    const groups = `${action}.ForwardConfig.TargetGroups.member`;
    return {
      [`${action}.Type`]: "forward",
      [`${groups}.1.TargetGroupArn`]: stable,
      [`${groups}.1.Weight`]: String(stableWeight),
      [`${groups}.2.TargetGroupArn`]: canary,
      [`${groups}.2.Weight`]: String(canaryWeight),
    };
  };

  const balancer = await elb("CreateLoadBalancer", {
    Name: "bench",
    "Subnets.member.1": subnets[0] ?? "",
    "Subnets.member.2": subnets[1] ?? "",
  });
  const listener = await elb("CreateListener", {
    LoadBalancerArn: one(balancer, "LoadBalancerArn"),
    Protocol: "HTTP",
    Port: "80",
    ...forward(90, 10),
  });
  for (const arn of [stable, canary]) {
    await untilHealthy(() => elb("DescribeTargetHealth", { TargetGroupArn: arn }));
  }
  await untilServed(endpoint, one(balancer, "DNSName"));
  const listenerArn = one(listener, "ListenerArn");
  return {
    url: await ownUrl(endpoint, listenerArn),
    byName: { url: endpoint, host: one(balancer, "DNSName") },
    async weigh(stableWeight, canaryWeight) {
      await elb("ModifyListener", {
        ListenerArn: listenerArn,
        ...forward(stableWeight, canaryWeight),
      });
    },
  };
}

/** @throws {Error} for every answer that is not a 200. */
async function call(
  endpoint: string,
  service: keyof typeof VERSIONS,
  action: string,
  given: Readonly<Record<string, string>>,
): Promise<string> {
  const scope = `test/20260101/${REGION}/${service}/aws4_request`;
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ Action: action, Version: VERSIONS[service], ...given }).toString(),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${service} ${action}: ${answer.status} ${text}`);
  return text;
}

function all(xml: string, element: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(
    ([, value = ""]) => value,
  );
}

function one(xml: string, element: string): string {
  const [first] = all(xml, element);
  if (first === undefined) throw new Error(`there is no ${element} in ${xml}`);
  return first;
}

function untilHealthy(describe: () => Promise<string>): Promise<void> {
  return until(
    "the targets are healthy",
    async () => all(await describe(), "State")[0] === "healthy",
  );
}

function untilServed(endpoint: string, name: string): Promise<void> {
  const [label = ""] = name.split(".");
  return until("the load balancer is active", async () => {
    const answer = await fetch(`${endpoint}/_aws/elb/${label}/`);
    await answer.arrayBuffer();
    return answer.ok;
  });
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + HEALTHY_WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`not in ${HEALTHY_WITHIN_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ownUrl(endpoint: string, arn: string): Promise<string> {
  const answer = await fetch(`${endpoint}/_aws/elb`);
  const { listeners }: { listeners: { listenerArn: string; url: string }[] } = JSON.parse(
    await answer.text(),
  );
  const url = listeners.find(({ listenerArn }) => listenerArn === arn)?.url;
  if (url === undefined) throw new Error(`${arn} has no port of its own`);
  return url;
}
