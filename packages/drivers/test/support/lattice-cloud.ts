import { type RuleAction, VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { onTestFinished } from "vitest";
import { type LatticeOptions, latticeDriver } from "../../src/traffic/lattice/index.ts";
import {
  ACCESS,
  createFunction,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
  startLambdaCloud,
} from "./lambda-cloud.ts";

const ACCOUNT = "000000000000";

/** A Lambda function's answer in the form that VPC Lattice wants. */
export function answering(text: string): string {
  return `def handler(event, context):\n    return {"statusCode": 200, "body": "${text}"}\n`;
}

export function functionArn(qualifier: string): string {
  return `arn:aws:lambda:${ACCESS.region}:${ACCOUNT}:function:${FUNCTION_NAME}:${qualifier}`;
}

/** A cloud in which version 1 of the function serves behind a VPC Lattice service. */
export interface LatticeCloud extends LambdaCloud {
  /** Past the proxy. */
  readonly lattice: VPCLattice;
  readonly serviceId: string;
  readonly listenerId: string;
  /** The target group that holds version 1. */
  readonly stable: string;
  /** A further target group with this target; of Lambda unless it says otherwise. */
  group(name: string, target?: string): Promise<string>;
  listen(action: RuleAction): Promise<void>;
  /** What a user gets. */
  get(headers?: Readonly<Record<string, string>>): Promise<string>;
}

export async function startLatticeCloud(
  files: Readonly<Record<string, string>> = { "app.py": answering("one") },
): Promise<LatticeCloud> {
  const cloud = await startLambdaCloud();
  await createFunction(cloud, files);
  const lattice = new VPCLattice({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  const settle = () => cloud.advance(2000);
  const group = async (name: string, target?: string) => {
    const { id = "" } = await lattice.createTargetGroup({ name, type: "LAMBDA" });
    await settle();
    if (target !== undefined) {
      const targets = [{ id: target }];
      await lattice.registerTargets({ targetGroupIdentifier: id, targets });
    }
    return id;
  };
  const stable = await group("orders-one", functionArn("1"));
  const service = await lattice.createService({ name: "orders" });
  const network = await lattice.createServiceNetwork({ name: "shop" });
  await settle();
  const { id: serviceIdentifier = "" } = service;
  const { id: listenerIdentifier = "" } = await lattice.createListener({
    serviceIdentifier,
    name: "http",
    protocol: "HTTP",
    defaultAction: forward(stable),
  });
  await lattice.createServiceNetworkServiceAssociation({
    serviceIdentifier,
    serviceNetworkIdentifier: network.id,
  });
  await settle();
  return {
    ...cloud,
    lattice,
    serviceId: serviceIdentifier,
    listenerId: listenerIdentifier,
    stable,
    group,
    async listen(defaultAction) {
      await lattice.updateListener({ serviceIdentifier, listenerIdentifier, defaultAction });
    },
    async get(headers = {}) {
      const answer = await fetch(`${cloud.url}/_aws/vpc-lattice/${serviceIdentifier}/`, {
        headers,
      });
      return answer.text();
    },
    async close() {
      lattice.destroy();
      await cloud.close();
    },
  };
}

/** The same, closed when the test is over. */
export async function latticeCloud(
  files?: Readonly<Record<string, string>>,
): Promise<LatticeCloud> {
  const cloud = await startLatticeCloud(files);
  onTestFinished(() => cloud.close());
  return cloud;
}

/** A target group, of weight 100 unless it says otherwise. */
export type Group = string | readonly [id: string, weight: number];

export function forward(...groups: readonly Group[]): RuleAction {
  const targetGroups = groups.map((one) => {
    const [targetGroupIdentifier, weight] = typeof one === "string" ? [one, 100] : one;
    return { targetGroupIdentifier, weight };
  });
  return { forward: { targetGroups } };
}

/** The driver of the cloud's service, by default with version 2 of the function, which is published here. */
export async function driverOf(cloud: LatticeCloud, options: Partial<LatticeOptions> = {}) {
  const revision = options.revision ?? {
    kind: "version",
    version: await publish(cloud, { "app.py": answering("two") }),
  };
  return latticeDriver({
    ...cloud,
    target: { service: "orders", listener: "http" },
    propagationMs: 0,
    revision,
    ...options,
  });
}
