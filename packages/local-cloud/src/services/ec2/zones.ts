import type { Place } from "../../telemetry/metric-sink.ts";

export interface Zone {
  /** "us-east-1a" */
  readonly name: string;
  /** "use1-az1" */
  readonly id: string;
}

const LETTERS = ["a", "b", "c"] as const;

/** Three zones in every region. Ours: on AWS there are two to six. */
export function zonesOf({ region }: Pick<Place, "region">): readonly Zone[] {
  return LETTERS.map((letter, index) => ({
    name: `${region}${letter}`,
    id: `${shortRegion(region)}-az${index + 1}`,
  }));
}

/** "us-east-1" is "use1", "ap-southeast-2" is "apse2". Source: AWS docs, "Availability Zone IDs". */
function shortRegion(region: string): string {
  const [continent = "", side = "", number = ""] = region.split("-").slice(-3);
  const letters = side.replace(
    /^(north|south|central)?(east|west)?$/,
    (_all, first = "", second = "") => `${String(first).charAt(0)}${String(second).charAt(0)}`,
  );
  return `${continent}${letters}${number}`;
}
