import {
  CreateListenerCommand,
  type CreateListenerCommandInput,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  CreateServiceNetworkCommand,
  CreateServiceNetworkServiceAssociationCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  RegisterTargetsCommand,
  type RuleAction,
  VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import { virtualClock } from "../../../src/clock.ts";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { lambdaCloud } from "../lambda/lambda-cloud.ts";

export const START_MS = Date.parse("2026-11-20T10:00:00Z");
export const VPC = "vpc-0123456789abcdef0";

export type LatticeCloud = Awaited<ReturnType<typeof latticeCloud>>;

/** A cloud on a virtual clock, with a client of VPC Lattice and ways to make its nouns in one line. */
export async function latticeCloud(
  options: LocalCloudOptions = {},
  roles: "create" | "keep" = "create",
) {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const functions = await lambdaCloud({ clock, ...options }, roles);
  const { cloud } = functions;
  const lattice = cloud.client<VPCLatticeClient>(VPCLatticeClient);
  /** Long enough for all that is being made or removed. */
  const settle = () => cloud.advance(1000);

  const group = async (more: Partial<CreateTargetGroupCommandInput> = {}) => {
    const { id = "", arn = "" } = await lattice.send(
      new CreateTargetGroupCommand({ name: `group-${++made}`, type: "LAMBDA", ...more }),
    );
    await settle();
    return { id, arn };
  };
  let made = 0;

  return {
    ...functions,
    lattice,
    settle,
    group,

    /** A group of one function, which answers with `app`. */
    async functionGroup(
      name: string,
      app: string,
      more: Partial<CreateTargetGroupCommandInput> = {},
    ) {
      await functions.create(name, {}, app);
      const own = await group(more);
      const targets = [{ id: functionArn(name) }];
      await lattice.send(new RegisterTargetsCommand({ targetGroupIdentifier: own.id, targets }));
      return own;
    },

    /** A group of addresses of this machine. */
    async addressGroup(
      ports: readonly number[],
      healthCheck: NonNullable<CreateTargetGroupCommandInput["config"]>["healthCheck"] = {
        enabled: false,
      },
    ) {
      const own = await group({
        type: "IP",
        config: { port: 80, protocol: "HTTP", vpcIdentifier: VPC, healthCheck },
      });
      const targets = ports.map((port) => ({ id: "127.0.0.1", port }));
      await lattice.send(new RegisterTargetsCommand({ targetGroupIdentifier: own.id, targets }));
      return own;
    },

    /** An active service in an active network, and its listener. */
    async service(
      defaultAction: RuleAction,
      more: {
        readonly service?: Partial<CreateServiceCommandInput>;
        readonly listener?: Partial<CreateListenerCommandInput>;
        readonly networkAuth?: "NONE" | "AWS_IAM";
      } = {},
    ) {
      const number = ++made;
      const {
        id = "",
        arn = "",
        dnsEntry,
      } = await lattice.send(
        new CreateServiceCommand({ name: `service-${number}`, ...more.service }),
      );
      const network = await lattice.send(
        new CreateServiceNetworkCommand({ name: `network-${number}`, authType: more.networkAuth }),
      );
      await settle();
      const listener = await lattice.send(
        new CreateListenerCommand({
          serviceIdentifier: id,
          name: "main",
          protocol: "HTTP",
          defaultAction,
          ...more.listener,
        }),
      );
      const association = await lattice.send(
        new CreateServiceNetworkServiceAssociationCommand({
          serviceIdentifier: id,
          serviceNetworkIdentifier: network.id,
        }),
      );
      await settle();
      return {
        id,
        arn,
        domainName: dnsEntry?.domainName ?? "",
        listenerId: listener.id ?? "",
        networkId: network.id ?? "",
        networkArn: network.arn ?? "",
        associationId: association.id ?? "",
        /** Calls it by path. */
        call: (path: string, init?: RequestInit) =>
          fetch(`${cloud.url}/_aws/vpc-lattice/${id}${path}`, init),
      };
    },
  };
}

export function functionArn(name: string, qualifier?: string): string {
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

/** One group gets everything. */
export function forwardTo(...groups: readonly { readonly id: string; readonly weight?: number }[]) {
  return {
    forward: {
      targetGroups: groups.map(({ id, weight }) => ({ targetGroupIdentifier: id, weight })),
    },
  } satisfies RuleAction;
}

/** A handler that answers `text` in the form that VPC Lattice wants. */
export function answering(text: string, status = 200): string {
  return [
    "def handler(event, context):",
    `    return {"statusCode": ${status}, "headers": {"x-from": ${JSON.stringify(text)}}, "body": ${JSON.stringify(text)}}`,
  ].join("\n");
}

/** A handler that answers with the event it got. */
export const ECHO = [
  "import json",
  "def handler(event, context):",
  '    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}',
].join("\n");
