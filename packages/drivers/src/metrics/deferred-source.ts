import type { MetricSource } from "@headgate/core";

/**
 * A source whose definition needs a look at the platform first.
 *
 * @param shape one of the same kind, for what can be said without looking; it is never asked.
 * @param made asked once, and again after a failure.
 */
export function deferredSource(
  shape: MetricSource,
  made: () => Promise<MetricSource>,
): MetricSource {
  let found: Promise<MetricSource> | undefined;
  const source = async (): Promise<MetricSource> => {
    found ??= made();
    try {
      return await found;
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
  const { resolutionMs, lagMs, countedBy } = shape;
  return {
    resolutionMs,
    lagMs,
    countedBy,
    count: async (query) => (await source()).count(query),
    baseline: async (version, window) => (await source()).baseline(version, window),
    history: async (window) => (await source()).history(window),
    compare: async (versions, window) => (await source()).compare(versions, window),
    read: async (query, window) => (await source()).read(query, window),
  };
}
