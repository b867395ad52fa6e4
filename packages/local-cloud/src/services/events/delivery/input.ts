import type { RuleRow, TargetRow } from "../state.ts";
import { validation } from "../errors.ts";
import type { BusEvent } from "./event.ts";
import { isPath, valueAt } from "./event-path.ts";

const PLACEHOLDER = /<([\w.-]+)>/g;
const PREDEFINED = new Set([
  "aws.events.rule-arn",
  "aws.events.rule-name",
  "aws.events.event.ingestion-time",
  "aws.events.event",
  "aws.events.event.json",
]);

/**
 * @throws {AwsError} ValidationException, for more than one kind of input, a path that is none, or a
 *   template that cannot be filled.
 */
export function checkInput(target: TargetRow): void {
  const { Id: id = "", Input: text, InputPath: path, InputTransformer: transformer } = target;
  if ([text, path, transformer].filter((each) => each !== undefined).length > 1) {
    throw validation(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`,
    );
  }
  if (text !== undefined && !isJson(text)) {
    // Unverified: the text.
    throw validation(`Input for target ${id} is not valid JSON.`);
  }
  const paths = Object.entries(transformer?.InputPathsMap ?? {});
  if (path !== undefined) paths.push(["InputPath", path]);
  for (const [name, each] of paths) {
    if (isPath(each)) continue;
    // Unverified: the text.
    throw validation(
      `JSONPath ${each} of ${name} for target ${id} is not valid: $, $.detail.state, $.resources[0] and $.resources[*] are.`,
    );
  }
  for (const [, name = ""] of (transformer?.InputTemplate ?? "").matchAll(PLACEHOLDER)) {
    if (PREDEFINED.has(name) || transformer?.InputPathsMap?.[name] !== undefined) continue;
    throw validation(`InputTemplate for target ${id} contains invalid placeholder ${name}.`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a target gets of an event.
 * Source: EventBridge user guide, "Transform input"; LocalStack snapshot test_events_inputs.
 */
export function inputOf(
  target: TargetRow,
  rule: RuleRow,
  { event, ingestedAt }: { readonly event: BusEvent; readonly ingestedAt: string },
): string {
  if (target.Input !== undefined) return target.Input;
  // Unverified: what a path that leads nowhere gives.
  if (target.InputPath !== undefined) {
    return JSON.stringify(valueAt(event, target.InputPath) ?? {});
  }
  if (target.InputTransformer === undefined) return JSON.stringify(event);
  const { InputPathsMap: paths = {}, InputTemplate: template = "" } = target.InputTransformer;
  const values: Record<string, unknown> = predefined(rule, event, ingestedAt);
  for (const [name, path] of Object.entries(paths)) values[name] = valueAt(event, path) ?? "";
  return filled(template, values);
}

function predefined(rule: RuleRow, event: BusEvent, ingestedAt: string) {
  const { detail: _, "detail-type": detailType, ...metadata } = event;
  return {
    "aws.events.rule-arn": rule.arn,
    "aws.events.rule-name": rule.name,
    "aws.events.event.ingestion-time": ingestedAt,
    "aws.events.event": { ...metadata, detailType },
    "aws.events.event.json": event,
  };
}

/** Elsewhere than in a JSON string a value stands as JSON; inside one as text, objects and lists without quotes. */
function filled(template: string, values: Readonly<Record<string, unknown>>): string {
  let isInString = false;
  let seen = 0;
  return template.replaceAll(PLACEHOLDER, (whole, name: string, at: number) => {
    for (; seen < at; seen++) {
      if (template[seen] === '"' && template[seen - 1] !== "\\") isInString = !isInString;
    }
    seen = at + whole.length;
    const value = values[name];
    if (!isInString) return JSON.stringify(value);
    if (typeof value === "string") return JSON.stringify(value).slice(1, -1);
    return JSON.stringify(value).replaceAll('"', "");
  });
}
