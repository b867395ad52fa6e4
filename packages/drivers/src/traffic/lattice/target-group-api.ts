import type {
  CreateTargetGroupCommandInput,
  TargetGroupStatus,
  TargetGroupType,
  TargetStatus,
} from "@aws-sdk/client-vpc-lattice";
import { RolloutError, type VersionId } from "@headgate/core";
import { allPages, type LatticeCall } from "./lattice-call.ts";
import { idByName, type Named, TARGET_GROUP } from "./place.ts";

export interface Target {
  readonly id: string;
  readonly port: number | undefined;
  readonly status: TargetStatus | "unknown";
  /** AWS's code for it; empty when there is none. */
  readonly reason: string;
}

export interface TargetGroup {
  readonly id: VersionId;
  readonly arn: string;
  readonly name: string;
  readonly type: TargetGroupType | "unknown";
  readonly status: TargetGroupStatus | "unknown";
  /** Why its creation or deletion failed; empty when it did not. */
  readonly failure: string;
  readonly eventVersion: "V1" | "V2" | undefined;
  readonly healthCheck: boolean;
  /** Whose listeners and rules forward to it. */
  readonly serviceArns: readonly string[];
  readonly targets: readonly Target[];
}

/** VPC Lattice's operations on target groups. */
export interface TargetGroupApi {
  /** By id, ARN or name. @throws {RolloutError} TARGET_NOT_FOUND */
  idOf(identifier: string): Promise<VersionId>;
  get(id: VersionId): Promise<TargetGroup>;
  /** Undefined when there is none of that name. */
  findByName(name: string): Promise<VersionId | undefined>;
  create(input: CreateTargetGroupCommandInput): Promise<void>;
  /** @throws {RolloutError} CANARY_UNUSABLE when AWS lists it as unsuccessful, which is no error to AWS. */
  register(id: VersionId, target: string): Promise<void>;
  deregister(id: VersionId, targets: readonly Target[]): Promise<void>;
  delete(id: VersionId): Promise<void>;
  tagsOf(arn: string): Promise<Readonly<Record<string, string>>>;
}

export function targetGroupApi(call: LatticeCall): TargetGroupApi {
  const groupNamed = (id: string) => `target group ${id}`;

  const list = () =>
    allPages<Named>((nextToken) =>
      call("ListTargetGroups", "the region's target groups", (lattice, options) =>
        lattice.listTargetGroups({ nextToken }, options),
      ),
    );

  const targetsOf = async (id: VersionId): Promise<readonly Target[]> => {
    const found = await allPages((nextToken) =>
      call("ListTargets", groupNamed(id), (lattice, options) =>
        lattice.listTargets({ targetGroupIdentifier: id, nextToken }, options),
      ),
    );
    return found.map(({ id: target = "", port, status, reasonCode = "" }): Target => ({
      id: target,
      port,
      status: status ?? "unknown",
      reason: reasonCode,
    }));
  };

  return {
    idOf: (identifier) => idByName(TARGET_GROUP, identifier, "", list),
    async get(id) {
      const found = await call("GetTargetGroup", groupNamed(id), (lattice, options) =>
        lattice.getTargetGroup({ targetGroupIdentifier: id }, options),
      );
      const { arn = "", name = "", type = "unknown", status = "unknown", config } = found;
      return {
        id,
        arn,
        name,
        type,
        status,
        failure: [found.failureCode, found.failureMessage].filter(Boolean).join(": "),
        // Source: AWS docs, API_TargetGroupConfig: V1 when nothing was said.
        eventVersion: type === "LAMBDA" ? (config?.lambdaEventStructureVersion ?? "V1") : undefined,
        healthCheck: config?.healthCheck?.enabled === true,
        serviceArns: found.serviceArns ?? [],
        targets: await targetsOf(id),
      };
    },
    async findByName(name) {
      return (await list()).find((group) => group.name === name)?.id;
    },
    async create(input) {
      await call("CreateTargetGroup", groupNamed(input.name ?? ""), (lattice, options) =>
        lattice.createTargetGroup(input, options),
      );
    },
    async register(id, target) {
      const input = { targetGroupIdentifier: id, targets: [{ id: target }] };
      const { unsuccessful = [] } = await call(
        "RegisterTargets",
        groupNamed(id),
        (lattice, options) => lattice.registerTargets(input, options),
      );
      const [failure] = unsuccessful;
      if (failure === undefined) return;
      const { failureCode = "no code", failureMessage = "no reason given" } = failure;
      throw new RolloutError(
        "CANARY_UNUSABLE",
        `target group ${id} did not take ${target}: ${failureCode}: ${failureMessage}`,
        { hint: "The function must be in the account and region of the target group." },
      );
    },
    async deregister(id, targets) {
      const input = {
        targetGroupIdentifier: id,
        targets: targets.map(({ id: target, port }) => ({ id: target, port })),
      };
      await call("DeregisterTargets", groupNamed(id), (lattice, options) =>
        lattice.deregisterTargets(input, options),
      );
    },
    async delete(id) {
      await call("DeleteTargetGroup", groupNamed(id), (lattice, options) =>
        lattice.deleteTargetGroup({ targetGroupIdentifier: id }, options),
      );
    },
    async tagsOf(resourceArn) {
      const { tags = {} } = await call("ListTagsForResource", resourceArn, (lattice, options) =>
        lattice.listTagsForResource({ resourceArn }, options),
      );
      return tags;
    },
  };
}
