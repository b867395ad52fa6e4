import type { Operation } from "../model/service-model.ts";
import { parseQuery, type WireRequest } from "./wire-request.ts";

/** Finds the operation of a REST request. */
export interface Router {
  match(request: WireRequest): Route | undefined;
}

interface Route {
  readonly operation: Operation;
  /** Still percent-encoded. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The query a path template fixes: `POST /restapis?mode=import`. */
export type QueryLiterals = readonly (readonly [name: string, value: string])[];

interface Candidate {
  readonly operation: Operation;
  readonly labelNames: readonly string[];
  readonly literals: QueryLiterals;
}

/** A tree over path segments. A literal beats a label, a label beats a greedy label. */
interface Node {
  readonly literals: Map<string, Node>;
  label: Node | undefined;
  /** Each takes every segment that is left, but for what follows it in its template. */
  readonly greedy: Greedy[];
  readonly candidates: Map<string, Candidate[]>;
}

interface Greedy {
  readonly suffix: readonly string[];
  readonly node: Node;
}

export function createRouter(operations: Iterable<Operation>): Router {
  const root = emptyNode();
  for (const operation of operations) add(root, operation);
  return {
    match(request) {
      const { segments } = request;
      const endsInSlash = segments.length > 1 && segments.at(-1) === "";
      const path = endsInSlash ? segments.slice(0, -1) : segments;
      return search(root, path, 0, [], { request, endsInSlash });
    },
  };
}

function emptyNode(): Node {
  return { literals: new Map(), label: undefined, greedy: [], candidates: new Map() };
}

/** The path's segments without a slash at the end, and the query that the template fixes. */
export function parseTemplate(uri: string): { segments: string[]; literals: QueryLiterals } {
  const [path = "", query = ""] = uri.split("?");
  const segments = path.split("/").slice(1);
  if (segments.length > 1 && segments.at(-1) === "") segments.pop();
  return { segments, literals: parseQuery(query) };
}

function add(root: Node, operation: Operation): void {
  if (operation.http === undefined) return;
  const { segments, literals } = parseTemplate(operation.http.uri);
  const labelNames: string[] = [];
  let node = root;
  for (const [index, segment] of segments.entries()) {
    const label = /^\{(.+?)(\+?)\}$/.exec(segment);
    if (label === null) node = childOf(node.literals, segment);
    else {
      labelNames.push(label[1] ?? "");
      if (label[2] === "+") {
        node = greedyNode(node, segments.slice(index + 1));
        break;
      }
      node = node.label ??= emptyNode();
    }
  }
  const candidates = node.candidates.get(operation.http.method) ?? [];
  candidates.push({ operation, labelNames, literals });
  // The one that asks for most wins: `?mode=import` before none.
  candidates.sort((left, right) => right.literals.length - left.literals.length);
  node.candidates.set(operation.http.method, candidates);
}

function greedyNode({ greedy }: Node, suffix: readonly string[]): Node {
  const same = greedy.find((known) => known.suffix.join("/") === suffix.join("/"));
  if (same !== undefined) return same.node;
  const node = emptyNode();
  greedy.push({ suffix, node });
  // The one that asks for most wins.
  greedy.sort((left, right) => right.suffix.length - left.suffix.length);
  return node;
}

function childOf(children: Map<string, Node>, segment: string): Node {
  const known = children.get(segment);
  if (known !== undefined) return known;
  const fresh = emptyNode();
  children.set(segment, fresh);
  return fresh;
}

interface Search {
  readonly request: WireRequest;
  readonly endsInSlash: boolean;
}

function search(
  node: Node,
  path: readonly string[],
  at: number,
  values: readonly string[],
  wanted: Search,
): Route | undefined {
  const segment = path[at];
  if (segment === undefined) return choose(node, values, wanted.request);
  const literal = node.literals.get(segment);
  const byLiteral = literal && search(literal, path, at + 1, values, wanted);
  if (byLiteral !== undefined) return byLiteral;
  if (node.label !== undefined && segment !== "") {
    const byLabel = search(node.label, path, at + 1, [...values, segment], wanted);
    if (byLabel !== undefined) return byLabel;
  }
  for (const greedy of node.greedy) {
    const byGreedy = matchGreedy(greedy, path.slice(at), values, wanted);
    if (byGreedy !== undefined) return byGreedy;
  }
  return undefined;
}

function matchGreedy(
  { suffix, node }: Greedy,
  rest: readonly string[],
  values: readonly string[],
  { request, endsInSlash }: Search,
): Route | undefined {
  const length = rest.length - suffix.length;
  if (length < 1 || !suffix.every((segment, index) => segment === rest[length + index])) {
    return undefined;
  }
  // A final slash belongs to the label, when the label is the path's end.
  const slash = endsInSlash && suffix.length === 0 ? "/" : "";
  return choose(node, [...values, rest.slice(0, length).join("/") + slash], request);
}

function choose(node: Node, values: readonly string[], request: WireRequest): Route | undefined {
  const candidate = node.candidates
    .get(request.method)
    ?.find(({ literals }) => literals.every((literal) => hasLiteral(request, literal)));
  if (candidate === undefined) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, name] of candidate.labelNames.entries()) labels[name] = values[index] ?? "";
  return { operation: candidate.operation, labels };
}

/** A literal without a value asks only for the name: `?import`. */
function hasLiteral({ query }: WireRequest, [name, value]: readonly [string, string]): boolean {
  return query.some(([key, sent]) => key === name && (value === "" || sent === value));
}
