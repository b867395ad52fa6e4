import { badFilterKey, badFilterOption, noFilterValues, repeatedFilter } from "./errors.ts";
import { checkPath, isBelow } from "./names.ts";
import type { SsmInput } from "./sdk.ts";
import { latest, type Parameter } from "./state.ts";

type Filter = NonNullable<SsmInput<"DescribeParameters">["ParameterFilters"]>[number];

const DESCRIBE_KEYS = ["Path", "Name", "Type", "KeyId", "Tier", "DataType"];
const PATH_KEYS = ["Type", "KeyId", "Label"];

/**
 * @param where DescribeParameters and GetParametersByPath have other keys.
 * @throws {AwsError} InvalidFilterKey, InvalidFilterOption, InvalidFilterValue, ValidationException
 */
export function checkFilters(
  filters: readonly Filter[],
  where: "DescribeParameters" | "GetParametersByPath",
): void {
  const isDescribe = where === "DescribeParameters";
  const keys = isDescribe ? DESCRIBE_KEYS : PATH_KEYS;
  const seen = new Set<string>();
  for (const filter of filters) {
    const key = filter.Key ?? "";
    const isTag = key.startsWith("tag:") && isDescribe;
    if (!isTag && !keys.includes(key)) throw badFilterKey(key, keys);
    if (seen.has(key)) throw repeatedFilter(key);
    seen.add(key);
    checkOption(filter, key);
    if (!isTag && (filter.Values ?? []).length === 0) throw noFilterValues(key);
    if (key === "Path") for (const path of filter.Values ?? []) checkPath(path);
  }
}

function checkOption({ Option: option }: Filter, key: string): void {
  const allowed = optionsOf(key);
  if (option !== undefined && !allowed.includes(option)) throw badFilterOption(option, allowed);
}

function optionsOf(key: string): readonly string[] {
  if (key === "Path") return ["Recursive", "OneLevel"];
  if (key === "Name") return ["BeginsWith", "Equals", "Contains"];
  return key === "Label" ? ["Equals"] : ["BeginsWith", "Equals"];
}

/** All filters must hold, each by one of its values. */
export function matchesFilters(parameter: Parameter, filters: readonly Filter[]): boolean {
  return filters.every((filter) => matchesFilter(parameter, filter));
}

function matchesFilter(parameter: Parameter, { Key: key = "", Option, Values = [] }: Filter) {
  if (key === "Path") {
    return Values.some((path) => isBelow(parameter.name, path, Option === "Recursive"));
  }
  const texts = textsOf(parameter, key);
  if (Values.length === 0) return texts.length > 0;
  return Values.some((value) => texts.some((text) => holds(text, value, key, Option)));
}

function holds(text: string, value: string, key: string, option: string | undefined): boolean {
  // Of names the first slash does not count.
  const wanted = key === "Name" && option !== "Contains" ? value.replace(/^\//, "") : value;
  const given = key === "Name" && option !== "Contains" ? text.replace(/^\//, "") : text;
  if (option === "BeginsWith") return given.startsWith(wanted);
  return option === "Contains" ? given.includes(wanted) : given === wanted;
}

function textsOf(parameter: Parameter, key: string): readonly string[] {
  const version = latest(parameter);
  if (key.startsWith("tag:")) {
    const tag = key.slice("tag:".length);
    return Object.entries(parameter.tags).flatMap(([name, value]) => (name === tag ? value : []));
  }
  switch (key) {
    case "Name":
      return [parameter.name];
    case "Type":
      return [version.type];
    case "KeyId":
      return version.keyId === undefined ? [] : [version.keyId];
    case "Tier":
      return [version.tier];
    case "DataType":
      return [version.dataType];
    case "Label":
      return parameter.versions.flatMap(({ labels }) => labels);
    default:
      return [];
  }
}
