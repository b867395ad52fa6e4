import { describe, expect, it } from "vitest";
import {
  decide,
  evaluationRange,
  type MissingData,
  type Verdict,
} from "../../../../src/services/cloudwatch/alarms/decision.ts";

// Protects the missing-data tables of AWS's documentation: every row, every treatment.

const VERDICTS: Readonly<Record<string, Verdict>> = { "0": "ok", X: "breaching", "-": "missing" };
const TREATMENTS = ["missing", "ignore", "breaching", "notBreaching"] as const;

function outcome(row: string, toAlarm: number, missingData: MissingData, periods = 3): string {
  const verdicts = row.split("").map((mark) => VERDICTS[mark] ?? "missing");
  return decide(verdicts, { periods, toAlarm, missingData }).state;
}

/** Oldest value first; N = 3, range 5. Columns: missing, ignore, breaching, notBreaching. */
const THREE_OF_THREE: readonly (readonly [string, string, string, string, string])[] = [
  ["0-X-X", "OK", "OK", "OK", "OK"],
  ["0----", "OK", "OK", "OK", "OK"],
  ["-----", "INSUFFICIENT_DATA", "retain", "ALARM", "OK"],
  ["0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["--X--", "ALARM", "retain", "ALARM", "OK"],
];

const TWO_OF_THREE: typeof THREE_OF_THREE = [
  ["0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["00X0X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["0-X--", "OK", "OK", "ALARM", "OK"],
  ["----0", "OK", "OK", "ALARM", "OK"],
  ["---X-", "ALARM", "retain", "ALARM", "OK"],
];

describe.each([
  { toAlarm: 3, rows: THREE_OF_THREE },
  { toAlarm: 2, rows: TWO_OF_THREE },
])("decide, $toAlarm of 3", ({ toAlarm, rows }) => {
  it.each(rows)("%s", (row, ...expected) => {
    expect(TREATMENTS.map((treatment) => outcome(row, toAlarm, treatment))).toEqual(expected);
  });
});

describe("decide", () => {
  it("does not alarm before a breach is as old as DatapointsToAlarm", () => {
    expect(outcome("----X", 3, "missing")).toBe("retain");
    expect(outcome("---X-", 3, "missing")).toBe("retain");
    expect(outcome("--X--", 3, "missing")).toBe("ALARM");
    expect(outcome("--X-X", 3, "missing")).toBe("ALARM");
  });

  it("uses the newest N values when there are as many, whatever is missing between them", () => {
    expect(outcome("X00-0", 1, "breaching")).toBe("OK");
    expect(outcome("0X-00", 1, "breaching")).toBe("ALARM");
    expect(outcome("00000", 3, "missing")).toBe("OK");
    expect(outcome("XX000", 1, "missing")).toBe("OK");
  });

  it("looks at N periods, newest first", () => {
    const verdicts: Verdict[] = ["ok", "breaching", "breaching", "missing", "breaching"];
    const rule = { periods: 3, toAlarm: 3, missingData: "missing" } as const;
    expect(decide(verdicts, rule).evaluated).toEqual([4, 2, 1]);
    const empty: Verdict[] = verdicts.map(() => "missing");
    expect(decide(empty, rule).evaluated).toEqual([4, 3, 2]);
  });

  it("looks further back than N", () => {
    expect(evaluationRange(3)).toBe(5);
    expect(evaluationRange(1)).toBe(3);
  });
});
