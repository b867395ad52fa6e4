import { isJsonObject } from "../../../json-object.ts";

/**
 * The value at a path: "$", "$.detail.state", "$.resources[0]", "$['detail-type']". Undefined for what is not there,
 * and for a path of other forms.
 */
export function valueAt(document: unknown, path: string): unknown {
  const steps = stepsOf(path);
  return steps?.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return /^\d+$/.test(step) ? value[Number(step)] : undefined;
    return isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, document);
}

const STEP = /\.([\w-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

function stepsOf(path: string): readonly string[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: string[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const found = STEP.exec(path);
    if (found === null) return undefined;
    steps.push(found[1] ?? found[2] ?? found[3] ?? found[4] ?? "");
  }
  return steps;
}
