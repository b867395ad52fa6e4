import { type Document, parseDocument } from "yaml";
import { isJsonObject, type JsonObject } from "../../../json-object.ts";

/** What is wrong with an AppSpec, in a sentence. Not an AWS error: AWS tells it as the end of a deployment. */
export class AppSpecProblem extends Error {
  override readonly name = "AppSpecProblem";
}

export interface AppSpec {
  /** Of the one resource, with lower-case keys: AWS's own examples write them both ways. */
  readonly properties: JsonObject;
  /** The function of each lifecycle event. */
  readonly hooks: Readonly<Record<string, string>>;
}

/**
 * Reads an AppSpec in YAML or JSON.
 *
 * Source: AWS docs, "AppSpec file structure". Unverified: the texts of the problems.
 * @param wanted the type of its one resource, and the lifecycle events that may have a hook.
 * @throws {AppSpecProblem}
 */
export function readAppSpec(
  content: string,
  wanted: { readonly resourceType: string; readonly hookEvents: readonly string[] },
): AppSpec {
  const spec = lowerKeys(parsed(content));
  checkVersion(spec["version"]);
  for (const key of Object.keys(spec)) {
    if (!["version", "resources", "hooks"].includes(key)) {
      throw new AppSpecProblem(
        `It has an unknown section "${key}"; allowed: version, Resources, Hooks.`,
      );
    }
  }
  return {
    properties: propertiesOf(spec["resources"], wanted.resourceType),
    hooks: hooksOf(spec["hooks"], wanted.hookEvents),
  };
}

function parsed(content: string): JsonObject {
  // Its warnings are looked at here, and are nothing for the console.
  const document = parseDocument(content, { logLevel: "error" });
  // A warning is of a tag such as !Ref: those are CloudFormation's, and nobody resolves them here.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw notWellFormed(problem);
  const value = valueOf(document);
  if (!isJsonObject(value)) {
    throw new AppSpecProblem("It must be a mapping with version, Resources and Hooks.");
  }
  return value;
}

/**
 * The limit on aliases keeps a small text from growing into a huge value; what contains itself, or is no JSON for
 * another reason, is no AppSpec.
 */
function valueOf(document: Document.Parsed): unknown {
  try {
    return JSON.parse(JSON.stringify(document.toJS()));
  } catch (error) {
    throw notWellFormed(error);
  }
}

/** AWS's sentence, then what the reader of YAML says, with line and column and without the lines it quotes. */
function notWellFormed(cause: unknown): AppSpecProblem {
  const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  return new AppSpecProblem(
    `The input AppSpec file is a not well-formed yaml. The template cannot be parsed. ${reason.replace(/:$/, "")}`,
  );
}

/** YAML reads 0.0 as the number 0. */
function checkVersion(version: unknown): void {
  if (version === 0 || version === "0.0" || version === "0") return;
  throw new AppSpecProblem(`Its version must be 0.0, got ${JSON.stringify(version) ?? "none"}.`);
}

function propertiesOf(resources: unknown, resourceType: string): JsonObject {
  const entries = namedEntries(resources, "Resources");
  const [only] = entries;
  if (only === undefined || entries.length > 1) {
    throw new AppSpecProblem(`Resources must have exactly one resource, got ${entries.length}.`);
  }
  const [name, value] = only;
  if (!isJsonObject(value)) throw new AppSpecProblem(`Resource "${name}" must be a mapping.`);
  const { type, properties } = lowerKeys(value);
  if (type !== resourceType) {
    throw new AppSpecProblem(
      `The Type of resource "${name}" must be ${resourceType}, got ${JSON.stringify(type) ?? "none"}.`,
    );
  }
  if (!isJsonObject(properties)) {
    throw new AppSpecProblem(`Resource "${name}" must have Properties.`);
  }
  return lowerKeys(properties);
}

function hooksOf(hooks: unknown, events: readonly string[]): Readonly<Record<string, string>> {
  if (hooks === undefined || hooks === null) return {};
  const found: Record<string, string> = {};
  for (const [event, functionName] of namedEntries(hooks, "Hooks")) {
    if (!events.includes(event)) {
      throw new AppSpecProblem(
        `Hooks has "${event}", which is no lifecycle event with a hook; allowed: ${events.join(", ")}.`,
      );
    }
    if (typeof functionName !== "string" || functionName === "") {
      throw new AppSpecProblem(`The hook of ${event} must be a function's name or ARN.`);
    }
    if (event in found) throw new AppSpecProblem(`Hooks has ${event} more than once.`);
    found[event] = functionName;
  }
  return found;
}

/** Of a list of mappings with one key each, as AWS writes them, or of one mapping. */
function namedEntries(value: unknown, section: string): [string, unknown][] {
  if (isJsonObject(value)) return Object.entries(value);
  if (!Array.isArray(value)) throw new AppSpecProblem(`${section} must be a list.`);
  return value.flatMap((item: unknown) => {
    if (isJsonObject(item)) return Object.entries(item);
    throw new AppSpecProblem(`Every item of ${section} must be a mapping.`);
  });
}

export function lowerKeys(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item]));
}

/** A member that is text, or a number that YAML made of it. @throws {AppSpecProblem} */
export function textOf(properties: JsonObject, name: string): string {
  const value = properties[name.toLowerCase()];
  if (typeof value === "number") return String(value);
  if (typeof value === "string" && value !== "") return value;
  throw new AppSpecProblem(`${name} must be given, got ${JSON.stringify(value) ?? "nothing"}.`);
}
