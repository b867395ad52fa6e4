import type { Strings } from "../api-definition.ts";
import { contextVariablesOf } from "../context-variables.ts";
import type { Exchange } from "../exchange.ts";
import { javaText } from "./java-values.ts";
import { select } from "./template-objects.ts";

type Values = readonly string[];

/** What `requestParameters` of an integration set, beside what the request itself brings. */
export interface MappedParameters {
  readonly headers: ReadonlyMap<string, Values> | undefined;
  readonly query: ReadonlyMap<string, Values> | undefined;
  readonly path: Strings | undefined;
}

const NOTHING: MappedParameters = { headers: undefined, query: undefined, path: undefined };

type Source = (exchange: Exchange) => Values | undefined;

/**
 * Compiles `{"integration.request.header.X": "method.request.querystring.q"}`.
 * Source: AWS docs, "API Gateway API request and response parameter-mapping reference".
 */
export function compileRequestParameters(
  mapping: Strings | undefined,
): (exchange: Exchange) => MappedParameters {
  const rules = Object.entries(mapping ?? {}).flatMap(([target, expression]) => {
    const found = /^integration\.request\.(header|querystring|path)\.(.+)$/.exec(target);
    return found === null
      ? []
      : [{ where: found[1], name: found[2] ?? "", source: compileSource(expression) }];
  });
  if (rules.length === 0) return () => NOTHING;
  return (exchange) => {
    const headers = new Map<string, Values>();
    const query = new Map<string, Values>();
    const path: Record<string, string> = {};
    for (const { where, name, source } of rules) {
      const values = source(exchange);
      if (values === undefined) continue;
      if (where === "header") headers.set(name, values);
      else if (where === "querystring") query.set(name, values);
      else path[name] = values.at(-1) ?? "";
    }
    return { headers, query, path };
  };
}

/** Compiles the right side of a request mapping. */
function compileSource(expression: string): Source {
  const constant = literal(expression);
  if (constant !== undefined) return () => [constant];
  const [scope, , where, ...rest] = expression.split(".");
  const name = rest.join(".");
  if (scope === "method") return compileMethodSource(where ?? "", name);
  return compileSharedSource(expression);
}

/**
 * One of an integration's cache key parameters, "method.request.querystring.q" or
 * "integration.request.path.id", which stands for what is mapped to it.
 */
export function compileCacheKeyPart(name: string, mapping: Strings | undefined): Source {
  return compileSource(mapping?.[name] ?? name);
}

function compileMethodSource(where: string, name: string): Source {
  switch (where) {
    case "header": {
      const key = name.toLowerCase();
      return ({ request }) => some(request.header(key));
    }
    case "multivalueheader": {
      const key = name.toLowerCase();
      return ({ request }) =>
        request.rawHeaders.filter(
          (_, index, all) => all[index - 1]?.toLowerCase() === key && index % 2 === 1,
        );
    }
    case "querystring":
      return ({ request }) => some(request.query?.get(name)?.at(-1));
    case "multivaluequerystring":
      return ({ request }) => request.query?.get(name);
    case "path":
      return ({ route }) => some(route?.pathParameters?.[name]);
    case "body":
      return ({ request }) => some(partOf(Buffer.from(request.body).toString("utf8"), name));
    default:
      return () => undefined;
  }
}

/** "context.x" and "stageVariables.x", which both sides know. */
function compileSharedSource(expression: string): Source {
  const [scope, ...keys] = expression.split(".");
  if (scope === "stageVariables") {
    return ({ variables }) => some(variables?.[keys.join(".")]);
  }
  if (scope !== "context") return () => undefined;
  return (exchange) => some(contextValue(exchange, keys));
}

/** A member of `$context`; undefined when there is no such member or it is null. */
export function contextValue(exchange: Exchange, keys: readonly string[]): string | undefined {
  let value: unknown = contextVariablesOf(exchange);
  for (const key of keys) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value === null || value === undefined ? undefined : javaText(value);
}

/** What a backend answered, as the mapping of its response sees it. */
export interface BackendAnswer {
  readonly status: number;
  header(lowerCaseName: string): string | undefined;
  readonly body: Uint8Array;
}

/** Compiles `{"method.response.header.X": "integration.response.body.id"}`. */
export function compileResponseParameters(
  mapping: Strings | undefined,
): (exchange: Exchange, answer: BackendAnswer) => string[] {
  const rules = Object.entries(mapping ?? {}).flatMap(([target, expression]) => {
    const name = /^method\.response\.header\.(.+)$/.exec(target)?.[1];
    return name === undefined ? [] : [{ name, value: compileResponseSource(expression) }];
  });
  return (exchange, answer) => {
    const headers: string[] = [];
    for (const { name, value } of rules) {
      const text = value(exchange, answer);
      if (text !== undefined) headers.push(name, text);
    }
    return headers;
  };
}

type ResponseSource = (exchange: Exchange, answer: BackendAnswer) => string | undefined;

function compileResponseSource(expression: string): ResponseSource {
  const constant = literal(expression);
  if (constant !== undefined) return () => constant;
  const [scope, , where, ...rest] = expression.split(".");
  const name = rest.join(".");
  if (scope !== "integration") {
    const shared = compileSharedSource(expression);
    return (exchange) => shared(exchange)?.at(-1);
  }
  if (where === "header" || where === "multivalueheader") {
    const key = name.toLowerCase();
    return (_exchange, answer) => answer.header(key);
  }
  if (where !== "body") return () => undefined;
  return (_exchange, { body }) => partOf(Buffer.from(body).toString("utf8"), name);
}

/** `'text'` stands for itself. */
export function literal(expression: string): string | undefined {
  return /^'(.*)'$/s.exec(expression)?.[1];
}

/** The whole body, or the part that a JSONPath names. */
function partOf(body: string, path: string): string | undefined {
  if (path === "") return body;
  try {
    const value = select(JSON.parse(body), `$.${path}`);
    return value === null ? undefined : javaText(value);
  } catch {
    return undefined;
  }
}

function some(value: string | undefined): Values | undefined {
  return value === undefined ? undefined : [value];
}
