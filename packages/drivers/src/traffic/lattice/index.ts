import type { LiveRoute, TrafficDriver } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { FunctionSettings } from "../lambda-alias/function-api.ts";
import type { Probe } from "../lambda-alias/prepare.ts";
import { findOnce } from "../find-once.ts";
import { actionApi } from "./action-api.ts";
import { cleanUp } from "./clean-up.ts";
import { latticeCall } from "./lattice-call.ts";
import { permissionApi } from "./permission.ts";
import { type LatticeTarget, locate, type Place } from "./place.ts";
import { preflight } from "./preflight.ts";
import { type LatticePreparation, type LatticeRevision, prepareCanary } from "./prepare.ts";
import { type LatticeRoute, liveRoute } from "./route.ts";
import { CHANGE_MS, createShifter, type Shifter } from "./shift.ts";
import { targetGroupApi } from "./target-group-api.ts";
import { type Testers, testersRule } from "./testers.ts";
import { RESOLUTION_BPS } from "./weights.ts";

export interface LatticeOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  readonly target: LatticeTarget;
  readonly testers?: Testers | undefined;
  readonly revision: LatticeRevision;
  /** What the revision changes beside the code. */
  readonly settings?: FunctionSettings;
  /** Stored with the version that is published. At most 256 characters. */
  readonly description?: string | undefined;
  /** How a function's versions are asked whether they answer. Default: the canary is invoked with `{}`. */
  readonly probe?: Probe | undefined;
  /** @see TargetDescription.propagationMs. Default: what is taken for AWS's. */
  readonly propagationMs?: number | undefined;
}

/**
 * Unverified: AWS documents no bound. Amazon ECS waits 90 s after each change of weight, for the same purpose.
 * Source: AWS docs, ECS blue/green deployments with VPC Lattice.
 */
const PROPAGATION_MS = 90_000;

/** A traffic driver that can also say which service it is about. */
export interface LatticeDriver extends TrafficDriver {
  /** "svc-0...": what CloudWatch counts the whole traffic under. */
  serviceId(): Promise<string>;
}

/**
 * Shifts traffic with the default action of a VPC Lattice listener, or with the action of one of its rules. A
 * version is a target group; the first that the action names is stable, the second the canary. VPC Lattice draws
 * one of them for each request by their weights. It has no conditional write: see ActionApi.replace.
 */
export function latticeDriver(options: LatticeOptions): LatticeDriver {
  const { clock, revision, settings = {}, description } = options;
  const propagationMs = options.propagationMs ?? PROPAGATION_MS;
  const probe = options.probe ?? { kind: "invoke", payload: "{}" };
  const call = latticeCall(options);

  const at = (place: Place): LatticePreparation => ({
    clients: options.clients,
    run: options.run,
    clock,
    place,
    groups: targetGroupApi(call),
    permissions: permissionApi(options),
    shifter: createShifter(actionApi(call, place), clock),
    testers: options.testers && testersRule(call, place, options.testers),
    revision,
    settings,
    description,
    probe,
  });

  const located = findOnce(() => locate(call, options.target).then(at));

  /** The time that it takes to find the place counts too. */
  const shift = async (
    change: (shifter: Shifter, untilMs: number) => Promise<LatticeRoute>,
  ): Promise<LiveRoute> => {
    const untilMs = clock.nowMs() + CHANGE_MS;
    const { shifter } = await located();
    return liveRoute(await change(shifter, untilMs));
  };

  /** A change after which testers get what everybody gets. */
  const end: typeof shift = async (change) => {
    const live = await shift(change);
    await (await located()).testers?.close();
    return live;
  };

  return {
    serviceId: async () => (await located()).place.serviceId,
    async describe() {
      const { place, shifter } = await located();
      const lattice = await options.clients.vpcLattice();
      return {
        id: place.arn,
        label: `lattice ${place.label} (${await lattice.config.region()})`,
        route: liveRoute(await shifter.readRoute()),
        resolutionBps: RESOLUTION_BPS,
        propagationMs,
      };
    },
    preflight: () => preflight(options.target, located),
    prepare: async () => prepareCanary(await located()),
    readRoute: async () => liveRoute(await (await located()).shifter.readRoute()),
    setWeight: (change) => shift((shifter, untilMs) => shifter.setWeight(change, untilMs)),
    promote: (change) => end((shifter, untilMs) => shifter.promote(change, untilMs)),
    restore: (change) => end((shifter, untilMs) => shifter.restore(change, untilMs)),
    cleanUp: async (versions) => cleanUp(await located(), versions),
  };
}
