import { readName, isWithin, withoutDot } from "../names.ts";
import type { RecordRow, ZoneRow } from "../state.ts";

/** Where AWS's own names end, and those that the local cloud gives to the same things. */
const PLATFORM_ENDS = [
  ".amazonaws.com",
  ".amazonaws.com.cn",
  ".on.aws",
  ".cloudfront.net",
  ".elasticbeanstalk.com",
  ".awsglobalaccelerator.com",
  ".localhost",
];

const CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2";

/** Whether a name is of something that the platform runs, and no record of a zone. */
export function isPlatformName(name: string): boolean {
  const host = withoutDot(name).toLowerCase();
  return PLATFORM_ENDS.some((end) => host.endsWith(end));
}

/** What is wrong with an alias, in AWS's words. @param batch the zone's sets as they will be after the batch. */
export function aliasProblems(
  zone: ZoneRow,
  record: RecordRow,
  batch: ReadonlyMap<string, RecordRow>,
): string[] {
  const alias = record.AliasTarget;
  if (alias === undefined) return [];
  const read = readName(alias.DNSName ?? "");
  if (read.kind === "fault") return [read.fault];
  const { name } = read;
  const what = `Tried to create an alias that targets ${name}, type ${record.Type} in zone ${alias.HostedZoneId}`;
  if (record.Type === "NS" || record.Type === "SOA") {
    return [`${what}, but an alias of this type is not supported`];
  }
  if (record.MultiValueAnswer === true) {
    // Source: AWS docs, "multivalue answer routing" has no aliases. Unverified: the text.
    return [`${what}, but multivalue answer record sets cannot be aliases`];
  }
  if (alias.HostedZoneId === zone.id) return ownZoneProblems(zone, record, { name, what, batch });
  if (!isPlatformName(name)) {
    return [`${what}, but the alias target name does not lie within the target zone`];
  }
  if (record.Type !== "A" && record.Type !== "AAAA" && record.Type !== "HTTPS") {
    return [`${what}, but that target was not found`];
  }
  if (alias.HostedZoneId === CLOUDFRONT_ZONE && alias.EvaluateTargetHealth === true) {
    // Source: API reference, AliasTarget. Unverified: the text.
    return [`${what}, but EvaluateTargetHealth cannot be true for CloudFront distributions`];
  }
  return [];
}

function ownZoneProblems(
  zone: ZoneRow,
  record: RecordRow,
  {
    name,
    what,
    batch,
  }: {
    readonly name: string;
    readonly what: string;
    readonly batch: ReadonlyMap<string, RecordRow>;
  },
): string[] {
  const problems: string[] = [];
  if (!isWithin(name, zone.name)) {
    problems.push(`${what}, but the alias target name does not lie within the target zone`);
  }
  const isThere = [...batch.values()].some(
    (other) => other.Name === name && other.Type === record.Type && other.Name !== record.Name,
  );
  if (!isThere) problems.push(`${what}, but that target was not found`);
  return problems;
}
