import { type MetricSource, RolloutError, type VersionId } from "@headgate/core";
import { albTargetGroupCounters } from "../../metrics/alb-target-groups.ts";
import type { CounterDefinition } from "../../metrics/counter-definition.ts";
import type { EcsDriver } from "./options.ts";

/**
 * The load balancer counts by target group, and a version is a task definition: so each question looks first where
 * its versions are. What was found once is kept, for counts of a version whose tasks are gone.
 *
 * @param sourceOf makes a source of one definition.
 */
export function countsByGroup(
  driver: Pick<EcsDriver, "place" | "groupOf">,
  sourceOf: (definition: CounterDefinition) => MetricSource,
): MetricSource {
  const known = new Map<VersionId, string>();
  let current: { readonly key: string; readonly source: MetricSource } | undefined;

  const source = async (versions: readonly VersionId[]): Promise<MetricSource> => {
    const place = await driver.place();
    for (const version of versions) {
      if (known.has(version)) continue;
      const group = await driver.groupOf(version);
      if (group !== undefined) known.set(version, group.dimension);
    }
    const key = JSON.stringify([...known]);
    if (current?.key === key) return current.source;
    const definition = albTargetGroupCounters({
      loadBalancer: place.loadBalancerDimension,
      targetGroupOf: (version) => known.get(version) ?? nowhere(version),
      targetGroups: place.groups.map(({ dimension }) => dimension),
    });
    current = { key, source: sourceOf(definition) };
    return current.source;
  };

  const { resolutionMs, lagMs, countedBy } = sourceOf(SHAPE);
  return {
    resolutionMs,
    lagMs,
    countedBy,
    async count(query) {
      return (await source(query.versions.map(({ version }) => version))).count(query);
    },
    async baseline(version, window) {
      return (await source([version])).baseline(version, window);
    },
    async history(window) {
      return (await source([])).history(window);
    },
    async compare(versions, window) {
      return (await source(versions)).compare(versions, window);
    },
    async read(query, window) {
      return (await source(query.kind === "builtIn" ? [query.version] : [])).read(query, window);
    },
  };
}

/** For what a source says of itself without looking; it is never asked. */
const SHAPE = albTargetGroupCounters({
  loadBalancer: "",
  targetGroupOf: () => "",
  targetGroups: [],
});

function nowhere(version: VersionId): never {
  throw new RolloutError("METRICS_UNREADABLE", `${version} is in neither target group`, {
    hint: "Its tasks are gone, or not made yet: what it did cannot be told from the other version.",
  });
}
