/** What a path matched, with the values of its variables, still percent-encoded. */
export interface RouteMatch<Target> {
  readonly target: Target;
  /** Undefined when the resource has no variables. */
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
}

interface Node<Target> {
  readonly literals: Map<string, Node<Target>>;
  variable: { readonly name: string; readonly node: Node<Target> } | undefined;
  greedy: { readonly name: string; readonly target: Target } | undefined;
  target: Target | undefined;
}

/**
 * The resources of an API by path. A literal wins over a `{variable}`, that over a `{greedy+}` one; when
 * a more specific branch leads nowhere the next one is tried.
 */
export class RouteTree<Target> {
  readonly #root = emptyNode<Target>();

  add(resourcePath: string, target: Target): void {
    let node = this.#root;
    for (const segment of segmentsOf(resourcePath)) {
      const greedy = /^\{(.+)\+\}$/.exec(segment)?.[1];
      if (greedy !== undefined) {
        node.greedy = { name: greedy, target };
        return;
      }
      node = childOf(node, segment);
    }
    node.target = target;
  }

  /**
   * @param path below the stage, starting with "/". A slash at the end does not count.
   * @param accepts whether a target may serve this request; Unverified for AWS: a resource without the
   *   request's method does not hide a less specific one that has it.
   */
  match(path: string, accepts: (target: Target) => boolean): RouteMatch<Target> | undefined {
    return find(this.#root, segmentsOf(path), 0, undefined, accepts);
  }
}

type Values = Readonly<Record<string, string>> | undefined;

function find<Target>(
  node: Node<Target>,
  segments: readonly string[],
  index: number,
  values: Values,
  accepts: (target: Target) => boolean,
): RouteMatch<Target> | undefined {
  const segment = segments[index];
  if (segment === undefined) {
    const { target } = node;
    if (target === undefined || !accepts(target)) return undefined;
    return { target, pathParameters: values };
  }
  const literal = node.literals.get(segment) ?? node.literals.get(decoded(segment));
  if (literal !== undefined) {
    const match = find(literal, segments, index + 1, values, accepts);
    if (match !== undefined) return match;
  }
  if (node.variable !== undefined && segment !== "") {
    const { name, node: next } = node.variable;
    const match = find(next, segments, index + 1, { ...values, [name]: segment }, accepts);
    if (match !== undefined) return match;
  }
  if (node.greedy === undefined || !accepts(node.greedy.target)) return undefined;
  const rest = segments.slice(index).join("/");
  return { target: node.greedy.target, pathParameters: { ...values, [node.greedy.name]: rest } };
}

function emptyNode<Target>(): Node<Target> {
  return { literals: new Map(), variable: undefined, greedy: undefined, target: undefined };
}

function childOf<Target>(node: Node<Target>, segment: string): Node<Target> {
  const variable = /^\{(.+)\}$/.exec(segment)?.[1];
  if (variable !== undefined) {
    node.variable ??= { name: variable, node: emptyNode() };
    return node.variable.node;
  }
  const known = node.literals.get(segment);
  if (known !== undefined) return known;
  const added = emptyNode<Target>();
  node.literals.set(segment, added);
  return added;
}

function segmentsOf(path: string): string[] {
  const start = path.startsWith("/") ? 1 : 0;
  const end = path.length > 1 && path.endsWith("/") ? path.length - 1 : path.length;
  return end <= start ? [] : path.slice(start, end).split("/");
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
