import { isIPv4, isIPv6 } from "node:net";
import { readName } from "../names.ts";
import type { RecordRow } from "../state.ts";

/**
 * What is wrong with a set's values, in AWS's words. Source: AWS docs, "Supported DNS record types"; the texts for A,
 * AAAA and TXT as public issues quote them. Unverified: the texts of the other types.
 */
export function valueProblems({ Type, ResourceRecords = [] }: RecordRow): string[] {
  const values = ResourceRecords.map(({ Value = "" }) => Value);
  const problems = values.flatMap((value) => {
    const problem = problemOf(Type, value);
    return problem === undefined
      ? []
      : [`Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`];
  });
  if (new Set(values).size < values.length) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    problems.push(`Duplicate Resource Record: '${twice}'`);
  }
  if ((Type === "CNAME" || Type === "SOA") && values.length > 1) {
    problems.push(`${Type} record sets may have one value only, and ${values.length} were given.`);
  }
  return problems;
}

function problemOf(type: RecordRow["Type"], value: string): string | undefined {
  switch (type) {
    case "A":
      return isIPv4(value)
        ? undefined
        : "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
    case "AAAA":
      return isIPv6(value)
        ? undefined
        : "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
    case "CNAME":
    case "NS":
    case "PTR":
      return isName(value) ? undefined : `${type}RRDATANotSingleField (Value contains spaces)`;
    case "TXT":
    case "SPF":
      return textProblem(value);
    case "MX":
      return fields(value, [isShort, isName], "MXRRDATANotTwoFields (Value is not 2 fields)");
    case "SRV":
      return fields(
        value,
        [isShort, isShort, isShort, isName],
        "SRVRRDATANotFourFields (Value is not 4 fields)",
      );
    case "CAA":
      return /^\d{1,3} [a-z0-9]+ ".*"$/i.test(value)
        ? undefined
        : "CAARRDATANotThreeFields (Value is not a flag, a tag and a value in quotation marks)";
    case "SOA":
      return fields(
        value,
        [isName, isName, isLong, isLong, isLong, isLong, isLong],
        "SOARRDATANotSevenFields (Value is not 7 fields)",
      );
    case "NAPTR":
    case "DS":
    case "TLSA":
    case "SSHFP":
    case "SVCB":
    case "HTTPS":
      return value.trim() === "" ? "EmptyValue (Value is empty)" : undefined;
    default:
      return type satisfies never;
  }
}

function fields(
  value: string,
  checks: readonly ((field: string) => boolean)[],
  problem: string,
): string | undefined {
  const given = value.trim().split(/\s+/);
  const isRight =
    given.length === checks.length && checks.every((check, index) => check(given[index] ?? ""));
  return isRight ? undefined : problem;
}

function isName(field: string): boolean {
  return !/\s/.test(field) && (field === "." || readName(field).kind === "name");
}

function isShort(field: string): boolean {
  return /^\d{1,5}$/.test(field) && Number(field) <= 65_535;
}

function isLong(field: string): boolean {
  return /^\d{1,10}$/.test(field) && Number(field) < 2 ** 32;
}

function textProblem(value: string): string | undefined {
  const rest = value.replaceAll(/"((?:[^"\\]|\\.)*)"/g, (_whole, text: string) =>
    text.length > 255 ? "long" : "",
  );
  if (rest.includes("long")) {
    return "CharacterStringTooLong (Value is too long)";
  }
  return rest.trim() === "" && value.trim() !== ""
    ? undefined
    : "InvalidCharacterString (Value should be enclosed in quotation marks)";
}
