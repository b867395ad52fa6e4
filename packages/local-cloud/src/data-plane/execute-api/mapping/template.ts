import { Compile, parse } from "velocityjs";
import { contextVariablesOf } from "../context-variables.ts";
import type { Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { javaMethod, javaText } from "./java-values.ts";
import { TemplateInput, TemplateUtil } from "./template-objects.ts";

/** Renders for one exchange, with `text` as `$input.body`. @throws {GatewayFailure} when it breaks. */
export type Template = (exchange: Exchange, text: string) => string;

type Ast = ConstructorParameters<typeof Compile>[0][number];

/** Velocity with Java's values. Unverified for AWS: a variable that does not exist prints nothing. */
class GatewayTemplate extends Compile {
  protected override getReferences(ast: Ast, isPrinted?: boolean): string {
    const value = super.getReferences(ast);
    return isPrinted === true ? javaText(value) : value;
  }
}

interface Call {
  readonly property: string;
  readonly context: unknown;
  readonly params: readonly unknown[];
}

const CONFIG = {
  customMethodHandlers: [
    {
      uid: "java",
      match: ({ property, context }: Call) => javaMethod(context, property) !== undefined,
      resolve: ({ property, context, params }: Call) => javaMethod(context, property)?.(params),
    },
  ],
};

const UTIL = new TemplateUtil();

export function compileTemplate(source: string): Template {
  let asts: Ast[];
  try {
    asts = parse(source);
  } catch (error) {
    // AWS takes a broken template at the control plane and fails when it is used.
    return () => {
      throw broken(error);
    };
  }
  return (exchange, text) => {
    try {
      return new GatewayTemplate(asts, CONFIG).render({
        input: new TemplateInput(exchange, text),
        util: UTIL,
        context: contextVariablesOf(exchange),
        stageVariables: { ...exchange.variables },
      });
    } catch (error) {
      throw broken(error);
    }
  };
}

function broken(error: unknown): GatewayFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new GatewayFailure("configuration", `Unable to transform request: ${why}`);
}
