import type { EcsStrategy, TrafficDriver, VersionId } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { Feed } from "../../metrics/chosen-source.ts";
import type { EcsPlace, EcsTarget, GroupPlace } from "./place.ts";
import type { EcsRevision } from "./task-definition.ts";

/** What the drivers of both modes are made with. */
export interface EcsOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  readonly target: EcsTarget;
  readonly revision: EcsRevision;
  /** How fine and how late the load balancer's requests are counted. Default: {@link ALB_FEED}. */
  readonly counts?: Feed | undefined;
  /** @see TargetDescription.propagationMs. Default: {@link PROPAGATION_MS}. */
  readonly propagationMs?: number | undefined;
  /** How ECS is to shift in mode native, which it is told beforehand. Default: everything at once. */
  readonly strategy?: EcsStrategy | undefined;
  /** Of the rollout: when nobody was heard of for so long, ECS turns back by itself (native). Default: 24 hours. */
  readonly deadlineMs?: number | undefined;
}

/**
 * Source: AWS docs, load-balancer-cloudwatch-metrics: by the minute. Unverified: AWS documents no bound for when a
 * minute is complete; two minutes are taken, as for Lambda.
 */
export const ALB_FEED: Feed = { resolutionMs: 60_000, lagMs: 120_000 };

/**
 * Unverified: AWS documents no bound for when a weight is true on every node of a load balancer; ten seconds are
 * taken. Kept connections follow at their next request.
 */
export const PROPAGATION_MS = 10_000;

/** A traffic driver that can also say where its versions are. A version is "family:revision" of its task definition. */
export interface EcsDriver extends TrafficDriver {
  place(): Promise<EcsPlace>;
  /** In which target group a version's tasks are; undefined when it has none. */
  groupOf(version: VersionId): Promise<GroupPlace | undefined>;
}
