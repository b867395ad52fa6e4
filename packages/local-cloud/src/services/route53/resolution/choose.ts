import { drawByWeight } from "../../../data-plane/weighted-draw.ts";
import type { Random } from "../../../random.ts";
import { MULTIVALUE_ANSWERS_MAX } from "../limits.ts";
import { policyOf } from "../records/routing-policy.ts";
import type { RecordRow } from "../state.ts";

export interface Chance {
  readonly random: Random;
  /** Where questions come from: the cloud's own region. */
  readonly region: string;
  readonly isHealthy: (record: RecordRow) => boolean;
}

/**
 * The sets of one name and type that answer a question: one, or up to eight of a multivalue answer. When none is
 * healthy, all count as healthy. Source: AWS docs, "How Amazon Route 53 chooses records when health checking is
 * configured".
 */
export function chooseRecords(records: readonly RecordRow[], chance: Chance): readonly RecordRow[] {
  const [first] = records;
  if (first === undefined) return [];
  const policy = policyOf(first);
  if (policy === "Simple") return [first];
  const healthy = records.filter((record) => chance.isHealthy(record));
  const pool = healthy.length > 0 ? healthy : records;
  switch (policy) {
    case "Weight":
      return [drawRecord(pool, chance.random)];
    case "Failover":
      return [pool.find(({ Failover }) => Failover === "PRIMARY") ?? pool[0] ?? first];
    case "Region":
      return [pool.find(({ Region }) => Region === chance.region) ?? pool[0] ?? first];
    case "MultiValueAnswer":
      return drawSome(pool, chance.random);
    case "GeoLocation":
      // Questions come from nowhere on the map: the default location answers, when there is one.
      return [pool.find(({ GeoLocation }) => GeoLocation?.CountryCode === "*") ?? pool[0] ?? first];
    case "GeoProximityLocation":
    case "CidrRoutingConfig":
      return [pool[0] ?? first];
    default:
      return policy satisfies never;
  }
}

/**
 * A weight of 0 is drawn only when no other is left; when all are 0, each is as likely.
 * Source: AWS docs, "Weighted routing" and "values specific for weighted records".
 */
function drawRecord(pool: readonly RecordRow[], random: Random): RecordRow {
  const weighted = pool.map((record) => ({ record, weight: record.Weight ?? 0 }));
  const drawn = drawByWeight(weighted, random)?.record ?? pool[random.int(pool.length)];
  if (drawn === undefined) throw new RangeError("drawRecord: there is nothing to draw from");
  return drawn;
}

function drawSome(pool: readonly RecordRow[], random: Random): RecordRow[] {
  const left = [...pool];
  const drawn: RecordRow[] = [];
  while (left.length > 0 && drawn.length < MULTIVALUE_ANSWERS_MAX) {
    drawn.push(...left.splice(random.int(left.length), 1));
  }
  return drawn;
}
