import { JSONPath } from "jsonpath-plus";
import type { Exchange } from "../exchange.ts";
import { javaText } from "./java-values.ts";

/** `$input`. Source: AWS docs, "Variables for data transformations". */
export class TemplateInput {
  /** The raw body. An empty one reads as "{}". Source: recorded AWS answer (test_input_body_formatting). */
  readonly body: string;
  readonly #exchange: Exchange;
  readonly #text: string;
  #parsed: { readonly value: unknown } | undefined;

  constructor(exchange: Exchange, text: string) {
    this.#exchange = exchange;
    this.#text = text;
    this.body = text === "" ? "{}" : text;
  }

  /** The part of a JSON body as a value to go on with. */
  path(expression: unknown): unknown {
    return select(this.#value(), javaText(expression));
  }

  /** The same part as JSON text. Unverified: `""` for what is not there. */
  json(expression: unknown): string {
    if (this.#text === "") return "{}";
    return JSON.stringify(this.path(expression)) ?? '""';
  }

  /** One parameter, looked for in path, query and headers; or all of them. */
  params(name?: unknown): unknown {
    const all = this.#parameters();
    if (name === undefined) return all;
    const wanted = javaText(name);
    switch (wanted) {
      case "path":
      case "querystring":
      case "header":
        return all[wanted];
      default:
        return (
          ownText(all.path, wanted) ??
          ownText(all.querystring, wanted) ??
          headerOf(all.header, wanted) ??
          ""
        );
    }
  }

  #parameters() {
    const { request, route } = this.#exchange;
    const headers: [string, string][] = [];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      headers.push([request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? ""]);
    }
    const query = [...(request.query ?? [])].map(
      ([name, values]) => [name, values.at(-1) ?? ""] as const,
    );
    return {
      path: { ...route?.pathParameters },
      querystring: Object.fromEntries(query),
      header: Object.fromEntries(headers),
    };
  }

  #value(): unknown {
    if (this.#parsed === undefined) {
      let value: unknown = null;
      try {
        value = this.#text === "" ? null : JSON.parse(this.#text);
      } catch {
        // A body that is not JSON has no parts.
      }
      this.#parsed = { value };
    }
    return this.#parsed.value;
  }
}

/** Evaluates a JSONPath. Null when nothing matches. */
export function select(json: unknown, path: string): unknown {
  if (path === "$" || json === null || typeof json !== "object") {
    return path === "$" ? json : null;
  }
  // "safe" runs filter expressions in an interpreter of its own, never in this process's JavaScript.
  const found: unknown = JSONPath({ path, json, wrap: false, eval: "safe" });
  return found ?? null;
}

/** A client may ask for "constructor": what every object inherits is no parameter. */
function ownText(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(headers).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** `$util`. Source: the same page. */
export class TemplateUtil {
  escapeJavaScript(text: unknown): string {
    return javaText(text).replaceAll(/['"\\/]|[^ -~]/g, escaped);
  }

  parseJson(text: unknown): unknown {
    return JSON.parse(javaText(text));
  }

  /** As Java's URLEncoder: a space becomes "+". */
  urlEncode(text: unknown): string {
    return encodeURIComponent(javaText(text))
      .replaceAll("%20", "+")
      .replaceAll(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  }

  urlDecode(text: unknown): string {
    return decodeURIComponent(javaText(text).replaceAll("+", " "));
  }

  base64Encode(text: unknown): string {
    return Buffer.from(javaText(text), "utf8").toString("base64");
  }

  base64Decode(text: unknown): string {
    return Buffer.from(javaText(text), "base64").toString("utf8");
  }
}

const NAMED: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};

/** As Apache Commons' StringEscapeUtils does it. */
function escaped(mark: string): string {
  if (`'"\\/`.includes(mark)) return `\\${mark}`;
  return NAMED[mark] ?? `\\u${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
