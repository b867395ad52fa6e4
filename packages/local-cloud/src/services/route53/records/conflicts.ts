import { RECORDS_WITH_SAME_NAME_MAX } from "../limits.ts";
import type { RecordRow, ZoneRow } from "../state.ts";
import { aliasProblems } from "./alias-rules.ts";
import { POLICY_ADJECTIVES, policyOf } from "./routing-policy.ts";

/** What is wrong with a set beside the others that the zone will have, in AWS's words. */
export function conflictProblems(
  zone: ZoneRow,
  record: RecordRow,
  batch: ReadonlyMap<string, RecordRow>,
): string[] {
  const sameName = [...batch.values()].filter(
    (other) => other !== record && other.Name === record.Name,
  );
  const siblings = sameName.filter(({ Type }) => Type === record.Type);
  return [
    ...cnameProblems(zone, record, sameName),
    ...siblingProblems(record, siblings),
    ...aliasProblems(zone, record, batch),
  ];
}

/** A CNAME stands alone, and never at the top of a zone. AWS writes two spaces before the last CNAME. */
function cnameProblems(
  zone: ZoneRow,
  { Name, Type }: RecordRow,
  sameName: readonly RecordRow[],
): string[] {
  if (Type === "CNAME") {
    if (Name === zone.name) {
      return [
        `RRSet of type CNAME with DNS name ${Name} is not permitted at apex in zone ${zone.name}`,
      ];
    }
    return sameName.some((other) => other.Type !== "CNAME")
      ? [
          `RRSet of type CNAME with DNS name ${Name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
        ]
      : [];
  }
  return sameName.some((other) => other.Type === "CNAME")
    ? [
        `RRSet of type ${Type} with DNS name ${Name} is not permitted because a conflicting RRSet of type  CNAME with the same DNS name already exists in zone ${zone.name}`,
      ]
    : [];
}

/** All sets of a name and type have one routing policy. */
function siblingProblems(record: RecordRow, siblings: readonly RecordRow[]): string[] {
  const { Name, Type, SetIdentifier } = record;
  const policy = policyOf(record);
  if (siblings.length === 0) return [];
  if (policy === "Simple") {
    return [
      `RRSet with DNS name ${Name}, type ${Type} cannot be created as other RRSets exist with the same name and type.`,
    ];
  }
  const cannot = `RRSet with DNS name ${Name}, type ${Type}, SetIdentifier ${SetIdentifier} cannot be created as`;
  if (siblings.some((other) => policyOf(other) !== policy)) {
    return [`${cannot} a non-${POLICY_ADJECTIVES[policy]} set exists with the same name and type.`];
  }
  const problems: string[] = [];
  // Aliases have no TTL of their own, and agree with any.
  if (
    policy === "Weight" &&
    record.TTL !== undefined &&
    siblings.some(({ TTL }) => TTL !== undefined && TTL !== record.TTL)
  ) {
    problems.push(`${cannot} weighted sets must contain the same TTL.`);
  }
  // Unverified: the texts.
  if (policy === "Region" && siblings.some(({ Region }) => Region === record.Region)) {
    problems.push(`${cannot} a set with the region ${record.Region} exists.`);
  }
  if (policy === "Failover" && siblings.some(({ Failover }) => Failover === record.Failover)) {
    problems.push(`${cannot} a ${record.Failover} set exists with the same name and type.`);
  }
  if (siblings.length >= RECORDS_WITH_SAME_NAME_MAX) {
    problems.push(
      `${cannot} ${RECORDS_WITH_SAME_NAME_MAX} sets exist with the same name and type.`,
    );
  }
  return problems;
}
