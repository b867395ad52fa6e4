import type { VersionBucket } from "@headgate/core";

/** The user's own metrics join the bucket of the same version and time. */
export function withCustom(
  counted: readonly VersionBucket[],
  others: readonly VersionBucket[],
): readonly VersionBucket[] {
  const keyOf = ({ version, fromMs, toMs }: VersionBucket) => `${fromMs} ${toMs} ${version}`;
  const joined = new Map(counted.map((bucket) => [keyOf(bucket), bucket]));
  for (const other of others) {
    const bucket = joined.get(keyOf(other)) ?? other;
    const { custom } = other.counts;
    if (custom !== undefined) {
      joined.set(keyOf(other), { ...bucket, counts: { ...bucket.counts, custom } });
    }
  }
  return [...joined.values()].toSorted((left, right) => left.fromMs - right.fromMs);
}
