import type { LiveRoute } from "@headgate/core";
import { albTargetGroupCounters } from "../../metrics/alb-target-groups.ts";
import { cloudWatchSource } from "../../metrics/cloudwatch-source.ts";
import { ecsCalls } from "../ecs/calls.ts";
import { forwardApi } from "../ecs/forward.ts";
import { ALB_FEED, type EcsDriver, type EcsOptions, PROPAGATION_MS } from "../ecs/options.ts";
import { dimensionOf, type EcsPlace, locate } from "../ecs/place.ts";
import { preventionFor } from "../ecs/prevention.ts";
import { RESOLUTION_BPS } from "../lattice/weights.ts";
import { findOnce } from "../find-once.ts";
import { cleanUp } from "./clean-up.ts";
import { preflight } from "./preflight.ts";
import { prepareCanary, type TaskSetPreparation } from "./prepare.ts";
import { type EcsRoute, groupOf, liveRoute } from "./route.ts";
import { CHANGE_MS, createShifter, type Shifter } from "./shift.ts";
import { taskSetApi } from "./task-set-api.ts";
import { testersWay } from "./testers.ts";

/**
 * Releases an ECS service with the EXTERNAL deployment controller: the new version is a task set in the target group
 * that is idle, and the weights of the listener's or rule's forward action shift the traffic. Which version is
 * stable the service itself says, by its primary task set. Both target groups stay in the action, and take turns.
 */
export function ecsTaskSetDriver(options: EcsOptions): EcsDriver {
  const { clients, run, clock, target, revision } = options;
  const calls = ecsCalls(options);

  const at = (place: EcsPlace): TaskSetPreparation => {
    const sets = taskSetApi(calls, place);
    const forward = forwardApi(calls, place.action);
    const prevention = () => preventionFor(calls, place);
    return {
      calls,
      clock,
      place,
      sets,
      shifter: createShifter({ place, forward, sets, clock, prevention }),
      testers: testersWay(calls, place, target.testers),
      revision,
    };
  };

  const located = findOnce(() => locate(calls, target).then(at));

  /** The time that it takes to find the place counts too. */
  const shift = async (
    change: (shifter: Shifter, untilMs: number) => Promise<EcsRoute>,
  ): Promise<LiveRoute> => {
    const untilMs = clock.nowMs() + CHANGE_MS;
    const { shifter } = await located();
    return liveRoute(await change(shifter, untilMs));
  };

  return {
    place: async () => (await located()).place,
    async groupOf(version) {
      const { place, sets } = await located();
      return groupOf(place, await sets.readService(), version);
    },
    async describe() {
      const { place, shifter } = await located();
      const ecs = await clients.ecs();
      return {
        id: place.serviceArn,
        label: `ecs ${place.label} by task sets (${await ecs.config.region()})`,
        route: liveRoute(await shifter.readRoute()),
        resolutionBps: RESOLUTION_BPS,
        propagationMs: options.propagationMs ?? PROPAGATION_MS,
        prevention: await preventionFor(calls, place),
      };
    },
    preflight: () => preflight(target, located),
    prepare: async () => prepareCanary(await located()),
    readRoute: async () => liveRoute(await (await located()).shifter.readRoute()),
    setWeight: (change) => shift((shifter, untilMs) => shifter.setWeight(change, untilMs)),
    promote: (change) => shift((shifter, untilMs) => shifter.promote(change, untilMs)),
    restore: (change) => shift((shifter, untilMs) => shifter.restore(change, untilMs)),
    async cleanUp(versions) {
      const preparation = await located();
      const { place } = preparation;
      const definition = albTargetGroupCounters({
        loadBalancer: place.loadBalancerDimension,
        targetGroupOf: (arn) => dimensionOf(arn, ""),
        targetGroups: place.groups.map(({ dimension }) => dimension),
      });
      const feed = options.counts ?? ALB_FEED;
      const counts = cloudWatchSource({ clients, run, clock, definition, ...feed });
      await cleanUp(preparation, counts, versions);
    },
  };
}
