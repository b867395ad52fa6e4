import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";

/** One rule of a lifecycle policy: which images it looks at, and how many or how old may stay. */
export interface Rule {
  readonly priority: number;
  readonly tagStatus: "tagged" | "untagged" | "any";
  /** Wildcards; an image must have a tag for each. A prefix is a wildcard with a star at its end. */
  readonly patterns: readonly string[];
  readonly keep:
    | { readonly kind: "newest"; readonly count: number }
    | { readonly kind: "younger"; readonly days: number };
}

/** What is wrong with a policy, for the text of AWS's refusal. */
export class PolicyProblem extends Error {
  override readonly name = "PolicyProblem";
}

/**
 * Reads a lifecycle policy.
 * Source: AWS docs, "Lifecycle policy properties in Amazon ECR". The texts are Unverified. Not there:
 * the actions and counts on archived images ("transition", "sinceImagePulled").
 *
 * @throws {PolicyProblem}
 */
export function parsePolicy(text: string): Rule[] {
  const rules = parseJsonObject(text)?.["rules"];
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new PolicyProblem("the policy must be a JSON object with a list of rules");
  }
  const parsed = rules.map(ruleOf).sort((one, other) => one.priority - other.priority);
  requireOrder(parsed);
  return parsed;
}

function ruleOf(value: unknown, index: number): Rule {
  const where = `rules[${index}]`;
  const rule = objectAt(value, where);
  const selection = objectAt(rule["selection"], `${where}.selection`);
  const action = objectAt(rule["action"], `${where}.action`);
  if (action["type"] !== "expire") {
    throw new PolicyProblem(`${where}.action.type must be expire`);
  }
  const priority = wholeAt(rule["rulePriority"], `${where}.rulePriority`);
  const { tagStatus } = selection;
  if (tagStatus !== "tagged" && tagStatus !== "untagged" && tagStatus !== "any") {
    throw new PolicyProblem(`${where}.selection.tagStatus must be one of tagged, untagged, any`);
  }
  const patterns = patternsOf(selection, where);
  if ((tagStatus === "tagged") !== patterns.length > 0) {
    throw new PolicyProblem(
      `${where}.selection must have a tagPrefixList or a tagPatternList with tagStatus tagged, and only then`,
    );
  }
  return { priority, tagStatus, patterns, keep: keepOf(selection, where) };
}

function keepOf(selection: JsonObject, where: string): Rule["keep"] {
  const number = wholeAt(selection["countNumber"], `${where}.selection.countNumber`);
  const { countType, countUnit } = selection;
  switch (countType) {
    case "imageCountMoreThan":
      if (countUnit !== undefined) {
        throw new PolicyProblem(`${where}.selection.countUnit does not go with ${countType}`);
      }
      return { kind: "newest", count: number };
    case "sinceImagePushed":
      if (countUnit !== "days") {
        throw new PolicyProblem(`${where}.selection.countUnit must be days`);
      }
      return { kind: "younger", days: number };
    default:
      throw new PolicyProblem(
        `${where}.selection.countType must be one of imageCountMoreThan, sinceImagePushed`,
      );
  }
}

function patternsOf(selection: JsonObject, where: string): string[] {
  const { tagPrefixList, tagPatternList } = selection;
  if (tagPrefixList !== undefined && tagPatternList !== undefined) {
    throw new PolicyProblem(
      `${where}.selection must have only one of tagPrefixList and tagPatternList`,
    );
  }
  const patterns = textsAt(tagPatternList, `${where}.selection.tagPatternList`);
  // Source: AWS docs, lifecycle policy properties (at most four wildcards in a pattern).
  const wild = patterns.find((pattern) => pattern.split("*").length > 5);
  if (wild !== undefined) throw new PolicyProblem(`${wild} has more than four wildcards`);
  const prefixes = textsAt(tagPrefixList, `${where}.selection.tagPrefixList`);
  return [...patterns, ...prefixes.map((prefix) => `${prefix}*`)];
}

function requireOrder(rules: readonly Rule[]): void {
  for (const [index, { priority, tagStatus }] of rules.entries()) {
    if (rules[index + 1]?.priority === priority) {
      throw new PolicyProblem(`two rules have the rulePriority ${priority}`);
    }
    if (tagStatus === "any" && index < rules.length - 1) {
      throw new PolicyProblem("the rule with tagStatus any must have the highest rulePriority");
    }
  }
}

function objectAt(value: unknown, where: string): JsonObject {
  if (!isJsonObject(value)) throw new PolicyProblem(`${where} must be an object`);
  return value;
}

function wholeAt(value: unknown, where: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw new PolicyProblem(`${where} must be a whole number of 1 or more`);
  }
  return value;
}

function textsAt(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const texts = items.filter((item) => typeof item === "string" && item !== "");
  if (texts.length === 0 || texts.length !== items.length) {
    throw new PolicyProblem(`${where} must be a list of texts`);
  }
  return texts.map(String);
}
