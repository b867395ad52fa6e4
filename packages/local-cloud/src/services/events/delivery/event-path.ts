import { isJsonObject } from "../../../json-object.ts";

/**
 * The value at a path: "$", "$.detail.state", "$.resources[0]", "$['detail-type']"; with `*` the list of all that is
 * there: "$.resources[*]". Undefined for what is not there, and for a path of other forms.
 * Source: EventBridge user guide, "Transform input". Unverified: that `*` always gives a list.
 */
export function valueAt(document: unknown, path: string): unknown {
  const steps = stepsOf(path);
  return steps && follow(document, steps);
}

/** Whether `valueAt` can follow it. */
export function isPath(path: string): boolean {
  return stepsOf(path) !== undefined;
}

const ALL = Symbol("all that is there");
type Step = string | typeof ALL;

function follow(value: unknown, [step, ...rest]: readonly Step[]): unknown {
  if (step === undefined) return value;
  if (step === ALL) {
    const found = Array.isArray(value) || isJsonObject(value) ? Object.values(value) : [];
    return found.map((each) => follow(each, rest)).filter((each) => each !== undefined);
  }
  if (Array.isArray(value)) {
    return /^\d+$/.test(step) ? follow(value[Number(step)], rest) : undefined;
  }
  return isJsonObject(value) && Object.hasOwn(value, step) ? follow(value[step], rest) : undefined;
}

const STEP = /\.([\w/-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]|(\.\*|\[\*\])/y;

function stepsOf(path: string): readonly Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const found = STEP.exec(path);
    if (found === null) return undefined;
    const [, name, index, quoted, doubleQuoted, all] = found;
    steps.push(all === undefined ? (name ?? index ?? quoted ?? doubleQuoted ?? "") : ALL);
  }
  return steps;
}
