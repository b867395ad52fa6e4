import type { ArmCounts, MetricSource, VersionBucket } from "@headgate/core";
import { describe, expect, it } from "vitest";

/** What one version answered within one bucket. */
export interface Served {
  readonly requests: number;
  readonly errors?: number;
}

/** A source on a platform whose traffic the suite can make. */
export interface ContractTarget {
  readonly source: MetricSource;
  /** On the source's grid; nothing has been counted from here on. */
  readonly startMs: number;
  /** Counted at the start of the bucket number `bucket`, from 0; asked for in order of time. */
  serve(version: string, bucket: number, served: Served): Promise<void>;
  /** Until this many buckets are over and can be read. */
  pass(buckets: number): Promise<void>;
}

/** What every metric source promises, on traffic that is really counted by the platform. */
export function metricSourceContract(name: string, make: () => Promise<ContractTarget>): void {
  describe(`the promises of a metric source: ${name}`, () => {
    it("counts each version by the bucket, in order of time", async () => {
      const target = await make();
      await target.serve("1", 0, { requests: 5 });
      await target.serve("2", 0, { requests: 3, errors: 2 });
      await target.serve("2", 1, { requests: 4, errors: 1 });
      await target.pass(3);
      const found = await countAll(target, 0, 3);
      expect(found.map(plain)).toEqual([
        ["1", 0, 5, 0],
        ["2", 0, 3, 2],
        ["2", 1, 4, 1],
      ]);
      for (const { fromMs, toMs } of found) expect(toMs - fromMs).toBe(target.source.resolutionMs);

      function plain({ version, fromMs, counts }: VersionBucket) {
        const bucket = (fromMs - target.startMs) / target.source.resolutionMs;
        return [version, bucket, counts.requests, counts.errors];
      }
    });

    it("leaves out a bucket that is not wholly in the window", async () => {
      const target = await make();
      const { source, startMs } = target;
      for (const bucket of [0, 1, 2]) await target.serve("1", bucket, { requests: bucket + 1 });
      await target.pass(4);
      const window = { fromMs: startMs + 1, toMs: startMs + 3 * source.resolutionMs - 1 };
      const found = await count(source, window);
      expect(found.map(({ counts }) => counts.requests)).toEqual([2]);
      // Windows that meet within a bucket lose it; on the grid they lose and repeat nothing.
      const halves = [await countAll(target, 0, 1), await countAll(target, 1, 4)].flat();
      expect(halves).toEqual(await countAll(target, 0, 4));
    });

    it("gives the same when it is asked again", async () => {
      const target = await make();
      await target.serve("1", 0, { requests: 2, errors: 1 });
      await target.serve("2", 1, { requests: 2 });
      await target.pass(3);
      expect(await countAll(target, 0, 3)).toEqual(await countAll(target, 0, 3));
    });

    it("has nothing where there were no requests", async () => {
      const target = await make();
      const { source, startMs } = target;
      await target.serve("1", 0, { requests: 1 });
      await target.pass(2);
      const found = await countAll(target, 0, 2);
      expect(found.map(({ version }) => version)).toEqual(["1"]);
      expect(await count(source, { fromMs: startMs, toMs: startMs })).toEqual([]);
      const window = { fromMs: startMs, toMs: startMs + 2 * source.resolutionMs };
      expect(await source.baseline("2", window)).toBeUndefined();
      expect([...(await source.compare(["1", "2"], window)).versions.keys()]).toEqual(["1"]);
    });

    it("counts latencies above each threshold, and none unless asked", async () => {
      const target = await make();
      await target.serve("1", 0, { requests: 3 });
      await target.pass(2);
      const [bucket] = await countAll(target, 0, 2, [0.000_001, 3_600_000]);
      expect(bucket?.counts.slow).toEqual([3, 0]);
      const [unasked] = await countAll(target, 0, 2);
      expect(unasked?.counts.requests).toBe(3);
      expect(unasked?.counts).not.toHaveProperty("slow");
    });

    it("agrees with its own comparison of whole windows", async () => {
      const target = await make();
      await target.serve("1", 0, { requests: 4, errors: 1 });
      await target.serve("1", 1, { requests: 2 });
      await target.pass(3);
      const { source, startMs } = target;
      const window = { fromMs: startMs, toMs: startMs + 3 * source.resolutionMs };
      const { versions } = await source.compare(["1"], window);
      expect(versions.get("1")).toMatchObject(total(await countAll(target, 0, 3)));
      const read = await source.read({ kind: "builtIn", metric: "requests", version: "1" }, window);
      expect(read.value).toBe(6);
    });
  });
}

/** For a platform whose counts can come late; `serve` then takes a bucket that is long over. */
export function lateCountsContract(name: string, make: () => Promise<ContractTarget>): void {
  it(`shows what came late when it is asked again: ${name}`, async () => {
    const target = await make();
    await target.serve("1", 0, { requests: 1 });
    await target.pass(3);
    expect(total(await countAll(target, 0, 3))).toEqual({ requests: 1, errors: 0 });
    await target.serve("1", 0, { requests: 2, errors: 1 });
    expect(total(await countAll(target, 0, 3))).toEqual({ requests: 3, errors: 1 });
  });
}

function count(
  source: MetricSource,
  window: { fromMs: number; toMs: number },
  slow: number[] = [],
) {
  const versions = ["1", "2"].map((version) => ({ version, slowerThanMs: slow }));
  return source.count({ versions, window, custom: [] });
}

function countAll(target: ContractTarget, from: number, to: number, slow?: number[]) {
  const at = (bucket: number) => target.startMs + bucket * target.source.resolutionMs;
  return count(target.source, { fromMs: at(from), toMs: at(to) }, slow);
}

function total(buckets: readonly VersionBucket[]): Pick<ArmCounts, "requests" | "errors"> {
  const sum = (pick: (counts: ArmCounts) => number) =>
    buckets.reduce((so, { counts }) => so + pick(counts), 0);
  return { requests: sum((counts) => counts.requests), errors: sum((counts) => counts.errors) };
}
