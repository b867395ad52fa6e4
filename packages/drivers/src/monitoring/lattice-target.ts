import type { LiveRoute, MonitoredTarget } from "@headgate/core";
import { latticeTargetGroupCounters } from "../metrics/lattice-target-groups.ts";
import { latticeCall } from "../traffic/lattice/lattice-call.ts";
import { type LatticeTarget, locate } from "../traffic/lattice/place.ts";
import { armOf, type MonitoringAccess } from "./parts.ts";

/**
 * The service as a whole, the target group that serves, and all others together: a canary's group is another one
 * with every release. Where the target is one rule of several, the others' groups count among them too.
 */
export async function latticeTarget(
  access: MonitoringAccess,
  target: LatticeTarget,
  route: Pick<LiveRoute, "stable">,
): Promise<Omit<MonitoredTarget, "name" | "chartsLeftOut">> {
  const { serviceId, label } = await locate(latticeCall(access), target);
  const counters = latticeTargetGroupCounters({
    targetGroupOf: (version) => version,
    service: serviceId,
  });
  const all = counters.traffic.map(({ dimensions }) => dimensions);
  const serving = counters.armsOf(route.stable).map(({ dimensions }) => dimensions);
  return {
    label: `lattice ${label}`,
    arms: [
      armOf(counters, { key: "all", label: "the whole service", added: all, isAlarmed: true }),
      armOf(counters, {
        key: "stable",
        label: `target group ${route.stable}`,
        added: serving,
        isAlarmed: false,
      }),
      armOf(counters, {
        key: "canary",
        label: `target groups other than ${route.stable}`,
        added: all,
        without: serving,
        isAlarmed: true,
      }),
    ],
    extras: [],
    leftOut: [],
  };
}
