import { malformedQuery } from "../errors.ts";
import { QUERY_RESULTS_MAX } from "../limits.ts";
import type { AggregateCall } from "./aggregates.ts";
import { ExpressionParser } from "./expression.ts";
import {
  computeStage,
  dedupStage,
  filterStage,
  limitStage,
  type NamedExpression,
  parseStage,
  type SortKey,
  sortStage,
  type Stage,
  statsStage,
} from "./stage.ts";
import { TokenReader } from "./token-reader.ts";
import type { Row } from "./row.ts";

/** A query ready to run, once: its stages hold what they have seen. */
export interface Query {
  readonly stages: readonly Stage[];
  /** What each result shows, in this order. */
  readonly columns: readonly string[];
  /** Results are groups, not events, so they have no `@ptr`. */
  readonly aggregated: boolean;
  /** From the query's last `limit`. */
  readonly limit: number | undefined;
}

interface ListItem extends NamedExpression {
  /** A bare field under its own name: nothing to compute. */
  readonly isField: boolean;
}

const DEFAULT_COLUMNS = ["@timestamp", "@message"];

/**
 * CloudWatch Logs Insights' query language. Source: AWS docs, CWL_QuerySyntax.
 * @throws {AwsError} MalformedQueryException
 */
export function parseQuery(text: string): Query {
  return new QueryParser(text).parse();
}

class QueryParser {
  readonly #reader: TokenReader;
  readonly #stages: Stage[] = [];
  #columns: string[] = [];
  #parsed: string[] = [];
  #displayed: string[] | undefined;
  #aggregated = false;
  #limit: number | undefined;

  constructor(text: string) {
    this.#reader = new TokenReader(text);
  }

  parse(): Query {
    do this.#command();
    while (this.#reader.takeSymbol("|") !== undefined);
    if (this.#reader.peek().kind !== "end") this.#reader.fail();
    const columns = this.#columns.length > 0 ? this.#columns : DEFAULT_COLUMNS;
    return {
      stages: this.#stages,
      columns: this.#displayed ?? [...new Set([...columns, ...this.#parsed])],
      aggregated: this.#aggregated,
      limit: this.#limit,
    };
  }

  #command(): void {
    const token = this.#reader.advance();
    const name = token.kind === "word" ? token.text.toLowerCase() : "";
    switch (name) {
      case "fields":
        return this.#fields();
      case "display":
        return this.#display();
      case "filter":
      case "where":
        this.#stages.push(filterStage(new ExpressionParser(this.#reader).parse()));
        return;
      case "stats":
        return this.#stats();
      case "sort":
      case "order":
        return this.#sort();
      case "limit":
      case "head":
        return this.#limitTo(this.#reader.expectNumber());
      case "parse":
        return this.#parse();
      case "dedup":
        this.#stages.push(dedupStage(this.#names()));
        return;
      default:
        return this.#reader.failAt(token);
    }
  }

  #fields(): void {
    const named = this.#namedList();
    this.#compute(named);
    this.#columns.push(...named.map(({ name }) => name));
  }

  #display(): void {
    const named = this.#namedList();
    this.#compute(named);
    this.#displayed = named.map(({ name }) => name);
  }

  #compute(named: readonly ListItem[]): void {
    const computed = named.filter(({ isField }) => !isField);
    if (computed.length > 0) this.#stages.push(computeStage(computed));
  }

  #stats(): void {
    const calls: AggregateCall[] = [];
    const results = this.#namedList(calls);
    if (calls.length === 0) this.#reader.fail();
    const groupBy = this.#reader.takeWord("by") ? this.#namedList() : [];
    this.#stages.push(statsStage({ calls, results, groupBy }));
    this.#columns = [...groupBy, ...results].map(({ name }) => name);
    this.#parsed = [];
    this.#displayed = undefined;
    this.#aggregated = true;
  }

  #sort(): void {
    const keys: SortKey[] = [];
    do {
      const { name, expression } = this.#listItem([]);
      const descending = this.#reader.takeWord("desc");
      if (!descending) this.#reader.takeWord("asc");
      // After `stats` a column is called as it was written: "count(*)".
      keys.push({ expression: (row) => row.get(name) ?? expression(row), descending });
    } while (this.#reader.takeSymbol(",") !== undefined);
    this.#stages.push(sortStage(keys));
  }

  #limitTo(limit: number): void {
    if (!Number.isInteger(limit) || limit < 1 || limit > QUERY_RESULTS_MAX) {
      const end = this.#reader.lastEnd;
      throw malformedQuery(`limit must be between 1 and ${QUERY_RESULTS_MAX}`, end, end);
    }
    this.#limit = limit;
    this.#stages.push(limitStage(limit));
  }

  #parse(): void {
    const reader = this.#reader;
    const first = reader.peek();
    const hasSource = first.kind === "field" || first.kind === "word";
    const source = hasSource ? reader.expectField() : "@message";
    const read = (row: Row) => row.get(source);
    const pattern = reader.advance();
    if (pattern.kind === "regex") {
      const names = [...pattern.text.matchAll(/\(\?<([A-Za-z]\w*)>/g)].map(([, name = ""]) => name);
      if (names.length === 0) reader.failAt(pattern);
      this.#stages.push(parseStage(read, reader.regex(pattern), undefined));
      this.#parsed.push(...names);
      return;
    }
    if (pattern.kind !== "string") reader.failAt(pattern);
    reader.expectWord("as");
    const names = this.#names();
    const parts = pattern.text.split("*");
    if (parts.length - 1 !== names.length) reader.failAt(pattern);
    this.#stages.push(parseStage(read, globPattern(parts), names));
    this.#parsed.push(...names);
  }

  #names(): string[] {
    const names: string[] = [];
    do names.push(this.#reader.expectField());
    while (this.#reader.takeSymbol(",") !== undefined);
    return names;
  }

  #namedList(calls?: AggregateCall[]): ListItem[] {
    const list: ListItem[] = [];
    do list.push(this.#listItem(calls));
    while (this.#reader.takeSymbol(",") !== undefined);
    return list;
  }

  #listItem(calls?: AggregateCall[]): ListItem {
    const first = this.#reader.peek();
    const expression = new ExpressionParser(this.#reader, calls).parse();
    const written = this.#reader.query.slice(first.start, this.#reader.lastEnd);
    const isField =
      (first.kind === "field" || first.kind === "word") && this.#reader.lastEnd === first.end;
    if (this.#reader.takeWord("as")) {
      return { name: this.#reader.expectField(), expression, isField: false };
    }
    return { name: isField ? first.text : written, expression, isField };
  }
}

/** Each `*` takes as little as it can, the last one at the end of the pattern all the rest. */
function globPattern(parts: readonly string[]): RegExp {
  const literals = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  const greedyEnd = parts.at(-1) === "" ? "$" : "";
  return new RegExp(literals.join("(.*?)") + greedyEnd, "s");
}
