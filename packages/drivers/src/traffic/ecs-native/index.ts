import type { LiveRoute } from "@headgate/core";
import { albTargetGroupCounters } from "../../metrics/alb-target-groups.ts";
import { cloudWatchSource } from "../../metrics/cloudwatch-source.ts";
import { testersWay } from "../ecs-task-sets/testers.ts";
import { ecsCalls } from "../ecs/calls.ts";
import { forwardApi } from "../ecs/forward.ts";
import { ALB_FEED, type EcsDriver, type EcsOptions, PROPAGATION_MS } from "../ecs/options.ts";
import { dimensionOf, type EcsPlace, locate } from "../ecs/place.ts";
import { preventionFor } from "../ecs/prevention.ts";
import { RESOLUTION_BPS } from "../lattice/weights.ts";
import { findOnce } from "../find-once.ts";
import { balancerOf } from "./balancer.ts";
import { cleanUp } from "./clean-up.ts";
import { nativeApi } from "./native-api.ts";
import type { NativeParts } from "./native-parts.ts";
import { preflight } from "./preflight.ts";
import { prepareCanary } from "./prepare.ts";
import { routeReader } from "./reader.ts";
import { restore } from "./restore.ts";
import { groupOf, liveRoute, type NativeRoute } from "./route.ts";
import { promote, setWeight } from "./shift.ts";

/**
 * For one change with all that it needs. Shorter than the controller waits (30 s), because nothing may be sent after
 * it has given up.
 */
const CHANGE_MS = 25_000;
/** As core takes it when a specification names none. */
const DEADLINE_MS = 24 * 3_600_000;

/**
 * Releases an ECS service with the ECS deployment controller: ECS starts the new tasks, moves the traffic in steps of
 * its own, and takes the old tasks down. Headgate has it stand still before every step and after the last one (PAUSE
 * hooks), and lets it go on (ContinueServiceDeployment) or has it turn back (StopServiceDeployment). When nobody
 * answers, ECS turns back by itself.
 */
export function ecsNativeDriver(options: EcsOptions): EcsDriver {
  const { clients, run, clock, target, revision } = options;
  const calls = ecsCalls(options);

  const at = async (place: EcsPlace): Promise<NativeParts> => {
    const api = nativeApi(calls, place);
    const forward = forwardApi(calls, place.action);
    const prevention = () => preventionFor(calls, place);
    const { service } = await api.look();
    const isTestedByEcs = balancerOf(place, service)?.testListenerRule !== undefined;
    return {
      calls,
      clock,
      place,
      api,
      forward,
      reader: routeReader({ place, forward, api, prevention }),
      // A test listener that ECS knows of, ECS moves itself.
      testers: testersWay(
        calls,
        isTestedByEcs ? { ...place, testListener: undefined } : place,
        target.testers,
      ),
      revision,
      strategy: options.strategy ?? { kind: "blueGreen" },
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    };
  };

  const located = findOnce(() => locate(calls, target).then(at));

  /** The time that it takes to find the place counts too. */
  const shift = async (
    change: (parts: NativeParts, untilMs: number) => Promise<NativeRoute>,
  ): Promise<LiveRoute> => {
    const untilMs = clock.nowMs() + CHANGE_MS;
    return liveRoute(await change(await located(), untilMs));
  };

  return {
    place: async () => (await located()).place,
    async groupOf(version) {
      const { place, reader } = await located();
      return groupOf(place, await reader.read(), version);
    },
    async describe() {
      const { place, reader } = await located();
      const ecs = await clients.ecs();
      return {
        id: place.serviceArn,
        label: `ecs ${place.label} by its own deployments (${await ecs.config.region()})`,
        route: liveRoute(await reader.read()),
        resolutionBps: RESOLUTION_BPS,
        propagationMs: options.propagationMs ?? PROPAGATION_MS,
        prevention: await preventionFor(calls, place),
      };
    },
    preflight: () => preflight(target, located),
    prepare: async () => prepareCanary(await located()),
    readRoute: async () => liveRoute(await (await located()).reader.read()),
    setWeight: (change) => shift((parts, untilMs) => setWeight(parts, change, untilMs)),
    promote: (change) => shift((parts, untilMs) => promote(parts, change, untilMs)),
    restore: (change) => shift((parts, untilMs) => restore(parts, change, untilMs)),
    async cleanUp(versions) {
      const parts = await located();
      const { place } = parts;
      const definition = albTargetGroupCounters({
        loadBalancer: place.loadBalancerDimension,
        targetGroupOf: (arn) => dimensionOf(arn, ""),
        targetGroups: place.groups.map(({ dimension }) => dimension),
      });
      const feed = options.counts ?? ALB_FEED;
      const counts = cloudWatchSource({ clients, run, clock, definition, ...feed });
      await cleanUp(parts, counts, versions);
    },
  };
}
