import { type AlarmSource, type MetricSource, RolloutError } from "@headgate/core";
import { cloudWatchAlarms } from "./alarms/cloudwatch.ts";
import { latticeScope } from "./alarms/lattice-scope.ts";
import { awsRunner } from "./aws/runner.ts";
import type { LambdaRevision } from "./lambda-drivers.ts";
import { chosenSource } from "./metrics/chosen-source.ts";
import { LATTICE_FEED, latticeTargetGroupCounters } from "./metrics/lattice-target-groups.ts";
import { deferredSource } from "./metrics/deferred-source.ts";
import {
  commonDrivers,
  type RolloutDrivers,
  type RolloutDriversOptions,
} from "./rollout-drivers.ts";
import type { Probe } from "./traffic/lambda-alias/prepare.ts";
import { latticeDriver } from "./traffic/lattice/index.ts";
import type { LatticeTarget } from "./traffic/lattice/place.ts";
import type { LatticeRevision } from "./traffic/lattice/prepare.ts";
import type { Testers } from "./traffic/lattice/testers.ts";

export interface LatticeDriversOptions extends RolloutDriversOptions {
  readonly target: LatticeTarget & { readonly testers?: Testers | undefined };
  /** As in headgate.yaml; the parser has seen to it that exactly one source is given. */
  readonly revision: LambdaRevision & { readonly targetGroup?: string | undefined };
  /** How a new Lambda version is asked whether it answers before it gets traffic. Default: invoked with `{}`. */
  readonly probe?: Probe;
}

/** All that a rollout of a VPC Lattice service talks to the world through. */
export function latticeDrivers(options: LatticeDriversOptions): RolloutDrivers {
  const { clients, clock, target, revision } = options;
  const { handler, runtime, environment, description } = revision;
  const { testers, ...place } = target;
  const run = awsRunner(options);
  const traffic = latticeDriver({
    clients,
    run,
    clock,
    target: place,
    testers,
    revision: revisionOf(revision),
    settings: { handler, runtime, environment },
    description,
    probe: options.probe,
    propagationMs: options.propagationMs,
  });
  const access = { clients, run, clock };
  const countersOf = (service: string) =>
    chosenSource(options.source, {
      ...access,
      platform: latticeTargetGroupCounters({ targetGroupOf: (version) => version, service }),
      platformFeed: options.metrics ?? LATTICE_FEED,
      embeddedLagMs: options.metrics?.lagMs,
    });
  return {
    traffic,
    metrics: latticeMetrics(countersOf, () => traffic.serviceId()),
    alarms: latticeAlarms(access, () => traffic.serviceId()),
    ...commonDrivers(options, run, { deploymentType: "Lattice" }),
  };
}

/** The service's id is in the dimensions, and a spec may name the service otherwise. */
function latticeMetrics(
  countersOf: (service: string) => MetricSource,
  serviceId: () => Promise<string>,
): MetricSource {
  return deferredSource(countersOf(""), async () => countersOf(await serviceId()));
}

/** What keeps the service's id from being read must not hide the alarms' states. */
function latticeAlarms(
  access: Parameters<typeof cloudWatchAlarms>[0],
  serviceId: () => Promise<string>,
): AlarmSource {
  const idIfKnown = async () => {
    try {
      return await serviceId();
    } catch (error) {
      if (error instanceof RolloutError) return undefined;
      throw error;
    }
  };
  return {
    async read(names, look) {
      const scopeOf = look === undefined ? undefined : latticeScope(await idIfKnown());
      return cloudWatchAlarms({ ...access, ...(scopeOf && { scopeOf }) }).read(names, look);
    },
  };
}

function revisionOf(revision: LatticeDriversOptions["revision"]): LatticeRevision {
  const { targetGroup, zip, folder, version = "" } = revision;
  if (targetGroup !== undefined) return { kind: "targetGroup", targetGroup };
  if (zip !== undefined) return { kind: "zip", path: zip };
  if (folder !== undefined) return { kind: "folder", path: folder };
  return { kind: "version", version };
}
