import { FUNCTIONS, type Environment } from "./functions.ts";
import { applyOperator } from "./operators.ts";
import type { Node } from "./parser.ts";
import { ExpressionError } from "./tokens.ts";
import { mapPoints, scalar, type TimeSeries, type Value } from "./values.ts";

/** What an expression may refer to. */
export interface Names extends Pick<Environment, "window" | "periodMs" | "metrics"> {
  /** The value of another query, undefined when there is none of that id. */
  value(id: string): Value | undefined;
}

/** @throws {ExpressionError} for unknown names and for kinds that do not fit. */
export function evaluateExpression(node: Node, names: Names): Value {
  const evaluate = (inner: Node): Value => {
    switch (inner.kind) {
      case "number":
        return scalar(inner.value);
      case "reference":
        return referenced(inner.id, names);
      case "negate":
        return mapPoints(evaluate(inner.operand), (value) => -value);
      case "binary":
        return applyOperator(inner.operator, evaluate(inner.left), evaluate(inner.right));
      case "list":
        return { kind: "array", items: inner.items.flatMap((item) => seriesIn(evaluate(item))) };
      case "call":
        return call(inner.name, inner.inputs, { ...names, evaluate });
      case "string":
      case "word":
        throw new ExpressionError("Invalid syntax");
    }
  };
  return evaluate(node);
}

/** The ids that an expression mentions. */
export function referencesIn(node: Node): readonly string[] {
  switch (node.kind) {
    case "reference":
      return [node.id];
    case "negate":
      return referencesIn(node.operand);
    case "binary":
      return [...referencesIn(node.left), ...referencesIn(node.right)];
    case "list":
      return node.items.flatMap(referencesIn);
    case "call":
      return node.inputs.flatMap(referencesIn);
    case "number":
    case "string":
    case "word":
      return [];
  }
}

function referenced(id: string, names: Names): Value {
  const value = names.value(id);
  // Unverified: the text.
  if (value === undefined) throw new ExpressionError(`Undefined variable '${id}'`);
  return value;
}

function call(name: string, inputs: readonly Node[], environment: Environment): Value {
  const run = FUNCTIONS.get(name);
  // Source: an AWS answer quoted in a public post-mortem ("Function 'ANOMALY_DETECTOR' not found").
  if (run === undefined) throw new ExpressionError(`Function '${name}' not found`);
  return run(inputs, environment);
}

function seriesIn(value: Value): readonly TimeSeries[] {
  if (value.kind === "array") return value.items;
  if (value.kind === "series") return [value.series];
  throw new ExpressionError("Invalid syntax");
}
